"""The exact tier: one column of two slices becomes summaries whose every reading is exact, from sorted values.

A curve starts on a coarse grid; only cells in which a metric is still open are resolved into their single values.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from engine.columns import WITHOUT_DRIFT
from engine.errors import plain
from engine.summaries import (
    CUTS,
    ColumnSummary,
    Counts,
    Curve,
    Floats,
    Histogram,
    Quality,
    QualityCounts,
    Quantiles,
    Scale,
)
from engine.tables.labels import say
from engine.tables.ordered import Tallied
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import Categories, Held, Numbers

GRID = 32768  # quantiles of either side that the coarse grid of a curve stands on, at most
FULL = 16  # values a coarse cell should hold at least
NAMES = 10  # unseen categories that are named
GRADES = 200  # one value is kept at each of so many quantiles
MANY, STEP = 1 << 18, 16  # values in open cells beyond which these are cut first, and values of a smaller cell
AHEAD = 4096  # cells whose sums are taken at a time
SMALL = 8192  # up to so many values on both sides, the curve is resolved at once


def histogram(support: Support, reference: Counts, production: Counts) -> Histogram:
    """Counts per cell of both sides as a histogram on the scored bins, empty bins left out. Shapes (k,), (k,)."""
    size = len(support.labels)
    cells = (reference, production)
    sides = [np.bincount(support.bin_of, weights=side, minlength=size).astype(np.int64) for side in cells]
    keep = np.flatnonzero(sides[0] + sides[1])
    unseen = np.flatnonzero(keep == support.unseen)
    labels = tuple(support.labels[i] for i in keep)
    lows = support.lows[keep] if isinstance(support, NumericSupport) else None
    highs = support.highs[keep] if isinstance(support, NumericSupport) else None
    return Histogram(labels, sides[0][keep], sides[1][keep], lows, highs, int(unseen[0]) if len(unseen) else None)


def with_infinite(counts: Counts, infinite: Sequence[int]) -> Counts:
    """Counts per cell with the values at -inf in the first and those at +inf in the last."""
    counts = counts.copy()
    counts[0] += infinite[0]
    counts[-1] += infinite[1]
    return counts


def summarize(
    support: Support, reference: Numbers | Held | Categories, production: Numbers | Held | Categories
) -> ColumnSummary:
    """What the metrics need of one column of two slices; no curve for categories."""
    beyond = support_outside(support, reference), support_outside(support, production)
    quality = held_against(support, reference.quality, production.quality, beyond)
    if isinstance(support, CategoricalSupport):
        assert isinstance(reference, Categories) and isinstance(production, Categories)
        cells = [support.counts(side) for side in (reference, production)]
        new = ((name, int(rows)) for name, rows in zip(production.names, production.counts, strict=True))
        unseen = tuple(islice(((plain(name), rows) for name, rows in new if name not in support.index), NAMES))
        return ColumnSummary(replace(quality, unseen=unseen), histogram(support, *cells))
    assert not isinstance(reference, Categories) and not isinstance(production, Categories)
    cells = [with_infinite(support.counts(side), side.infinite) for side in (reference, production)]
    drifts = support.column.role not in WITHOUT_DRIFT
    made = curve_of_few if isinstance(reference, Held) else curve
    curves = made(reference, production, support.scale) if drifts else None  # type: ignore[arg-type]
    kept = quantiles(reference, production) if drifts else None
    return ColumnSummary(quality, histogram(support, *cells), curves, quantiles=kept)


def quantiles(reference: Numbers | Held, production: Numbers | Held) -> Quantiles | None:
    """What reasons are found in: 199 values of each side; None where a side has none."""
    sides = (reference.order, production.order)
    if not all(len(values) for values in sides):
        return None
    first, second = (values.at(np.arange(1, GRADES) * len(values) // GRADES) for values in sides)
    return Quantiles(first, second)


def support_outside(support: Support, side: Numbers | Held | Categories) -> int:
    """Rows of a side whose value the whole reference's bounds do not hold: none of the reference itself."""
    if isinstance(support, CategoricalSupport):
        assert isinstance(side, Categories)
        return int(support.counts(side)[-1])
    assert not isinstance(side, Categories)
    return support.outside(side)


def held_against(
    support: Support, reference: QualityCounts, production: QualityCounts, outside: tuple[int, int]
) -> Quality:
    """Quality of both sides with the values out of bounds, and the bounds in words. outside: rows of each side.

    What stands for the reference has some outside where it is production too, and beside them its own share.
    """
    if isinstance(support, CategoricalSupport):
        count = len(support.categories) + len(support.rarer)
        limits = f"outside the reference's {count:,} " + ("category" if count == 1 else "categories")
    else:
        low, high = (say(bound, support.column, 6) for bound in support.bounds)
        limits = f"outside the reference's range {low} to {high}"
    own = outside[0] + round(support.own * (reference.values - outside[0]))
    return Quality(replace(reference, out_of_bounds=own), replace(production, out_of_bounds=outside[1]), limits)


def quality_only(reason: str, reference: QualityCounts, production: QualityCounts) -> ColumnSummary:
    """The summary of a column without a support: rates of what is missing, and why there is nothing else."""
    return ColumnSummary(Quality(reference, production), because=reason)


def curve(reference: Numbers, production: Numbers, scale: Scale) -> Curve:
    """Both cumulative curves on cells fine enough that their widest gap and the area between them are exact."""
    sides = (reference, production)
    a, b = reference.values, production.values
    limits = np.array([limit for limit in scale.clip if np.isfinite(limit)])
    if len(a) + len(b) <= SMALL:
        edges = _atoms(np.concatenate([a, b, limits]))
        ends = [_ends(side.values, edges) for side in sides]
    else:
        edges = np.unique(np.concatenate([_grid(a), _grid(b), limits]))
        ends = [_ends(side.values, edges) for side in sides]
        wanted = np.flatnonzero(_unresolved(edges, ends, sides))
        if sum(int(np.diff(end, prepend=0)[wanted].sum()) for end in ends) > MANY:
            edges, ends, wanted = _finer(edges, ends, wanted, sides)
        inside = [_values_in(side.values, end, wanted) for side, end in zip(sides, ends, strict=True)]
        edges, ends = _refined(edges, ends, _atoms(np.concatenate(inside)), sides)
    counts = [np.diff(end, prepend=0) for end in ends]
    atoms = np.flatnonzero(~_wide(edges)) + 1
    gaps = [_gaps(side.values, edges, end, count) for side, end, count in zip(sides, ends, counts, strict=True)]
    for gap in gaps:
        gap[atoms] = 0.0  # an atom lies on its edge, whatever rounding says
    ends_at = (reference.infinite, production.infinite)
    return Curve(edges, counts[0], counts[1], gaps[0], gaps[1], scale, *ends_at)


def curve_of_few(reference: Held, production: Held, scale: Scale) -> Curve:
    """As curve, where every value of both sides is known with its rows: each has a cell of its own."""
    first, second = reference.order, production.order
    assert isinstance(first, Tallied) and isinstance(second, Tallied)
    limits = np.array([limit for limit in scale.clip if np.isfinite(limit)])
    edges = _atoms(np.concatenate([first.values, second.values, limits]))
    counts = [np.diff(one.upto(edges, "right"), prepend=0, append=len(one)) for one in (first, second)]
    nothing = np.zeros(len(edges) + 1)  # no value lies off its edge
    ends = reference.infinite, production.infinite
    return Curve(edges, counts[0], counts[1], nothing, nothing, scale, *ends)


def _ends(values: Floats, edges: Floats) -> Counts:
    """How many values lie below the end of each cell. Shape (edges + 1,)."""
    return np.concatenate([values.searchsorted(edges, side="right"), [len(values)]])


def _refined(edges: Floats, ends: list[Counts], extra: Floats, sides: Sequence[Numbers]) -> tuple[Floats, list[Counts]]:
    """The edges with extra ones among them, and the ends of the cells they make; only the extra ones are searched."""
    joined = np.union1d(edges, extra)
    known = joined.searchsorted(edges)
    new = np.ones(len(joined), dtype=bool)
    new[known] = False
    found = []
    for side, end in zip(sides, ends, strict=True):
        finer = np.empty(len(joined) + 1, dtype=np.int64)
        finer[known] = end[:-1]
        finer[:-1][new] = side.values.searchsorted(joined[new], side="right")
        finer[-1] = end[-1]
        found.append(finer)
    return joined, found


def _finer(
    edges: Floats, ends: list[Counts], wanted: NDArray[np.int64], sides: Sequence[Numbers]
) -> tuple[Floats, list[Counts], NDArray[np.int64]]:
    """Open cells cut into smaller ones of about STEP values, and which of those are still open: a few of a hundred.

    Without, the curves of two long columns that hardly differ would have a cell for every third value of both. Also
    resolved are the cells at which floors cut the pooled values into blocks, so that blocks are what they would be.
    """
    steps = []
    for side, end in zip(sides, ends, strict=True):
        starts = np.concatenate([[0], end])[wanted]
        steps.append(side.values[_positions(starts, end[wanted] - starts, STEP)])
    finer, found = _refined(edges, ends, np.unique(np.concatenate(steps)), sides)
    before = edges.searchsorted(np.append(finer, np.inf))  # of every cell, the one that it was cut from
    both = found[0] + found[1]
    left = _unresolved(finer, found, sides, ties=True)
    left[np.minimum((both / both[-1]).searchsorted(CUTS, side="right"), len(left) - 1)] = True
    left[1:-1] &= _wide(finer)
    was_open = np.zeros(len(edges) + 1, dtype=bool)
    was_open[wanted] = True
    return finer, found, np.flatnonzero(left & was_open[before])


def _grid(values: Floats) -> Floats:
    """Quantiles of a sorted array as edges, the ones that repeat as atoms."""
    if len(values) == 0:
        return values
    cells = min(GRID, max(len(values) // FULL, 1))
    grid = values[np.linspace(0, len(values) - 1, cells + 1).astype(np.int64)]
    return np.concatenate([grid, np.nextafter(grid[1:][grid[1:] == grid[:-1]], -np.inf)])


def _atoms(values: Floats) -> Floats:
    """Edges that give each of these values a cell of its own, ascending."""
    values = np.unique(values)
    return np.unique(np.concatenate([np.nextafter(values, -np.inf), values]))


def _gaps(values: Floats, edges: Floats, ends: Counts, counts: Counts) -> Floats:
    """The sum of (upper edge - value) in each cell; in the last of (value - lower edge). Shape (cells,)."""
    gaps = np.zeros(len(counts))
    filled = np.flatnonzero(counts)
    if len(filled) == 0:
        return gaps
    middle = values[len(values) // 2]
    if abs(middle) <= values[-1] - values[0]:
        middle = values.dtype.type(0)
    starts = ends[filled] - counts[filled]
    if middle:  # far from zero, distances from the middle are summed: sums of the values themselves would cancel
        sums = np.empty(len(filled))
        for at in range(0, len(filled), AHEAD):  # some cells at a time, since distances are a second array
            some = starts[at : at + AHEAD]
            end = starts[at + AHEAD] if at + AHEAD < len(filled) else len(values)
            sums[at : at + AHEAD] = np.add.reduceat(values[some[0] : end] - middle, some - some[0])
    else:
        sums = np.add.reduceat(values, starts)
    base = edges[np.minimum(filled, len(edges) - 1)] - middle
    gaps[filled] = np.abs(counts[filled] * base - sums)
    return gaps


def _wide(edges: Floats) -> NDArray[np.bool_]:
    """Whether there is room for two values between an edge and the next. Shape (edges - 1,)."""
    return np.asarray(np.nextafter(edges[1:], -np.inf) > edges[:-1])


def _positions(starts: NDArray[np.int64], lengths: NDArray[np.int64], step: int = 1) -> NDArray[np.int64]:
    """The positions of several runs, one after the other; of each run only every so many-th."""
    lengths = -(-lengths // step)
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - step * before, lengths) + step * np.arange(int(lengths.sum()))


def _unresolved(
    edges: Floats, ends: Sequence[Counts], sides: Sequence[Numbers], ties: bool = False
) -> NDArray[np.bool_]:
    """Cells that may still hold the widest gap, or in which the two curves may cross. Shape (cells,).

    ties: also those that may hold one as wide as the widest that is known.
    """
    f, g = (np.concatenate([[0], end]) for end in ends)
    n, m = f[-1], g[-1]
    crossing = (f[1:] * m > g[:-1] * n) & (f[:-1] * m < g[1:] * n)
    (below_f, above_f), (below_g, above_g) = (side.infinite for side in sides)
    f, g, n, m = f + below_f, g + below_g, n + below_f + above_f, m + below_g + above_g
    inside = np.maximum(f[1:] * m - g[:-1] * n, g[1:] * n - f[:-1] * m)
    widest = np.abs(f * m - g * n).max()
    left = (crossing | (inside >= widest if ties else inside > widest)) & ((f[1:] > f[:-1]) | (g[1:] > g[:-1]))
    left[1:-1] &= _wide(edges)
    return np.asarray(left)


def _values_in(values: Floats, ends: Counts, cells: NDArray[np.int64]) -> Floats:
    """The values of a sorted array that lie in these cells."""
    starts = np.concatenate([[0], ends])[cells]
    return values[_positions(starts, ends[cells] - starts)] if len(cells) else values[:0]

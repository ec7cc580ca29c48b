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

GRID = 4096  # quantiles of either side that the coarse grid of a curve stands on, at most
FULL = 16  # values a coarse cell should hold at least
NAMES = 10  # unseen categories that are named
GRADES = 200  # one value is kept at each of so many quantiles
MANY, PARTS = 1 << 12, 8  # values in open cells beyond which these are cut first, and parts of each
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
        edges = np.unique(np.concatenate([_grid(a), _grid(b), _atoms(_pooled(a, b, CUTS)), limits]))
        edges, ends = _resolved(edges, [_ends(side.values, edges) for side in sides], sides)
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


def _resolved(edges: Floats, ends: list[Counts], sides: Sequence[Numbers]) -> tuple[Floats, list[Counts]]:
    """The edges with others among them, and the ends of the cells they make: none is left in which a metric is open.

    Open cells are cut into parts, of which a few of a hundred are open, until each of their values can have an edge:
    the curves of two long columns that hardly differ cross thousands of times.
    """
    wanted = np.flatnonzero(_unresolved(edges, ends, sides))
    while len(wanted):
        starts = [np.concatenate([[0], end])[wanted] for end in ends]
        lengths = [end[wanted] - start for end, start in zip(ends, starts, strict=True)]
        held = sum(int(length.sum()) for length in lengths)
        step = max(held // (PARTS * len(wanted)), 1) if held > MANY else 1
        at = [_positions(start, length, step) for start, length in zip(starts, lengths, strict=True)]
        values = np.sort(np.concatenate([side.values[some] for side, some in zip(sides, at, strict=True)]))
        twice = values[1:][values[1:] == values[:-1]]  # many of one value: an atom, or their cell would stay large
        extra = np.unique(np.concatenate([values, np.nextafter(twice, -np.inf)]))
        edges, ends, cut_from = _refined(edges, ends, extra, sides)
        was_open = np.zeros(int(cut_from[-1]) + 1, dtype=bool)
        was_open[wanted] = True
        wanted = np.flatnonzero(_unresolved(edges, ends, sides) & was_open[cut_from])
        if step == 1:  # what is open holds one value, at its upper edge
            return _refined(edges, ends, np.unique(np.nextafter(edges[wanted], -np.inf)), sides)[:2]
    return edges, ends


def _refined(
    edges: Floats, ends: list[Counts], extra: Floats, sides: Sequence[Numbers]
) -> tuple[Floats, list[Counts], NDArray[np.int64]]:
    """The edges with extra ones among them, the ends of the cells they make, and the cell that each was cut from.

    extra: ascending, none twice; only they are searched.
    """
    at = edges.searchsorted(extra)
    fresh = edges[np.minimum(at, len(edges) - 1)] != extra
    extra, at = extra[fresh], at[fresh]
    new = np.zeros(len(edges) + len(extra) + 1, dtype=bool)
    new[at + np.arange(len(extra))] = True
    joined = np.empty(len(new) - 1)
    joined[new[:-1]], joined[~new[:-1]] = extra, edges
    found = []
    for side, end in zip(sides, ends, strict=True):
        finer = np.empty(len(new), dtype=np.int64)
        finer[~new], finer[new] = end, side.values.searchsorted(extra, side="right")
        found.append(finer)
    return joined, found, np.cumsum(~new) - ~new


def _pooled(a: Floats, b: Floats, shares: Floats) -> Floats:
    """The values below which these shares of two sorted arrays together lie. Shape (shares,).

    Floors cut the pooled values into blocks there, whatever the grid is.

    >>> _pooled(np.array([1.0, 2.0, 5.0]), np.array([3.0, 4.0]), np.array([0.2, 0.6, 1.0]))
    array([1., 3., 5.])
    """
    wanted = np.maximum((shares * (len(a) + len(b)) + 1e-6).astype(np.int64), 1)
    low, high = np.maximum(wanted - len(b), 0), np.minimum(wanted, len(a))  # how many of them are the first array's
    while np.any(low < high):
        middle = (low + high) // 2
        more = (low < high) & (a[np.minimum(middle, len(a) - 1)] < b[np.clip(wanted - middle - 1, 0, len(b) - 1)])
        low, high = np.where(more, middle + 1, low), np.where(more, high, middle)
    found = np.full(len(wanted), -np.inf)
    for side, count in ((a, low), (b, wanted - low)):
        found[count > 0] = np.maximum(found[count > 0], side[count[count > 0] - 1])
    return found


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


def _unresolved(edges: Floats, ends: Sequence[Counts], sides: Sequence[Numbers]) -> NDArray[np.bool_]:
    """Cells that may still hold the widest gap, or in which the two curves may cross. Shape (cells,)."""
    f, g = (np.concatenate([[0], end]) for end in ends)
    n, m = f[-1], g[-1]
    crossing = (f[1:] * m > g[:-1] * n) & (f[:-1] * m < g[1:] * n)
    (below_f, above_f), (below_g, above_g) = (side.infinite for side in sides)
    f, g, n, m = f + below_f, g + below_g, n + below_f + above_f, m + below_g + above_g
    inside = np.maximum(f[1:] * m - g[:-1] * n, g[1:] * n - f[:-1] * m)
    widest = np.abs(f * m - g * n).max()
    left = (crossing | (inside > widest)) & ((f[1:] > f[:-1]) | (g[1:] > g[:-1]))
    left[1:-1] &= _wide(edges)
    return np.asarray(left)

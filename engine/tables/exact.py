"""The exact tier: one column of two slices becomes summaries whose every reading is exact, from sorted values.

A curve starts on a coarse grid; only cells in which a metric is still open are resolved into their single values.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.summaries import ColumnSummary, Counts, Curve, Floats, Histogram, Quality, Scale
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import Categories, Numbers

GRID = 32768  # quantiles of either side that the coarse grid of a curve stands on, at most
FULL = 16  # values a coarse cell should hold at least
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


def summarize(support: Support, reference: Numbers | Categories, production: Numbers | Categories) -> ColumnSummary:
    """What the metrics need of one column of two slices; no curve for categories."""
    quality = Quality(reference.quality, production.quality)
    if isinstance(support, CategoricalSupport):
        assert isinstance(reference, Categories) and isinstance(production, Categories)
        cells = [support.counts(side) for side in (reference, production)]
        return ColumnSummary(quality, histogram(support, *cells))
    assert isinstance(reference, Numbers) and isinstance(production, Numbers)
    cells = [with_infinite(support.counts(side), side.infinite) for side in (reference, production)]
    return ColumnSummary(quality, histogram(support, *cells), curve(reference, production, support.scale))


def curve(reference: Numbers, production: Numbers, scale: Scale) -> Curve:
    """Both cumulative curves on cells fine enough that their widest gap and the area between them are exact."""
    a, b = reference.values, production.values
    limits = np.array([limit for limit in scale.clip if np.isfinite(limit)])
    if len(a) + len(b) <= SMALL:
        return _on(_atoms(np.concatenate([a, b, limits])), reference, production, scale)
    edges = np.unique(np.concatenate([_grid(a), _grid(b), limits]))
    coarse = _on(edges, reference, production, scale)
    wanted = np.flatnonzero(_unresolved(coarse))
    inside = np.concatenate([_values_in(side, edges, wanted) for side in (a, b)])
    return _on(np.union1d(edges, _atoms(inside)), reference, production, scale) if len(inside) else coarse


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


def _on(edges: Floats, reference: Numbers, production: Numbers, scale: Scale) -> Curve:
    """The curve on these edges."""
    sides = [_cells(side.values, edges) for side in (reference, production)]
    (r, r_gap), (p, p_gap) = sides
    return Curve(edges, r, p, r_gap, p_gap, scale, reference.infinite, production.infinite)


def _cells(values: Floats, edges: Floats) -> tuple[Counts, Floats]:
    """Values per cell, and the sum of (upper edge - value) in each; in the last cell of (value - lower edge)."""
    ends = np.concatenate([values.searchsorted(edges, side="right"), [len(values)]])
    counts = np.diff(ends, prepend=0)
    gaps = np.zeros(len(counts))
    filled = np.flatnonzero(counts)
    if len(filled) == 0:
        return counts, gaps
    middle = values[len(values) // 2]  # sums of distances from the middle, so that nothing cancels far from zero
    sums = np.add.reduceat(values - middle, ends[filled] - counts[filled])
    base = edges[np.minimum(filled, len(edges) - 1)] - middle
    gaps[filled] = np.abs(counts[filled] * base - sums)
    gaps[1:-1][np.nextafter(edges[1:], -np.inf) <= edges[:-1]] = 0.0  # an atom lies on its edge, whatever rounding says
    return counts, gaps


def _positions(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The positions of several runs, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def _unresolved(curve: Curve) -> NDArray[np.bool_]:
    """Cells that may still hold the widest gap, or in which the two curves may cross. Shape (k,)."""
    n, m = int(curve.reference.sum()), int(curve.production.sum())
    n_all, m_all = n + sum(curve.reference_infinite), m + sum(curve.production_infinite)
    f = np.concatenate([[0], np.cumsum(curve.reference)])
    g = np.concatenate([[0], np.cumsum(curve.production)])
    crossing = (f[1:] * m > g[:-1] * n) & (f[:-1] * m < g[1:] * n)
    f, g = f + curve.reference_infinite[0], g + curve.production_infinite[0]
    widest = np.abs(f * m_all - g * n_all).max()
    inside = np.maximum(f[1:] * m_all - g[:-1] * n_all, g[1:] * n_all - f[:-1] * m_all)
    left: NDArray[np.bool_] = (crossing | (inside > widest)) & curve.open & (curve.reference + curve.production > 0)
    return left


def _values_in(values: Floats, edges: Floats, cells: NDArray[np.int64]) -> Floats:
    """The values of a sorted array that lie in these cells."""
    ends = np.concatenate([[0], values.searchsorted(edges, side="right"), [len(values)]])
    starts, lengths = ends[cells], ends[cells + 1] - ends[cells]
    return values[_positions(starts, lengths)] if len(cells) else values[:0]

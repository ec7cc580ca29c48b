"""Both cumulative curves of two sorted columns, exact: cells of equal mass, read once from front to back.

Where a metric is open in a cell, the area between the curves is taken value by value (engine/tables/crossings.py) and
kept with the cell; the value at which they lie furthest apart becomes an edge. So a curve stays small, however often
the sides cross and however long they are, and of a column in a file each page is read once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.summaries import CUTS, Counts, Curve, Floats, Scale
from engine.tables.crossings import Cells, Totals, Widest, areas
from engine.tables.mapped import piece, upto
from engine.tables.ordered import Tallied
from engine.tables.values import Held, Numbers
from engine.tables.watching import tick

GRID = 4096  # quantiles of either side that the grid of a curve stands on, at most
FULL = 16  # values a cell should hold at least
SMALL = 8192  # up to so many values on both sides, each has a cell of its own
CHUNK = 1 << 18  # values of both sides that are read at a time

Sides = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Edges (k-1,), and how many values of each side lie up to the end of each of the k cells, after a 0. (k+1,)."""

    edges: Floats
    f: Counts
    g: Counts

    @property
    def atoms(self) -> NDArray[np.bool_]:
        """Cells that have room for one double only. Shape (k,)."""
        found = np.zeros(len(self.f) - 1, dtype=bool)
        found[1:-1] = np.nextafter(self.edges[1:], -np.inf) <= self.edges[:-1]
        return found


def curve(reference: Numbers, production: Numbers, scale: Scale) -> Curve:
    """Both curves, with their widest gap at an edge and the area between them.

    >>> from engine.summaries import QualityCounts
    >>> sides = [Numbers(np.arange(9000.0) + k, (0, 0), QualityCounts(9000)) for k in (0, 90)]
    >>> found = curve(*sides, Scale(1.0, "", (-np.inf, np.inf)))  # moved by 90
    >>> len(found.edges) < 2000, round(float(found.area.sum()), 9)
    (True, 90.0)
    """
    sides = a, b = reference.values, production.values
    infinite = reference.infinite, production.infinite
    limits = np.array([limit for limit in scale.clip if np.isfinite(limit)])
    if len(a) + len(b) <= SMALL:
        grid = _grid(sides, _atoms(np.concatenate([a, b, limits])))
        nothing = np.zeros(len(grid.edges) + 1)  # no value lies off its edge
        return Curve(grid.edges, np.diff(grid.f), np.diff(grid.g), nothing, nothing, scale, *infinite)
    grid = _grid(sides, np.unique(np.concatenate([_steps(a), _steps(b), _atoms(_pooled(a, b, CUTS)), limits])))
    totals = Totals(len(a), len(b), *infinite)
    known = _widest(grid, totals)
    wanted = totals.open((grid.f[:-1], grid.f[1:]), (grid.g[:-1], grid.g[1:]), known[0]) & ~grid.atoms
    wanted[[0, -1]] = False  # the edges span all values: nothing lies below the first or above the last
    read, (_, at) = _read(sides, grid, wanted, totals, known, slice(0, len(wanted)))
    if at != known[1]:  # within a cell: the value becomes an edge, and both parts are read again
        place = int(grid.edges.searchsorted(at))
        f, g = (
            np.insert(rows, place + 1, upto(values, np.array([at]), "right"))
            for values, rows in zip(sides, (grid.f, grid.g), strict=True)
        )
        grid = _Grid(np.insert(grid.edges, place, at), f, g)
        parts = slice(place, place + 2)
        wanted = np.insert(wanted, place, True)
        wanted[parts] &= (np.diff(grid.f) + np.diff(grid.g))[parts] > 0
        again = _read(sides, grid, wanted, totals, known, parts)[0]
        read = np.concatenate([read[:, :place], again[:, parts], read[:, place + 1 :]], axis=1)
    made = Curve(grid.edges, np.diff(grid.f), np.diff(grid.g), read[0], read[1], scale, *infinite)
    signed = made.signed if len(a) and len(b) else np.zeros(len(wanted))
    return replace(made, area=np.where(wanted, read[2], np.abs(signed)))


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


def _grid(sides: Sides, edges: Floats) -> _Grid:
    """These edges with the values up to each."""
    f, g = (np.concatenate([[0], upto(side, edges, "right"), [len(side)]]) for side in sides)
    return _Grid(edges, f, g)


def _widest(grid: _Grid, totals: Totals) -> Widest:
    """How far the curves lie apart at an edge at most, and at which one first."""
    gaps = np.abs(totals.gap(grid.f, grid.g))
    at = int(gaps.argmax())
    return int(gaps[at]), float(np.concatenate([[-np.inf], grid.edges, [np.inf]])[at])


def _read(
    sides: Sides, grid: _Grid, wanted: NDArray[np.bool_], totals: Totals, widest: Widest, chosen: slice
) -> tuple[Floats, Widest]:
    """The gaps of both sides (engine.summaries.Curve) in some cells, the area between the curves in those of them that
    are wanted, shape (3, k), and where the curves lie furthest apart in these, if that is not yet known."""
    found = np.zeros((3, len(wanted)))
    middles = [_middle(side) for side in sides]
    for cells in _chunks(grid, chosen):
        tick()
        parts = [
            piece(side, int(ends[cells.start]), int(ends[cells.stop]))
            for side, ends in zip(sides, (grid.f, grid.g), strict=True)
        ]
        for i, ends in enumerate((grid.f, grid.g)):
            found[i, cells] = _gaps(parts[i], grid.edges, ends, cells, middles[i])
        some = np.flatnonzero(wanted[cells])
        if len(some) and not _alike(parts, grid, cells, totals):
            found[2, cells.start + some], widest = areas(_cells(parts, grid, cells).some(some), totals, widest)
    found[:2, grid.atoms] = 0.0  # an atom lies on its edge, whatever rounding says
    return found, widest


def _chunks(grid: _Grid, chosen: slice) -> Iterator[slice]:
    """Cells that are read together: those between two that hold one value many times, which need no reading."""
    held = np.diff(grid.f) + np.diff(grid.g)
    heavy = grid.atoms & (held > CHUNK // 8)
    held[heavy] = 0
    key = 2 * (np.cumsum(held) // CHUNK) + heavy
    breaks = np.flatnonzero(np.diff(key)) + 1
    for start, stop in pairwise([chosen.start, *breaks[(breaks > chosen.start) & (breaks < chosen.stop)], chosen.stop]):
        if not heavy[start] and grid.f[stop] + grid.g[stop] > grid.f[start] + grid.g[start]:
            yield slice(int(start), int(stop))


def _alike(parts: list[Floats], grid: _Grid, cells: slice, totals: Totals) -> bool:
    """Whether both sides hold the same there after as many values each: then the curves run together."""
    same = totals.n == totals.m and totals.reference_infinite == totals.production_infinite
    return same and bool(grid.f[cells.start] == grid.g[cells.start]) and np.array_equal(parts[0], parts[1])


def _cells(parts: list[Floats], grid: _Grid, cells: slice) -> Cells:
    """Some cells with what they hold. The outermost have no ends, and are not asked for."""
    lows, highs = np.append(-np.inf, grid.edges)[cells], np.append(grid.edges, np.inf)[cells]
    rows = [np.diff(ends[cells.start : cells.stop + 1]) for ends in (grid.f, grid.g)]
    return Cells(lows, highs, grid.f[cells], grid.g[cells], rows[0], rows[1], parts[0], parts[1])


def _middle(values: Floats) -> float:
    """What distances in a column are summed from: far from zero, sums of the values themselves would cancel."""
    if not len(values):
        return 0.0
    middle = float(values[len(values) // 2])
    return 0.0 if abs(middle) <= values[-1] - values[0] else middle


def _gaps(values: Floats, edges: Floats, ends: Counts, cells: slice, middle: float) -> Floats:
    """The sum of (upper edge - value) in each of some cells; in the last of all of (value - lower edge).

    values: what the cells hold. Shape (cells,).
    """
    starts = ends[cells.start : cells.stop + 1] - ends[cells.start]
    counts = np.diff(starts)
    filled = np.flatnonzero(counts)
    gaps = np.zeros(len(counts))
    if len(filled):
        sums = np.add.reduceat(values - middle if middle else values, starts[filled])
        base = edges[np.minimum(cells.start + filled, len(edges) - 1)] - middle
        gaps[filled] = np.abs(counts[filled] * base - sums)
    return gaps


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


def _steps(values: Floats) -> Floats:
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

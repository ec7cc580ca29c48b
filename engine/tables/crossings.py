"""Cells in which two curves may cross, or lie furthest apart: the area between the curves there, value by value.

Between sides that hardly differ there are ten thousand such cells. They are cut into parts, of which few stay open;
what those hold is merged. Differences are integers, rows × rows, until a width is multiplied.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.summaries import Counts, Floats

MANY, HELD = 1 << 12, 64  # values in open cells, and in one of them, beyond which cells are cut first
PARTS = 32  # that a cell is cut into

Widest = tuple[int, float]  # a gap, in rows × rows, and the first value at which it is


@dataclass(frozen=True, slots=True)
class Totals:
    """Finite values of both sides, and those at -inf and +inf."""

    n: int
    m: int
    reference_infinite: tuple[int, int] = (0, 0)
    production_infinite: tuple[int, int] = (0, 0)

    @property
    def pairs(self) -> int:
        """What apart is divided by. Where a side has no finite value nothing is apart, and it is 1."""
        return max(self.n * self.m, 1)

    def apart(self, f: Counts, g: Counts) -> Counts:
        """The difference of shares of the finite values, times both numbers of them."""
        return f * self.m - g * self.n

    def gap(self, f: Counts, g: Counts) -> Counts:
        """As apart, with the infinite values counted, as the widest gap is."""
        (f_below, f_above), (g_below, g_above) = self.reference_infinite, self.production_infinite
        return (f + f_below) * (self.m + g_below + g_above) - (g + g_below) * (self.n + f_below + f_above)

    def open(self, f: tuple[Counts, Counts], g: tuple[Counts, Counts], widest: int) -> NDArray[np.bool_]:
        """Whether the curves may cross in a cell, or lie as far apart. f, g: values up to its ends. Shape (c,)."""
        crossing = (self.apart(f[1], g[0]) > 0) & (self.apart(f[0], g[1]) < 0)
        further = (self.gap(f[1], g[0]) >= widest) | (-self.gap(f[0], g[1]) >= widest)
        return np.asarray((crossing | further) & ((f[1] > f[0]) | (g[1] > g[0])))


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells (low, high], ascending, and the values of both sides that they hold.

    lows, highs: (c,) finite. f, g: (c,) values of each side up to the low end. rows, others: (c,) values within, of
    which at least one; a, b: they themselves, ascending.
    """

    lows: Floats
    highs: Floats
    f: Counts
    g: Counts
    rows: Counts
    others: Counts
    a: Floats
    b: Floats

    @property
    def firsts(self) -> Floats:
        """The smallest value within, or inf. Shape (c,)."""
        found = np.full(len(self.lows), np.inf)
        for values, rows in ((self.a, self.rows), (self.b, self.others)):
            filled = np.flatnonzero(rows)
            found[filled] = np.minimum(found[filled], values[(np.cumsum(rows) - rows)[filled]])
        return found

    def some(self, chosen: Counts) -> "Cells":
        """Some of them, by number, ascending."""
        held = [_held(values, rows, chosen) for values, rows in ((self.a, self.rows), (self.b, self.others))]
        return Cells(*(getattr(self, one.name)[chosen] for one in fields(self)[:6]), *held)


def areas(cells: Cells, totals: Totals, widest: Widest) -> tuple[Floats, Widest]:
    """The integral of |F - G| over each cell, and where the curves lie furthest apart, if that is not yet known.

    >>> values = np.array([1.0, 3.0]), np.array([2.0])  # F and G differ by a half from 1 to 3, and change places at 2
    >>> one = Cells(*(np.array([k]) for k in (0.0, 4.0, 0, 0, 2, 1)), *values)
    >>> areas(one, Totals(2, 1), (0, 9.0))
    (array([1.]), (1, 1.0))
    """
    held = int(cells.rows.sum() + cells.others.sum())
    step = held // (PARTS * max(len(cells.lows), 1))
    if held <= MANY or step * PARTS < HELD:
        return _each(cells, totals, widest)
    finer, owner = _cut(cells, step)
    found = np.abs(_signed(finer, totals))
    ends = (finer.f, finer.f + finer.rows), (finer.g, finer.g + finer.others)
    left = np.flatnonzero(totals.open(*ends, widest[0]) & (finer.firsts < finer.highs))
    if len(left):
        found[left], widest = areas(finer.some(left), totals, widest)
    return np.bincount(owner, found, len(cells.lows)).astype(np.float64, copy=False), widest


def _cut(cells: Cells, step: int) -> tuple[Cells, Counts]:
    """The cells cut at every so many-th of their values, and of which cell each part is."""
    starts = [np.cumsum(rows) - rows for rows in (cells.rows, cells.others)]
    at = [positions(start, rows, step) for start, rows in zip(starts, (cells.rows, cells.others), strict=True)]
    marks = np.sort(np.concatenate([cells.a[at[0]], cells.b[at[1]], cells.highs]))
    twice = marks[1:][marks[1:] == marks[:-1]]  # many of one value: they get a part of their own, or none would shrink
    highs = np.unique(np.concatenate([marks, np.nextafter(twice, -np.inf)]))
    owner = cells.highs.searchsorted(highs)
    ends = [values.searchsorted(highs, side="right") for values in (cells.a, cells.b)]
    before = [np.concatenate([[0], end[:-1]]) for end in ends]
    first = np.diff(owner, prepend=-1) > 0
    lows = np.where(first, cells.lows[owner], np.concatenate([[0.0], highs[:-1]]))
    f, g = (side[owner] + b - s[owner] for side, b, s in zip((cells.f, cells.g), before, starts, strict=True))
    rows, others = (end - b for end, b in zip(ends, before, strict=True))
    return Cells(lows, highs, f, g, rows, others, cells.a, cells.b), owner


def _signed(cells: Cells, totals: Totals) -> Floats:
    """The integral of F - G over each cell. Shape (c,)."""
    level = totals.apart(cells.f, cells.g) * (cells.highs - cells.lows)
    more, less = (_off(*side, cells.highs) for side in ((cells.a, cells.rows), (cells.b, cells.others)))
    return np.asarray((level + more * totals.m - less * totals.n) / totals.pairs)


def _off(values: Floats, rows: Counts, highs: Floats) -> Floats:
    """The sum of (upper end - value) in each cell. Shape (c,)."""
    found, filled = np.zeros(len(rows)), np.flatnonzero(rows)
    if len(filled):
        found[filled] = np.add.reduceat(np.repeat(highs, rows) - values, (np.cumsum(rows) - rows)[filled])
    return found


def _each(cells: Cells, totals: Totals, widest: Widest) -> tuple[Floats, Widest]:
    """As areas, by merging what the cells hold."""
    held = np.concatenate([cells.a, cells.b])
    order = np.argsort(held, kind="stable")  # two sorted parts: it merges them
    values, first = held[order], np.cumsum(cells.rows + cells.others) - cells.rows - cells.others
    counts = []
    for is_mine, before, rows in (
        (order < len(cells.a), cells.f, cells.rows),
        (order >= len(cells.a), cells.g, cells.others),
    ):
        step = is_mine.astype(np.int64)
        step[first] += np.diff(before, prepend=0) - np.concatenate([[0], rows[:-1]])  # what lies between two cells
        counts.append(np.cumsum(step))
    f, g = counts
    following = np.append(values[1:], 0.0)
    following[np.append(first[1:], len(values)) - 1] = cells.highs
    between = np.add.reduceat(np.abs(totals.apart(f, g)) * (following - values), first)
    ahead = np.abs(totals.apart(cells.f, cells.g)) * (values[first] - cells.lows)
    gaps = np.abs(totals.gap(f, g))
    gaps[:-1][values[1:] == values[:-1]] = 0  # the curves stand at a value once all that are equal to it are counted
    at = int(gaps.argmax())
    if (gaps[at], -values[at]) > (widest[0], -widest[1]):
        widest = int(gaps[at]), float(values[at])
    return (ahead + between) / totals.pairs, widest


def _held(values: Floats, rows: Counts, chosen: Counts) -> Floats:
    """What some cells hold of the values of all."""
    some = rows[chosen]
    if 2 * int(some.sum()) < len(values):
        return values[positions(np.cumsum(rows)[chosen] - some, some)]
    kept = np.zeros(len(rows), dtype=bool)
    kept[chosen] = True
    return values if kept.all() else values[np.repeat(kept, rows)]


def positions(starts: Counts, lengths: Counts, step: int = 1) -> Counts:
    """The positions of several runs, one after the other; of each run only every so many-th.

    >>> positions(np.array([0, 10]), np.array([2, 5]), 2).tolist()
    [0, 10, 12, 14]
    """
    lengths = -(-lengths // step)
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - step * before, lengths) + step * np.arange(int(lengths.sum()))

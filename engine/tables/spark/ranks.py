"""Values at ranks of rows that stay where they are: a coarse count first, then an order within the few slots asked for.

A sort of all rows by one machine is what this avoids. First every value falls into an octave, then octaves that hold
much are cut evenly: some two thousand slots that follow each other, with the rows, least and largest value of each. A
rank lies in one of them; only values of such slots are grouped and ordered, each slot by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.columns import Column
from engine.slices import Slice
from engine.summaries import Counts, Floats, QualityCounts
from engine.tables.codes import BROKEN, CODES, HIGHEST, LOWEST, NAN, NULL
from engine.tables.ordered import Ordered, Side, Tallied
from engine.tables.sources import Dataset
from engine.tables.spark.coding import TOGETHER, broken_of, double, number_code, read_as, spread
from engine.tables.supports import wanted_ranks
from engine.tables.values import Held

SLOTS = 2048  # that a column with many values is cut into, about
FEW_SLOTS = 1024  # with fewer, a column may have so few values that each is counted
FEW_SCORES = 256  # scores with a slot each
TABLE = 4096  # values that are counted one by one, at most
POWERS = (-400, -200, -100, -60, -40, -30, *range(-20, 41), 45, 50, 60, 80, 120, 200, 400)
SIZES = 2.0 ** np.array(POWERS)
OCTAVES = np.concatenate([-SIZES[::-1], [np.nextafter(0.0, -1.0), 0.0], SIZES])  # zero is a slot of its own


@dataclass(frozen=True, slots=True)
class Cut:
    """How values fall into slots. edges: of the coarse ones; slot i of these is cut into parts[i] of width[i], from
    low[i] on, which are numbered from first[i]. Shapes (e,), (e + 1,)."""

    edges: Floats
    first: Counts
    low: Floats
    width: Floats
    parts: Counts

    def sql(self, value: str, broken: str | None) -> str:
        """SQL for the slot of a value, above all codes; those of values that are none are the codes themselves."""
        return number_code(value, broken, self.edges, lambda i: self._leaf(value, i))

    def _leaf(self, value: str, i: int) -> str:
        first, parts = CODES + int(self.first[i]), int(self.parts[i])
        if parts == 1:
            return str(first)
        at = f"floor(({value} - {double(self.low[i])}) / {double(self.width[i])})"
        return f"CAST({first} + greatest(least({at}, {parts - 1}), 0) AS INTEGER)"


def coarse() -> Cut:
    """Octaves, uncut."""
    size = len(OCTAVES) + 1
    ones = np.ones(size, dtype=np.int64)
    return Cut(OCTAVES, np.arange(size), np.zeros(size), np.zeros(size), ones)


@dataclass(frozen=True, slots=True, eq=False)
class Slotted:
    """A column by slots that hold any value, ascending. at: their numbers; rows, low, high: of each. Shapes (s,).

    infinite, quality: as in Numbers.
    """

    cut: Cut
    at: Counts
    rows: Counts
    low: Floats
    high: Floats
    infinite: tuple[int, int]
    quality: QualityCounts

    def finer(self) -> Cut:
        """The same octaves, the ones that hold several values cut into as many slots as they have of the rows."""
        size = len(self.cut.edges) + 1
        low, width, parts = np.zeros(size), np.zeros(size), np.ones(size, dtype=np.int64)
        share = np.ceil(self.rows / max(int(self.rows.sum()), 1) * SLOTS).astype(np.int64)
        wide = (self.high - self.low) / share
        some = (wide > 0) & np.isfinite(wide) & (share > 1)
        low[self.at[some]], width[self.at[some]], parts[self.at[some]] = self.low[some], wide[some], share[some]
        return Cut(self.cut.edges, np.cumsum(parts) - parts, low, width, parts)

    @property
    def single(self) -> NDArray[np.bool_]:
        """Whether a slot holds one value only. Shape (s,)."""
        return np.asarray(self.low == self.high)


@dataclass(frozen=True, eq=False)
class There:
    """The finite values of a column that stay where they are. knots: value -> how many lie below it, and up to it."""

    dataset: Dataset
    column: Column
    slice: Slice
    slots: Slotted
    knots: dict[float, tuple[int, int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.slots.rows.sum())

    def at(self, ranks: Counts) -> Floats:
        found = self._known(ranks)
        if np.isnan(found).any():
            fetch([self], [ranks[np.isnan(found)]])
            found = self._known(ranks)
        return found

    def upto(self, values: Floats, side: Side) -> Counts:
        ends = np.cumsum(self.slots.rows)
        single = self.slots.single
        which = 0 if side == "left" else 1
        known = {
            float(v): (int(e - n), int(e))
            for v, n, e in zip(self.slots.low[single], self.slots.rows[single], ends[single], strict=True)
        } | self.knots
        asked = sorted({float(one) for one in values} - set(known))
        if asked:
            known |= self._counted(asked)
        return np.array([known[float(one)][which] for one in values], dtype=np.int64)

    def distinct(self, most: int) -> Floats | None:
        return None  # with so few, all would have been counted

    def deviation(self) -> float:
        mean = self._sums("sum(v0) / count(*)", [])
        square = self._sums("sum((v0 - ?) * (v0 - ?))", [mean, mean])
        return float(np.sqrt(square / (len(self) - 1)))

    def _known(self, ranks: Counts) -> Floats:
        """The values at ranks, not-a-number where they are not known yet."""
        ends = np.cumsum(self.slots.rows)
        slot = ends.searchsorted(ranks, side="right")
        found = np.where(self.slots.single[slot], self.slots.low[slot], np.nan)
        if self.knots:
            values = np.array(sorted(self.knots))
            below, upto = np.array([self.knots[one] for one in values.tolist()]).T
            at = np.clip(upto.searchsorted(ranks, side="right"), 0, len(values) - 1)
            found = np.where((below[at] <= ranks) & (ranks < upto[at]), values[at], found)
        return found

    def _counted(self, values: Sequence[float]) -> dict[float, tuple[int, int]]:
        asked = ", ".join(f"count(*) FILTER (v0 < {double(v)}) AS l{i}, count(*) FILTER (v0 <= {double(v)}) AS u{i}"
                          for i, v in enumerate(values))  # fmt: skip
        row = self._row(asked, [])
        return {v: (row[f"l{i}"], row[f"u{i}"]) for i, v in enumerate(values)}

    def _sums(self, asked: str, values: Sequence[Any]) -> float:
        return float(self._row(f"{asked} AS found", values)["found"])

    def _row(self, asked: str, values: Sequence[Any]) -> dict[str, Any]:
        """One row over the finite values, v0."""
        inner, more = _inner(self.dataset, [self.column], self.slice)
        kept = f"v0 > {double(-LARGEST_KEPT)} AND v0 < {double(LARGEST_KEPT)}"
        sql = f"SELECT {asked} FROM ({inner}) AS r WHERE {kept}"
        return dict(self.dataset.query(sql, [*values, *more]).to_pylist()[0])


LARGEST_KEPT = 1e150  # as engine.tables.values.LARGEST


def numbers_there(dataset: Dataset, columns: Sequence[Column], cut: Slice, ahead: bool = True) -> list[Held]:
    """Columns with an order, as who can tell their values at ranks, or every value and its rows where those are few.

    ahead: read what a support asks for at once.
    """
    found: list[Held] = []
    for first in range(0, len(columns), TOGETHER):
        found += _some(dataset, columns[first : first + TOGETHER], cut, ahead)
    return found


def _some(dataset: Dataset, columns: Sequence[Column], cut: Slice, ahead: bool) -> list[Held]:
    slots = _slotted(dataset, columns, cut, [coarse()] * len(columns))
    wide = [i for i, one in enumerate(slots) if not one.single.all()]
    if wide:
        finer = _slotted(dataset, [columns[i] for i in wide], cut, [slots[i].finer() for i in wide])
        for i, one in zip(wide, finer, strict=True):
            slots[i] = one
    orders: list[Ordered] = []
    for column, one in zip(columns, slots, strict=True):
        table = Tallied(one.low, one.rows) if one.single.all() else None
        if table is None and len(one.rows) <= FEW_SLOTS:
            table = value_table(dataset, column, cut)
        orders.append(There(dataset, column, cut, one) if table is None else table)
    there = [one for one in orders if isinstance(one, There)]
    if ahead and there:
        fetch(there, [wanted_ranks(len(one)) for one in there])
    return [Held(order, one.infinite, one.quality) for order, one in zip(orders, slots, strict=True)]


def score_cut(dataset: Dataset, column: Column, cut: Slice) -> Cut:
    """How the values of one column fall into slots: each into its own where they are few, else some two thousand."""
    octaves = _slotted(dataset, [column], cut, [coarse()])[0]
    if len(octaves.rows) < FEW_SCORES:
        table = value_table(dataset, column, cut)
        if table is not None and 0 < len(table.values) <= FEW_SCORES:
            size = len(table.values) + 1
            nothing = np.zeros(size)
            return Cut(table.values, np.arange(size), nothing, nothing, np.ones(size, dtype=np.int64))
    return octaves.finer()


def value_table(dataset: Dataset, column: Column, cut: Slice) -> Tallied | None:
    """Every finite value and its rows; None where there are more than TABLE values."""
    inner, values = _inner(dataset, [column], cut)
    kept = f"v0 > {double(-LARGEST_KEPT)} AND v0 < {double(LARGEST_KEPT)}"
    found = dataset.query(
        f"SELECT v0 AS v, count(*) AS n FROM ({inner}) AS r WHERE {kept} GROUP BY v0 LIMIT {TABLE + 1}", values
    )
    if len(found) > TABLE:
        return None
    each = found["v"].to_numpy() + 0.0  # -0 is 0
    order = np.argsort(each)
    return Tallied(each[order], found["n"].to_numpy().astype(np.int64)[order])


def _inner(dataset: Dataset, columns: Sequence[Column], cut: Slice) -> tuple[str, list[Any]]:
    condition, values = dataset.where(cut)
    return f"SELECT {', '.join(read_as(dataset, columns))} FROM {dataset.scan} WHERE {condition}", values


def _slotted(dataset: Dataset, columns: Sequence[Column], cut: Slice, cuts: Sequence[Cut]) -> list[Slotted]:
    """Rows, least and largest value of every slot, of some columns in one pass."""
    inner, values = _inner(dataset, columns, cut)
    parts = [
        f"{{'i': {i}, 'k': {one.sql(f'v{i}', broken_of(dataset, column, i))}, 'v': v{i}}}"
        for i, (column, one) in enumerate(zip(columns, cuts, strict=True))
    ]
    table = dataset.query(
        f"SELECT s.i AS i, s.k AS k, count(*) AS n, min(s.v) AS low, max(s.v) AS high "
        f"FROM {spread(parts, [], inner)} GROUP BY s.i, s.k",
        values,
    )
    column, slot = (table[name].to_numpy().astype(np.int64) for name in ("i", "k"))
    rows = table["n"].to_numpy().astype(np.int64)
    low, high = (table[name].to_numpy(zero_copy_only=False).astype(np.float64) + 0.0 for name in ("low", "high"))
    found = []
    for i, one in enumerate(cuts):
        mine = column == i
        codes = dict(zip(slot[mine & (slot < CODES)].tolist(), rows[mine & (slot < CODES)].tolist(), strict=True))
        kept = np.flatnonzero(mine & (slot >= CODES))
        kept = kept[np.argsort(slot[kept])]
        found.append(
            Slotted(
                one,
                slot[kept] - CODES,
                rows[kept],
                low[kept],
                high[kept],
                _infinite(codes),
                _quality(codes, rows[mine]),
            )
        )
    return found


def _infinite(codes: Mapping[int, int]) -> tuple[int, int]:
    return codes.get(LOWEST, 0), codes.get(HIGHEST, 0)


def _quality(codes: Mapping[int, int], rows: Counts) -> QualityCounts:
    infinite = sum(_infinite(codes))
    return QualityCounts(int(rows.sum()), codes.get(NULL, 0), codes.get(NAN, 0), infinite, codes.get(BROKEN, 0))


def fetch(orders: Sequence[There], ranks: Sequence[Counts]) -> None:
    """Read the values at these ranks, each with the rows below it and up to it, of columns of one slice."""
    dataset, cut = orders[0].dataset, orders[0].slice
    parts, wanted, slots = [], [], []
    starts = [np.cumsum(one.slots.rows) - one.slots.rows for one in orders]
    for i, (one, mine) in enumerate(zip(orders, ranks, strict=True)):
        ends = starts[i] + one.slots.rows
        slot = ends.searchsorted(np.unique(mine), side="right")
        numbers = one.slots.at[slot] + CODES
        inside = np.unique(mine) - starts[i][slot]
        wanted += [f"({i}, {k}, {r})" for k, r in zip(numbers.tolist(), inside.tolist(), strict=True)]
        slots.append(f"(s.i = {i} AND s.k IN ({', '.join(map(str, np.unique(numbers).tolist()))}))")
        broken = broken_of(dataset, one.column, i)
        parts.append(f"{{'i': {i}, 'k': {one.slots.cut.sql(f'v{i}', broken)}, 'v': v{i}}}")
    inner, values = _inner(dataset, [one.column for one in orders], cut)
    each = (
        f"SELECT s.i AS i, s.k AS k, s.v AS v, count(*) AS n FROM {spread(parts, [], inner)} "
        f"WHERE {' OR '.join(slots)} GROUP BY s.i, s.k, s.v"
    )
    upto = "CAST(sum(n) OVER (PARTITION BY i, k ORDER BY v) AS BIGINT)"
    ordered = f"SELECT i, k, v, n, {upto} AS upto FROM ({each}) AS counted"
    table = dataset.query(
        f"SELECT DISTINCT o.i AS i, o.k AS k, o.v AS v, o.upto - o.n AS below, o.upto AS upto FROM ({ordered}) AS o "
        f"JOIN (VALUES {', '.join(wanted)}) AS w(i, k, r) "
        "ON o.i = w.i AND o.k = w.k AND w.r >= o.upto - o.n AND w.r < o.upto",
        values,
    )
    before = [
        dict(zip((one.slots.at + CODES).tolist(), start.tolist(), strict=True))
        for one, start in zip(orders, starts, strict=True)
    ]
    for row in table.to_pylist():
        start = before[row["i"]][row["k"]]
        orders[row["i"]].knots[row["v"] + 0.0] = (start + row["below"], start + row["upto"])

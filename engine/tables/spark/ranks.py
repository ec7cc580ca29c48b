"""Values at ranks of rows that stay where they are: a coarse count first, then an order within the few slots asked for.

A sort of all rows by one machine is what this avoids. First every value falls into an octave, then octaves that hold
much are cut evenly: some two thousand slots that follow each other, with the rows, least and largest value of each. A
rank lies in one of them; only values of such slots are grouped and ordered, each slot by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.columns import Column
from engine.slices import Slice
from engine.summaries import Counts, Floats
from engine.tables.codes import CODES
from engine.tables.ordered import Ordered, Side, Tallied
from engine.tables.sources import Dataset
from engine.tables.spark.coding import TOGETHER, broken_of, changed, double, spread
from engine.tables.spark.slots import Cut, Slotted, coarse, slotted, values_of
from engine.tables.supports import wanted_ranks
from engine.tables.values import LARGEST, Held

FEW_SLOTS = 1024  # with fewer, a column may have so few values that each is counted
FEW_SCORES = 256  # scores with a slot each
TABLE = 4096  # values that are counted one by one, at most


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
            if np.isnan(found).any():
                raise changed(self.dataset)
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
        found = self._row(f"{asked} AS found", values)["found"]
        if found is None:
            raise changed(self.dataset)
        return float(found)

    def _row(self, asked: str, values: Sequence[Any]) -> dict[str, Any]:
        """One row over the finite values, v0."""
        inner, more = values_of(self.dataset, [self.column], self.slice)
        kept = f"v0 > {double(-LARGEST)} AND v0 < {double(LARGEST)}"
        sql = f"SELECT {asked} FROM ({inner}) AS r WHERE {kept}"
        return dict(self.dataset.query(sql, [*values, *more]).to_pylist()[0])


def numbers_there(dataset: Dataset, columns: Sequence[Column], cut: Slice, ahead: bool = True) -> list[Held]:
    """Columns with an order, as who can tell their values at ranks, or every value and its rows where those are few.

    ahead: read what a support asks for at once. Raises UnusableData where the data change while they are read.
    """
    found: list[Held] = []
    for first in range(0, len(columns), TOGETHER):
        found += _some(dataset, columns[first : first + TOGETHER], cut, ahead)
    if len({one.quality.rows for one in found}) > 1:
        raise changed(dataset)
    return found


def _some(dataset: Dataset, columns: Sequence[Column], cut: Slice, ahead: bool) -> list[Held]:
    slots = slotted(dataset, columns, cut, [coarse()] * len(columns))
    wide = [i for i, one in enumerate(slots) if not one.single.all()]
    if wide:
        finer = slotted(dataset, [columns[i] for i in wide], cut, [slots[i].finer() for i in wide])
        for i, one in zip(wide, finer, strict=True):
            if (one.quality, one.infinite) != (slots[i].quality, slots[i].infinite):
                raise changed(dataset)
            slots[i] = one
    orders: list[Ordered] = []
    for column, one in zip(columns, slots, strict=True):
        table = Tallied(one.low, one.rows) if one.single.all() else None
        if table is None and len(one.rows) <= FEW_SLOTS:
            table = value_table(dataset, column, cut)
            if table is not None and int(table.rows.sum()) != int(one.rows.sum()):
                raise changed(dataset)
        orders.append(There(dataset, column, cut, one) if table is None else table)
    there = [one for one in orders if isinstance(one, There)]
    if ahead and there:
        fetch(there, [wanted_ranks(len(one)) for one in there])
    return [Held(order, one.infinite, one.quality) for order, one in zip(orders, slots, strict=True)]


def score_cut(dataset: Dataset, column: Column, cut: Slice) -> Cut:
    """How the values of one column fall into slots: each into its own where they are few, else some two thousand."""
    octaves = slotted(dataset, [column], cut, [coarse()])[0]
    if len(octaves.rows) < FEW_SCORES:
        table = value_table(dataset, column, cut)
        if table is not None and 0 < len(table.values) <= FEW_SCORES:
            size = len(table.values) + 1
            nothing = np.zeros(size)
            return Cut(table.values, np.arange(size), nothing, nothing, np.ones(size, dtype=np.int64))
    return octaves.finer()


def value_table(dataset: Dataset, column: Column, cut: Slice) -> Tallied | None:
    """Every finite value and its rows; None where there are more than TABLE values."""
    inner, values = values_of(dataset, [column], cut)
    kept = f"v0 > {double(-LARGEST)} AND v0 < {double(LARGEST)}"
    found = dataset.query(
        f"SELECT v0 AS v, count(*) AS n FROM ({inner}) AS r WHERE {kept} GROUP BY v0 LIMIT {TABLE + 1}", values
    )
    if len(found) > TABLE:
        return None
    each = found["v"].to_numpy() + 0.0  # -0 is 0
    order = np.argsort(each)
    return Tallied(each[order], found["n"].to_numpy().astype(np.int64)[order])


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
    inner, values = values_of(dataset, [one.column for one in orders], cut)
    each = (
        f"SELECT s.i AS i, s.k AS k, s.v AS v, count(*) AS n FROM {spread(parts, [], inner)} "
        f"WHERE {' OR '.join(slots)} GROUP BY s.i, s.k, s.v"
    )
    upto = "CAST(sum(n) OVER (PARTITION BY i, k ORDER BY v) AS BIGINT)"
    every = "CAST(sum(n) OVER (PARTITION BY i, k) AS BIGINT)"
    ordered = f"SELECT i, k, v, n, {upto} AS upto, {every} AS every FROM ({each}) AS counted"
    table = dataset.query(
        f"SELECT DISTINCT o.i AS i, o.k AS k, o.v AS v, o.upto - o.n AS below, o.upto AS upto, "
        f"o.every AS every FROM ({ordered}) AS o "
        f"JOIN (VALUES {', '.join(wanted)}) AS w(i, k, r) "
        "ON o.i = w.i AND o.k = w.k AND w.r >= o.upto - o.n AND w.r < o.upto",
        values,
    )
    before = [
        dict(
            zip((one.slots.at + CODES).tolist(), zip(start.tolist(), one.slots.rows.tolist(), strict=True), strict=True)
        )
        for one, start in zip(orders, starts, strict=True)
    ]
    for row in table.to_pylist():
        start, every = before[row["i"]][row["k"]]
        if row["every"] != every:
            raise changed(dataset)
        orders[row["i"]].knots[row["v"] + 0.0] = (start + row["below"], start + row["upto"])

"""Slots: ranges of values that follow each other, with the rows, least and largest value of each, counted by questions.

First octaves, so that any double has one; then those that hold much are cut evenly, into some two thousand in all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.columns import Column
from engine.slices import Slice
from engine.summaries import Counts, Floats, QualityCounts
from engine.tables.codes import BROKEN, CODES, HIGHEST, LOWEST, NAN, NULL
from engine.tables.sources import Dataset
from engine.tables.spark.coding import broken_of, double, number_code, read_as, spread

SLOTS = 2048  # that a column with many values is cut into, about
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


def values_of(dataset: Dataset, columns: Sequence[Column], cut: Slice) -> tuple[str, list[Any]]:
    """A question for the values of some columns, v0, v1 …, to be asked within another."""
    condition, values = dataset.where(cut)
    return f"SELECT {', '.join(read_as(dataset, columns))} FROM {dataset.scan} WHERE {condition}", values


def slotted(dataset: Dataset, columns: Sequence[Column], cut: Slice, cuts: Sequence[Cut]) -> list[Slotted]:
    """Rows, least and largest value of every slot, of some columns in one pass."""
    inner, values = values_of(dataset, columns, cut)
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

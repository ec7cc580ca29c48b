"""Values in ascending order, however they are held: as a sorted array, or as a table of each value and its rows.

What bins and cells are cut at are values at ranks, and rows up to a value; who can tell these needs no rows.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from engine.summaries import Counts, Floats
from engine.tables.mapped import Side, pieces, upto

__all__ = ["Ordered", "Side", "Sorted", "Tallied"]


class Ordered(Protocol):
    """Finite values in ascending order."""

    def __len__(self) -> int:
        """How many there are."""

    def at(self, ranks: Counts) -> Floats:
        """The values at these ranks, 0 being the smallest. Shape as ranks."""

    def upto(self, values: Floats, side: Side) -> Counts:
        """How many lie below each of these values (left), or up to it (right). Shape as values."""

    def distinct(self, most: int) -> Floats | None:
        """The distinct values, ascending, if there are at most so many. Shape (d,)."""

    def deviation(self) -> float:
        """Their standard deviation (ddof 1); of two values at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """A sorted array, shape (n,)."""

    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    def at(self, ranks: Counts) -> Floats:
        return self.values[ranks]

    def upto(self, values: Floats, side: Side) -> Counts:
        return upto(self.values, values, side)

    def distinct(self, most: int) -> Floats | None:
        found = self.values[:1]
        while self.values[-1] > found[-1]:  # from one to the next
            if len(found) == most:
                return None
            found = np.append(found, self.values[upto(self.values, found[-1:], "right")])
        return found.copy()

    def deviation(self) -> float:
        n = len(self.values)
        mean = sum(float(some.sum()) for some in pieces(self.values)) / n
        return float(np.sqrt(sum(float(((some - mean) ** 2).sum()) for some in pieces(self.values)) / (n - 1)))


@dataclass(frozen=True, eq=False)
class Tallied:
    """Every value, ascending, and how often it stands. Shapes (d,), (d,), rows at least 1.

    >>> found = Tallied(np.array([0.5, 2.0]), np.array([3, 1]))
    >>> len(found), found.at(np.array([2, 3])).tolist(), found.upto(np.array([0.5, 9.0]), "left").tolist()
    (4, [0.5, 2.0], [0, 4])
    """

    values: Floats
    rows: Counts

    @cached_property
    def ends(self) -> Counts:
        """Rows up to each value. Shape (d,)."""
        return np.cumsum(self.rows)

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.values) else 0

    def at(self, ranks: Counts) -> Floats:
        return self.values[self.ends.searchsorted(ranks, side="right")]

    def upto(self, values: Floats, side: Side) -> Counts:
        return np.concatenate([[0], self.ends])[self.values.searchsorted(values, side=side)]

    def distinct(self, most: int) -> Floats | None:
        return self.values if len(self.values) <= most else None

    def deviation(self) -> float:
        mean = float(np.average(self.values, weights=self.rows))
        return float(np.sqrt((self.rows * (self.values - mean) ** 2).sum() / (len(self) - 1)))

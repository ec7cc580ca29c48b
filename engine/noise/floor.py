"""A noise floor: the value that no change at all stays under, for exactly these rows and this support."""

from dataclasses import dataclass
from typing import Literal

FloorBasis = Literal["closed form", "draws", "reference windows"]


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor of one reading, in the reading's own terms.

    rows: from rows alone, were they independent. value: the larger of rows and the floor of the reference's windows.
    basis: which of them value is, and how rows was found. rows_needed: production rows at which the row-wise floor
    falls below the warning threshold; None when more production rows would not do, or none are needed.
    """

    value: float
    rows: float
    basis: FloorBasis
    rows_needed: int | None = None

"""The groups of the cell tier: every combination of window and cohort values that was met, numbered as they come."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import UnusableData, shown
from engine.summaries import Counts

OTHER = "Name another column under columns.cohorts."
GROUPS = 20_000  # windows × cohorts at most: each takes 2 × 8 × 256 bytes per column


def too_many() -> UnusableData:
    """Why nothing is counted where there are too many groups."""
    return UnusableData(
        f"There are more than {GROUPS:,} windows × cohorts.",
        hint="Choose fewer cohort columns, or longer windows.",
    )


def too_many_values(name: str) -> UnusableData:
    """Why nothing is counted by a column of too many values."""
    return UnusableData(
        f"The cohort column {shown(name)} has more than {GROUPS:,} values.", hint="Choose one with fewer."
    )


class Groups:
    """The groups met so far. names: the cohort columns. values: of each, numbered; None stands for a missing value."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.values: list[dict[object, int]] = [{} for _ in self.names]
        self.found: dict[tuple[int, ...], int] = {}
        self.counted: list[int] = []

    @property
    def size(self) -> int:
        return len(self.found)

    def index(self, batch: pa.RecordBatch, at: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """The group of every row of a batch. Shape (rows,)."""
        key = np.zeros(batch.num_rows, dtype=np.int64) if at is None else at + 1
        sizes = []
        for i, values in enumerate(self.values):
            try:
                column = batch[f"c{i}"].dictionary_encode()
            except pa.ArrowNotImplementedError:
                said = f"values of type {batch[f'c{i}'].type} cannot name cohorts"
                raise UnusableData(f"{shown(self.names[i])}: {said}.", hint=OTHER) from None
            codes = column.indices.to_numpy(zero_copy_only=False)
            if column.indices.null_count:
                codes = np.nan_to_num(codes, nan=len(column.dictionary)).astype(np.int64)
            try:
                listed = column.dictionary.to_pylist()
            except (ValueError, OverflowError):
                said = "holds moments before the year 1 or after 9999, which cannot name cohorts"
                raise UnusableData(f"{shown(self.names[i])} {said}.", hint=OTHER) from None
            met = [*listed, *([None] if column.indices.null_count else [])]
            known = np.array([values.setdefault(value, len(values)) for value in met], dtype=np.int64)
            if len(values) > GROUPS:
                raise too_many_values(self.names[i])
            sizes.append(len(values))
            if (int(key.max(initial=0)) + 1) * len(values) >= 1 << 62:
                raise UnusableData(
                    "The cohort columns have too many values together.", hint="Choose fewer cohort columns."
                )
            key = key * len(values) + known[codes]
        distinct, position = np.unique(key, return_inverse=True)
        numbers = np.array([self._number(int(one), sizes) for one in distinct], dtype=np.int64)
        for number, rows in zip(numbers, np.bincount(position), strict=True):
            self.counted[number] += int(rows)
        return numbers[position]

    def _number(self, key: int, sizes: list[int]) -> int:
        parts = []
        for size in reversed(sizes):
            key, part = divmod(key, size)
            parts.append(part)
        whole = (key, *reversed(parts))
        if whole not in self.found:
            if len(self.found) == GROUPS:
                raise too_many()
            self.found[whole] = len(self.found)
            self.counted.append(0)
        return self.found[whole]

    def windows(self) -> NDArray[np.int64]:
        return np.array([key[0] - 1 for key in self.found], dtype=np.int64)

    def cohorts(self) -> NDArray[np.int64]:
        return np.array([key[1:] for key in self.found], dtype=np.int64).reshape(len(self.found), len(self.values))

    def rows(self) -> Counts:
        return np.array(self.counted, dtype=np.int64)

"""What the model said beside what came true, window by window: shares of a class, or means of numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnknownName
from engine.estimate.reliability import wilson
from engine.explore.opened import Opened
from engine.explore.predicted import predictions, rows_for
from engine.performance import BAND
from engine.slices import Slice, Window
from engine.summaries import Counts, Floats
from engine.tables.cells import ALL
from engine.tables.outcomes import Chosen, OutcomeRows

IN_SPARK = "numbers are told row by row, and the rows lie in Spark"


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One rate over w windows. value, low, high: (w,), not-a-number without rows; rows: (w,) it is of.

    low, high: of a share its 95 % Wilson interval, of a mean three standard errors. reference: the whole of it, or
    None without rows.
    """

    name: str
    value: Floats
    low: Floats
    high: Floats
    rows: NDArray[np.int64]
    reference: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What was predicted and what came true over windows; None for what the data do not say. share: of a class."""

    windows: tuple[Window, ...]
    predicted: Course | None
    came_true: Course | None
    share: bool
    of: str


def said(opened: Opened, cohort: Slice = ALL, of: str | None = None) -> Said | str:
    """Predictions of all rows beside labels of those that have one, or why there are none.

    of: the class, where there are more than two; without, the first. Raises UnknownName for one that there is not.
    """
    read = predictions(opened)
    if isinstance(read, str):
        return read
    asked, timeless = read.asked, Slice(cohort.cohort, None, cohort.without)
    if of is not None and of not in asked.classes:
        raise UnknownName.of("class", of, asked.classes)
    classes = asked.task == "classification"
    at = asked.classes.index(of) if of is not None else asked.positive or 0
    if opened.reference.far and not classes:
        return IN_SPARK
    sides = {name: rows_for(opened, name, timeless) for name in read.sides}
    w = len(opened.windows)

    def course(name: str, field: str) -> Course | None:
        if any(getattr(rows, field) is None for rows, _ in sides.values()):
            return None
        (before, _, all_rows), (now, window, each) = (
            _numbers(*sides[side], field, at if classes else None) for side in ("reference", "production")
        )
        inside = window >= 0
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(np.average(before, weights=all_rows)) if len(before) else None
        return _course(name, now[inside], window[inside], None if each is None else each[inside], w, classes, mean)

    name = asked.classes[at] if classes else asked.target.name
    return Said(opened.windows, course("predicted", "predicted"), course("came true", "target"), classes, name)


def _numbers(
    rows: OutcomeRows, mine: Chosen, field: str, at: int | None
) -> tuple[Floats, NDArray[np.int64], Counts | None]:
    """1 and 0 of a class, or the numbers themselves, of rows that have one; with their windows, and how many rows each
    is of where that is not one."""
    values = getattr(rows, field)[mine]
    known = np.isfinite(values) if at is None else values >= 0
    kept = values[known] if at is None else values[known] == at
    each = None if rows.tallies is None else rows.rows_of(mine)[known]
    return np.asarray(kept, dtype=np.float64), rows.window[mine][known], each


def _course(
    name: str,
    values: Floats,
    window: NDArray[np.int64],
    each: Counts | None,
    windows: int,
    share: bool,
    reference: float | None,
) -> Course:
    """each: how many rows a value is of; None for one."""
    rows = np.bincount(window, each, windows).astype(np.int64)
    n = np.where(rows > 0, rows, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.bincount(window, values if each is None else values * each, windows) / n
    if share:
        low, high = wilson(mean, n)
    else:  # numbers, which are never told of tallies
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            square = np.bincount(window, (values - mean[window]) ** 2, windows) / n
            error = np.where((n > 1) & np.isfinite(square), np.sqrt(square / (n - 1)), np.nan)
        low, high = mean - BAND * error, mean + BAND * error
    return Course(name, mean, low, high, rows, reference)

"""Predictions and labels of an opened monitor, read once; and which of their rows are a slice's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnusableData
from engine.expected import Teacher, Told
from engine.explore.expected import learned_of
from engine.explore.lately import lately
from engine.explore.opened import Opened
from engine.outcomes import Classes, Errors
from engine.signals import PERFORMANCE
from engine.slices import Slice, Window
from engine.tables.cells import ALL
from engine.tables.coded import rows_of
from engine.tables.outcomes import Chosen, OutcomeRows, positions, read_outcomes
from engine.tables.question import Question, question

PREDICTIONS, ROWS, TALLIES = "predictions", "rows of cohorts", "tallies of cohorts"
ROWS_BYTES = 256e6  # of numbers of rows that are kept
KEPT = 32  # slices of the reference, and cohorts, whose summaries are kept


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions and labels of both sides in the order of their rows.

    learned: what is estimated from, or why not. kept, told: what was summed and expected lately.
    """

    asked: Question
    sides: Mapping[str, OutcomeRows]
    learned: Teacher | str
    kept: dict[Slice, Classes | Errors] = field(default_factory=dict)
    told: dict[Slice, tuple[Told, Told]] = field(default_factory=dict)


def predictions(opened: Opened) -> Predictions | str:
    """Predictions and labels, read once and kept with the monitor; or why nothing can be asked of them."""
    if PREDICTIONS not in opened.kept:
        opened.kept[PREDICTIONS] = _read(opened)
    found: Predictions | str = opened.kept[PREDICTIONS]
    return found


def _read(opened: Opened) -> Predictions | str:
    if PERFORMANCE in opened.plan.off:
        return "the monitor turns model performance off"
    try:
        asked = question(opened.reference, opened.production, opened.plan.terms, opened.labels)
        if isinstance(asked, str):
            return asked
        sides = {
            name: read_outcomes(side.dataset, asked, None, side.cells.windows) for name, side in opened.sides.items()
        }
    except UnusableData as error:
        return f"predictions and labels cannot be read: {error}"
    learned = learned_of(opened, sides["reference"])
    return Predictions(asked, sides, learned)


def rows_for(opened: Opened, side: str, cut: Slice) -> tuple[OutcomeRows, Chosen]:
    """Rows of one side that hold those of a slice, and which of them these are.

    Of rows that lie in Spark they are tallies of the slice's cohort, asked for once.
    """
    found = predictions(opened)
    assert not isinstance(found, str), "whoever asks has asked before"
    one, asked = opened.sides[side], found.asked
    if not one.dataset.far:
        return found.sides[side], chosen(opened, side, cut)
    timeless = Slice(cut.cohort, None, cut.without)
    if timeless == ALL:
        rows = found.sides[side]
    else:
        known: dict[tuple[str, Slice], OutcomeRows] = opened.kept.setdefault(TALLIES, {})
        rows = lately(
            known, (side, timeless), KEPT, lambda: read_outcomes(one.dataset, asked, timeless, one.cells.windows)
        )
    return rows, _in_window(rows, cut.window)


def _in_window(rows: OutcomeRows, window: Window | None) -> Chosen:
    """The rows of one window, or of all time. Raises UnusableData for a window that is none of theirs."""
    if window is None:
        return slice(None)
    inside = [i for i, one in enumerate(rows.windows) if one.start >= window.start and one.end <= window.end]
    partly = [one for one in rows.windows if one.start < window.end and one.end > window.start]
    if len(inside) != len(partly):
        raise UnusableData(
            "Of rows in Spark, whole windows are told; this span cuts one.", hint="Choose whole windows."
        )
    return np.flatnonzero(np.isin(rows.window, inside))


def chosen(opened: Opened, side: str, cut: Slice) -> Chosen:
    """The rows of a slice of one side that is here, by number. Raises UnusableData where the data have no codes."""
    if cut == ALL:
        return slice(None)
    timeless = Slice(cut.cohort, None, cut.without)
    windows, read = opened.sides[side].cells.windows, predictions(opened)
    if isinstance(read, str) or not (cut.window is None or cut.window in windows):
        return _asked(opened, side, cut)
    window = read.sides[side].window
    mine = None if timeless == ALL else _of_all_time(opened, side, timeless, len(window))
    if cut.window is None:
        return slice(None) if mine is None else mine
    inside = windows.index(cut.window)
    return np.flatnonzero(window == inside) if mine is None else np.asarray(mine[window[mine] == inside])


def _of_all_time(opened: Opened, side: str, cut: Slice, rows: int) -> NDArray[np.int64]:
    """The rows of a cohort: asked of the data once, and cut into windows by what is known of every row."""
    known: dict[tuple[str, Slice], NDArray[np.int64]] = opened.kept.setdefault(ROWS, {})
    mine = known.pop((side, cut), None)
    if mine is None:
        mine = np.arange(rows)[_asked(opened, side, cut)]
    known[side, cut] = mine  # last, so that it is let go last
    room = ROWS_BYTES
    for key, one in reversed(list(known.items())):
        room -= one.nbytes
        if room < 0:
            known.pop(key, None)
    return mine


def _asked(opened: Opened, side: str, cut: Slice) -> Chosen:
    codes = opened.sides[side].codes
    if codes is None:
        raise UnusableData("There was no room to keep the data's codes, which tell rows apart.", where=side)
    return positions(codes.starts, rows_of(codes, cut))

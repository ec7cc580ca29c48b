"""Cohorts beside each other on an opened monitor: one metric of each, and the gaps between them."""

from dataclasses import dataclass

import numpy as np

from engine.explore.history import values_of
from engine.explore.look import outcome_floors_of
from engine.explore.opened import Opened
from engine.explore.performance import performance_of
from engine.explore.predicted import predictions, rows_for
from engine.fairness import RATES, Gap, finding_of, gaps
from engine.findings import Finding, NotComputed
from engine.metrics import METRICS
from engine.performance import performance
from engine.slices import Filter, Slice, Window
from engine.slices.against import SAME_COHORT
from engine.summaries import Counts

Tables = dict[str, Counts]  # cohort -> (w, 6): tp, fp, fn, tn, predictions, positive ones, per window


def name_of(value: object) -> str:
    """What a cohort is called."""
    return "(missing)" if value is None else str(value)


def filter_of(by: str, value: object) -> Filter:
    """The rows of a cohort."""
    return Filter(by, "is_null") if value is None else Filter(by, "eq", (value,))


def within(cut: Slice, by: str, value: object, window: Window | None) -> Slice:
    """A cohort within the others of a slice: what stands there about the same column is left out."""
    others = () if cut.without else tuple(one for one in cut.cohort if one.column != by)
    return Slice((*others, filter_of(by, value)), window)


@dataclass(frozen=True, slots=True)
class OfCohort:
    """One metric of predictions in one cohort. value: of the column; labelled, rows: of production."""

    value: object
    found: Finding | NotComputed
    labelled: int
    rows: int


def performance_by(
    opened: Opened, by: str, metric: str, cut: Slice, against: str = SAME_COHORT
) -> tuple[OfCohort, ...] | str:
    """One metric of every cohort of a column in a slice, each held against its own counterpart, worst first.

    Those that cannot be read come last. Raises UnusableData for a column that has no values to choose from.
    """
    made, alpha = [], opened.plan.alpha(opened.columns)
    partial = cut.window is not None and cut.window in opened.windows and opened.partial(cut.window)
    for value in values_of(opened, by):
        one = within(cut, by, value, cut.window)
        answer = performance_of(opened, one, against)
        if isinstance(answer.outcomes, str):
            return answer.outcomes
        floors = outcome_floors_of(opened, one, against)
        found, missing = performance(answer.outcomes, opened.columns, opened.plan, floors, partial, metric, alpha)
        every: dict[str, Finding | NotComputed] = {**{g.metric: g for g in missing}, **{f.metric: f for f in found}}
        side = answer.outcomes.production
        if side.rows and metric in every:
            made.append(OfCohort(value, every[metric], side.labelled, side.rows))
    sign = -1.0 if METRICS[metric].worse == "higher" else 1.0

    def worst(one: OfCohort) -> tuple[bool, int, float]:
        read = one.found if isinstance(one.found, Finding) and one.found.value is not None else None
        return (True, 0, 0.0) if read is None else (False, -read.severity.rank, sign * float(read.value or 0.0))

    return tuple(sorted(made, key=worst))


@dataclass(frozen=True, slots=True, eq=False)
class Fairness:
    """Gaps between the cohorts of a column. now: of the slice; before: of its counterpart; by key of the rate.

    history: key -> a reading or a reason per window; empty without windows.
    """

    by: str
    now: dict[str, Gap | str]
    before: dict[str, Gap | str]
    windows: tuple[Window, ...]
    history: dict[str, tuple[Finding | NotComputed, ...]]


def fairness(opened: Opened, by: str, cut: Slice, against: str = SAME_COHORT) -> Fairness | str:
    """Gaps of recall, false-positive rate and selection rate between the cohorts of a column, or why there are none.

    Raises UnusableData for a column that has no values to choose from.
    """
    read = predictions(opened)
    if isinstance(read, str):
        return read
    if read.asked.task != "classification" or read.asked.positive is None:
        return "recall and false positives are of two classes, one of them predicted for"
    if read.sides["production"].predicted is None or read.sides["reference"].predicted is None:
        return read.asked.no_prediction or "there are no predictions"
    every = _tables(opened, "production", by, cut)
    held = opened.held(cut, against)
    first = _tables(opened, held.side, by, held.cut, inside=True)
    windows = opened.windows
    at = windows.index(cut.window) if cut.window in windows and cut.window else None
    mine = every if cut.window is None or at is not None else _tables(opened, "production", by, cut, inside=True)
    history: dict[str, list[Finding | NotComputed]] = {key: [] for key in RATES}
    for i in range(len(windows)):
        for key, found in gaps(_at(every, i)).items():
            history[key].append(finding_of(found, key, by))
    return Fairness(
        by, gaps(_at(mine, at)), gaps(_at(first, None)), windows, {key: tuple(row) for key, row in history.items()}
    )


def _at(tables: Tables, window: int | None) -> dict[str, tuple[int, int, int, int, int, int]]:
    """One window of every cohort; None: all of them together. The last row is of rows in no window."""
    rows = {name: one.sum(axis=0) if window is None else one[window] for name, one in tables.items()}
    return {name: tuple(one.tolist()) for name, one in rows.items()}


def _tables(opened: Opened, side: str, by: str, cut: Slice, inside: bool = False) -> Tables:
    """Outcomes of every cohort per window of the data. inside: of the slice's own window or span alone."""
    read = predictions(opened)
    assert not isinstance(read, str) and read.asked.positive is not None, "whoever asks has asked before"
    window = cut.window if inside else None
    w = len(read.sides[side].windows)
    found: Tables = {}
    for value in values_of(opened, by):
        rows, mine = rows_for(opened, side, within(cut, by, value, window))
        assert rows.predicted is not None
        each = rows.rows_of(mine)
        said, true, at = rows.predicted[mine], rows.target[mine], rows.window[mine]
        at = np.where(at < 0, w, at)
        known, yes, came = said >= 0, said == read.asked.positive, true == read.asked.positive
        labelled = known & (true >= 0)
        masks = (labelled & yes & came, labelled & yes & ~came, labelled & ~yes & came, labelled & ~yes & ~came,
                 known, known & yes)  # fmt: skip
        counts = [np.bincount(at[one], each[one], w + 1).astype(np.int64) for one in masks]
        found[name_of(value)] = np.stack(counts, axis=1)
    return found

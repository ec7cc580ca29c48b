"""Any slice of an opened monitor as a run: from cells, and read exactly where they leave a verdict open."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.asked import asked_of
from engine.assess import Observed, Summaries, judged, observe, unjudged_if_defining, unjudged_if_partial
from engine.attribution import asked as attributions_asked
from engine.columns import Kind
from engine.expected import awaited
from engine.explore.attribution import attribution_of, explained_of
from engine.explore.lately import lately
from engine.explore.opened import Opened, cells_for
from engine.explore.performance import (
    expected_in,
    maturity_in,
    outcome_windows,
    performance_of,
    reference_windows,
)
from engine.findings import Finding, NotComputed, Observation
from engine.look import Attributed, finish
from engine.monitor.beside import beside
from engine.noise import NO_WINDOWS, WindowFloors
from engine.pair import summarize_columns
from engine.performance import outcome_floors
from engine.reference import reference_floors
from engine.run import Run
from engine.signals import PERFORMANCE
from engine.slices import Slice
from engine.slices.against import SAME_COHORT, defining
from engine.summaries import ColumnSummary
from engine.tables.cells import summarize_cells

FLOORS, OUTCOME_FLOORS = "floors", "floors of outcomes"
SLICES = 1000  # whose floors are kept: of all metrics, and of those of predictions


def look(opened: Opened, cut: Slice, against: str = SAME_COHORT, exact: bool = False) -> Run:
    """The run of a slice, from cells; what they leave open about a verdict is read exactly. exact: every column is.

    Raises UnusableData where a file is no longer what it was when the monitor was opened: no run mixes two versions.
    """
    with opened.steadily():
        return _look(opened, cut, against, exact)


def _look(opened: Opened, cut: Slice, against: str, exact: bool) -> Run:
    read = {} if exact else dict(summaries_of(opened, cut, against))
    seen = {one.name: observe([one], read, opened.plan) for one in opened.columns if read}
    open_ones = _unproven(opened, seen) if read else tuple(one.name for one in opened.columns)
    resolved = exact_summaries(opened, open_ones, cut, against)
    seen |= {name: observe([opened.reference.column(name)], resolved, opened.plan) for name in open_ones}
    of_all = [seen[one.name] for one in opened.columns]
    observed = [one for found, _ in of_all for one in found], [gap for _, gaps in of_all for gap in gaps]
    named = (opened.monitor.monitor, opened.monitor.digest)
    floors = floors_of(opened, cut, against)
    known, least = {**read, **resolved}, opened.monitor.window.least
    volumes = opened.volumes if cut.window in opened.windows else {}
    held, sides, plan = opened.held(cut, against), (opened.reference, opened.production), opened.plan
    right = performance_of(opened, cut, against) if plan.asks(PERFORMANCE) else None
    why = attributed(opened, cut, against) if attributions_asked(plan) else None
    asked = asked_of(opened.reference, opened.plan, against, least, opened.labels, "exact" if exact else "cells")
    if "beside" not in opened.kept:
        opened.kept["beside"] = beside(opened.monitor, opened.base)
    asked["beside"] = opened.kept["beside"]
    run = finish(*sides, cut, held, opened.plan, known, named, floors, volumes, least, right, why, asked, observed)
    if run.outcomes is None or isinstance(run.outcomes, str):
        return replace(run, definition=opened.monitor.definition)
    whole = cut.window if not cut.cohort else None  # of a cohort its own share says it
    grown = (maturity_in(opened, whole) if whole else None) or run.maturity
    coming = expected_in(opened, cut) if awaited(run.outcomes) else None
    return replace(run, definition=opened.monitor.definition, maturity=grown, expected=coming)


def _unproven(opened: Opened, seen: Mapping[str, Observed]) -> tuple[str, ...]:
    """The columns of which cells leave a verdict open."""
    judged_ones = opened.plan.judged_keys
    return tuple(
        name for name, (found, _) in seen.items()
        if any(one.metric.key in judged_ones and _open(opened, one) for one in found)
    )  # fmt: skip


def attributed(opened: Opened, cut: Slice, against: str = SAME_COHORT) -> Attributed:
    """What the predictions of a slice rest on, with its finding or why there is none."""
    of = explained_of(opened)
    found, ranking = attribution_of(opened, of, cut, against)
    return Attributed(found, ranking, of.notes)


def floors_of(opened: Opened, cut: Slice, against: str) -> WindowFloors:
    """Floors from the reference's own windows, for a slice of one window that is held against other windows."""
    held = opened.held(cut, against)
    if cut.window not in opened.windows or (held.side == "production" and not held.windows):
        return NO_WINDOWS
    base = held.cut if held.side == "reference" else Slice(cut.cohort, None, cut.without)

    def found() -> WindowFloors:
        cells, _ = cells_for(opened, "reference", base)
        least, right = opened.monitor.window.least, reference_windows(opened, base)
        return reference_floors(cells, base, opened.supports, opened.columns, opened.plan, least, held.windows, right)

    known: dict[tuple[Slice, int], WindowFloors] = opened.kept.setdefault(FLOORS, {})
    return lately(known, (base, held.windows), SLICES, found)


def outcome_floors_of(opened: Opened, cut: Slice, against: str) -> WindowFloors:
    """As floors_of, of metrics of predictions alone: many cohorts are read at once, and columns take long."""
    held = opened.held(cut, against)
    if cut.window not in opened.windows or (held.side == "production" and not held.windows):
        return NO_WINDOWS
    base = held.cut if held.side == "reference" else Slice(cut.cohort, None, cut.without)

    def found() -> WindowFloors:
        of = reference_windows(opened, base)
        return outcome_floors(of, outcome_windows(opened, base), opened.plan, held.windows) if of else NO_WINDOWS

    known: dict[tuple[Slice, int], WindowFloors] = opened.kept.setdefault(FLOORS, {})
    own: dict[tuple[Slice, int], WindowFloors] = opened.kept.setdefault(OUTCOME_FLOORS, {})
    key = base, held.windows
    return known.get(key) or lately(own, key, SLICES, found)


def _open(opened: Opened, seen: Observation) -> bool:
    """Whether the cells leave something open: a threshold inside an interval, or the names of unseen categories."""
    quality = seen.summary.quality
    curve = seen.summary.curve
    if curve is not None and np.count_nonzero(curve.production) == 1 and curve.open[curve.production.argmax()]:
        return True  # one value, or several within a cell
    if seen.kind == Kind.CATEGORICAL and quality.production.out_of_bounds and not quality.unseen:
        return True
    threshold = opened.plan.threshold(opened.reference.column(seen.column), seen.metric, seen.reading)
    return threshold is not None and threshold.open_in(seen.reading.interval)


def summaries_of(opened: Opened, cut: Slice, against: str = SAME_COHORT, only: str | None = None) -> Summaries:
    """What the metrics need of every column, from cells; from the data where cells do not know enough of one."""
    held = opened.held(cut, against)
    first, first_groups = cells_for(opened, held.side, held.cut)
    second, second_groups = cells_for(opened, "production", cut)
    found: dict[str, ColumnSummary | str] = {}
    unknown = []
    for column in opened.columns:
        if only is not None and column.name != only:
            continue
        support = opened.supports[column.name]
        summary: ColumnSummary | str | None = None
        if not isinstance(support, str) and column.name in second.counts:
            summary = summarize_cells(support, first, second, (first_groups, second_groups))
            if summary.curve is not None and math.isinf(summary.curve.slack):
                summary = None
        if summary is None:
            unknown.append(column.name)
        found[column.name] = summary or ""
    return found | exact_summaries(opened, unknown, cut, against)


def exact_summary(opened: Opened, name: str, cut: Slice, against: str = SAME_COHORT) -> ColumnSummary | str:
    """What the metrics need of one column, read from the data itself."""
    return exact_summaries(opened, [name], cut, against)[name]


def exact_summaries(
    opened: Opened, names: Sequence[str], cut: Slice, against: str = SAME_COHORT
) -> dict[str, ColumnSummary | str]:
    """As exact_summary, of several columns."""
    if not names:  # even how much memory the database has is a question to it
        return {}
    held = opened.held(cut, against)
    columns = [opened.reference.column(name) for name in names]
    first = opened.sides[held.side].dataset
    with opened.steadily():
        return summarize_columns(first, opened.production, columns, opened.supports, held.cut, cut)


def findings_of(
    opened: Opened, name: str, cut: Slice, against: str = SAME_COHORT
) -> tuple[ColumnSummary | str, tuple[Finding | NotComputed, ...]]:
    """One column read from the data itself: its summary, and a finding or a reason for every metric."""
    summary = exact_summary(opened, name, cut, against)
    seen, gaps = observe([opened.reference.column(name)], {name: summary}, opened.plan)
    partial = cut.window is not None and cut.window in opened.windows and opened.partial(cut.window)
    found = judged(seen, opened.columns, opened.plan, floors_of(opened, cut, against))
    defines = defining(cut, opened.held(cut, against))
    return summary, (*(unjudged_if_defining(unjudged_if_partial(one, partial), defines) for one in found), *gaps)

"""One metric over all windows: of every column of a cohort, or of one column in every cohort of a column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.assess import Summaries, judged, observe, unjudged_if_defining, unjudged_if_partial
from engine.errors import UnusableData, shown
from engine.explore.look import floors_of, summaries_of
from engine.explore.opened import Opened, cells_for
from engine.findings import Finding, Glance, NotComputed, Observation, Severity
from engine.noise import NO_WINDOWS
from engine.slices import Filter, Slice, Window
from engine.slices.against import SAME_COHORT, defining
from engine.summaries import ColumnSummary
from engine.tables.cells import ALL, Cells, summarize_cells
from engine.tables.stacked import Stack, joined, stack
from engine.tables.supports import CategoricalSupport


@dataclass(frozen=True, eq=False)
class History:
    """One metric of every column in every window. cells: (column, window index) -> finding, or why there is none."""

    metric: str
    columns: tuple[str, ...]
    windows: tuple[Window, ...]
    cells: Mapping[tuple[str, int], Finding | NotComputed]

    def values(self, column: str) -> list[float | None]:
        """The metric's value per window, None where it was not computed."""
        found = (self.cells.get((column, i)) for i in range(len(self.windows)))
        return [one.value if isinstance(one, Finding) else None for one in found]


def history(
    opened: Opened, metric: str, cohort: Slice = ALL, against: str = SAME_COHORT, column: str | None = None
) -> History:
    """The history of one metric over all windows of a cohort, of every column or of one."""
    return histories(opened, (metric,), cohort, against, column)[metric]


def histories(
    opened: Opened,
    metrics: Sequence[str],
    cohort: Slice = ALL,
    against: str = SAME_COHORT,
    column: str | None = None,
) -> dict[str, History]:
    """As history, of several metrics: what they need of every window is put together once for all of them."""
    timeless = Slice(cohort.cohort, without=cohort.without)
    with opened.steadily():
        found = _read(opened, metrics, timeless, opened.windows, against, column)
    return {key: _history(opened, key, found[key]) for key in metrics}


def _history(opened: Opened, metric: str, cells: Mapping[tuple[str, int], Finding | NotComputed]) -> History:
    read_at_all = {name for (name, _), found in cells.items() if isinstance(found, Finding)}
    return History(metric, tuple(c.name for c in opened.columns if c.name in read_at_all), opened.windows, cells)


@dataclass(frozen=True, eq=False)
class CohortHistory:
    """One metric of one column in every cohort of a column of cohorts and every window.

    by: the column of cohorts; values: its values, a missing one as None. windows: those of production, or the one that
    stands for all time (None) where there are none. cells: (value index, window index) -> finding, or what a map shows
    of it (engine/explore/glances.py), or reason.
    """

    metric: str
    column: str
    by: str
    values: tuple[object, ...]
    windows: tuple[Window | None, ...]
    cells: Mapping[tuple[int, int], Finding | Glance | NotComputed]

    @property
    def worst(self) -> tuple[int, ...]:
        """Indices of the values, worst first: by alarms' value over threshold, then by that of all that was judged."""
        rows: dict[int, list[Finding | Glance]] = {i: [] for i in range(len(self.values))}
        for (i, _), one in self.cells.items():
            if isinstance(one, Finding | Glance) and one.severity not in (
                Severity.NOT_JUDGED,
                Severity.NOT_ENOUGH_DATA,
            ):
                rows[i].append(one)
        top = {i: max((one.urgency for one in found), default=(-1, 0.0)) for i, found in rows.items()}
        return tuple(sorted(rows, key=lambda i: top[i], reverse=True))


def values_of(opened: Opened, by: str) -> tuple[object, ...]:
    """The values that make the cohorts of a column: all of a cohort column, else what the reference's support names.

    Raises UnusableData for a column that has no values to choose from.
    """
    if by in opened.cohorts:
        return opened.cohorts[by]
    support = opened.supports.get(by)
    if not isinstance(support, CategoricalSupport):
        raise UnusableData(f"{shown(by)} has no values that cohorts could be made of.", hint="Choose another column.")
    return tuple(support.categories)


def filters_of(by: str, values: Sequence[object], within: Slice) -> list[tuple[Filter, ...]]:
    """The filters of each value's cohort, within a cohort of other columns."""
    others = () if within.without else tuple(one for one in within.cohort if one.column != by)
    return [(*others, Filter(by, "is_null") if one is None else Filter(by, "eq", (one,))) for one in values]


def cohort_history(
    opened: Opened, by: str, metric: str, column: str, within: Slice = ALL, against: str = SAME_COHORT
) -> CohortHistory:
    """One metric of a column over all windows, for each value of a column of cohorts, within a cohort of other columns.

    What stands in within about the column of cohorts itself is left out: it would leave one row of the map.
    """
    values, windows = values_of(opened, by), opened.windows or (None,)
    cells: dict[tuple[int, int], Finding | Glance | NotComputed] = {}
    for i, filters in enumerate(filters_of(by, values, within)):
        found = _read(opened, (metric,), Slice(filters), windows, against, column)[metric]
        cells.update({(i, j): cell for (_, j), cell in found.items()})
    return CohortHistory(metric, column, by, values, windows, cells)


def _read(
    opened: Opened,
    metrics: Sequence[str],
    cohort: Slice,
    windows: Sequence[Window | None],
    against: str,
    column: str | None,
) -> dict[str, dict[tuple[str, int], Finding | NotComputed]]:
    """Metrics in every window of a cohort, judged together: they share one rate of false alarms and its floors."""
    cells: dict[str, dict[tuple[str, int], Finding | NotComputed]] = {key: {} for key in metrics}
    seen: list[Observation] = []
    places: list[int] = []
    floors = NO_WINDOWS
    defines: list[tuple[str, ...]] = []
    wanted = frozenset(metrics)
    cuts = [Slice(cohort.cohort, window, cohort.without) for window in windows]
    united = together(opened, cuts, against)
    at_once = None if united is None else _summaries(opened, united, column)
    for i, cut in enumerate(cuts):
        if i == 0:
            floors = floors_of(opened, cut, against)  # the same for every window of a unit
        summaries = summaries_of(opened, cut, against, column) if at_once is None else at_once[i]
        columns = [one for one in opened.columns if one.name in summaries]
        read, gaps = observe(columns, summaries, opened.plan, wanted)
        seen += read
        places += [i] * len(read)
        for gap in gaps:
            cells[gap.metric][gap.column or "", i] = gap
        defines.append(defining(cut, opened.held(cut, against)))
    partial = [window is not None and opened.partial(window) for window in windows]
    for i, found in zip(places, judged(seen, opened.columns, opened.plan, floors), strict=True):
        settled = unjudged_if_defining(unjudged_if_partial(found, partial[i]), defines[i])
        cells[found.metric][found.column or "", i] = settled
    return cells


@dataclass(frozen=True, eq=False)
class Together:
    """All windows of a cohort as groups of cells. reference: one slice, or one a window; production: all windows'."""

    first: Cells
    reference: Sequence[NDArray[np.bool_]]
    second: Cells
    production: NDArray[np.bool_]


def together(opened: Opened, cuts: Sequence[Slice], against: str) -> Together | None:
    """All windows as groups of the same cells; None where cells do not answer them, or only nearly (a free filter)."""
    if not cuts or tuple(cut.window for cut in cuts) != opened.windows:
        return None
    held = [opened.held(cut, against) for cut in cuts]
    first = {one.cut: cells_for(opened, one.side, one.cut) for one in held}  # of the reference one for all windows
    (theirs, _), *others = first.values()
    mine, production = cells_for(opened, "production", Slice(cuts[0].cohort, None, cuts[0].without))
    sure = all(cells is theirs for cells, _ in others) and len({one.side for one in held}) == 1
    if not sure or theirs.rounded or mine.rounded or mine.windows != opened.windows:
        return None
    reference = [first[one.cut][1] for one in held] if others else [first[held[0].cut][1]]
    return Together(theirs, reference, mine, production & (mine.window >= 0))


def _summaries(opened: Opened, of: Together, column: str | None) -> list[Summaries] | None:
    """What the metrics need, window by window; None where a column has no cells and is asked of the data."""
    names = [one.name for one in opened.columns if column in (None, one.name)]
    if any(isinstance(opened.supports[name], str) or name not in of.second.counts for name in names):
        return None
    n = len(opened.windows)
    mine = _grouped(of.second, {name: stack(of.second, name, of.production, n) for name in names}, n)
    theirs = _grouped(of.first, {name: joined(of.first, name, of.reference) for name in names}, len(of.reference))
    found: list[Summaries] = []
    for i in range(n):
        sides = np.arange(len(of.reference)) == (i if len(of.reference) > 1 else 0), np.arange(n) == i
        made: dict[str, ColumnSummary | str] = {}
        for name in names:
            support = opened.supports[name]
            assert not isinstance(support, str)
            made[name] = summarize_cells(support, theirs, mine, sides)
        found.append(made)
    return found


def _grouped(cells: Cells, tables: Mapping[str, Stack], groups: int) -> Cells:
    """Cells with a group for each slice of some stacks."""
    return replace(
        cells,
        windows=(),
        window=np.full(groups, -1),
        values={},
        cohort=np.zeros((groups, 0), np.int64),
        counts={name: one.counts.astype(np.int64) for name, one in tables.items()},
        gaps={name: one.gaps for name, one in tables.items() if one.gaps is not None},
        rows=np.zeros(groups, np.int64),
    )

"""One metric over all windows: of every column of a cohort, or of one column in every cohort of a column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.assess import judged, observe, unjudged_if_defining, unjudged_if_partial
from engine.errors import UnusableData, shown
from engine.explore.look import floors_of, summaries_of
from engine.explore.opened import Opened
from engine.findings import Finding, NotComputed, Observation, Severity
from engine.noise import NO_WINDOWS
from engine.slices import Filter, Slice, Window
from engine.slices.against import SAME_COHORT, defining
from engine.tables.cells import ALL
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
    stands for all time (None) where there are none. cells: (value index, window index) -> finding or reason.
    """

    metric: str
    column: str
    by: str
    values: tuple[object, ...]
    windows: tuple[Window | None, ...]
    cells: Mapping[tuple[int, int], Finding | NotComputed]

    @property
    def worst(self) -> tuple[int, ...]:
        """Indices of the values, worst first: by alarms' value over threshold, then by that of all that was judged."""
        rows: dict[int, list[Finding]] = {i: [] for i in range(len(self.values))}
        for (i, _), one in self.cells.items():
            if isinstance(one, Finding) and one.severity not in (Severity.NOT_JUDGED, Severity.NOT_ENOUGH_DATA):
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


def cohort_history(
    opened: Opened, by: str, metric: str, column: str, within: Slice = ALL, against: str = SAME_COHORT
) -> CohortHistory:
    """One metric of a column over all windows, for each value of a column of cohorts, within a cohort of other columns.

    What stands in within about the column of cohorts itself is left out: it would leave one row of the map.
    """
    values, windows = values_of(opened, by), opened.windows or (None,)
    others = () if within.without else tuple(one for one in within.cohort if one.column != by)
    cells: dict[tuple[int, int], Finding | NotComputed] = {}
    for i, value in enumerate(values):
        one = Filter(by, "is_null") if value is None else Filter(by, "eq", (value,))
        found = _read(opened, (metric,), Slice((*others, one)), windows, against, column)[metric]
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
    for i, window in enumerate(windows):
        cut = Slice(cohort.cohort, window, cohort.without)
        if i == 0:
            floors = floors_of(opened, cut, against)  # the same for every window of a unit
        summaries = summaries_of(opened, cut, against, column)
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

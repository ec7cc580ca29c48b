"""A monitor opened on its data: supports and cells built once, after which any slice is a sum and answers at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from engine.assess import Summaries, judged, observe, unjudged_if_partial
from engine.columns import Column, Kind, Role
from engine.errors import UnusableData
from engine.findings import Finding, NotComputed, Observation, Severity
from engine.metrics import metric as named_metric
from engine.monitor import Monitor
from engine.noise import NO_WINDOWS, WindowFloors
from engine.pair import summarize_column
from engine.reference import reference_floors
from engine.run import SAME_COHORT, Run, finish, is_partial
from engine.schema import schema_findings
from engine.signals import Plan, pointless
from engine.slices import Filter, Slice, Window
from engine.summaries import ColumnSummary
from engine.tables.connection import connect
from engine.tables.count import Cells, count, summarize_cells
from engine.tables.exact import quality_only
from engine.tables.examples import Example, outside, unreadable
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.supports import Support, build_support
from engine.tables.values import missing, read

Progress = Callable[[float, str], None]
ALL = Slice()


@dataclass(frozen=True, eq=False)
class Opened:
    """A monitor with its data. supports: per column, or the reason why it has none. counts: rows of each window."""

    monitor: Monitor
    plan: Plan
    reference: Dataset
    production: Dataset
    supports: Mapping[str, Support | str]
    reference_cells: Cells
    production_cells: Cells

    @property
    def windows(self) -> tuple[Window, ...]:
        """The production's windows, in order; none without a timestamp."""
        return self.production_cells.windows

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are monitored: the reference's, without the ignored ones."""
        return tuple(column for column in self.reference.columns if column.role is not Role.IGNORE)

    @property
    def cohorts(self) -> Mapping[str, tuple[object, ...]]:
        """The cohort columns and the values that either side has, missing ones as None."""
        found = {}
        for name, values in self.production_cells.values.items():
            both = dict.fromkeys([*values, *self.reference_cells.values.get(name, ())])  # both list each value they met
            found[name] = tuple(sorted(both, key=lambda value: (value is None, str(value))))
        return found

    def rows(self, window: Window | None, cut: Slice = ALL) -> int:
        """Production rows of a window (None: of all time) and cohort."""
        return rows_in(self.production, cells_of(self, cut.cohort)[1], Slice(cut.cohort, window))

    def partial(self, window: Window) -> bool:
        """Whether a window holds less than the monitor's least share of the median window's rows."""
        return is_partial(window, self.volumes, self.monitor.window.least)

    @cached_property
    def volumes(self) -> Mapping[Window, int]:
        """Production rows of every window that holds any."""
        cells = self.production_cells
        rows = np.bincount(cells.window[cells.window >= 0], cells.rows[cells.window >= 0], len(cells.windows))
        return {window: int(n) for window, n in zip(cells.windows, rows, strict=True) if n}


def open_monitor(monitor: Monitor, base: Path | None = None, progress: Progress | None = None) -> Opened:
    """Open both datasets of a monitor, fix the supports on the reference, and count both sides.

    base: the folder of the monitor's file. progress is told a share and a sentence, and may raise Cancelled.
    """
    if monitor.reference.path is None or monitor.production.path is None:
        raise UnusableData("Database tables are not read yet; give a path.", where=monitor.monitor)
    paths = [find_path(place, base) for place in (monitor.reference.path, monitor.production.path)]
    root = connect({file.parent for path in paths for file in find_files(path)})
    reference, production = (open_dataset(path, root) for path in paths)
    kinds = {name: str(kind) for name, kind in monitor.columns.kinds.items()}
    reference = reference.assign(kinds, monitor.columns.roles)
    if isinstance(monitor.columns.features, list):
        reference = reference.only_features(monitor.columns.features)
    roles = {column.name: str(column.role) for column in reference.columns if production.has(column.name)}
    production = production.assign({k: v for k, v in kinds.items() if production.has(k)}, roles)
    return open_datasets(monitor, reference, production, progress)


def open_datasets(
    monitor: Monitor, reference: Dataset, production: Dataset, progress: Progress | None = None
) -> Opened:
    """As open_monitor, for datasets that are already open."""
    tell = progress or (lambda share, said: None)
    cohorts = [name for name in monitor.columns.cohorts if reference.column(name) and production.column(name)]
    supports: dict[str, Support | str] = {}
    columns = [column for column in reference.columns if column.role is not Role.IGNORE]
    for done, column in enumerate(columns, start=1):
        try:
            supports[column.name] = build_support(column, read(reference, column, Slice()))
        except UnusableData as error:  # one column that cannot be read takes no other with it
            supports[column.name] = f"its values cannot be read: {error.message}"
        tell(0.4 * done / len(columns), f"binned {done} of {len(columns)} columns of the reference")
    built = {n: s for n, s in supports.items() if not isinstance(s, str) and production.has(n)}
    unit = monitor.window.unit
    first = count(reference, built, unit, cohorts, lambda share, said: tell(0.4 + 0.2 * share, said))
    second = count(production, built, unit, cohorts, lambda share, said: tell(0.6 + 0.4 * share, said))
    return Opened(monitor, monitor.plan, reference, production, supports, first, second)


def rows_in(dataset: Dataset, cells: Cells, cut: Slice) -> int:
    """Rows of a slice, from cells where it is a union of them."""
    groups = cells.groups(cut)
    if groups is not None:
        return int(cells.rows[groups].sum())
    condition, values = dataset.where(cut)
    return int(dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", values)["n"][0].as_py())


@lru_cache(maxsize=12)
def _counted(opened: Opened, only: tuple[Filter, ...]) -> tuple[Cells, Cells]:
    """Cells of the rows that pass filters which the cells at hand cannot answer: one pass over both sides."""
    built = {n: s for n, s in opened.supports.items() if not isinstance(s, str) and opened.production.has(n)}
    unit, cohorts = opened.monitor.window.unit, tuple(opened.production_cells.values)
    first = count(opened.reference, built, unit, cohorts, only=only)
    return first, count(opened.production, built, unit, cohorts, only=only)


def cells_of(opened: Opened, cohort: tuple[Filter, ...], against: str = SAME_COHORT) -> tuple[Cells, Cells]:
    """The cells of both sides that can answer a cohort; counted anew, and kept, for filters on other columns."""
    free = tuple(one for one in cohort if not opened.production_cells.answers(one))
    if not free:
        return opened.reference_cells, opened.production_cells
    first, second = _counted(opened, free)
    return (first if against == SAME_COHORT else opened.reference_cells), second


def look(opened: Opened, cut: Slice, against: str = SAME_COHORT) -> Run:
    """The run of a slice, from cells; what they leave open about a verdict is read exactly.

    A slice that is no union of cells (half a window) is read exactly as a whole.
    """
    summaries = summaries_of(opened, cut, against)
    seen, _ = observe(opened.columns, summaries, opened.plan)
    unproven = {one.column for one in seen if _open(opened, one)}
    exact = {name: exact_summary(opened, name, cut, against) for name in unproven}
    named = (opened.monitor.monitor, opened.monitor.digest)
    whole = cut.window in opened.windows
    floors = floors_of(opened, cut, against) if whole else NO_WINDOWS
    known, least = {**summaries, **exact}, opened.monitor.window.least
    volumes = opened.volumes if whole else {}
    return finish(opened.reference, opened.production, cut, opened.plan, known, named, floors, volumes, least)


def floors_of(opened: Opened, cut: Slice, against: str) -> WindowFloors:
    """Floors from the reference's own windows for a slice."""
    cells = cells_of(opened, cut.cohort, against)[0]
    base = Slice(cut.cohort if against == SAME_COHORT else ())
    least = opened.monitor.window.least
    return reference_floors(cells, base, opened.supports, opened.columns, opened.plan, least)


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
    """What the metrics need of every column, from cells where the slice is a union of them, else exact."""
    base = Slice(cut.cohort) if against == SAME_COHORT else Slice()
    first, second = cells_of(opened, cut.cohort, against)
    sides = first.groups(base), second.groups(cut)
    found: dict[str, ColumnSummary | str] = {}
    for column in opened.columns:
        if only is not None and column.name != only:
            continue
        support = opened.supports[column.name]
        if isinstance(support, str) or sides[0] is None or sides[1] is None or column.name not in second.counts:
            found[column.name] = exact_summary(opened, column.name, cut, against)
        else:
            both = (sides[0], sides[1])
            found[column.name] = summarize_cells(support, first, second, both)
    return found


def exact_summary(opened: Opened, name: str, cut: Slice, against: str = SAME_COHORT) -> ColumnSummary | str:
    """What the metrics need of one column, read from the data itself."""
    base = Slice(cut.cohort) if against == SAME_COHORT else Slice()
    column = opened.reference.column(name)
    support = opened.supports[column.name]
    return summarize_column(opened.reference, opened.production, column, support, base, cut)


def findings_of(
    opened: Opened, name: str, cut: Slice, against: str = SAME_COHORT
) -> tuple[ColumnSummary | str, tuple[Finding | NotComputed, ...]]:
    """One column read from the data itself: its summary, and a finding or a reason for every metric."""
    summary = exact_summary(opened, name, cut, against)
    seen, gaps = observe([opened.reference.column(name)], {name: summary}, opened.plan)
    whole = cut.window in opened.windows
    floors = floors_of(opened, cut, against) if whole else NO_WINDOWS
    partial = cut.window is not None and whole and opened.partial(cut.window)
    found = judged(seen, opened.columns, opened.plan, floors)
    return summary, (*(unjudged_if_partial(one, partial) for one in found), *gaps)


def examples(opened: Opened, name: str, cut: Slice) -> tuple[Example, ...]:
    """Production values of a column that are type errors or out of bounds, up to ten of each, asked from the data."""
    column, support = opened.reference.column(name), opened.supports[name]
    if not opened.production.has(name):
        return ()
    found = unreadable(opened.production, column, cut)
    bounds = named_metric("out_of_bounds_rate")
    if isinstance(support, str) or column.kind not in bounds.kinds or pointless(column, bounds):
        return found
    return (*found, *outside(opened.production, column, support, cut))


def first_look(reference: Dataset, production: Dataset) -> list[Finding]:
    """What two datasets tell before there is a monitor, from one pass over each: schema, nulls, unreadable values."""
    columns = [one for one in reference.columns if one.role is not Role.IGNORE and production.has(one.name)]
    try:
        sides = zip(missing(reference, columns), missing(production, columns), strict=True)
    except UnusableData:  # some column's values cannot be read: the run says which, and names alone can still be held
        return schema_findings(reference, production, ALL, {})
    read_so_far = {
        column.name: quality_only("the values were not read yet", first, second)
        for column, (first, second) in zip(columns, sides, strict=True)
    }
    seen, _ = observe(columns, read_so_far, Plan(), {"null_rate", "type_error_rate"})
    called = [one for one in judged(seen, columns, Plan()) if one.severity in (Severity.WARNING, Severity.CRITICAL)]
    return [*schema_findings(reference, production, ALL, read_so_far), *called]


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
    floors = floors_of(opened, cohort, against)
    partial = [opened.partial(window) for window in opened.windows]
    cells: dict[tuple[str, int], Finding | NotComputed] = {}
    for i, window in enumerate(opened.windows):
        summaries = summaries_of(opened, Slice(cohort.cohort, window), against, column)
        wanted = [one for one in opened.columns if one.name in summaries]
        seen, gaps = observe(wanted, summaries, opened.plan, {metric})
        for found in judged(seen, opened.columns, opened.plan, floors):
            cells[found.column or "", i] = unjudged_if_partial(found, partial[i])
        for gap in gaps:
            cells[gap.column or "", i] = gap
    read_at_all = {name for (name, _), found in cells.items() if isinstance(found, Finding)}
    return History(metric, tuple(c.name for c in opened.columns if c.name in read_at_all), opened.windows, cells)

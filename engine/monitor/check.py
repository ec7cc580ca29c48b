"""Holding a monitor file against its data: what can be seen to be wrong before anything runs."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median

import numpy as np

from engine.columns import Kind, Role
from engine.errors import InvalidMonitor, PlumblineError, Problem, nearest, shown
from engine.metrics import Metric, metric
from engine.metrics.metric import Reading
from engine.monitor.far import elsewhere
from engine.monitor.limits import Row, limit_problems
from engine.monitor.lints import against_lints, column_lints, policy_lints, window_lints
from engine.monitor.model import Attributions, Labels, Limits, Monitor
from engine.monitor.read import line_of, read_monitor
from engine.monitor.written import choices, text_of
from engine.noise import row_floor
from engine.pair import in_one_reading
from engine.signals import Level
from engine.slices import moment_sql, quoted
from engine.slices.texts import parse_filters
from engine.summaries import Histogram
from engine.tables.away.addresses import is_elsewhere, looked_at
from engine.tables.connection import connect
from engine.tables.groups import GROUPS
from engine.tables.moments import are_since_1970, volumes
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.text.text_format import TextFormat

ROLES = ("id", "timestamp", "score", "prediction", "target", "latency", "error")
NUMBERS = ("score", "latency")  # roles that only numbers can have
SMALL = 100  # rows of a cohort, on average, below which hardly any reading can be judged


def check_monitor(path: Path) -> tuple[Problem, ...]:
    """Everything wrong with a monitor file and with how it fits its data, by line; empty when it is in order.

    Raises UnreadableSource when there is no such file.
    """
    try:
        monitor = read_monitor(path)
    except InvalidMonitor as error:
        return error.problems
    text = path.read_text(encoding="utf-8")
    rows = _problems(monitor, path.parent)
    found = {
        Problem(line_of(text, field), field, monitor.hidden(said), hint and monitor.hidden(hint), level)
        for field, said, hint, level in rows
    }
    return tuple(sorted(found, key=lambda one: (one.line or 0, one.field, one.message)))


def _problems(monitor: Monitor, base: Path) -> Iterator[Row]:
    yield from (row for row in limit_problems(monitor) if row[3] == "warning")  # errors stopped the reading
    yield from _doubled(monitor)
    yield from policy_lints(monitor)
    sides: dict[str, Dataset] = {}
    yield from elsewhere(monitor, base, sides)
    for field, path in _places(monitor):
        try:
            sides[field] = _opened(path, base, text_of(monitor, field))
        except PlumblineError as error:
            yield f"{field}.path", error.message, error.hint, "error"
    yield from _tables(monitor, sides)
    yield from choices(monitor, sides)
    for side in ("reference", "production"):
        if side in sides and not sides[side].rows:
            yield side, "it holds no rows", None, "error"
    if "reference" in sides and "production" in sides:
        reference, production = sides["reference"], sides["production"]
        wrong = [*_columns(monitor, reference, production), *_thresholds(monitor, reference)]
        wrong += [*_named_cohorts(monitor, reference), *column_lints(monitor, reference.columns)]
        yield from wrong
        if not any(row[3] == "error" for row in wrong):
            yield from _in_use(monitor, reference, production)


def _opened(path: str, base: Path, text: TextFormat | None = None) -> Dataset:
    found = find_path(path, base)
    try:
        files = find_files(found)
    except PlumblineError:
        if is_elsewhere(path):
            raise
        files = find_files(base / path)  # its error names what lies beside the monitor
    return open_dataset(found, connect({file.parent for file in files}), text=text)


def _places(monitor: Monitor) -> Iterator[tuple[str, str]]:
    """Every file that the monitor names, by field; addresses of other machines are not looked up."""
    places: list[tuple[str, str | None]] = [("reference", monitor.reference.source)]
    places.append(("production", monitor.production.source))
    for field in ("target", "attributions"):
        named = getattr(monitor.columns, field)
        if isinstance(named, Labels | Attributions):
            places.append((f"columns.{field}", named.path))
    here = monitor.engine.on == "duckdb"
    yield from ((field, path) for field, path in places if here and path is not None and looked_at(path))


def _tables(monitor: Monitor, sides: dict[str, Dataset]) -> Iterator[Row]:
    """Columns that the tables of labels and attributions are joined by and do not have."""
    for field in ("target", "attributions"):
        named, table = getattr(monitor.columns, field), sides.get(f"columns.{field}")
        for key in ("id", "column"):
            name = getattr(named, key, None)
            if table is not None and name is not None and not table.has(name):
                near = nearest(name, [one.name for one in table.columns])
                yield f"columns.{field}.{key}", f"its table has no column {shown(name)}.", near, "error"


def _doubled(monitor: Monitor) -> Iterator[Row]:
    """Columns that the file gives two parts, and lists that hold a name twice."""
    columns = monitor.columns
    parts: dict[str, str] = {}
    for role in ROLES:
        name = getattr(columns, role)
        if isinstance(name, str) and name in parts:
            yield f"columns.{role}", f"{shown(name)} is already the {parts[name]}.", "Name another column.", "error"
        elif isinstance(name, str):
            parts[name] = role
    features = columns.features if isinstance(columns.features, list) else []
    for field, names in (("features", features), ("ignore", columns.ignore), ("cohorts", columns.cohorts)):
        for i, name in enumerate(names):
            if name in names[:i]:
                yield f"columns.{field}.{i}", f"{shown(name)} is listed twice", None, "error"
            elif name in parts and field != "cohorts":
                yield f"columns.{field}.{i}", f"{shown(name)} is already the {parts[name]}.", None, "error"
            elif name in columns.ignore and field == "features":
                yield f"columns.{field}.{i}", f"{shown(name)} is also ignored", None, "error"


def _columns(monitor: Monitor, reference: Dataset, production: Dataset) -> Iterator[Row]:
    """Columns that the file names and the data do not have, or that cannot be what the file says."""
    columns = monitor.columns
    named = [(f"columns.{role}", getattr(columns, role)) for role in ROLES]
    named += [(f"columns.kinds.{name}", name) for name in columns.kinds]
    for field in ("features", "ignore", "cohorts"):
        names = getattr(columns, field)
        named += [(f"columns.{field}.{i}", name) for i, name in enumerate(names if isinstance(names, list) else ())]
    for field, name in named:
        for side, dataset in (("the reference", reference), ("production", production)):
            if isinstance(name, str) and not dataset.has(name):
                near = nearest(name, [one.name for one in dataset.columns])
                yield field, f"{side} has no column {shown(name)}.", near, "error"
                break
    for name, kind in columns.kinds.items():
        texts = reference.has(name) and reference.column(name).base == "VARCHAR"
        if texts and kind is Kind.NUMERIC and not _mostly(reference, name, f"TRY_CAST({quoted(name)} AS DOUBLE)"):
            yield f"columns.kinds.{name}", f"most values of {shown(name)} are no numbers", None, "error"
    for role in NUMBERS:
        name = getattr(columns, role)
        if name and reference.has(name) and reference.column(name).kind is not Kind.NUMERIC:
            yield f"columns.{role}", f"{shown(name)} holds {reference.column(name).type}, not numbers", None, "error"
    for where, dataset in (("", reference), (" in production", production)):
        if columns.timestamp and dataset.has(columns.timestamp) and not _moments(dataset, columns.timestamp):
            stored, guess = dataset.column(columns.timestamp), dataset.with_role(Role.TIMESTAMP)
            other = f"Did you mean {shown(guess.name)}?" if guess and guess != stored else None
            yield "columns.timestamp", f"{shown(stored.name)} holds {stored.type}{where}, not moments", other, "error"
            break


def _moments(dataset: Dataset, name: str) -> bool:
    """Whether a column holds moments, as such or as texts that can be read as ones."""
    column = dataset.column(name)
    if column.base != "VARCHAR":
        return column.base.startswith(("TIMESTAMP", "DATE")) or are_since_1970(dataset, column)
    return _mostly(dataset, name, moment_sql(name, dataset.columns))


def _mostly(dataset: Dataset, name: str, as_type: str) -> bool:
    """Whether at least half of a column's values can be read as another type, by SQL that gives NULL where not."""
    sql = f"SELECT count({as_type}) AS read, count({quoted(name)}) AS n FROM {dataset.scan}"
    row = dataset.query(sql).to_pylist()[0]
    return bool(row["read"] * 2 >= row["n"])


def _thresholds(monitor: Monitor, reference: Dataset) -> Iterator[Row]:
    """Threshold patterns that match no column of the data, or none that the metric is defined for."""
    kinds = {name: str(kind) for name, kind in monitor.columns.kinds.items() if reference.has(name)}
    names = [one.name for one in reference.columns]
    roles = {name: role for name, role in monitor.columns.roles_in(names).items() if name in names}
    columns = {column.name: column for column in reference.assign(kinds, roles).columns}
    for pattern in monitor.thresholds:
        name, dot, key = pattern.rpartition(".")
        asked, field = metric(key), f"thresholds.{pattern}"
        matched = [column for column in columns.values() if not dot or fnmatchcase(column.name, name)]
        matched = [columns[name]] if name in columns else matched
        if not matched and any(sign in name for sign in "*?["):
            yield field, f"no column of the reference matches {shown(name)}", None, "error"
        elif not matched:
            yield field, f"the reference has no column {shown(name)}.", nearest(name, columns), "error"
        elif not asked.kinds:
            if not monitor.plan.asks(asked.signal):
                said = f"{asked.key} is of {asked.signal}, which the monitor turns off"
                yield field, said, "Take the limits out, or the null of the signal.", "warning"
        elif not any(column.kind in asked.kinds for column in matched):
            met = " or ".join(sorted({str(column.kind) for column in matched}))
            yield field, f"{asked.key} is not defined for a {met} column", None, "error"
        elif not any(monitor.plan.judges(column, asked) for column in matched):
            said = f"{asked.key} is not judged there, so these limits hold nothing"
            yield field, said, "List the metric in signals.data_drift.metrics, or take the limits out.", "warning"


def _named_cohorts(monitor: Monitor, reference: Dataset) -> Iterator[Row]:
    """Filters of named cohorts that the columns cannot answer."""
    for name, texts in monitor.cohorts.items():
        for i, text in enumerate(texts):
            try:
                parse_filters(text, reference.columns)
            except PlumblineError as error:
                yield f"cohorts.{name}.{i}", error.message, error.hint, "error"


def _in_use(monitor: Monitor, reference: Dataset, production: Dataset) -> Iterator[Row]:
    """What only the rows can tell: cohorts of too many values, limits that noise reaches at so few rows."""
    kinds = {name: str(kind) for name, kind in monitor.columns.kinds.items()}
    roles = monitor.columns.roles_in(one.name for one in reference.columns)
    first, second = in_one_reading(reference, production, kinds, roles)
    try:
        yield from _cohorts(monitor, second)
        known = volumes(second, monitor.window.unit)
        yield from against_lints(monitor, first.columns, known)
        yield from window_lints(monitor, volumes(first, monitor.window.unit), known)
        yield from _always(monitor, first)
    except PlumblineError as error:
        yield "production.path", error.message, error.hint, "error"
        return
    usual = int(median(known.values())) if known else second.rows
    alpha = monitor.plan.alpha(first.columns)
    for pattern, limits in monitor.thresholds.items():
        asked, level = metric(pattern.rpartition(".")[2]), Level.parse(limits.warning)
        if asked.needs is Histogram and not level.relative and min(first.rows, usual) > 0:
            yield from _noise(f"thresholds.{pattern}", asked, level.amount, first.rows, usual, alpha)
            yield from _never(f"thresholds.{pattern}", asked, limits, first.rows, usual)


def _noise(field: str, asked: Metric, warning: float, n: int, m: int, alpha: float) -> Iterator[Row]:
    """A warning below what two bins, the fewest there can be, read by chance alone at n and m rows."""
    even = Histogram(("a", "b"), np.array([(n + 1) // 2, n // 2]), np.array([(m + 1) // 2, m // 2]))
    floor = row_floor(asked, even, Reading(0.0), alpha, warning)
    if floor is not None and floor.rows >= warning:
        needed = f"{floor.rows_needed:,} rows are needed." if floor.rows_needed else "The reference has too few rows."
        said = f"at {m:,} rows a window {floor.rows:.2g} is noise, so {warning:g} can seldom be judged."
        yield f"{field}.warning", said, needed, "warning"


def _never(field: str, asked: Metric, limits: Limits, n: int, m: int) -> Iterator[Row]:
    """Limits beyond what a reading can be at n and m rows: that of two sides that share no value at all."""
    most = asked.compute(Histogram(("a", "b"), np.array([n, 0]), np.array([0, m]))).value
    for name in ("warning", "critical"):
        level = Level.parse(getattr(limits, name))
        if not level.relative and level.amount > most and level.amount <= asked.bounds[1]:
            said = f"at {m:,} rows a window {asked.key} reads {most:.3g} at most, so {level.amount:g} never fires"
            yield f"{field}.{name}", said, None, "warning"


def _always(monitor: Monitor, reference: Dataset) -> Iterator[Row]:
    """Levels of nulls that the reference itself is beyond."""
    for pattern, limits in monitor.thresholds.items():
        name, _, key = pattern.rpartition(".")
        level = Level.parse(limits.warning)
        if metric(key).key != "null_rate" or level.relative or not reference.rows:
            continue
        columns = [one.name for one in reference.columns if not name or one.name == name or fnmatchcase(one.name, name)]
        counts = ", ".join(f"count({quoted(column)}) AS c{i}" for i, column in enumerate(columns))
        row = reference.query(f"SELECT {counts} FROM {reference.scan}").to_pylist()[0]
        for i, column in enumerate(columns):
            share = 1 - row[f"c{i}"] / reference.rows
            if share >= level.amount:
                said = f"{share:.1%} of the reference's own {shown(column)} are null, so {level.amount:g} always fires."
                yield f"thresholds.{pattern}.warning", said, "Write '+0.01' to add to its own rate.", "warning"


def _cohorts(monitor: Monitor, production: Dataset) -> Iterator[Row]:
    """Cohort columns with so many values that they cannot be counted, or hold hardly any row each."""
    names = [quoted(name) for name in monitor.columns.cohorts]
    if not names:
        return
    counts = ", ".join(f"count(DISTINCT {name}) AS c{i}" for i, name in enumerate(names))
    row = production.query(f"SELECT {counts} FROM {production.scan}").to_pylist()[0]
    for i, name in enumerate(monitor.columns.cohorts):
        values, field = row[f"c{i}"], f"columns.cohorts.{i}"
        if values > GROUPS:
            yield field, f"{shown(name)} has {values:,} values, {GROUPS:,} at most", "Choose one with fewer.", "error"
        elif values * SMALL > production.rows and values > 1:
            said = f"{shown(name)} has {values:,} values in {production.rows:,} rows: too few rows each to be judged"
            yield field, said, None, "warning"
    moment = production.timestamp
    at = [f"date_trunc('{monitor.window.unit}', {moment_sql(moment, production.columns)})"] if moment else []
    sql = f"SELECT count(*) AS n FROM (SELECT DISTINCT {', '.join(names + at)} FROM {production.scan})"
    groups = production.query(sql).to_pylist()[0]["n"]
    if groups > GROUPS >= max(row.values()):
        said = f"there are {groups:,} windows × cohorts, {GROUPS:,} at most"
        yield "columns.cohorts", said, "Choose fewer cohort columns, or longer windows.", "error"

"""Holding a monitor file against its data: what can be seen to be wrong before anything runs."""

from collections.abc import Iterator
from pathlib import Path

from engine.columns import Column, Role
from engine.errors import InvalidMonitor, PlumblineError, Problem, nearest, shown
from engine.metrics import METRICS, metric
from engine.monitor.limits import Row, limit_problems
from engine.monitor.model import Monitor
from engine.monitor.read import line_of, read_monitor
from engine.tables.connection import connect
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset


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
    found = [Problem(line_of(text, field), field, said, hint, level) for field, said, hint, level in rows]
    return tuple(sorted(found, key=lambda one: (one.line or 0, one.field)))


def _problems(monitor: Monitor, base: Path) -> Iterator[Row]:
    yield from (row for row in limit_problems(monitor) if row[3] == "warning")  # errors stopped the reading
    sides: dict[str, Dataset] = {}
    for side, place in (("reference", monitor.reference), ("production", monitor.production)):
        if place.path is None:
            continue
        try:
            found = find_path(place.path, base)
            sides[side] = open_dataset(found, connect({file.parent for file in find_files(found)}))
        except PlumblineError as error:
            yield f"{side}.path", error.message, error.hint, "error"
    if len(sides) == 2:
        yield from _columns(monitor, sides["reference"], sides["production"])
        yield from _thresholds(monitor, sides["reference"])


def _columns(monitor: Monitor, reference: Dataset, production: Dataset) -> Iterator[Row]:
    """Columns that the file names and the data do not have, or that cannot be what the file says."""
    columns = monitor.columns
    names = [column.name for column in reference.columns]
    roles = ("id", "timestamp", "score", "prediction", "target", "latency", "error")
    named = [(f"columns.{role}", getattr(columns, role)) for role in roles]
    named += [("columns.cohorts", name) for name in columns.cohorts]
    named += [(f"columns.kinds.{name}", name) for name in columns.kinds]
    named += [("columns.features", name) for name in (columns.features if isinstance(columns.features, list) else ())]
    for field, name in named:
        if not isinstance(name, str):
            continue
        if name not in names:
            yield field, f"the reference has no column {shown(name)}.", nearest(name, names), "error"
        elif not production.has(name):
            near = nearest(name, [one.name for one in production.columns])
            yield field, f"production has no column {shown(name)}.", near, "error"
    if columns.timestamp and reference.has(columns.timestamp):
        stored: Column = reference.column(columns.timestamp)
        if not stored.base.startswith(("TIMESTAMP", "DATE")):
            said = f"{shown(stored.name)} holds {stored.type}, not moments in time"
            guess = reference.with_role(Role.TIMESTAMP)
            yield "columns.timestamp", said, f"Did you mean {shown(guess.name)}?" if guess else None, "error"


def _thresholds(monitor: Monitor, reference: Dataset) -> Iterator[Row]:
    """Threshold patterns that match no column of the data."""
    names = [column.name for column in reference.columns]
    for pattern in monitor.thresholds:
        name, dot, key = pattern.rpartition(".")
        if not dot:
            continue
        if not any(sign in name for sign in "*?[") and name not in names:
            yield f"thresholds.{pattern}", f"the reference has no column {shown(name)}.", nearest(name, names), "error"
        elif name in names and reference.column(name).kind not in METRICS[metric(key).key].kinds:
            kind = reference.column(name).kind
            yield f"thresholds.{pattern}", f"{key} is not defined for a {kind} column", None, "error"

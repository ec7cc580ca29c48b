"""All monitors as the home page lists them: from the files, and from what the store has of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import streamlit as st

from engine.due import duration
from engine.errors import PlumblineError
from engine.findings import Severity
from engine.monitor import Monitor
from engine.policy import Budget, baselines, budgets, timeline
from engine.record import Decision, Record
from engine.store import Store, decisions, fleet
from engine.store.course import Course, courses
from engine.tables.places import find_path
from engine.tables.sources import watched_files
from pages.shared import recorded
from pages.shared.entries import Broken, named
from pages.shared.visiting import sees


@dataclass(frozen=True, slots=True)
class Row:
    """One monitor. record: its last window, None where nothing was recorded; behind: in words; decided: about it."""

    name: str
    monitor: Monitor
    path: Path | None
    record: Record | None
    course: Course
    behind: str
    budget: Budget | None
    decided: Decision | None

    @property
    def urgency(self) -> tuple[float, int, int]:
        """Sorts worst first when reversed: by how the last window read, then by open findings."""
        if self.record is None:
            return Severity.INFO.rank + 0.5, 0, 0
        counts = self.record.counts
        return self.record.severity.rank, counts.get("critical", 0), counts.get("warning", 0)


def rows_of(store: Store | None, own: Mapping[str, Monitor]) -> tuple[list[Row], Broken]:
    """Every monitor, worst first, and the files that are none. store: None where it cannot be used."""
    found, broken = named(own)
    known, course, made = on_record(store) if store else ({}, {}, {})
    rows = []
    for name, (monitor, path) in found.items():
        against = baselines(monitor)
        record = next((one for a in against if (one := known.get((monitor.monitor, a)))), None)
        record = record if sees(monitor.monitor) else None  # a draft may have the name of a monitor that is hidden
        rows.append(
            Row(
                name, monitor, path, record,
                course.get((monitor.monitor, record.against), ()) if record else (),
                behind(monitor, path, record),
                least(store, monitor, record) if store and record and monitor.policy.objectives else None,
                made.get(record.id) if record else None,
            )
        )  # fmt: skip
    return sorted(sorted(rows, key=lambda one: one.name), key=lambda one: one.urgency, reverse=True), broken


OnRecord = tuple[dict[tuple[str, str], Record], dict[tuple[str, str], Course], dict[str, Decision]]


def on_record(store: Store) -> OnRecord:
    """By monitor and what it is held against the last window and all of them; by run the decision."""
    return _kept(store.place, recorded.version_of(store), store)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(place: str, version: str, _store: Store) -> OnRecord:
    last = {(one.monitor, one.against): one for one in fleet(_store) if not one.cohort and one.window}
    return last, courses(_store), {one.run: one for one in decisions(_store)}


def behind(monitor: Monitor, path: Path | None, record: Record | None) -> str:
    """How many windows have ended by the clock since the last one on record; none where no data came since its run."""
    if record is None or record.window is None:
        return "–"
    changed = _changed(monitor.production.source, str(path.parent) if path else None)
    if changed is not None and changed <= datetime.fromisoformat(record.at):
        return "no new data"
    try:
        each, grace = duration(monitor.window.every), duration(monitor.window.grace)
        over = (datetime.now(UTC).replace(tzinfo=None) - record.window.end - grace) / each
    except (OverflowError, PlumblineError):
        return "–"
    windows = max(int(over), 0)
    return f"{windows} {monitor.window.unit}{'' if windows == 1 else 's'}" if windows else "up to date"


@st.cache_data(max_entries=1000, ttl=timedelta(seconds=30), show_spinner=False)
def _changed(production: str, base: str | None) -> datetime | None:
    """When production's files last changed; None where that cannot be seen from here."""
    try:
        files = watched_files(find_path(production, Path(base) if base else None))
        newest = max(file.stat().st_mtime for file in files)
    except (PlumblineError, OSError, ValueError):
        return None
    return datetime.fromtimestamp(newest, UTC)


def least(store: Store, monitor: Monitor, record: Record) -> Budget | None:
    """The objective of which least is left."""
    line = timeline(recorded.records_of(store, monitor.monitor), monitor.window.unit, record.against)
    told = [one for one in budgets(line, monitor, recorded.ranks_in(store, record.id)) if isinstance(one, Budget)]
    return min(told, key=lambda one: one.left, default=None)


def matching(rows: Sequence[Row], text: str) -> list[Row]:
    """Rows in which every word of a search stands somewhere."""
    words = text.casefold().split()

    def says(row: Row) -> str:
        state = str(row.record.severity) if row.record else "not recorded"
        model = row.monitor.model
        return " ".join(
            [row.name, row.monitor.description, row.monitor.owner, model.name, model.tier, state.replace("_", " ")]
        ).casefold()

    return [row for row in rows if all(word in says(row) for word in words)]

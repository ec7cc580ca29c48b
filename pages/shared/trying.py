"""Candidate thresholds: the windows that they are tried on, what is chosen, and what comes of it, each kept."""

from collections.abc import Mapping, Sequence

import streamlit as st

from engine.errors import UnusableStore
from engine.explore import look, open_monitor
from engine.metrics import METRICS
from engine.monitor import Monitor
from engine.monitor.edit import changed
from engine.policy import baselines
from engine.record import Record
from engine.signals import Level
from engine.slices import Slice
from engine.studio import Fit, Replay, fitting, replay
from engine.tables.watching import heard
from pages.shared import recorded
from pages.shared.door import Progress, Work, begin
from pages.shared.entries import Entry

Limits = Mapping[str, tuple[float | str, float | str]]


def on_record(entry: Entry) -> tuple[Record, ...]:
    """The recorded windows of a monitor; none where nothing is on record or the store cannot be used."""
    try:
        found = recorded.records_of(recorded.the_store(), entry.monitor.monitor)
    except UnusableStore:
        return ()
    return tuple(one for one in found if one.window is not None and not one.cohort)


@st.cache_resource(max_entries=4, show_spinner=False)
def reading(key: str, _entry: Entry) -> Work[tuple[Record, ...]]:
    """Every window of the data as a record that is kept nowhere, read in the background."""
    return begin(lambda tell: windows_of(_entry, tell), "Reading was stopped.", _entry.name)


def windows_of(entry: Entry, tell: Progress) -> tuple[Record, ...]:
    """What a run of each window of the data finds, against the first baseline."""
    with heard(tell) as on:  # each window may take long where the rows lie in Spark
        opened = open_monitor(entry.monitor, entry.base, lambda share, said: on(0.2 * share, said))
        against, made = baselines(entry.monitor)[0], []
        for i, window in enumerate(opened.windows):
            on(0.2 + 0.8 * i / len(opened.windows), window.words)
            run = look(opened, Slice(window=window), against)
            made.append(
                Record(
                    id=run.id, at=run.at, monitor=entry.monitor.monitor, digest=entry.monitor.digest,
                    version=entry.monitor.model.version, window=window, against=against, cohort="", trigger="manual",
                    partial=opened.partial(window), severity=run.severity, counts=run.counts, rows=opened.rows(window),
                    findings=run.findings, not_computed=run.not_computed,
                )
            )  # fmt: skip
    return tuple(made)


def tried(records: Sequence[Record], monitor: Monitor, limits: Limits, persist: str | None) -> Replay:
    """These windows under a candidate. Raises InvalidMonitor where the candidate is none."""
    candidate = changed(monitor, limits, persist) if limits or persist else monitor
    return _tried(_key(records), monitor.digest, candidate.digest, records, monitor, candidate)


@st.cache_resource(max_entries=60, show_spinner=False)
def _tried(
    ids: str, before: str, after: str, _records: Sequence[Record], _monitor: Monitor, _candidate: Monitor
) -> Replay:
    return replay(_records, _monitor, _candidate)


@st.cache_resource(max_entries=30, show_spinner=False)
def _searching(ids: str, digest: str, most: float, _records: Sequence[Record], _monitor: Monitor) -> Work[Fit]:
    return begin(lambda tell: fitting(_records, _monitor, most), "The search was stopped.", _monitor.monitor)


def proposing(records: Sequence[Record], monitor: Monitor, most: float) -> Work[Fit]:
    """The search for thresholds that are quiet enough, in the background, begun once."""
    return _searching(_key(records), monitor.digest, most, records, monitor)


def _key(records: Sequence[Record]) -> str:
    return ",".join(one.id for one in records)


def patterns(base: Replay) -> list[str]:
    """What limits can be set for: metrics that are judged, then each on a column, and what the file names already."""
    metrics = sorted({one.metric for one in base.tracks.values() if one.metric in METRICS})
    columns = sorted(name for name, one in base.tracks.items() if one.column and one.metric in METRICS)
    return list(dict.fromkeys([*base.monitor.thresholds, *metrics, *columns]))


def levels_of(monitor: Monitor, pattern: str) -> tuple[str, str]:
    """The limits that hold for a pattern now, as they are written."""
    column, _, key = pattern.rpartition(".")
    if pattern in monitor.thresholds:
        limits = monitor.thresholds[pattern]
        return str(limits.warning), str(limits.critical)
    warning, critical = monitor.plan.levels(column, METRICS[key])
    return written(warning), written(critical)


def written(level: Level) -> str:
    """A level as a monitor file has it.

    >>> written(Level(0.05, "%")), written(Level(0.01, "+")), written(Level(0.1))
    ('5 %', '+0.01', '0.1')
    """
    if level.relative == "%":
        return f"{100 * level.amount:.6g} %"
    return f"+{level.amount:.6g}" if level.relative == "+" else f"{level.amount:.6g}"


def value_of(text: str) -> float | str:
    """What was typed, as a number where it is a level; with a sign or as a share it is relative to the reference.

    >>> value_of("0.2"), value_of("+0.01"), value_of("5 %")
    (0.2, '+0.01', '5 %')
    """
    try:
        return text.strip() if text.strip()[:1] in ("+", "-") else float(text)
    except ValueError:
        return text.strip()

"""Records for tests: the demo's 40 weeks as they are, and weeks made up by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from engine.findings import Finding, NotComputed, Severity, Threshold
from engine.monitor import Monitor, read_monitor
from engine.monitor.read import parse_monitor
from engine.record import Record
from engine.signals import PERFORMANCE
from engine.slices import Slice, Window

FILE = Path(__file__).resolve().parents[1] / "data" / "monitors" / "flights.yaml"
HEAD = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"
LETTERS = {
    "o": Severity.OK, "w": Severity.WARNING, "c": Severity.CRITICAL, "?": Severity.NOT_ENOUGH_DATA, "i": Severity.INFO,
}  # fmt: skip
VALUES = {Severity.OK: 0.05, Severity.INFO: 0.05, Severity.WARNING: 0.2, Severity.CRITICAL: 0.5}


@lru_cache(maxsize=1)
def demo_records() -> tuple[Record, ...]:
    """The demo's weeks, each computed the moment it ended; about eight seconds, once a session."""
    from engine.explore import look, open_monitor

    opened = open_monitor(read_monitor(FILE), FILE.parent)
    made = []
    for window in opened.windows:
        run = look(opened, Slice((), window))
        findings = tuple(replace(one, parts=None) for one in run.findings)
        made.append(
            Record(run.id, window.end.isoformat(), opened.monitor.monitor, opened.monitor.digest, "2013-03", window,
                   "reference", "", "due", opened.partial(window), run.severity, run.counts, opened.rows(window),
                   findings, run.not_computed)
        )  # fmt: skip
    return tuple(made)


def monitor(policy: str = "", more: str = "") -> Monitor:
    """A monitor with a policy as YAML in one line, and more lines."""
    return parse_monitor(HEAD + (f"policy: {policy}\n" if policy else "") + more)


def week(i: int) -> Window:
    """The i-th week from Monday 1 January 2024."""
    start = datetime(2024, 1, 1) + timedelta(weeks=i)
    return Window(start, start + timedelta(weeks=1))


def signal_of(name: str) -> str:
    """The signal that a finding's name stands for, as far as tests need it."""
    metric = name.rpartition(".")[2]
    if metric.endswith("_rate"):
        return "data_quality"
    if metric.endswith("_column"):
        return "schema"
    if "." not in name:
        return PERFORMANCE
    return "prediction_drift" if name.startswith("score.") else "data_drift"


def finding(name: str, severity: Severity, value: float | None = None) -> Finding:
    column, _, metric = name.rpartition(".")
    limits = Threshold(0.1, 0.25)
    read = VALUES.get(severity, 0.05) if value is None else value
    few = severity is Severity.NOT_ENOUGH_DATA  # the floor of so few rows lies above the warning
    floor, basis = (0.12, "draws") if few else (None, None)
    return Finding(
        signal_of(name), column or None, "numeric", metric, read, severity, f"{name} is {read}.", floor=floor,
        floor_basis=basis, threshold=limits,
    )  # fmt: skip


def history(rows: Mapping[str, str], *, partial: str = "", against: str = "reference", **more: object) -> list[Record]:
    """Weeks from letters: o fine, w warning, c critical, ? not enough data, i info, - not computed, space not there.

    partial: p where a week is partial.
    """
    made = []
    for i in range(max(map(len, rows.values()))):
        letters = {name: row[i] for name, row in rows.items() if i < len(row)}
        findings = tuple(finding(name, LETTERS[one]) for name, one in letters.items() if one in LETTERS)
        gaps = tuple(
            NotComputed(signal_of(n), n.rpartition(".")[0] or None, n.rpartition(".")[2], "no labels came")
            for n, one in letters.items() if one == "-"
        )  # fmt: skip
        worst = max((one.severity for one in findings), key=lambda one: one.rank, default=Severity.OK)
        record = Record(
            f"r{i}", week(i).end.isoformat(), "m", "", "v1", week(i), against, "", "due", partial[i : i + 1] == "p",
            worst, {}, 100, findings, gaps,
        )  # fmt: skip
        made.append(replace(record, **more))
    return made

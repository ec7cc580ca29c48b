"""Prometheus: a file of gauges in the text exposition format, written whole after every run of a monitor.

One file may serve several monitors, several processes too: each replaces its own lines under a lock and leaves the
others'. The age of a run is time() - plumbline_last_run_timestamp_seconds: Prometheus knows the time, a file does not.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from engine.deliver.news import Outlook
from engine.errors import PlumblineError, shown
from engine.findings import Severity
from engine.policy.case import Case
from engine.policy.persist import FINE
from engine.policy.verdict import Action

PREFIX = "plumbline_"
# Every gauge and what it says; the label monitor stands on each of them, against on what is of one baseline.
GAUGES = {
    "plumbline_monitor_info": "What is watched; always 1.",
    "plumbline_severity": "Of what is open: 0 ok, 1 info, 2 not enough data, 3 warning, 4 critical.",
    "plumbline_findings": "Findings of the last recorded window, by how they read.",
    "plumbline_open_findings": "Findings that call for somebody after persistence and mutes, by severity.",
    "plumbline_not_computed": "Questions that could not be answered in the last recorded window.",
    "plumbline_rows": "Rows of production in the last recorded window.",
    "plumbline_last_run_timestamp_seconds": "When the last run was computed.",
    "plumbline_window_end_timestamp_seconds": "Where the last recorded window ends, in the data's own clock.",
    "plumbline_verdict": "1 for what the verdict calls for, 0 for everything else.",
}
LARGEST = 64 << 20  # bytes of a file that is read before it is replaced
LINE = re.compile(r'(plumbline_[a-z_]+)\{monitor="((?:[^"\\\n]|\\.)*)"')

Sample = tuple[str, dict[str, str], float]


def samples(seen: Outlook) -> list[Sample]:
    """The gauges of one monitor: (name, labels, value); of each baseline, and of what they call for together."""
    monitor, who = seen.monitor, {"monitor": seen.monitor.monitor}
    about = {"model": monitor.model.name, "version": monitor.model.version, "owner": monitor.owner}
    rows: list[Sample] = [("plumbline_monitor_info", who | about, 1)]
    for against, case in seen.cases.items():
        rows += _samples(case, who | {"against": against})
    rows += [("plumbline_verdict", who | {"action": str(one)}, float(one is seen.action)) for one in Action]
    return rows


def _samples(case: Case, who: dict[str, str]) -> list[Sample]:
    """The gauges of one baseline."""
    now = case.now
    counted = [one for one in case.tracks.values() if one.counts[-1] > FINE and not case.silent(one)]
    severities = [*(one.severity() for one in counted), *(one.severity for one in case.rules)]
    worst = max(severities, key=lambda one: one.rank, default=Severity.OK)
    rows: list[Sample] = [
        ("plumbline_severity", who, worst.rank - Severity.OK.rank),
        ("plumbline_not_computed", who, now.counts.get("not_computed", len(now.not_computed))),
        ("plumbline_rows", who, now.rows),
        ("plumbline_last_run_timestamp_seconds", who, datetime.fromisoformat(now.at).timestamp()),
    ]
    rows += [("plumbline_findings", who | {"severity": str(one)}, now.counts.get(str(one), 0)) for one in Severity]
    for level in (Severity.WARNING, Severity.CRITICAL):
        rows.append(("plumbline_open_findings", who | {"severity": str(level)}, severities.count(level)))
    if now.window is not None:
        rows.append(("plumbline_window_end_timestamp_seconds", who, now.window.end.replace(tzinfo=UTC).timestamp()))
    return rows


def exposition(rows: list[Sample], others: dict[str, list[str]] | None = None) -> str:
    """The samples in the text format, gauge by gauge, with lines of other monitors kept. others: gauge -> lines."""
    found = []
    for name, said in GAUGES.items():
        mine = [f"{name}{{{_labels(labels)}}} {_number(value)}" for one, labels, value in rows if one == name]
        lines = sorted([*mine, *(others or {}).get(name, [])])
        if lines:
            found += [f"# HELP {name} {_help(said)}", f"# TYPE {name} gauge", *lines]
    return "\n".join(found) + "\n" if found else ""


def escaped(value: str) -> str:
    r"""A label's value as the format wants it.

    >>> escaped('a"b\\c')
    'a\\"b\\\\c'
    """
    found = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "".join(one if one.isprintable() or one == " " else "\N{REPLACEMENT CHARACTER}" for one in found)


def write_metrics(seen: Outlook, path: Path) -> None:
    """Put a monitor's gauges into a file, which is replaced at once and never seen half written.

    Raises PlumblineError for a file that is not ours, or that cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            others = _others(path, seen.monitor.monitor)
            text = exposition(samples(seen), others)
            partial = path.with_name(f".{path.name}.{os.getpid()}.part")
            try:
                with partial.open("w", encoding="utf-8", newline="\n") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                partial.chmod(0o644)  # who scrapes is another user
                partial.replace(path)
            finally:
                with suppress(OSError):
                    partial.unlink(missing_ok=True)
    except OSError as error:
        said = f"The metrics cannot be written: {error.strerror or type(error).__name__}."
        raise PlumblineError(said, where=shown(str(path))) from None


def _others(path: Path, monitor: str) -> dict[str, list[str]]:
    """The lines of other monitors that a file holds, by gauge."""
    if not path.exists():
        return {}
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise PlumblineError("It is no file of metrics.", where=shown(str(path)))
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        if not line or line.startswith((f"# HELP {PREFIX}", f"# TYPE {PREFIX}")):
            continue
        sample = LINE.match(line)
        if sample is None:
            raise PlumblineError(
                "The file holds something else, and is left as it is.", where=shown(str(path)), hint="Name another."
            )
        if sample[1] in GAUGES and sample[2] != escaped(monitor):
            found.setdefault(sample[1], []).append(line)
    return found


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """The lock under which a file of metrics is read and replaced; where there are no such locks, none."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.with_name(f".{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))

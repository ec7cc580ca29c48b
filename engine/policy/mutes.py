"""Findings that raise nothing for a while, because a person said so: until when, by whom, why, and up to what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from engine.errors import plain
from engine.findings import Finding, Severity
from engine.monitor import Monitor
from engine.record import Choice, Decision, Record, name_of

ALARMS = (Severity.WARNING, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Muting:
    """A mute that holds. finding: a name or a pattern of names; until: its last day; by: "the monitor file", or who.

    up_to: the severity that it silences; what reads worse wakes the finding.
    """

    finding: str
    until: date
    by: str
    why: str
    up_to: Severity

    def covers(self, name: str) -> bool:
        """Whether it speaks of a finding."""
        return name == self.finding or fnmatchcase(name, self.finding)

    def silences(self, name: str, severity: Severity) -> bool:
        """Whether a finding of that severity stays silent."""
        return self.covers(name) and severity.rank <= self.up_to.rank


def mutes_of(monitor: Monitor, decisions: Iterable[Decision], records: Iterable[Record], today: date) -> list[Muting]:
    """The mutes that hold on a day, those of people first; of two by people about one finding the later one counts.

    What a person muted stays silent up to the severity it had in the run that the decision is about; a run that is not
    among the records is taken for a warning.
    """
    runs = {one.id: {name_of(f.column, f.metric): f for f in one.findings} for one in records}
    last: dict[str, Muting] = {}
    for one in sorted(decisions, key=lambda one: one.at):
        if one.choice is not Choice.MUTE or one.until is None:
            continue
        found = runs.get(one.run, {})
        for name in one.findings or alarmed(found):
            seen = found[name].severity if name in found else Severity.WARNING
            up_to = seen if seen in ALARMS else Severity.WARNING
            last[name] = Muting(name, one.until, one.by, one.reason, up_to)
    written = [
        Muting(one.finding, one.until, "the monitor file", one.reason, Severity(one.up_to))
        for one in monitor.policy.mutes
    ]
    return [one for one in (*last.values(), *written) if one.until >= today]


def alarmed(found: Mapping[str, Finding]) -> tuple[str, ...]:
    """The findings of a run that are in alarm: what a decision about the run as a whole is about."""
    return tuple(name for name, one in found.items() if one.severity in ALARMS)


def muted(name: str, severity: Severity, mutings: Iterable[Muting]) -> Muting | None:
    """The mute that silences a finding, the one that holds longest; None where none does."""
    found = [one for one in mutings if one.silences(name, severity)]
    return max(found, key=lambda one: one.until, default=None)


def ended(
    monitor: Monitor, decisions: Iterable[Decision], records: Iterable[Record], start: date, today: date
) -> tuple[str, ...]:
    """Sentences about mutes that held on a day and no longer do: what they silenced calls again."""
    past = [one for one in mutes_of(monitor, decisions, records, start) if one.until < today]
    return tuple(f"The mute of {plain(one.finding)} ended on {one.until}." for one in past)

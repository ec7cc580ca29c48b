"""Rules of a monitor's policy: findings that mean more together than each alone, and then count at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.findings import Finding, Severity
from engine.monitor import Monitor
from engine.monitor.terms import Reads, Term, parse_term
from engine.policy.columns import which
from engine.policy.mutes import Muting, muted
from engine.policy.persist import FINE, UNKNOWN, level_of
from engine.policy.persist import WARNING as AT_WARNING
from engine.record import Record, name_of
from engine.signals import SIGNALS

NEEDED = {Reads.WARNING: AT_WARNING, Reads.CRITICAL: AT_WARNING + 1}


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule all of whose conditions hold in a window. index: its place in the file, from 0; findings: their names."""

    index: int
    severity: Severity
    sentence: str
    findings: tuple[str, ...]


def fired(
    record: Record, monitor: Monitor, ranks: Sequence[str] = (), mutings: Iterable[Muting] = ()
) -> tuple[tuple[Fired, ...], tuple[str, ...]]:
    """The rules that fire in one window, and sentences about those that could not be asked.

    Conditions are held against the window as it reads, held or not: signals that agree need not wait for the next
    window. Muted findings take no part.
    """
    found, notes = [], []
    silent = tuple(mutings)
    seen = {name_of(one.column, one.metric): one for one in record.findings}
    seen = {name: one for name, one in seen.items() if muted(name, one.severity, silent) is None}
    for i, rule in enumerate(monitor.policy.rules):
        names: list[str] = []
        for text in rule.when:
            met = _met(parse_term(text), seen, record, ranks, monitor.policy.important)
            if isinstance(met, str):
                notes.append(f"Rule {i + 1} could not be asked: {met}.")
                break
            if met is None:
                break
            names += met
        else:
            said = rule.say.strip() or f"Together: {' and '.join(rule.when)}."
            found.append(Fired(i, Severity(rule.then), said, tuple(dict.fromkeys(names))))
    return tuple(found), tuple(notes)


def _met(
    term: Term, seen: Mapping[str, Finding], record: Record, ranks: Sequence[str], important: str | list[str]
) -> tuple[str, ...] | str | None:
    """The findings that meet a condition, None where it is not met, or why nobody can tell."""
    asked = {n: one for n, one in seen.items() if term.what in (one.signal if term.what in SIGNALS else one.metric,)}
    if term.columns:
        every = {one.column for one in record.findings if one.column} | {*ranks}
        columns = which(term.columns, every, ranks, important)
        if isinstance(columns, str):
            return columns
        asked = {name: one for name, one in asked.items() if one.column in columns}
    levels = {name: level_of(one, record) for name, one in asked.items()}
    judged = [level for level in levels.values() if level != UNKNOWN]
    if term.reads is Reads.UNKNOWN:
        return None if judged else ()
    if term.reads is Reads.FINE:
        return () if judged and max(judged) == FINE else None
    return tuple(name for name, level in levels.items() if level >= NEEDED[term.reads]) or None

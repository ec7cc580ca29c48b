"""What stands open in a monitor's last window, what came and went before it, and what of it is quiet by choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from engine.deliver.event import Told
from engine.deliver.memory import QUIET
from engine.deliver.words import LONGEST
from engine.errors import plain
from engine.findings import Finding, Severity
from engine.policy.case import Case
from engine.policy.decided import settled
from engine.policy.mutes import muted
from engine.policy.persist import FINE, UNKNOWN
from engine.policy.tracks import Track
from engine.record import name_of

ALARMS = (Severity.WARNING, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Open:
    """One finding that stands open. quiet: it is muted or was accepted as it is."""

    told: Told
    severity: Severity
    quiet: bool


def standing(case: Case, before: Mapping[str, str], suffix: str = "", info: bool = False) -> dict[str, Open]:
    """What is open in the last window. before: what is known to be open: what cannot be judged now stays so.

    suffix: of names, where a monitor has several baselines. info: with what calls for nothing.
    """
    found: dict[str, Open] = {}
    for name, track in case.tracks.items():
        key = name + suffix
        if track.counts[-1] > FINE:
            quiet = case.silent(track) or settled(name, track.severity(), case.decided)
            found[key] = Open(_told(case, track, key, -1), track.severity(), quiet)
        elif track.counts[-1] == UNKNOWN and key in before:
            quiet = before[key] == QUIET
            severity = Severity.WARNING if quiet else Severity(before[key])
            found[key] = Open(_told(case, track, key, _last_judged(track)), severity, quiet)
    for rule in case.rules:
        key = f"rule {rule.index + 1}{suffix}"
        found[key] = Open(_ruled(case, key, rule.severity, rule.sentence), rule.severity, False)
    if info:
        for one in case.now.findings:
            key = name_of(one.column, one.metric) + suffix
            if one.severity is Severity.INFO and key not in found:
                found[key] = Open(_of_finding(one, key, Severity.INFO, None), Severity.INFO, False)
    return found


def passed(case: Case, since: str, least: Severity, suffix: str = "") -> dict[str, Told]:
    """What was open in windows before the last whose runs were computed after a moment: each at its worst."""
    found: dict[str, Told] = {}
    places = [i for i, one in enumerate(case.line[:-1]) if one.at > since]
    for name, track in case.tracks.items():
        worst = max(places, key=lambda i: (track.counts[i], i), default=None)
        if worst is None or track.counts[worst] <= FINE:
            continue
        severity = track.severity(worst)
        if severity.rank >= least.rank and muted(name, severity, case.mutings) is None:
            found[name + suffix] = _told(case, track, name + suffix, worst)
    return found


def over(case: Case, name: str, suffix: str = "") -> Told:
    """A finding that is open no more, as it now reads."""
    key = name.removesuffix(suffix)
    if key in case.tracks:
        return _told(case, case.tracks[key], name, -1)
    if key.startswith("rule "):
        return _ruled(case, name, Severity.OK, "Its conditions hold no more.")
    seen = next((one for one in case.now.findings if name_of(one.column, one.metric) == key), None)
    if seen is not None:
        return _of_finding(seen, name, seen.severity, None)
    return Told(plain(name, 160), "", None, "", "not_judged", "recovered", None, None, None, None,
                "It is not monitored any more.")  # fmt: skip


def _told(case: Case, track: Track, name: str, at: int) -> Told:
    severity, began, finding = track.severity(at), track.began(at), track.finding(at)
    window = case.line[began].window if began is not None else None
    since = window.start.isoformat() if window else None
    if finding is None:
        text = f"It is not among the findings of {_window(case, at)}."
        return Told(plain(name, 160), track.signal, track.column and plain(track.column), track.metric, str(severity),
                    "persisting", None, None, None, since, text)  # fmt: skip
    return _of_finding(finding, name, severity, since)


def _of_finding(finding: Finding, name: str, severity: Severity, since: str | None) -> Told:
    limits = finding.threshold
    return Told(
        name=plain(name, 160),
        signal=finding.signal,
        column=finding.column and plain(finding.column),
        metric=finding.metric,
        severity=str(severity),
        state="persisting",
        value=_finite(finding.value),
        warning=_finite(limits.warning) if limits else None,
        critical=_finite(limits.critical) if limits else None,
        since=since,
        sentence=plain(finding.sentence, LONGEST),
    )


def _finite(value: float | None) -> float | None:
    """JSON has no word for infinity."""
    return value if value is not None and isfinite(value) else None


def _ruled(case: Case, name: str, severity: Severity, said: str) -> Told:
    window = case.now.window
    since = window.start.isoformat() if window and severity in ALARMS else None
    return Told(name, "policy", None, "rule", str(severity), "persisting", None, None, None, since,
                plain(said, LONGEST))  # fmt: skip


def _window(case: Case, at: int) -> str:
    window = case.line[at].window
    return window.words if window else "all time"


def _last_judged(track: Track) -> int:
    return max((i for i, count in enumerate(track.counts) if count != UNKNOWN), default=len(track.counts) - 1)

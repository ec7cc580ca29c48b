"""What an event says in words: what, where, how bad, since when; the same in every message."""

from collections.abc import Sequence
from datetime import datetime

from engine.deliver.event import Event, Kind, Told
from engine.errors import plain
from engine.findings import Severity
from engine.signals import SIGNALS

MARKS = {"ok": "●", "info": "●", "not_enough_data": "◌", "warning": "▲", "critical": "■", "not_judged": "–"}
LONGEST = 300  # characters of a sentence
NEWS = ("new", "worse", "awake", "came and went")
OVER = ("recovered", "eased")
NAMED = 3  # findings that a headline names


def severity_words(severity: str) -> str:
    """A severity as it is read.

    >>> severity_words("not_enough_data")
    'not enough data'
    """
    return severity.replace("_", " ")


def mark(event: Event) -> str:
    """The sign of an event's severity; that of a recovery is the sign of ok."""
    return MARKS["ok"] if event.kind is Kind.RECOVERED and not event.open else MARKS.get(event.severity, "–")


def headline(event: Event) -> str:
    """One line: how bad, which monitor, what. It holds no line break."""
    if event.kind is Kind.TEST:
        return plain(f"Test of {event.monitor}: {event.what}", 240)
    if event.kind is Kind.DECISION:
        return plain(f"{event.monitor}: {event.what}", 240)
    level = "RECOVERED" if event.kind is Kind.RECOVERED and not event.open else severity_words(event.severity).upper()
    return plain(f"{mark(event)} {level} {event.monitor}: {event.what}", 240)


def what_of(told: Sequence[Told], opened: int) -> str:
    """What there is to tell, in a few words.

    >>> one = Told("t.psi", "data_drift", "t", "psi", "critical", "new", 0.3, 0.1, 0.25, None, "PSI of t is 0.3.")
    >>> what_of([one], 1)
    'new: t.psi'
    """
    if not told:
        return f"nothing new; {_findings(opened)} open" if opened else "nothing is open"
    said: list[str] = []
    for state in (*NEWS, *OVER, "persisting", "muted"):
        names = [_called(one) for one in told if one.state == state]
        if names and (state in (*NEWS, *OVER) or not said):
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            said.append(f"{state}: {', '.join(names[:NAMED])}{more}")
    fresh = any(one.state in NEWS for one in told)
    return "; ".join([*said, *([f"{_findings(opened)} still open"] if opened and not fresh else [])])


def _called(one: Told) -> str:
    """A finding by its name; a rule of the policy by what it says."""
    return plain(one.sentence.rstrip("."), 100) if one.signal == "policy" else plain(one.name, 60)


def where_of(monitor: str, window: str | None, cohort: str, against: str) -> str:
    """Which rows of which monitor, held against what.

    >>> where_of("flights", "week of 22 April 2013", "", "reference")
    'flights, week of 22 April 2013, all rows, against reference'
    """
    return ", ".join((plain(monitor), window or "all time", plain(cohort, 200) or "all rows", f"against {against}"))


def how_bad_of(told: Sequence[Told], severity: str) -> str:
    """The severity, how many of each there are, and the worst finding's own sentence."""
    current = [one for one in told if one.state not in (*OVER, "muted")]
    said = severity_words(severity)
    if not current:
        return said
    counts = [(level, sum(one.severity == level for one in current)) for level in ("critical", "warning")]
    listed = ", ".join(f"{n} {level}" for level, n in counts if n)
    return f"{said}" + (f" ({listed})" if listed else "") + f": {current[0].sentence}"


def since_of(told: Sequence[Told]) -> str:
    """Since when the worst of what is open has held, and since when the oldest.

    >>> since_of([])
    ''
    """
    days = [one.since for one in told if one.since and one.state not in (*OVER, "muted")]
    if not days:
        return ""
    oldest = f"; the oldest that is open since {_day(min(days))}" if min(days) < days[0] else ""
    return f"since {_day(days[0])}{oldest}"


def lines(event: Event, most: int = 5) -> list[tuple[str, str]]:
    """The body of a message as (label, text); no text holds a line break."""
    rows = [("What", event.what), ("Where", event.where)]
    rows += [("How bad", event.how_bad)] if event.how_bad else []
    rows += [("Since when", event.since)] if event.since else []
    if event.verdict is not None:
        because = f": {event.verdict.because[0]}" if event.verdict.because else ""
        rows.append(("Verdict", f"{event.verdict.action}{because}"))
    if event.decision is not None:
        decided = event.decision
        until = f", until {decided.until}" if decided.until else ""
        rows.append(("Decided", f"{decided.choice}{until} by {decided.by}: {decided.reason}"))
    rows += finding_lines(event, most)
    rest = max(event.total, len(event.findings)) - min(most, len(event.findings))
    rows += [("More", f"{_findings(rest)} more")] if rest > 0 else []
    return [(plain(label, 80), plain(text, 1000)) for label, text in rows]


def finding_lines(event: Event, most: int) -> list[tuple[str, str]]:
    """The first findings as (label, sentence)."""
    found = []
    for one in event.findings[:most]:
        signal = SIGNALS[one.signal].name if one.signal in SIGNALS else one.signal
        found.append((plain(f"{MARKS.get(one.severity, '–')} {signal}, {one.state}", 80), plain(one.sentence, 1000)))
    return found


def worst_first(told: Sequence[Told]) -> tuple[Told, ...]:
    """News first, then by severity and name."""
    order = {state: i for i, state in enumerate((*NEWS, "persisting", *OVER, "muted"))}
    return tuple(
        sorted(told, key=lambda one: (order[one.state] > 3, -Severity(one.severity).rank, order[one.state], one.name))
    )


def _findings(n: int) -> str:
    return f"{n:,} finding" + ("s" if n != 1 else "")


def _day(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return plain(text, 40)
    return f"{at.day} {at:%B %Y}" + (f", {at:%H:%M}" if at.hour or at.minute else "")

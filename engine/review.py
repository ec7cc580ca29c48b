"""What a person has to look at since the last review: new, worse, recovered, persisting, muted – each with its reason.

Everything is worked out from recorded runs, the monitor's policy and what people decided; nothing is kept of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from operator import attrgetter

from engine.errors import plain
from engine.findings import Finding, NotComputed, Severity
from engine.monitor import Monitor
from engine.policy.case import Case, case_of
from engine.policy.mutes import Muting, ended, muted
from engine.policy.objectives import Budget
from engine.policy.persist import FINE, SEVERITIES, UNKNOWN
from engine.policy.rules import fired
from engine.policy.timeline import timeline
from engine.policy.tracks import Track, tracks
from engine.policy.verdict import Verdict, verdict_of
from engine.record import Decision, Record
from engine.signals import PERFORMANCE
from engine.slices import Window


class State(StrEnum):
    """Where a finding stands since the last review; in the order in which a reader wants them."""

    NEW = "new"
    WORSE = "worse"
    WAITING = "not held yet"
    PERSISTING = "persisting"
    UNKNOWN = "cannot be judged now"
    RECOVERED = "recovered"
    PASSED = "came and went"
    MUTED = "muted"


ORDER = tuple(State)
RANKED = attrgetter("rank")
OPEN = (State.NEW, State.WORSE, State.PERSISTING)  # what stands in alarm and is not silent


@dataclass(frozen=True, slots=True)
class Item:
    """One finding since the last review. severity: what it counts as; reads: how it reads in the last window.

    was: what it counted as at the last review. since: the first window of its alarm; windows: how many it has counted
    in since. muted: the mute that holds, or the one that it woke from; decided: what a person decided about this alarm.
    """

    name: str
    signal: str
    column: str | None
    metric: str
    state: State
    severity: Severity
    reads: Severity
    was: Severity
    since: Window | None
    windows: int
    finding: Finding | None
    muted: Muting | None
    decided: Decision | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything about one column, or about one signal that has none: what a person reads as one thing."""

    subject: str
    column: str | None
    state: State
    severity: Severity
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """The last closed window of a monitor, since the last review. counts: topics per state, of all states.

    performance: its judged findings, or why there are none, to stand beside drift. before: the window that the last
    review saw; None for a first one. notes: what could not be told, and why.
    """

    monitor: str
    run: str
    window: Window | None
    before: Window | None
    today: date
    items: tuple[Item, ...]
    topics: tuple[Topic, ...]
    counts: dict[str, int]
    verdict: Verdict
    performance: tuple[Finding | NotComputed, ...]
    budgets: tuple[Budget, ...]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Counts and verdict, in words.

        Of topics: a column with three findings is one thing to look at.
        """
        told = [f"{n} {state}" for state, n in self.counts.items() if n]
        when = f" since the {self.before.words}" if self.before else ""
        seen = self.window.words if self.window else "all time"
        return f"{seen[0].upper()}{seen[1:]}: {', '.join(told) or 'nothing to report'}{when}. {self.verdict.sentence}"


def review(
    records: Sequence[Record],
    monitor: Monitor,
    decisions: Sequence[Decision] = (),
    *,
    since: str | Window | None = None,
    against: str | None = None,
    cohort: str = "",
    today: date | None = None,
    ranks: Sequence[str] = (),
    units: Sequence[str] = (),
) -> Review | None:
    """What changed up to the last closed window since the last review; None where no closed window was recorded.

    since: the moment of the last review, ISO 8601 in UTC – what had been recorded by then was known – or the window
    that it saw, for histories that were recorded in one go; None where nobody ever looked. The rest as policy.verdict
    takes it.
    """
    case = case_of(
        records, monitor, decisions, against=against, cohort=cohort, today=today, ranks=ranks, units=units
    )  # fmt: skip
    if case is None:
        return None
    old = _known(records, case, since, cohort)
    before, after = tracks(old, monitor.policy.held), _ruled(case, case.now)
    earlier = _ruled(case, old[-1]) if old else set()
    items = [_item(case, one, before.get(name), old, after, earlier) for name, one in case.tracks.items()]
    kept = sorted((one for one in items if one), key=lambda one: (ORDER.index(one.state), _urgency(one), one.name))
    found = topics(kept)
    verdict = verdict_of(case)
    start = case.now.window.start.date() if case.now.window else case.today
    return Review(
        monitor=monitor.monitor,
        run=case.now.id,
        window=case.now.window,
        before=old[-1].window if old else None,
        today=case.today,
        items=tuple(kept),
        topics=found,
        counts={str(state): sum(one.state is state for one in found) for state in State},
        verdict=verdict,
        performance=_performance(case.now),
        budgets=tuple(one for one in case.budgets if isinstance(one, Budget)),
        notes=(*verdict.notes, *ended(monitor, decisions, records, start, case.today)),
    )


def topics(items: Sequence[Item]) -> tuple[Topic, ...]:
    """Items by column, or by signal where there is none, in the order of their states.

    A topic is new only when nothing of it was in alarm before; another metric of a column that was is no news.
    """
    groups: dict[tuple[str | None, str], list[Item]] = {}
    for one in items:
        groups.setdefault((one.column, "" if one.column else one.signal), []).append(one)
    made = []
    for (column, signal), found in groups.items():
        standing = [one for one in found if one.state in OPEN]
        shown = [one.severity if standing else max(one.severity, one.reads, key=RANKED) for one in standing or found]
        severity = max(shown, key=RANKED)
        state = min((one.state for one in found), key=ORDER.index)
        was = max((one.was for one in found), key=RANKED)
        if standing:
            states = {one.state for one in standing}
            grown = was.rank > Severity.OK.rank and severity.rank > was.rank and State.NEW in states
            if State.WORSE in states or grown:
                state = State.WORSE
            elif states != {State.NEW} or any(one.state is State.RECOVERED for one in found):
                state = State.PERSISTING
        made.append(Topic(column or signal, column, state, severity, tuple(found)))
    return tuple(sorted(made, key=lambda one: (ORDER.index(one.state), -one.severity.rank, one.subject)))


def _known(records: Sequence[Record], case: Case, since: str | Window | None, cohort: str) -> tuple[Record, ...]:
    """The timeline as the last review saw it."""
    if since is None:
        return ()
    if isinstance(since, Window):
        return tuple(one for one in case.line if one.window and one.window.start <= since.start)
    mine = [one for one in records if one.monitor == case.monitor.monitor and one.at <= since]
    return timeline(mine, case.monitor.window.unit, case.now.against, cohort)


def _ruled(case: Case, record: Record) -> set[str]:
    """Findings that a rule counts in a window at once."""
    told, _ = fired(record, case.monitor, case.ranks, case.mutings)
    return {name for one in told for name in one.findings if one.severity is not Severity.INFO}


def _standing(track: Track | None, ruled: set[str]) -> int:
    """What a finding counts as in the last window; where it cannot be judged, what it last counted as."""
    if track is None:
        return FINE
    if track.name in ruled:
        return max(track.levels[-1], track.counts[-1])
    return next((one for one in reversed(track.counts) if one != UNKNOWN), FINE)


def _item(
    case: Case, now: Track, old: Track | None, seen: Sequence[Record], after: set[str], earlier: set[str]
) -> Item | None:
    """Where a finding stands; None where it is and was in order."""
    was, level = _standing(old, earlier), _standing(now, after)
    finding = now.finding()
    reads = SEVERITIES[now.levels[-1]] if finding is None else finding.severity
    mute = next((one for one in case.mutings if one.covers(now.name)), None)
    silent = muted(now.name, SEVERITIES[max(level, now.levels[-1], FINE)], case.mutings)
    decision = case.decided.get(now.name)
    state: State | None = None
    first = now.began() if now.counts[-1] > FINE else None
    if level > FINE and now.levels[-1] == UNKNOWN:
        state = State.UNKNOWN
    elif level > FINE:
        at = case.line[first].window if first is not None else case.now.window
        known = was > FINE and bool(seen) and _not_after(at, seen[-1].window)
        base = max(was if known else FINE, _level(decision[1]) if decision else FINE)
        state = State.NEW if base == FINE else State.WORSE if level > base else State.PERSISTING
    elif now.waits():
        state = State.WAITING
    elif was > FINE:
        state = State.RECOVERED
    elif any(count > FINE for count in now.counts[len(seen) :]) and seen:
        state = State.PASSED
    if state is None:
        return None
    if silent is not None and state not in (State.RECOVERED, State.PASSED):
        state = State.MUTED
    windows = sum(count > FINE for count in now.counts[first:]) if first is not None else int(level > FINE)
    window = case.line[first].window if first is not None else case.now.window if level > FINE else None
    made = Item(
        now.name, now.signal, now.column, now.metric, state, SEVERITIES[max(level, FINE)], reads, SEVERITIES[was],
        window, windows, finding, silent or mute, decision[0] if decision else None, "",
    )  # fmt: skip
    return replace(made, sentence=_words(made, now, now.name in after))


def _not_after(one: Window | None, other: Window | None) -> bool:
    return one is not None and other is not None and one.start <= other.start


def _level(severity: Severity) -> int:
    return next(level for level, one in SEVERITIES.items() if one is severity)


def _urgency(item: Item) -> tuple[int, float]:
    rank, ratio = item.finding.urgency if item.finding else (0, 0.0)
    return -max(item.severity.rank, rank), -ratio


def _words(item: Item, track: Track, ruled: bool) -> str:
    """Where the finding stands and for how long, then what it read."""
    since = f" since the {item.since.words}" if item.since else ""
    said = f"{plain(item.name)}: {item.state}"
    match item.state:
        case State.NEW:
            said += f", {item.severity}" + (", at once by a rule" if ruled and track.counts[-1] <= FINE else "")
            said += f" until it has held as {item.reads}" if item.reads.rank > item.severity.rank else ""
        case State.WORSE:
            said += f", {item.severity}{since}"
            woken = item.muted is not None and not item.muted.silences(item.name, item.severity)
            said += f"; it wakes from a mute up to {item.muted.up_to}" if woken and item.muted else ""
        case State.PERSISTING:
            eased = f", was {item.was}" if item.was.rank > item.severity.rank else ""
            said += f" {item.windows} window{'s' if item.windows != 1 else ''}{since}, {item.severity}{eased}"
        case State.WAITING:
            said += f": {item.reads} in {track.waits()} of the {track.held[0]} windows of {track.held[1]} that it takes"
        case State.MUTED if item.muted:
            said += f" until {item.muted.until} by {plain(item.muted.by)}: {plain(item.muted.why, 200)}"
        case State.UNKNOWN:
            said += f"; it counted as {item.severity} when it last could"
        case State.RECOVERED:
            said += f", was {item.was}"
    if item.decided is not None:
        said += f". {plain(item.decided.by)} decided: {item.decided.choice}, {plain(item.decided.reason, 200)}"
    return said.rstrip(".") + "." + (f" {item.finding.sentence}" if item.finding else "")


def _performance(record: Record) -> tuple[Finding | NotComputed, ...]:
    found = tuple(
        one for one in record.findings if one.signal == PERFORMANCE and one.severity is not Severity.NOT_JUDGED
    )  # fmt: skip
    return found or tuple(one for one in record.not_computed if one.signal == PERFORMANCE)

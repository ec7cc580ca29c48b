"""News: what stands now held against what a target was last told, and the event that tells the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.deliver.event import FINDINGS, Event, Kind, Span, Told, Verdict, identity
from engine.deliver.links import link_of
from engine.deliver.memory import QUIET, Memory
from engine.deliver.standing import Open, over, passed, standing
from engine.deliver.targets import Target
from engine.deliver.words import NEWS, OVER, how_bad_of, since_of, what_of, where_of, worst_first
from engine.errors import plain
from engine.findings import Severity
from engine.monitor import Monitor
from engine.policy.case import Case, baselines, case_of
from engine.policy.joint import URGENCY
from engine.policy.verdict import Action, verdict_of
from engine.record import Decision, Record

CALLS = (Action.ROLL_BACK, Action.INVESTIGATE, Action.RETRAIN)  # verdicts that call for a decision
LEAST = {"info": Severity.INFO, "critical": Severity.CRITICAL}  # of when; everything else tells warnings


@dataclass(frozen=True, eq=False)
class Outlook:
    """A monitor as its records have it now: a case per baseline, the first one first, and what they call for."""

    monitor: Monitor
    cases: Mapping[str, Case]
    action: Action
    because: tuple[str, ...]

    @property
    def first(self) -> Case:
        return next(iter(self.cases.values()))

    @property
    def seen(self) -> str:
        """When the newest of its runs was computed."""
        return max(one.at for case in self.cases.values() for one in case.line)


def outlook(
    records: Sequence[Record], monitor: Monitor, decisions: Sequence[Decision] = (), ranks: Sequence[str] = ()
) -> Outlook | None:
    """What records, decisions and policy say of a monitor; None where no closed window was recorded."""
    cases = {}
    for against in baselines(monitor):
        found = case_of(records, monitor, decisions, against=against, ranks=ranks)
        if found is not None:
            cases[against] = found
    if not cases:
        return None
    verdicts = [verdict_of(one) for one in cases.values()]
    pick = min if monitor.policy.baselines == "any" else max
    chosen = pick(verdicts, key=lambda one: URGENCY.index(one.action))
    return Outlook(monitor, cases, chosen.action, tuple(plain(one.sentence, 300) for one in chosen.reasons[:5]))


def news(seen: Outlook, target: Target, memory: Memory | None, now: datetime) -> tuple[Event | None, Memory]:
    """The event that a target is to be told, None for none, and what it knows afterwards.

    memory: None for a target that was never told anything, or without a run where it was told of no window yet, as by
    a test: it is told of the last window, not of the past.
    """
    known = memory if memory is not None and memory.seen else replace(memory or Memory(), seen=seen.seen)
    when, is_first = target.delivery.when, known is not memory
    least = LEAST.get(when, Severity.WARNING)
    opened, told, after = _difference(seen, known, least)
    total = [one for one in told if one.state != "persisting" or Severity(one.severity).rank >= least.rank]
    fresh = [one for one in told if one.state in NEWS]
    ended = [one for one in told if one.state in OVER]
    calls, called = seen.action in CALLS, known.action in CALLS
    if when == "decision":
        is_new, is_over = calls and seen.action != known.action, called and not calls
        opened = int(calls)
    else:
        is_new, is_over = bool(fresh), bool(ended)
    every = when == "always" and (is_first or seen.seen > known.seen)
    after = replace(after, action=str(seen.action))
    if not (is_new or is_over or every):
        return None, after if is_first else _unsaid(known, after)
    kind = Kind.RECOVERED if is_over and not is_new else Kind.DIGEST
    kind = Kind.ALERT if kind is Kind.DIGEST and target.delivery.rhythm == "none" else kind
    event_id = identity(
        target.key, "news", seen.first.now.id, seen.seen, known.last, str(sorted(after.standing.items()))
    )
    event = _event(seen, target, kind, total, opened, known, now, event_id)
    return event, replace(after, told=event.at, last=event_id)


def _unsaid(known: Memory, after: Memory) -> Memory:
    """What is known where nothing was told: the same, but for what has become quiet, which wakes later."""
    quiet = {key: QUIET for key, one in after.standing.items() if one == QUIET}
    return replace(known, standing={**known.standing, **quiet})


def _difference(seen: Outlook, known: Memory, least: Severity) -> tuple[int, list[Told], Memory]:
    """How many are open, all that could be told with its state, and what is known afterwards."""
    several = list(seen.cases.items())
    current: dict[str, Open] = {}
    between: dict[str, Told] = {}
    for i, (against, case) in enumerate(several):
        suffix = f" against {against}" if i else ""
        current |= standing(case, known.standing, suffix, least is Severity.INFO)
        between |= passed(case, known.seen, least, suffix)
    if seen.monitor.policy.baselines == "all":
        current = {key: one for key, one in current.items() if _everywhere(key, current, several)}
    opened, told, kept = 0, [], {}
    for key, one in current.items():
        before = known.standing.get(key)
        state = _state(one, before, least)
        if state is not None:
            told.append(replace(one.told, state=state))
        if not one.quiet and one.severity.rank >= least.rank:
            opened, kept[key] = opened + 1, str(one.severity)
        elif one.quiet and before is not None:
            kept[key] = QUIET
    told += [replace(_ended(seen, key), state="recovered") for key in known.standing if key not in current]
    told += [
        replace(one, state="came and went")
        for key, one in between.items()
        if key not in current and key not in known.standing
    ]
    after = replace(known, standing=kept, seen=max(seen.seen, known.seen))
    return opened, list(worst_first(told)), after


def _state(one: Open, before: str | None, least: Severity) -> str | None:
    """What a finding that stands open is to a target; None where it is nothing to it."""
    if one.quiet:
        return "muted"
    if one.severity.rank < least.rank:
        return "eased" if before not in (None, QUIET) else "persisting"
    if before is None:
        return "new"
    if before == QUIET:
        return "awake"
    return "worse" if one.severity.rank > Severity(before).rank else "persisting"


def _everywhere(key: str, current: Mapping[str, Open], several: Sequence[tuple[str, Case]]) -> bool:
    """Whether a finding is open against every baseline, where all have to agree."""
    suffixes = [f" against {against}" for against, _ in several[1:]]
    stem = next((key.removesuffix(one) for one in suffixes if key.endswith(one)), key)
    return all(stem + suffix in current for suffix in ("", *suffixes))


def _ended(seen: Outlook, key: str) -> Told:
    """A finding that is over, as it now reads: of the baseline that its name ends in, else of the first."""
    for against, case in list(seen.cases.items())[1:]:
        if key.endswith(f" against {against}"):
            return over(case, key, f" against {against}")
    return over(seen.first, key)


def _event(
    seen: Outlook, target: Target, kind: Kind, told: Sequence[Told], opened: int, known: Memory, now: datetime, id: str
) -> Event:
    case, monitor = seen.first, seen.monitor
    window = case.now.window
    current = [one for one in told if one.state not in (*OVER, "muted")]
    severity = max((Severity(one.severity) for one in current), key=lambda one: one.rank, default=Severity.OK)
    span = Span(window.start.isoformat(), window.end.isoformat(), window.words) if window else None
    what = what_of(told, opened)
    if target.delivery.when == "decision" and seen.action in CALLS:
        what = f"{seen.action}; {what}"
    return Event(
        event_id=id,
        kind=kind,
        at=now.isoformat(timespec="seconds"),
        monitor=plain(monitor.monitor),
        model=plain(monitor.model.name),
        version=plain(monitor.model.version),
        owner=plain(monitor.owner),
        incident=target.incident,
        severity=str(severity),
        what=what,
        where=where_of(monitor.monitor, window.words if window else None, case.now.cohort, case.now.against),
        how_bad=how_bad_of(told, str(severity)),
        since=since_of(told),
        run=case.now.id,
        window=span,
        against=case.now.against,
        cohort=plain(case.now.cohort, 200),
        findings=tuple(told[:FINDINGS]),
        total=len(told),
        open=opened,
        runs=sum(one.at > known.seen for one in case.line),
        verdict=Verdict(str(seen.action), seen.because),
        link=link_of(monitor.monitor, window, case.now.against, case.now.cohort, told),
    )

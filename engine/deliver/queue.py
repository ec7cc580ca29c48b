"""What is due to a monitor's targets, put into the outbox: news since the last message, decisions, a test."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine.deliver.event import Decided, Event, Kind, Span, identity
from engine.deliver.links import link_of
from engine.deliver.memory import Memory, body_of, memory_of
from engine.deliver.news import Outlook, news
from engine.deliver.reading import outlook_in
from engine.deliver.targets import Target, targets_of
from engine.deliver.words import where_of
from engine.errors import plain
from engine.monitor import Monitor
from engine.record import Decision, Record
from engine.store import Store, decisions, delivered, deliveries, queue_delivery
from engine.store.outbox import KEPT, WAITING

TOLD = ("decision", "always")  # targets that are told of decisions
RECENT = timedelta(days=7)  # decisions that a target is told of that was never told anything


def queue_news(store: Store, monitor: Monitor, now: datetime | None = None) -> tuple[str, ...]:
    """Queue what every target of a monitor is to be told; the keys of those that there is something for.

    Whoever calls it again queues nothing again. now: UTC.
    """
    targets, moment = targets_of(monitor), now or datetime.now(UTC)
    if not targets:
        return ()
    made = decisions(store, monitor.monitor)
    told = [one.seen for target in targets if (one := memory_of(store, target.key)) is not None]
    seen, known = outlook_in(store, monitor, min(told, default=""))
    queued = [one.key for one in targets if seen is not None and _tell(store, seen, one, moment)]
    queued += [
        one.key for one in targets if one.delivery.when in TOLD and _decided(store, monitor, one, made, known, moment)
    ]
    return tuple(dict.fromkeys(queued))


def queue_test(store: Store, monitor: Monitor, now: datetime | None = None) -> tuple[str, ...]:
    """Queue a test to every target of a monitor, whatever they were told; their keys."""
    moment = now or datetime.now(UTC)
    for target in targets_of(monitor):
        event = _event(monitor, target, Kind.TEST, "is this target reached? Nothing is wrong", moment, str(moment))
        known = memory_of(store, target.key)
        queue_delivery(store, event.event_id, target.key, body_of(event, known or Memory()))
    return tuple(one.key for one in targets_of(monitor))


def _tell(store: Store, seen: Outlook, target: Target, now: datetime) -> bool:
    known = memory_of(store, target.key)
    event, after = news(seen, target, known, now)
    if event is None:
        if after != known:  # what was there before the first message, or has become quiet, is no news later
            _keep(store, target, after, now)
        return False
    if known is not None and known.told and _period(target, datetime.fromisoformat(known.told)) == _period(target, now):
        return False  # the digest of this day or week is out: it waits for the next
    return queue_delivery(store, event.event_id, target.key, body_of(event, after))


def _keep(store: Store, target: Target, known: Memory, now: datetime) -> None:
    """Note what a target knows without a message: as one that needs no sending."""
    event_id = identity(target.key, "known", known.last, str(known))
    if queue_delivery(store, event_id, target.key, body_of(None, known), at=now.isoformat(timespec="seconds")):
        for one in deliveries(store, WAITING, target.key):
            if one.event_id == event_id:
                delivered(store, one.id)


def _period(target: Target, at: datetime) -> object:
    """The day or ISO week of a moment (UTC) in which one digest is enough; the moment itself without digests."""
    if target.delivery.rhythm == "none":
        return object()
    return at.date() if target.delivery.rhythm == "daily" else at.isocalendar()[:2]


def _decided(
    store: Store, monitor: Monitor, target: Target, made: Sequence[Decision], known: Sequence[Record], now: datetime
) -> bool:
    """Queue the decisions that a target was not told of yet, each as a message of its own, at once."""
    memory = memory_of(store, target.key) or Memory()
    first = now - (KEPT if memory.decided else RECENT)  # of what is older the outbox forgets that it was told
    since = max(memory.decided, first.isoformat(timespec="seconds"))
    queued = False
    for one in made:
        if one.at < since:
            continue
        run = next((record for record in known if record.id == one.run), None)
        event = _decision(monitor, target, one, run, now)
        memory = Memory(memory.standing, memory.seen, memory.told, memory.action, one.at, memory.last)
        queued |= queue_delivery(store, event.event_id, target.key, body_of(event, memory))
    return queued


def _decision(monitor: Monitor, target: Target, one: Decision, run: Record | None, now: datetime) -> Event:
    said = Decided(
        choice=str(one.choice),
        reason=plain(one.reason, 500),
        by=plain(one.by),
        at=one.at,
        until=str(one.until) if one.until else None,
        findings=tuple(plain(name, 160) for name in one.findings[:50]),
    )
    about = f" ({', '.join(said.findings[:3])})" if said.findings else ""
    part = str((one.at, one.run, str(one.choice), one.by, one.findings, one.reason))
    return _event(monitor, target, Kind.DECISION, f"decided: {one.choice}{about}", now, part, run, said)


def _event(
    monitor: Monitor,
    target: Target,
    kind: Kind,
    what: str,
    now: datetime,
    part: str,
    run: Record | None = None,
    said: Decided | None = None,
) -> Event:
    window = run.window if run else None
    against, cohort = (run.against, run.cohort) if run else ("reference", "")
    return Event(
        event_id=identity(target.key, str(kind), part),
        kind=kind,
        at=now.isoformat(timespec="seconds"),
        monitor=plain(monitor.monitor),
        model=plain(monitor.model.name),
        version=plain(monitor.model.version),
        owner=plain(monitor.owner),
        incident=target.incident if kind is not Kind.TEST else identity("test", target.key),
        severity=str(run.severity) if run else "info",
        what=plain(what, 300),
        where=where_of(monitor.monitor, window.words if window else None, cohort, against),
        how_bad="",
        since="",
        run=run.id if run else None,
        window=Span(window.start.isoformat(), window.end.isoformat(), window.words) if window else None,
        against=against,
        cohort=plain(cohort, 200),
        decision=said,
        link=link_of(monitor.monitor, window, against, cohort),
    )

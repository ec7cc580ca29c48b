"""Sending what is due: every target by itself, at least once, each message until it is taken or given up.

A message is claimed, sent, written into the ledger and only then marked as sent. Who is killed in between leaves it
waiting, and it is sent again under the same event_id when the claim is over.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.deliver import http, smtp
from engine.deliver.event import Event, Kind
from engine.deliver.memory import event_in
from engine.deliver.message import Answer, Letter, Post
from engine.deliver.pagerduty import is_over
from engine.deliver.retry import QUICK, pause
from engine.deliver.secrets import hide
from engine.deliver.targets import Target, message
from engine.errors import PlumblineError
from engine.findings import Severity
from engine.store import Delivery, Store, append, delivered, deliveries, due_deliveries, failed
from engine.store.outbox import WAITING, claimed

SECONDS = 30.0  # that one call may take for all targets together
CLAIM = 120.0  # seconds for which a message is kept from other senders; longer than a call
BY = "plumbline"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one message fared. state: sent, waiting or given up; said: without secrets; next_at: of what waits."""

    target: str
    event_id: str
    kind: str
    state: str
    said: str
    next_at: str | None = None


def send_due(
    store: Store,
    targets: Sequence[Target],
    *,
    seconds: float = SECONDS,
    claim: float = CLAIM,
    quick: Sequence[float] = QUICK,
) -> tuple[Outcome, ...]:
    """Send what is due to these targets, each beside the others; what cannot be sent now waits for the next call.

    A target gets its messages in order: what was queued after one that waits, or that another sender has, waits too.
    seconds: for all of it: a target that is slow or down holds up neither the others nor whoever calls. quick: pauses
    before a try is repeated within the call. Raises UnusableStore.
    """
    known = {one.key: one for one in targets}
    waiting: dict[str, list[Delivery]] = {}
    due, held = {one.id: one for one in due_deliveries(store)}, set()
    for one in deliveries(store, WAITING):
        if one.target in known and one.target not in held:
            if one.id in due:  # as it was then: what another sender has claimed since cannot be claimed again
                waiting.setdefault(one.target, []).append(due[one.id])
            else:
                held.add(one.target)
    until = time.monotonic() + seconds
    found: list[Outcome] = []
    broken: list[BaseException] = []

    def work(target: Target, rows: Sequence[Delivery]) -> None:
        try:
            for row in rows:
                if not claimed(store, row, _later(claim)):
                    return
                outcome = _one(store, target, row, until, quick)
                if outcome is not None:
                    found.append(outcome)
                if time.monotonic() > until or (outcome is not None and outcome.state == "waiting"):
                    return  # in order: what follows waits too
        except BaseException as error:  # told by whoever called
            broken.append(error)

    threads = [
        threading.Thread(target=work, args=(known[key], rows), daemon=True) for key, rows in sorted(waiting.items())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0) + 1)
    if broken:
        raise broken[0]
    return tuple(sorted(found, key=lambda one: (one.target, one.event_id)))


def _one(store: Store, target: Target, row: Delivery, until: float, quick: Sequence[float]) -> Outcome | None:
    """Send one message that was claimed and note how it ended; None where it only notes what is known."""
    event = event_in(row.body)
    if event is None:
        delivered(store, row.id)
        return None
    if target.delivery.to == "pagerduty" and event.kind is Kind.DECISION:
        delivered(store, row.id)  # it is no incident
        return None
    answer = _tried(event, target, until, quick)
    if answer.ok:
        append(store, "alert", _entry(event, target, row, answer), BY)
        delivered(store, row.id)
        return Outcome(target.key, row.event_id, str(event.kind), "sent", answer.said)
    wait = pause(row.tries + 1, answer.after) if answer.again else None
    next_at = None if wait is None else _later(wait)
    failed(store, row.id, answer.said, next_at)
    state = "waiting" if next_at else "given up"
    return Outcome(target.key, row.event_id, str(event.kind), state, answer.said, next_at)


def _tried(event: Event, target: Target, until: float, quick: Sequence[float]) -> Answer:
    """Try, and again after a short while where that may help and there is time."""
    answer = Answer(False, "no time was left", again=True)
    for rest in (*quick, None):
        left = until - time.monotonic()
        if left <= 0:
            return answer
        answer = attempt(event, target, left)
        soon = answer.after is None or (rest is not None and answer.after <= rest)
        if answer.ok or not answer.again or rest is None or not soon or time.monotonic() + rest >= until:
            return answer
        time.sleep(rest)
    return answer


def attempt(event: Event, target: Target, seconds: float = SECONDS) -> Answer:
    """One try to send an event to a target; raises nothing. seconds: that it may take at most."""
    try:
        made = message(event, target)
    except PlumblineError as error:  # a variable that is not set may be set by the next call
        return Answer(False, error.message, again=True)
    except (ValueError, UnicodeError):  # an address that the environment holds and that is none
        return Answer(False, "its address cannot be used")
    if isinstance(made, Letter):
        answer = smtp.mail(made, min(seconds, smtp.SECONDS))
        return _without(answer, made.server)
    assert isinstance(made, Post), "a message is a request or a letter"
    return _without(http.post(made, min(seconds, http.SECONDS)), made.url)


def _without(answer: Answer, secret: str) -> Answer:
    return Answer(answer.ok, hide(answer.said, [secret]), answer.again, answer.after)


def _entry(event: Event, target: Target, row: Delivery, answer: Answer) -> Mapping[str, object]:
    """What the ledger keeps of a message: whom it was sent to by name, never the address."""
    return {
        "event_id": event.event_id,
        "kind": str(event.kind),
        "monitor": target.monitor,
        "target": target.name,
        "to": target.delivery.to,
        "run": event.run,
        "severity": event.severity if not is_over(event) else str(Severity.OK),
        "what": event.what,
        "made_at": event.at,
        "tries": row.tries + 1,
        "answer": answer.said,
    }


def _later(seconds: float) -> str:
    """A moment from now, as the store writes moments; rounded up, so that no pause is cut short."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return (at + timedelta(microseconds=999_999)).isoformat(timespec="seconds")

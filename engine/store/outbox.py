"""The outbox: what is to be sent, until it is sent or given up. What was sent for good stands in the ledger.

A target is a name or number of the monitor file's own list, never its address: addresses hold secrets. Each event is
queued once per target, by its event_id.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from engine.errors import UnknownName, plain
from engine.store.opening import Store, now, reading, writing
from engine.store.tables import DELIVERIES

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given up"
KEPT = timedelta(days=400)  # that messages stay which were sent or given up: a year, and time to look


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one target. next_at: not before this moment, UTC, ISO 8601; tries: made so far."""

    id: int
    event_id: str
    target: str
    body: str
    state: str
    tries: int
    next_at: str
    last_error: str


def queue_delivery(store: Store, event_id: str, target: str, body: str, at: str | None = None) -> bool:
    """Queue a message, to be sent from a moment on (now by default); False where the event was queued before."""
    with writing(store) as connection:
        if connection.execute(select(DELIVERIES.c.id).where(DELIVERIES.c.event_id == event_id)).first():
            return False
        row = {"event_id": event_id, "target": target, "body": body, "state": WAITING, "tries": 0}
        connection.execute(DELIVERIES.insert().values(**row, next_at=at or now(), last_error=""))
        return True


def due_deliveries(store: Store, at: str | None = None, most: int = 1000) -> tuple[Delivery, ...]:
    """What waits to be sent at a moment (now by default), oldest first."""
    asked = select(DELIVERIES).where(DELIVERIES.c.state == WAITING, DELIVERIES.c.next_at <= (at or now()))
    return _read(store, asked.limit(most))


def deliveries(store: Store, state: str | None = None, target: str | None = None) -> tuple[Delivery, ...]:
    """All that was ever queued, oldest first; those of a state or target."""
    asked = select(DELIVERIES)
    asked = asked.where(DELIVERIES.c.state == state) if state is not None else asked
    return _read(store, asked.where(DELIVERIES.c.target == target) if target is not None else asked)


def last_delivery(store: Store, target: str) -> Delivery | None:
    """The last message to a target that was not given up; None where there is none."""
    asked = select(DELIVERIES).where(DELIVERIES.c.target == target, DELIVERIES.c.state != GIVEN_UP)
    with reading(store) as connection:
        row = connection.execute(asked.order_by(DELIVERIES.c.id.desc()).limit(1)).first()
    return Delivery(**row._mapping) if row else None


def prune(store: Store, now: datetime) -> int:
    """Drop messages that were sent or given up longer ago than KEPT; how many. What was sent stands in the ledger.

    A target's last message stays however old it is: with it stands what the target knows. Of what is older nobody
    knows any more whether it was queued, so nothing that old may be queued. now: UTC.
    """
    before = (now - KEPT).isoformat(timespec="seconds")
    last = select(func.max(DELIVERIES.c.id)).where(DELIVERIES.c.state != GIVEN_UP).group_by(DELIVERIES.c.target)
    old = (DELIVERIES.c.state != WAITING) & (DELIVERIES.c.next_at < before)
    gone = old & DELIVERIES.c.id.not_in(select(last.subquery().c[0]))
    with reading(store) as connection:  # nearly always there is none, and nobody is to wait for that
        if connection.execute(select(DELIVERIES.c.id).where(gone).limit(1)).first() is None:
            return 0
    with writing(store) as connection:
        return int(connection.execute(DELIVERIES.delete().where(gone)).rowcount)


def claimed(store: Store, one: Delivery, until: str) -> bool:
    """Keep a message from other senders until a moment, in which it is sent; False where another was faster.

    Who dies meanwhile leaves it waiting: from that moment on it is due again.
    """
    mine = (DELIVERIES.c.id == one.id) & (DELIVERIES.c.state == WAITING) & (DELIVERIES.c.next_at == one.next_at)
    with writing(store) as connection:
        return bool(connection.execute(DELIVERIES.update().where(mine).values(next_at=until)).rowcount)


def delivered(store: Store, id: int) -> None:
    """Mark a message as sent. Raises UnknownName for one that is not there."""
    _mark(store, id, SENT, "", None)


def failed(store: Store, id: int, because: str, next_at: str | None) -> None:
    """Note a try that failed and when the next one is due; None: it is given up. because: words without secrets."""
    _mark(store, id, WAITING if next_at is not None else GIVEN_UP, because, next_at)


def _mark(store: Store, id: int, state: str, because: str, next_at: str | None) -> None:
    values = {"state": state, "tries": DELIVERIES.c.tries + 1, "last_error": plain(because, 500)}
    values |= {"next_at": next_at} if next_at is not None else {}
    with writing(store) as connection:
        if not connection.execute(DELIVERIES.update().where(DELIVERIES.c.id == id).values(values)).rowcount:
            raise UnknownName(f"There is no delivery {id}.", where=store.place)


def _read(store: Store, asked: Select[Any]) -> tuple[Delivery, ...]:
    with reading(store) as connection:
        return tuple(Delivery(**row._mapping) for row in connection.execute(asked.order_by(DELIVERIES.c.id)))

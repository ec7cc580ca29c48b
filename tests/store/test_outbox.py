"""The outbox: queued once, due when it is, and its state told."""

from datetime import UTC, datetime

import pytest

from engine.errors import UnknownName
from engine.store import delivered, deliveries, due_deliveries, failed, queue_delivery
from engine.store.outbox import KEPT, claimed, last_delivery, prune


def test_a_message_is_queued_once_and_leaves(store):
    assert queue_delivery(store, "e1", "ops", "{}", at="2026-01-01T00:00:00+00:00")
    assert not queue_delivery(store, "e1", "ops", "{}")
    assert queue_delivery(store, "e2", "ops", "{}", at="2026-01-02T00:00:00+00:00")
    assert [one.event_id for one in due_deliveries(store, at="2026-01-01T12:00:00+00:00")] == ["e1"]
    first, second = due_deliveries(store)
    delivered(store, first.id)
    failed(store, second.id, "no\nanswer", next_at="2026-01-05T00:00:00+00:00")
    assert due_deliveries(store, at="2026-01-04T00:00:00+00:00") == ()
    (waits,) = due_deliveries(store)
    assert (waits.tries, waits.last_error) == (1, "no\\nanswer")
    failed(store, waits.id, "gone", next_at=None)
    assert [(one.state, one.tries) for one in deliveries(store)] == [("sent", 1), ("given up", 2)]
    with pytest.raises(UnknownName, match="no delivery 99"):
        delivered(store, 99)


def test_one_sender_at_a_time(store):
    queue_delivery(store, "e1", "ops", "{}", at="2026-01-01T00:00:00+00:00")
    (one,) = due_deliveries(store)
    assert claimed(store, one, "2026-01-01T00:05:00+00:00") and not claimed(store, one, "2026-01-01T00:06:00+00:00")


def test_old_messages_leave_but_for_the_last_that_each_target_knows(store):
    old, new = "2025-01-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00"
    now = datetime(2026, 1, 1, tzinfo=UTC) + KEPT
    for name, target, at in (("a1", "a", old), ("a2", "a", old), ("a3", "a", old), ("b1", "b", old), ("b2", "b", new)):
        queue_delivery(store, name, target, "{}", at=at)
    ids = {one.event_id: one.id for one in deliveries(store)}
    for name in ("a1", "a2", "b1", "b2"):
        delivered(store, ids[name])
    failed(store, ids["a3"], "gone", next_at=None)
    queue_delivery(store, "c1", "c", "{}", at=old)  # waits: it is never dropped
    assert last_delivery(store, "a").event_id == "a2", "who was told in vain knows what was told before"
    assert prune(store, now) == 3
    assert [one.event_id for one in deliveries(store)] == ["a2", "b2", "c1"]
    assert prune(store, now) == 0 and last_delivery(store, "nobody") is None

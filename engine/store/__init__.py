"""The store: every run that was recorded, what people decided, what is to be sent, and the ledger that holds it all."""

from engine.store.chain import Chain, Flaw, verify
from engine.store.decisions import decide, decisions, mutes
from engine.store.ledger import Entry, append, entries, head
from engine.store.opening import Store, open_store
from engine.store.outbox import Delivery, delivered, deliveries, due_deliveries, failed, queue_delivery
from engine.store.recent import recent
from engine.store.records import Point, fleet, history, record, recorded, records
from engine.store.revived import Recorded, run_of
from engine.store.runs import document, save, text_of

__all__ = [
    "Chain",
    "Delivery",
    "Entry",
    "Flaw",
    "Point",
    "Recorded",
    "Store",
    "append",
    "decide",
    "decisions",
    "delivered",
    "deliveries",
    "document",
    "due_deliveries",
    "entries",
    "failed",
    "fleet",
    "head",
    "history",
    "mutes",
    "open_store",
    "queue_delivery",
    "recent",
    "record",
    "recorded",
    "records",
    "run_of",
    "save",
    "text_of",
    "verify",
]

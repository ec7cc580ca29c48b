"""Delivery: who is told what of a monitor, when and how; nobody who is not named in its file."""

from engine.deliver.event import Event, Kind
from engine.deliver.hook import Told, after_run, write_files
from engine.deliver.queue import queue_news, queue_test
from engine.deliver.send import Outcome, send_due
from engine.deliver.signature import is_signed, sign
from engine.deliver.targets import targets_of

__all__ = [
    "Event",
    "Kind",
    "Outcome",
    "Told",
    "after_run",
    "is_signed",
    "queue_news",
    "queue_test",
    "send_due",
    "sign",
    "targets_of",
    "write_files",
]

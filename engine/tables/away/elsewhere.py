"""What lies elsewhere is brought here: each kind of address by one way, no more often than it is asked for."""

import threading
import time
from collections.abc import Callable

from engine.tables.away.addresses import scheme_of
from engine.tables.files.copies import Brought, Tell

FRESH = 300.0  # seconds in which a process asks for the same address once

_brought: dict[str, tuple[float, Brought]] = {}
_locks: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def bring(address: str, tell: Tell) -> Brought:
    """The files behind an address, as files here. One process asks for an address once in five minutes.

    tell: is told how far it is, and may raise Cancelled. Raises UnreadableSource.
    """
    way = _way(scheme_of(address))
    with _guard:
        lock = _locks.setdefault(address, threading.Lock())
    with lock:  # of two that want the same, one waits for the other
        if (found := _fresh(address)) is not None:
            return found
        found = way(address, tell)
        _brought[address] = time.monotonic(), found
        return found


def _fresh(address: str) -> Brought | None:
    held = _brought.get(address)
    if held is None or time.monotonic() - held[0] > FRESH or not all(one.is_file() for one in held[1].files):
        return None
    return held[1]


def _way(scheme: str) -> Callable[[str, Tell], Brought]:
    """How an address of a scheme is brought; what it needs is imported when it is wanted."""
    if scheme in ("http", "https"):
        from engine.tables.away.web import fetch

        return fetch
    if scheme == "s3":
        from engine.tables.away.buckets import fetch_keys

        return fetch_keys
    from engine.tables.away.databases import fetch_table

    return fetch_table

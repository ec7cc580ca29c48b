"""The ledger: one chain of entries, each with the SHA-256 of the one before; entries are added and never changed.

hash = SHA-256 of the canonical JSON of {seq, at, kind, body, previous}; the first entry's previous is 64 zeros.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from engine.errors import UnknownName, UnusableStore
from engine.store.opening import ADDED, Store, now, reading, writing
from engine.store.packed import canonical, sha256_of
from engine.store.tables import LEDGER

KINDS = ("run", "monitor", "alert", "decision", "mute", "sign-off", "export", "seal")
NOTHING = "0" * 64  # what the first entry follows


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. seq: from 1, without a gap; at: UTC, ISO 8601; previous, hash: 64 hexadecimal digits."""

    seq: int
    at: str
    kind: str
    body: Mapping[str, Any]
    previous: str
    hash: str


def append(store: Store, kind: str, body: Mapping[str, Any], by: str = "") -> Entry:
    """Add an entry in a transaction of its own. by: who did it, kept as body["by"].

    Raises UnknownName for a kind that is none of KINDS, UnusableStore.
    """
    with writing(store) as connection:
        return add(connection, kind, {**body, "by": by} if by else body)


def add(connection: Connection, kind: str, body: Mapping[str, Any], at: str | None = None) -> Entry:
    """Add an entry within a transaction that writes, so that it stands or falls with what it tells."""
    if kind not in KINDS:
        raise UnknownName.of("kind of entry", kind, KINDS)
    last = connection.execute(select(LEDGER.c.seq, LEDGER.c.hash).order_by(LEDGER.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, NOTHING)
    at, text = at or now(), canonical(body)
    digest = digest_of(seq, at, kind, json.loads(text), previous)
    row = {"seq": seq, "at": at, "kind": kind, "body": text, "previous": previous, "hash": digest}
    connection.execute(LEDGER.insert().values(row))
    entry = Entry(seq, at, kind, json.loads(text), previous, digest)
    connection.info.setdefault(ADDED, []).append(_facts(entry))
    return entry


def _facts(entry: Entry) -> dict[str, Any]:
    """What the log tells of an entry: which one, of what; no reason, no name of a person, no text."""
    body = entry.body
    facts = {name: body.get(name) for name in ("monitor", "severity", "target")}
    run = body.get("id") if entry.kind == "run" else body.get("run")
    return {"entry": entry.seq, "kind": entry.kind, "run": run, **facts}


def entries(store: Store, kind: str | None = None, after: int = 0, most: int | None = None) -> tuple[Entry, ...]:
    """Entries in order, those of one kind, after a number; with most, the last so many of them."""
    if kind is not None and kind not in KINDS:
        raise UnknownName.of("kind of entry", kind, KINDS)
    asked = select(LEDGER).where(LEDGER.c.seq > after).order_by(LEDGER.c.seq.desc())
    asked = asked.where(LEDGER.c.kind == kind) if kind is not None else asked
    with reading(store) as connection:
        rows = connection.execute(asked.limit(most) if most is not None else asked).all()
    return tuple(Entry(r.seq, r.at, r.kind, body_of(r), r.previous, r.hash) for r in reversed(rows))


def body_of(row: Any) -> dict[str, Any]:
    """What an entry's row says. Raises UnusableStore for what nobody here wrote."""
    try:
        body = json.loads(row.body)
    except (ValueError, TypeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise UnusableStore(f"Entry {row.seq} of the ledger is damaged.", hint="ledger verify tells what was edited.")
    return body


def head(store: Store) -> Entry | None:
    """The last entry: its hash stands for the whole chain, and can be kept elsewhere. None before the first."""
    found = entries(store, most=1)
    return found[0] if found else None


def digest_of(seq: int, at: str, kind: str, body: Mapping[str, Any], previous: str) -> str:
    """The hash of an entry.

    >>> digest_of(1, "2026-01-01T00:00:00+00:00", "run", {"run": "a"}, NOTHING)[:12]
    'b22177a39725'
    """
    return sha256_of(canonical({"seq": seq, "at": at, "kind": kind, "body": body, "previous": previous}))

"""Checking the ledger: whether it is still one chain, and whether every run and decision is still what it says.

What a chain on one's own disk cannot prove: who owns the file can rebuild all of it. A head that is kept elsewhere can.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select

from engine.errors import PlumblineError, UnusableStore, plain, shown
from engine.store.findings import brief_of, open_of, row_of
from engine.store.ledger import NOTHING, body_of, digest_of
from engine.store.opening import Store, reading
from engine.store.packed import canonical, sha256_of, unpacked
from engine.store.runs import entry_body, facts_of
from engine.store.tables import DECISIONS, FINDINGS, LEDGER, RUNS

What = Literal["edited", "removed", "reordered", "cut off", "run", "decision"]
MOST = 100  # flaws that are listed; one edit in the middle needs no more


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is not as it was recorded. seq: of the entry; what: run, decision: of their rows."""

    seq: int | None
    what: What
    sentence: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What checking found. entries: how many there are; head: the last one's hash, empty without one."""

    entries: int
    runs: int
    head: str
    flaws: tuple[Flaw, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything is as it was recorded, as far as this store can tell."""
        return not self.flaws

    @property
    def bad(self) -> int | None:
        """The number of the first entry at which something is wrong; None if nothing is."""
        return min((one.seq for one in self.flaws if one.seq is not None), default=None)

    @property
    def words(self) -> str:
        """The result in a sentence.

        >>> Chain(3, 1, "abc").words
        'All 3 entries follow one another; 1 run is as it was recorded. Head abc.'
        """
        if not self.entries and self.ok:
            return "The ledger is empty."
        if not self.ok:
            more = (
                f" {len(self.flaws) - 1} more flaws follow from it or stand beside it." if len(self.flaws) > 1 else ""
            )
            return self.flaws[0].sentence + more
        runs = (
            f"{self.runs:,} run{'s are' if self.runs != 1 else ' is'} as {'they were' if self.runs != 1 else 'it was'}"
        )
        many = "All" if self.entries != 1 else "The"
        entries = f"{self.entries:,} entries follow" if self.entries != 1 else "one entry follows"
        return f"{many} {entries} one another; {runs} recorded. Head {self.head}."


def verify(store: Store, known: str | None = None, progress: Callable[[float, str], None] | None = None) -> Chain:
    """Check every entry, every run and every decision. known: the hash of an earlier head that was kept elsewhere, or
    its first 12 digits or more.

    Raises PlumblineError for a head of fewer digits, UnusableStore.
    """
    wanted = known.strip().lower() if known is not None else None
    if wanted is not None and (len(wanted) < 12 or set(wanted) - set("0123456789abcdef")):
        raise PlumblineError(f"{shown(known or '')} is no hash.", hint="Give at least 12 of its digits, 0-9 and a-f.")
    with reading(store) as connection:
        if connection.dialect.name == "postgresql":  # else each question is of a moment of its own; SQLite has one
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = connection.execute(select(LEDGER).order_by(LEDGER.c.seq)).all()
        flaws = list(_links(rows))
        hashes = [row.hash for row in rows]
        if wanted is not None and not any(one.startswith(wanted) for one in hashes):
            said = f"No entry has the hash {wanted}: entries after it were cut off, or the chain was rebuilt."
            flaws.append(Flaw(len(rows) or None, "cut off", said))
        of_runs = {id_: row for row in rows if row.kind == "run" and isinstance(id_ := _said(row).get("id"), str)}
        runs = 0
        for seq, id_ in connection.execute(select(RUNS.c.seq, RUNS.c.id).order_by(RUNS.c.seq)).all():
            runs += 1
            flaws += _run_flaws(connection, seq, id_, of_runs.pop(id_, None))
            if progress:
                progress(0.99 * runs / (runs + len(of_runs)), f"run {id_}")
        flaws += [_flaw(row, "run", f"run {id_} is gone") for id_, row in of_runs.items()]
        flaws += _decision_flaws(connection, rows)
    if progress:
        progress(1.0, "done")
    return Chain(len(rows), runs, hashes[-1] if hashes else "", tuple(flaws[:MOST]))


def _said(row: Any) -> dict[str, Any]:
    """What an entry says; nothing where it was edited so that it says nothing, which its hash tells."""
    try:
        return body_of(row)
    except UnusableStore:
        return {}


def _flaw(row: Any, what: What, said: str) -> Flaw:
    return Flaw(row.seq, what, f"Entry {row.seq} of {plain(row.at, 40)}: {said}.")


def _links(rows: Any) -> Iterator[Flaw]:
    """What is wrong with entries themselves and with how they follow one another."""
    place = _places(rows)
    previous, expected = NOTHING, 1
    for row in rows:
        if row.seq != expected:
            missing = f"{expected}" if row.seq == expected + 1 else f"{expected} to {row.seq - 1}"
            yield Flaw(row.seq, "removed", f"Before entry {row.seq}, entry {missing} was removed.")
        own = _is_whole(row, row.seq)
        was = place.get(row.hash, row.seq)
        if not own and was != row.seq and _is_whole(row, was):
            yield _flaw(row, "reordered", f"it was entry {was} and was moved")
        elif not own:
            yield _flaw(row, "edited", "it was edited: its hash is another")
        elif row.previous != previous and row.seq == expected:
            yield _flaw(row, "edited", "it does not follow the one before, which was edited or replaced")
        previous, expected = row.hash, row.seq + 1


def _places(rows: Any) -> dict[str, int]:
    """Hash -> number of an entry, as the entries themselves name the ones before them."""
    after = {row.previous: row.hash for row in rows}
    found: dict[str, int] = {}
    last = NOTHING
    while last in after and after[last] not in found:
        last = after[last]
        found[last] = len(found) + 1
    return found


def _is_whole(row: Any, seq: int) -> bool:
    try:
        body = json.loads(row.body)
        return bool(canonical(body) == row.body and digest_of(seq, row.at, row.kind, body, row.previous) == row.hash)
    except (ValueError, TypeError, RecursionError):
        return False


def _run_flaws(connection: Connection, seq: int, run: str, entry: Any) -> Iterator[Flaw]:
    """Where a recorded run differs from what its entry says, or from itself."""
    row = connection.execute(select(RUNS).where(RUNS.c.seq == seq)).one()
    if entry is None:
        yield Flaw(None, "run", f"Run {run} stands in no entry of the ledger.")
        return
    if _said(entry) != entry_body(row._mapping):
        yield _flaw(entry, "run", f"run {run} is kept with other facts than were recorded")
    try:
        text, summaries = unpacked(row.document, run), unpacked(row.summaries, run)
        document = json.loads(text)
        for kept, said, name in ((text, row.sha256, "document"), (summaries, row.summaries_sha256, "part for charts")):
            if sha256_of(kept) != said:
                yield _flaw(entry, "run", f"of run {run} the {name} was edited")
        beside = facts_of(document)
        for name in (name for name in beside if beside[name] != row._mapping[name]):
            yield _flaw(entry, "run", f"of run {run} {name} is kept otherwise than its document says")
        brief, opened = unpacked(row.brief, run), row.open_findings
        same = brief == canonical(brief_of(document)) and opened == canonical(open_of(document))
        rows = [row_of(i, one) for i, one in enumerate(document["findings"])]
        kept_rows = connection.execute(select(FINDINGS).where(FINDINGS.c.run == seq).order_by(FINDINGS.c.place))
        same = same and [{k: v for k, v in one._mapping.items() if k != "run"} for one in kept_rows] == rows
    except (UnusableStore, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield _flaw(entry, "run", f"run {run} cannot be read ({plain(str(error), 100)})")
        return
    if not same:
        yield _flaw(entry, "run", f"the findings of run {run} are kept otherwise than its document says")


def _decision_flaws(connection: Connection, entries: Any) -> Iterator[Flaw]:
    """Decisions that are kept otherwise than their entries say."""
    kept = {row.seq: row for row in connection.execute(select(DECISIONS))}
    for entry in (one for one in entries if one.kind in ("decision", "mute")):
        row = kept.pop(entry.seq, None)
        if row is None:
            yield _flaw(entry, "decision", "its decision is gone")
            continue
        said = {k: v for k, v in row._mapping.items() if k not in ("seq", "at")}
        with suppress(ValueError, TypeError, RecursionError):  # a text, then, which is no list
            said["findings"] = json.loads(row.findings)
        if said != _said(entry) or row.at != entry.at:
            yield _flaw(entry, "decision", "its decision is kept otherwise")
    yield from (Flaw(None, "decision", f"Decision {seq} stands in no entry of the ledger.") for seq in kept)

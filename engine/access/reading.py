"""What is on record, as far as a visitor sees it: a hidden monitor's runs are as if they were not there."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from engine.access.visitor import Visitor, require
from engine.errors import UnknownName, shown
from engine.logs import tell
from engine.record import Record
from engine.store import Entry, Store, record, records


class OfMonitor(Protocol):
    """Anything that says which monitor it is of: records, decisions."""

    @property
    def monitor(self) -> str: ...


Of = TypeVar("Of", bound=OfMonitor)


def seen(visitor: Visitor, given: Iterable[Of]) -> tuple[Of, ...]:
    """Those of monitors that a visitor sees, in their order."""
    names: dict[str, bool] = {}
    return tuple(
        one for one in given if names.setdefault(one.monitor, visitor.sees_all or visitor.sees(one.monitor))
    )  # fmt: skip


def record_seen(visitor: Visitor, store: Store, run: str) -> Record:
    """A recorded run by its id or the first characters of it.

    Raises Forbidden; UnknownName for a run that is not there, and in the same words for one of a hidden monitor.
    """
    require(visitor, "look")
    if visitor.sees_all:
        return record(store, run)
    everything = records(store, latest=False, findings=False)
    known = [one.id for one in seen(visitor, everything)]
    given = run.strip().lower()
    fits = [one for one in known if given and one.startswith(given)]
    if given in fits or len(fits) == 1:
        return record(store, given if given in fits else fits[0])
    if fits:
        listed = ", ".join(fits[:9])
        raise UnknownName(f"{shown(run)} stands for several runs.", hint=f"Write more of the id: {listed}.")
    if given in {one.id for one in everything}:
        tell("refused", "warning", where="look", run=given)
    raise UnknownName.of("run", run, known)


def entries_seen(visitor: Visitor, store: Store, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries of the ledger about monitors that a visitor sees; what says of no monitor is seen by who sees all."""
    require(visitor, "look")
    if visitor.sees_all:
        return tuple(entries)
    return tuple(one for one in entries if "monitor" in one.body and visitor.sees(str(one.body["monitor"])))

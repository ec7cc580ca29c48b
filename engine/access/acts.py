"""The door to every deed that is put on record: each asks first who is there, and writes down that name alone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine import due
from engine.access.reading import record_seen
from engine.access.visitor import Visitor, require
from engine.due import Outcome, Which
from engine.errors import Forbidden, shown
from engine.evidence import exported
from engine.evidence.searched import Searched
from engine.evidence.snapshot import Options, SignOff
from engine.monitor import Monitor
from engine.record import Choice, Decision, Record
from engine.run import Run
from engine.store import Entry, Store, append, records, runs
from engine.store import decide as put_decision
from engine.store.masked import without_secrets

Progress = Callable[[float, str], None]


def decide(visitor: Visitor, store: Store, decision: Decision) -> Decision:
    """Record a decision or a mute, by who is there. Raises as require and store.decide do."""
    require(visitor, "mute" if decision.choice is Choice.MUTE else "decide")
    found = record_seen(visitor, store, decision.run)
    return put_decision(store, replace(decision, run=found.id, by=visitor.signature(decision.by)))


def sign(visitor: Visitor, store: Store, run: str, sign_off: SignOff) -> Entry:
    """Sign a run; the printed name is that of who is there. Raises as require and evidence's sign do."""
    require(visitor, "sign")
    found = record_seen(visitor, store, run)
    return exported.sign(store, found.id, replace(sign_off, name=visitor.signature(sign_off.name)))


def evidence_of(
    visitor: Visitor,
    store: Store,
    run: str,
    *,
    typed: str = "",
    generated_at: str,
    options: Options | None = None,
    looked: Searched | None = None,
) -> dict[str, Any]:
    """The snapshot of a recorded run, asked for by who is there. typed: a name, where nobody is signed in; looked: what
    a search of its data for cohorts found.
    """
    found = record_seen(visitor, store, run)
    return exported.evidence_of(
        store, found.id, requested_by=visitor.signature(typed) or "not said yet", generated_at=generated_at,
        options=options, looked=looked,
    )  # fmt: skip


def keep(visitor: Visitor, store: Store, made: Mapping[str, Any], data: bytes, form: str) -> Entry:
    """Record that a snapshot leaves the house. Raises Forbidden where it names somebody else as who asked."""
    require(visitor, "export")
    record_seen(visitor, store, str(made["run"]["id"]))
    by = str(made["requested_by"])
    if by != visitor.signature() if visitor.signed_in else not by.endswith(" (as typed)"):
        raise Forbidden("This file names somebody else as who asked for it.", where="export", hint="Build it anew.")
    return exported.keep(store, made, data, form)


def record_windows(
    visitor: Visitor, store: Store, path: Path, monitor: Monitor, which: Which, progress: Progress | None = None
) -> Outcome:
    """Record windows of a monitor's file. Raises as require does; what else fails, the outcome tells."""
    require(visitor, "record", monitor.monitor)
    return due.run_monitor_file(store, path, monitor, which, progress=progress)


def record_slice(
    visitor: Visitor, store: Store, run: Run, monitor: Monitor, *, against: str, partial: bool, text: str, draft: bool
) -> Record | None:
    """Record what somebody explored as a run. Raises as require and store.save do.

    draft: the monitor is a session's own and has no file; Forbidden where its name is that of another on record, else
    anybody's upload could stand for a monitor's data.
    """
    require(visitor, "record", monitor.monitor)
    if draft and any(one.digest != monitor.digest for one in records(store, monitor.monitor, findings=False)):
        raise Forbidden(
            f"Runs of another monitor called {shown(monitor.monitor)} are on record.", where="record",
            hint="Give this one another name.",
        )  # fmt: skip
    return runs.save(store, run, monitor, against=against, trigger="manual", partial=partial, text=text, again=True)


def tell_change(
    visitor: Visitor, store: Store, deed: str, old: Monitor | None, new: Monitor, text: str, typed: str
) -> Entry:
    """Put a changed monitor file into the ledger. deed: edit or limits."""
    require(visitor, deed)
    body = {"monitor": new.monitor, "before": old.digest if old else None, "after": new.digest}
    return append(store, "monitor", {**body, "text": without_secrets(text)}, visitor.signature(typed))

"""What people decided about runs: recorded with an entry of the ledger in one transaction, never changed."""

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from engine.errors import PlumblineError, UnknownName
from engine.record import Choice, Decision, name_of
from engine.store.ledger import add
from engine.store.opening import Store, now, reading, writing
from engine.store.packed import storable
from engine.store.runs import full_id, stored
from engine.store.tables import DECISIONS


def decide(store: Store, decision: Decision) -> Decision:
    """Record a decision; returns it as recorded, with the run's whole id and the moment.

    Raises UnknownName for a run or finding that is not there, PlumblineError without a reason or a name of who decided,
    or for a mute that is not limited or ends in the past.
    """
    if not decision.reason.strip():
        raise PlumblineError("A decision needs a reason.", where="reason", hint="Say why, for who reads it in a year.")
    if not decision.by.strip():
        raise PlumblineError("A decision needs a name.", where="by", hint="Say who decides.")
    if (decision.choice is Choice.MUTE) != (decision.until is not None):
        said = "A mute needs a last day." if decision.choice is Choice.MUTE else "Only a mute has a last day."
        raise PlumblineError(said, where="until", hint="Write it as in 2026-12-31.")
    if decision.until is not None and decision.until < datetime.now(UTC).date():
        raise PlumblineError(f"The mute would end in the past, on {decision.until}.", where="until")
    with reading(store) as connection:
        run = full_id(connection, decision.run)
        document, monitor = stored(connection, run)
    if decision.monitor and storable(decision.monitor) != monitor:
        raise UnknownName.of("monitor of this run", decision.monitor, [monitor], where=run)
    known = {name_of(one["column"], one["metric"]) for one in document["findings"]}
    for name in decision.findings:
        if name not in known:
            raise UnknownName.of("finding", name, known, where=run)
    reason, by = storable(decision.reason), storable(decision.by)
    recorded = replace(decision, run=run, monitor=monitor, at=now(), reason=reason, by=by)
    body = _body(recorded)
    with writing(store) as connection:
        entry = add(connection, "mute" if recorded.choice is Choice.MUTE else "decision", body, at=recorded.at)
        row = {**body, "findings": json.dumps(body["findings"], ensure_ascii=False), "seq": entry.seq}
        connection.execute(DECISIONS.insert().values({**row, "at": recorded.at}))
    return recorded


def decisions(store: Store, monitor: str | None = None, since: str | None = None) -> tuple[Decision, ...]:
    """The decisions about a monitor (None: about all), oldest first. since: a moment, ISO 8601 in UTC, excluded."""
    asked = select(DECISIONS).order_by(DECISIONS.c.seq)
    asked = asked.where(DECISIONS.c.monitor == storable(monitor)) if monitor is not None else asked
    asked = asked.where(DECISIONS.c.at > since) if since is not None else asked
    with reading(store) as connection:
        return tuple(_decision(row) for row in connection.execute(asked))


def mutes(store: Store, monitor: str | None = None, on: date | None = None) -> tuple[Decision, ...]:
    """The mutes that hold on a day, its last day included; on: today (UTC) by default."""
    day = on or datetime.now(UTC).date()
    found = decisions(store, monitor)
    return tuple(
        one for one in found if one.choice is Choice.MUTE and one.until and one.at[:10] <= str(day) <= str(one.until)
    )


def _body(decision: Decision) -> dict[str, Any]:
    """A decision as the ledger's entry tells it; when it was is the entry's own."""
    said = {**asdict(decision), "choice": str(decision.choice), "findings": list(decision.findings)}
    said["until"] = str(decision.until) if decision.until else None
    del said["at"]
    return said


def _decision(row: Any) -> Decision:
    return Decision(
        monitor=row.monitor,
        run=row.run,
        choice=Choice(row.choice),
        reason=row.reason,
        by=row.by,
        findings=tuple(json.loads(row.findings)),
        until=date.fromisoformat(row.until) if row.until else None,
        at=row.at,
    )

"""Evidence of a recorded run: gathered from the store, and its export and sign-off written into the ledger."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.errors import UnusableData
from engine.evidence.canonical import sha256
from engine.evidence.searched import Searched, cohorts_of
from engine.evidence.snapshot import Options, SignOff, moment, snapshot
from engine.monitor import Monitor
from engine.policy import ranks_of, verdict
from engine.record import Record, name_of
from engine.slices import unit_of
from engine.store import Entry, Store, append, decisions, document, entries, record, records, text_of


def evidence_of(
    store: Store,
    run: str,
    *,
    requested_by: str,
    generated_at: str,
    options: Options | None = None,
    previous: str | None = None,
    verdict_of: Mapping[str, Any] | None = None,
    seconds: float = 0.0,
    looked: Searched | None = None,
) -> dict[str, Any]:
    """The snapshot of a recorded run, with its decisions, signatures and entries of the ledger.

    previous: the run to compare with, by default that of the window before. seconds: that a search of its data for
    cohorts may take, 0 for none; looked: a search of them that was made before, in its place. Raises as kept_run does.
    """
    found, said_then = kept_run(store, run)
    whole = entries(store)
    before = record(store, previous) if previous else _before(store, found)
    mine = [one for one in whole if _concerns(one, found)]
    exports = [one for one in whole if one.kind == "export" and one.body.get("format") == "pdf"]
    own = [one for one in exports if one.body.get("run") == found.id]
    earlier = [one for one in exports if before is not None and one.body.get("run") == before.id]
    if looked is None and seconds > 0:
        looked = cohorts_of(said_then, seconds)
    return snapshot(
        said_then,
        cohorts=looked.cohorts if looked else None,
        searched=looked.words if looked else "",
        decisions=[one for one in decisions(store, found.monitor) if one.run == found.id],
        ledger=mine,
        previous=document(store, before.id) if before else None,
        previous_sha256=str(earlier[-1].body["sha256"]) if earlier else None,
        revises=str(own[-1].body["sha256"]) if own else None,
        sign_offs=[_signed(one) for one in mine if one.kind == "sign-off"],
        verdict=verdict_of or called_for(store, found, said_then, moment(generated_at).date()),
        trigger=found.trigger,
        options=options,
        generated_at=generated_at,
        requested_by=requested_by,
    )


def kept_run(store: Store, run: str) -> tuple[Record, dict[str, Any]]:
    """A recorded run and its document. Raises UnknownName, UnusableStore, and UnusableData where the run is kept
    otherwise than the ledger says.
    """
    found = record(store, run)
    text, said = text_of(store, found.id)
    if sha256(text.encode("utf-8", "backslashreplace")) != said:
        raise UnusableData(
            "The recorded run is not what the ledger says it was.", where=found.id, hint="Ask ledger verify."
        )
    made: dict[str, Any] = json.loads(text)
    return found, made


def _before(store: Store, found: Record) -> Record | None:
    """The recorded run of the window before, of the same monitor, counterpart and cohort: of a week another week, not
    a free span that somebody looked at.
    """
    if found.window is None:
        return None
    unit = unit_of(found.window)
    known = records(store, found.monitor, against=found.against, cohort=found.cohort, findings=False)
    earlier = [one for one in known if one.window and one.window.end <= found.window.start]
    earlier = [one for one in earlier if unit is None or (one.window and unit_of(one.window) == unit)]
    return earlier[-1] if earlier else None


def called_for(store: Store, found: Record, document: Mapping[str, Any], today: date) -> dict[str, Any] | None:
    """What the policy calls for, from the runs up to this one; None where it was no calendar window of the monitor's.

    The policy is the one that the run itself carries. found: with its findings; document: the run's JSON. Given back
    are action, severity, reasons and notes, the reasons as sentences.
    """
    if document["definition"] is None or found.window is None:
        return None
    known = records(store, found.monitor, against=found.against, cohort=found.cohort)
    upto = [one for one in known if one.window and one.window.end <= found.window.end]
    try:
        monitor = Monitor.model_validate(document["definition"])
    except ValueError:  # a later version wrote fields that this one does not know
        return None
    made = verdict(
        upto, monitor, decisions(store, found.monitor), against=found.against, cohort=found.cohort, today=today,
        ranks=ranks_of(document.get("importance")),
    )  # fmt: skip
    if made is None or made.run != found.id:
        return None
    names = tuple(name_of(one.column, one.metric) for one in found.findings)
    return {
        "action": str(made.action),
        "severity": str(made.severity),
        "reasons": [sentence(one.sentence, names) for one in made.reasons],
        "notes": list(made.notes),
    }


def sentence(said: str, names: tuple[str, ...]) -> str:
    """A reason with a capital, unless it begins with the name of a finding: names stay as they are written.

    >>> sentence("values are missing.", ("a.psi",)), sentence("a.psi in alarm.", ("a.psi",))
    ('Values are missing.', 'a.psi in alarm.')
    """
    return said if said.startswith(names) else said[:1].upper() + said[1:]


def about(store: Store, found: Record) -> tuple[Entry, ...]:
    """Entries of the ledger about a run, or about the rules that it ran under; oldest first."""
    return tuple(one for one in entries(store) if _concerns(one, found))


def _concerns(entry: Entry, found: Record) -> bool:
    """Whether an entry is about a run, or about the rules that it ran under."""
    body = entry.body
    return found.id in (body.get("id"), body.get("run")) or (
        entry.kind == "monitor" and body.get("monitor") == found.monitor and body.get("after") == found.digest
    )


def _signed(entry: Entry) -> SignOff:
    body = entry.body
    return SignOff(str(body["role"]), str(body["name"]), str(body["meaning"]), str(body["decision"]), entry.at)


def sign(store: Store, run: str, sign_off: SignOff) -> Entry:
    """Record a signature of a run; it names the PDF that was signed, where one was exported."""
    found = record(store, run)
    last = [one for one in entries(store, "export") if one.body.get("run") == found.id and one.body["format"] == "pdf"]
    body = {"run": found.id, "monitor": found.monitor, "revises": last[-1].body["sha256"] if last else None}
    names = ("role", "name", "meaning", "decision")
    return append(store, "sign-off", body | {name: getattr(sign_off, name) for name in names}, by=sign_off.name)


def keep(store: Store, made: Mapping[str, Any], data: bytes, form: str) -> Entry:
    """Record that a snapshot left the house, with the SHA-256 of the file: a PDF cannot hold its own."""
    run = made["run"]
    body = {"run": run["id"], "monitor": run["monitor"], "format": form, "sha256": sha256(data), "bytes": len(data)}
    return append(store, "export", body, by=made["requested_by"])

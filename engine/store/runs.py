"""Recording a run: its document, its findings as rows, its summaries and its ledger entry in one transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from engine.errors import UnknownName, shown
from engine.monitor import Monitor
from engine.record import Record
from engine.run import Run
from engine.slices import Slice
from engine.slices.texts import joined_text
from engine.store.findings import brief_of, open_of, row_of
from engine.store.kept import summaries_document
from engine.store.ledger import add, body_of
from engine.store.masked import without_secrets
from engine.store.opening import Store, reading, writing
from engine.store.packed import canonical, packed, sha256_of, storable, unpacked
from engine.store.tables import FINDINGS, LEDGER, RUNS
from engine.summaries import ColumnSummary

TRIGGERS = ("due", "manual", "restated")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run packed for the store, so that the transaction that records it is short."""

    row: dict[str, Any]
    findings: list[dict[str, Any]]


def save(
    store: Store,
    run: Run,
    monitor: Monitor,
    *,
    against: str = "reference",
    trigger: str = "manual",
    partial: bool = False,
    text: str = "",
    again: bool = False,
) -> Record | None:
    """Record a run of a monitor; None where its window, against and cohort were recorded already.

    against: as the monitor file or a link says it; partial: too few rows to judge drift; text: the monitor's file as it
    was written, kept in the ledger without its secrets whenever the monitor changed. again: record it as a revision of
    what was recorded. Raises UnusableStore; nothing is recorded then.
    """
    ready = prepared(run, monitor, against, trigger, partial)
    with writing(store) as connection:
        return _insert(connection, ready, run, monitor, text, again)


def prepared(run: Run, monitor: Monitor, against: str, trigger: str, partial: bool) -> Prepared:
    """A run as rows. Raises UnknownName for a trigger that is none."""
    if trigger not in TRIGGERS:
        raise UnknownName.of("trigger", trigger, TRIGGERS)
    said, summaries = run.to_json(), canonical(summaries_document(run))
    window = run.cut.window
    document = _without_bins(run)
    labels = document["labels"]
    row = {
        "id": run.id,
        "at": run.at,
        "monitor": storable(monitor.monitor),
        "digest": monitor.digest,
        "version": storable(monitor.model.version),
        "window_start": window.start.isoformat() if window else "",
        "window_end": window.end.isoformat() if window else "",
        "against": storable(against),
        "cohort": storable(cohort_text(run.cut)),
        "trigger": trigger,
        "partial": partial,
        "severity": str(run.severity),
        "counts": canonical(run.counts),
        "rows": rows_of(run),
        "labelled": labels["production"]["labelled"] if labels else None,
        "sha256": sha256_of(said),
        "summaries_sha256": sha256_of(summaries),
        "open_findings": canonical(open_of(document)),
        "brief": packed(canonical(brief_of(document))),
        "document": packed(said),
        "summaries": packed(summaries),
    }
    return Prepared(row, [row_of(i, one) for i, one in enumerate(document["findings"])])


def _without_bins(run: Run) -> dict[str, Any]:
    """What the store reads of a run's document, as it is read back from JSON; bins are nine tenths of it."""
    whole = run.document(bins=False)
    kept = {name: whole[name] for name in ("findings", "not_computed", "labels")}
    found: dict[str, Any] = json.loads(canonical(kept))
    return found


def _insert(
    connection: Connection, ready: Prepared, run: Run, monitor: Monitor, text: str, again: bool
) -> Record | None:
    row = ready.row
    same = [RUNS.c[name] == row[name] for name in ("monitor", "window_start", "window_end", "against", "cohort")]
    last = connection.execute(
        select(RUNS.c.id, RUNS.c.revision).where(*same).order_by(RUNS.c.revision.desc()).limit(1)
    ).first()
    same_id = connection.execute(select(RUNS.c.seq).where(RUNS.c.id == row["id"])).first()
    if same_id or (last and not again):  # what says the same as a run of this very second adds nothing either
        return None
    revision, revises = (last.revision + 1, last.id) if last else (0, None)
    _tell_monitor(connection, row, text)
    seq = connection.execute(select(func.coalesce(func.max(RUNS.c.seq), 0) + 1)).scalar_one()
    connection.execute(RUNS.insert().values({**row, "seq": seq, "revision": revision, "revises": revises}))
    if ready.findings:
        connection.execute(FINDINGS.insert(), [{**one, "run": seq} for one in ready.findings])
    add(connection, "run", entry_body({**row, "revision": revision, "revises": revises}))
    return Record(
        id=row["id"],
        at=row["at"],
        monitor=row["monitor"],
        digest=row["digest"],
        version=row["version"],
        window=run.cut.window,
        against=row["against"],
        cohort=row["cohort"],
        trigger=row["trigger"],
        partial=row["partial"],
        severity=run.severity,
        counts=run.counts,
        rows=row["rows"],
        findings=run.findings,
        not_computed=run.not_computed,
        revises=revises,
        revision=revision,
        labelled=row["labelled"],
    )


def entry_body(row: Any) -> dict[str, Any]:
    """What the ledger says of a run: which one, of what, and the SHA-256 of all that it says."""
    names = "id monitor digest window_start window_end against cohort revision revises trigger severity".split()
    return {name: row[name] for name in (*names, "partial", "sha256", "summaries_sha256")}


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's row says beside its entry of the ledger, from its document alone, to be held against it."""
    labels, model = document.get("labels"), (document["definition"] or {}).get("model") or {}
    version = str(model.get("version", "$"))
    facts = {
        "at": document["at"],
        "counts": canonical(document["counts"]),
        "rows": max((one["production"]["rows"] for one in document["quality"]), default=0),
        "labelled": labels["production"]["labelled"] if labels else None,
        "version": storable(version),
    }
    return {name: one for name, one in facts.items() if name != "version" or "$" not in version}  # ${NAME} says nothing


def _tell_monitor(connection: Connection, row: dict[str, Any], text: str) -> None:
    """An entry of its own where the monitor is new or another than the ledger last heard of."""
    asked = select(LEDGER.c.seq, LEDGER.c.body).where(LEDGER.c.kind == "monitor").order_by(LEDGER.c.seq.desc())
    told = map(body_of, connection.execute(asked))
    before = next((one.get("after") for one in told if storable(str(one.get("monitor"))) == row["monitor"]), None)
    if before != row["digest"]:
        body = {"monitor": row["monitor"], "before": before, "after": row["digest"], "text": without_secrets(text)}
        add(connection, "monitor", body)


def cohort_text(cut: Slice) -> str:
    """The filters of a slice as they are typed, joined by " & "; empty for all rows."""
    said = joined_text(cut.cohort)
    return f"everyone but {said}" if cut.without else said


def rows_of(run: Run) -> int:
    """Rows of the production slice, from any of its columns; 0 where none could be read."""
    found = (one.quality.production.rows for one in run.summaries.values() if isinstance(one, ColumnSummary))
    return max(found, default=0)


def full_id(connection: Connection, run: str) -> str:
    """The whole id of a run from its first characters. Raises UnknownName with the nearest, also where several fit."""
    given = storable(run).strip().lower()
    fits = connection.execute(select(RUNS.c.id).where(RUNS.c.id.startswith(given, autoescape=True)).limit(9)).scalars()
    found = list(fits) if given else []
    if len(found) == 1 or given in found:
        return given if given in found else found[0]
    if found:
        listed = ", ".join(found)
        raise UnknownName(f"{shown(run)} stands for several runs.", hint=f"Write more of the id: {listed}.")
    known = connection.execute(select(RUNS.c.id).order_by(RUNS.c.seq.desc()).limit(1000)).scalars()
    raise UnknownName.of("run", run, list(known))


def stored(connection: Connection, run: str) -> tuple[dict[str, Any], str]:
    """The document of a run by its whole id, and its monitor."""
    row = connection.execute(select(RUNS.c.document, RUNS.c.monitor).where(RUNS.c.id == run)).one()
    document: dict[str, Any] = json.loads(unpacked(row.document, run))
    return document, row.monitor


def document(store: Store, run: str) -> dict[str, Any]:
    """The JSON document of a run, by its id or the first characters of it. Raises UnknownName with the nearest id."""
    with reading(store) as connection:
        return stored(connection, full_id(connection, run))[0]


def text_of(store: Store, run: str) -> tuple[str, str]:
    """The document of a run as the very text that was recorded, and the SHA-256 that the ledger has of it."""
    with reading(store) as connection:
        whole = full_id(connection, run)
        row = connection.execute(select(RUNS.c.document, RUNS.c.sha256).where(RUNS.c.id == whole)).one()
        return unpacked(row.document, whole), row.sha256

"""What is recorded as text: runs, histories, decisions and the ledger as tables, TSV, CSV or JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from engine.cli_base import canonical
from engine.cli_tables import MARKS, table
from engine.due import Outcome
from engine.errors import PlumblineError, UnknownName, plain, shown
from engine.findings import three
from engine.monitor import read_monitor
from engine.record import Choice, Decision, Record
from engine.store import Chain, Entry, Point, Store, decide, decisions, fleet, record, records, text_of
from engine.store import history as history_of
from engine.store.packed import storable

RUN_HEAD = ("severity", "run", "monitor", "window", "against", "critical", "warning", "rows", "trigger", "recorded at")
POINT_HEAD = ("window", "column", "metric", "value", "floor", "warning", "critical", "severity", "rows", "run")
ENTRY_HEAD = ("entry", "at", "kind", "of", "hash")


def render_outcomes(store: Store, outcomes: Sequence[Outcome], form: str) -> str:
    """What run did: the document of a single run as JSON, else a line a run."""
    done = [(outcome, one) for outcome in outcomes for one in outcome.done]
    if form == "json":
        if len(done) == 1 and not any(one.error for one in outcomes):
            return text_of(store, done[0][1].record.id)[0]
        return canonical({
            "schema_version": 1,
            "kind": "runs",
            "runs": [{**record_document(one.record), "new": one.new} for _, one in done],
            "errors": [
                {"monitor": str(one.path), **dict(one.error.document()["error"])}  # type: ignore[call-overload]
                for one in outcomes
                if one.error
            ],
        })  # fmt: skip
    rows = [_record_row(one.record, form) for _, one in done]
    if form != "table":
        return table(RUN_HEAD, rows, form)
    old = sum(not one.new for _, one in done)
    said = (
        [table(RUN_HEAD, rows, form)] if rows else ["● Nothing is due."] if not any(o.error for o in outcomes) else []
    )
    said += [f"{old} of them {'was' if old == 1 else 'were'} recorded before."] if old else []
    return "\n".join(said)


def render_records(records: Sequence[Record], form: str) -> str:
    """Recorded runs, a line each."""
    if form == "json":
        return canonical({"schema_version": 1, "kind": "runs", "runs": [record_document(one) for one in records]})
    if form == "table" and not records:
        return "Nothing was recorded."
    return table(RUN_HEAD, [_record_row(one, form) for one in records], form)


def since_recorded(store: Store, run: str) -> list[str]:
    """What a run's document cannot know, a line each: what it replaced, what replaced it, what was decided about it."""
    mine = record(store, run)
    every = records(store, mine.monitor, against=mine.against, cohort=mine.cohort, latest=False, findings=False)
    said = [f"Told anew: it replaces run {mine.revises}."] if mine.revises else []
    said += [f"Told anew on {one.at}: run {one.id} replaces it." for one in every if one.revises == mine.id]
    for one in decisions(store, mine.monitor):
        if one.run == mine.id:
            about = ", ".join(one.findings[:5]) or "the run"
            until = f" until {one.until}" if one.until else ""
            said.append(f"Decided on {one.at} by {one.by}: {one.choice}{until} ({about}), {one.reason}")
    return [plain(line, 600) for line in said]


def record_document(one: Record) -> dict[str, Any]:
    """A record as JSON, without its findings."""
    said = {
        name: getattr(one, name) for name in Record.__dataclass_fields__ if name not in ("findings", "not_computed")
    }
    window = {"start": one.window.start.isoformat(), "end": one.window.end.isoformat()} if one.window else None
    return {**said, "window": window, "severity": str(one.severity), "counts": dict(one.counts)}


def _record_row(one: Record, form: str) -> tuple[str, ...]:
    severity = str(one.severity)
    mark = f"{MARKS[severity]} {severity.replace('_', ' ')}" if form == "table" else severity
    window = (one.window.text if one.window else "all time") + (" (partial)" if one.partial and form == "table" else "")
    counts = [str(one.counts.get(name, 0)) for name in ("critical", "warning")]
    rows = f"{one.rows:,}" if form == "table" else str(one.rows)
    return mark, one.id, one.monitor, window, one.against, *counts, rows, one.trigger, one.at


def named_monitor(store: Store, given: str) -> str:
    """The name of a monitor of which something was recorded, by its name or its file. Raises UnknownName."""
    known = {one.monitor for one in fleet(store)}
    if storable(given) in known:
        return storable(given)
    try:
        if Path(given).is_file():
            name = storable(read_monitor(given).monitor)
            if name in known:
                return name
            raise UnknownName(f"Nothing was recorded of {shown(name)}.", where=given, hint=f"Write run {given}.")
    except (OSError, ValueError):
        pass  # no path, then
    raise UnknownName.of("monitor", given, known, where=store.place)


def points(store: Store, monitor: str, column: str | None, metric: str | None, against: str | None) -> Sequence[Point]:
    """The history that was asked for. Raises UnknownName for a column, metric or baseline of which nothing is known."""
    name = named_monitor(store, monitor)
    found = history_of(store, name, column, metric, against=against)
    if not found:
        every = history_of(store, name)
        for noun, given, known in (
            ("column", column, {one.column for one in every if one.column}),
            ("metric", metric, {one.metric for one in every}),
            ("baseline", against, {one.against for one in every}),
        ):
            if given is not None and given not in known:
                raise UnknownName.of(noun, given, known, where=name)
    return found


def render_points(found: Sequence[Point], form: str) -> str:
    """Points of a history, a line each."""
    if form == "json":
        listed = []
        for one in found:
            window = {"start": one.window.start.isoformat(), "end": one.window.end.isoformat()} if one.window else None
            listed.append({**asdict(one), "window": window, "severity": str(one.severity)})
        return canonical({"schema_version": 1, "kind": "history", "points": listed})
    if form == "table" and not found:
        return "Nothing was recorded of it."
    return table(POINT_HEAD, [_point_row(one, form) for one in found], form)


def _point_row(one: Point, form: str) -> tuple[str, ...]:
    number = three if form == "table" else repr
    numbers = ["" if x is None else number(x) for x in (one.value, one.floor, one.warning, one.critical)]
    mark = f"{MARKS[str(one.severity)]} {str(one.severity).replace('_', ' ')}" if form == "table" else str(one.severity)
    rows = "" if one.n_production is None else str(one.n_production)
    return one.window.text if one.window else "all time", one.column or "", one.metric, *numbers, mark, rows, one.run


def decided(
    store: Store, run: str, findings: tuple[str, ...], choice: str, reason: str, by: str, until: str | None
) -> Decision:
    """Record a decision as it was typed."""
    words = choice.strip().lower().replace("_", " ").replace("-", " ")
    if words not in set(Choice):
        raise UnknownName.of("decision", choice, list(Choice), where="--decision")
    try:
        last = date.fromisoformat(until) if until is not None else None
    except ValueError:
        raise PlumblineError(f"{shown(until or '')} is no date.", where="--until", hint="Write 2026-12-31.") from None
    found = record(store, run)
    return decide(store, Decision(found.monitor, found.id, Choice(words), reason, by, findings, last))


def decision_document(made: Decision) -> dict[str, Any]:
    """A decision as JSON."""
    until = str(made.until) if made.until else None
    said = {**asdict(made), "choice": str(made.choice), "findings": list(made.findings), "until": until}
    return {"schema_version": 1, "kind": "decision", **said}


def entry_document(one: Entry) -> dict[str, Any]:
    """An entry of the ledger as JSON: its own kind as entry, so that kind says what the document is."""
    return {**asdict(one), "body": dict(one.body)}


def render_entries(found: Sequence[Entry], form: str) -> str:
    """Entries of the ledger, a line each."""
    if form == "json":
        return canonical({"schema_version": 1, "kind": "ledger", "entries": [entry_document(one) for one in found]})
    if form == "table" and not found:
        return "The ledger is empty."
    short = 12 if form == "table" else 64
    return table(ENTRY_HEAD, [(str(o.seq), o.at, o.kind, _subject(o.body), o.hash[:short]) for o in found], form)


def _subject(body: Mapping[str, Any]) -> str:
    """What an entry is about, in a few words."""
    named = [body.get(name) for name in ("monitor", "id", "run", "window_start", "choice", "format", "by")]
    return " · ".join(str(one) for one in named if one)


def render_chain(found: Chain, form: str) -> str:
    """What checking the ledger found."""
    if form == "json":
        flaws = [asdict(one) for one in found.flaws]
        facts = {"ok": found.ok, "entries": found.entries, "runs": found.runs, "head": found.head, "flaws": flaws}
        return canonical({"schema_version": 1, "kind": "chain", **facts})
    if form != "table":
        return table(("entry", "what", "sentence"), [(str(o.seq or ""), o.what, o.sentence) for o in found.flaws], form)
    if found.ok:
        return f"● {found.words}"
    return "\n".join(f"■ {one.sentence}" for one in found.flaws)

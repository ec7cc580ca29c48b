"""The verbs export and verify: evidence of a run as a file, and whether a file is still that evidence."""

import getpass
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import PlumblineError, UnreadableSource, UnusableData, plain, shown
from engine.evidence.canonical import canonical
from engine.evidence.exported import evidence_of, keep, sign
from engine.evidence.forms import render
from engine.evidence.sealing import trust_in
from engine.evidence.searched import cohorts_of
from engine.evidence.snapshot import Options, SignOff, file_name, snapshot
from engine.evidence.verify import LIMIT, Verified
from engine.evidence.verify import verify as check
from engine.evidence.whole import flaw_of
from engine.store import Store, open_store
from engine.store.opening import NONE_YET

MARKS = {"same": "●", "different": "■", "unknown": "◌"}


def exported(
    run: str,
    form: str,
    store: str | None,
    by: str | None,
    previous: str | None,
    environment: str,
    brief: bool,
    paper: str,
    cohorts: float,
    sign_as: str | None,
    name: str | None,
    meaning: str,
    decision: str | None,
    file: str | None,
) -> tuple[str, bytes, str]:
    """The evidence of a run: where it goes (empty: to standard output), its bytes, and what to tell on stderr.

    run: the id of a recorded run, or the file of a run's JSON document.
    """
    if file and not Path(file).parent.is_dir():  # before anything is signed or recorded, which cannot be taken back
        raise UnreadableSource("The file cannot be written: there is no such folder.", where=shown(file))
    by = by or user()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    options = Options(environment=environment, brief=brief, paper=paper)
    seconds = 0.0 if brief else cohorts  # a brief shows none
    path = Path(run)
    opened: Store | None = None
    if is_document(run):
        if sign_as:
            raise PlumblineError(
                "Only a recorded run can be signed.", where=shown(run), hint="Record it with the verb run."
            )
        before = _document(Path(previous)) if previous else None
        document = _document(path)
        looked = cohorts_of(document, seconds) if seconds > 0 else None
        made = snapshot(
            document, previous=before, options=options, generated_at=now, requested_by=by,
            cohorts=looked.cohorts if looked else None, searched=looked.words if looked else "",
        )  # fmt: skip
    else:
        opened = open_store(store, make=False)
        asked: dict[str, Any] = {"requested_by": by, "generated_at": now, "options": options, "previous": previous}
        if sign_as:
            sign_off = SignOff(sign_as, name or "", meaning, decision or "", now)
            evidence_of(opened, run, **asked)  # what is refused is refused before: a signature cannot be taken back
            sign(opened, run, sign_off)
        made = evidence_of(opened, run, **asked, seconds=seconds)
    data = render(made, form)
    if opened is not None:
        keep(opened, made, data, form)
    where = "" if file == "-" else file or (file_name(made, form) if form in ("pdf", "html") else "")
    said = f"Run {made['run']['id']} as {form}, {len(data):,} bytes."
    return where, data, said + ("" if opened else " It stands in no ledger: a document was given, not a recorded run.")


def is_document(run: str) -> bool:
    """Whether a run is given as the file of its JSON document, not by its id."""
    return Path(run).suffix == ".json" or Path(run).is_file()


def ledger_at(store: str | None) -> Store | None:
    """The store whose ledger knows a file: the one that is named, or that in its usual place if there is one."""
    try:
        return open_store(store, make=False)
    except PlumblineError as error:
        if store or error.message != NONE_YET:  # one that is there and cannot be asked is not none
            raise
        return None


def user() -> str:
    """The name of who is at work on this machine. Raises PlumblineError where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise PlumblineError("Who asks for it is not known.", hint="Say it with --by NAME.") from None


def _document(path: Path) -> dict[str, Any]:
    """A run's JSON document from a file."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise UnreadableSource(f"The file cannot be read: {error.strerror}.", where=shown(str(path))) from None
    except (ValueError, RecursionError):
        raise UnusableData("The file is no JSON.", where=shown(str(path))) from None
    if flaw := flaw_of(found):
        said = f"The file is no document of a run: {flaw}"
        raise UnusableData(said, where=shown(str(path)), hint="Give what show --format json writes.")
    made: dict[str, Any] = found
    return made


def verified(
    file: str,
    store: str | None,
    data: bool,
    reference: str | None,
    production: str | None,
    labels: str | None,
    manifest: str | None = None,
    trust: Sequence[str] = (),
) -> Verified:
    """The answer about a file. A ledger is asked where one is named, or lies in its usual place."""
    trusted = trust_in(trust)
    opened = ledger_at(store)
    places = {"reference": reference, "production": production, "labels": labels}
    named = {side: place for side, place in places.items() if place}
    return check(
        file, store=opened, data=data or bool(named), places=named, trust=trusted, manifest=manifest
    )


def told(answer: Verified, form: str) -> str:
    """The answer as text: a line a level, and what differs under it; or as JSON, TSV or CSV."""
    if form == "json":
        return canonical(answer.document()).decode()
    rows = [(str(one.number), one.name, one.state, one.words) for one in answer.levels]
    if form != "table":
        from engine.cli_tables import table

        return table(("level", "name", "state", "words"), rows, form)
    lines = [f"{MARKS[answer.state]} {plain(answer.file, 200)}: {answer.words}", f"  SHA-256 {answer.sha256}"]
    for one in answer.levels:
        lines.append(f"{MARKS[one.state]} {one.number} {one.name}: {plain(one.words, 600)}")
        lines += [f"      {plain(said, 200)}" for said in one.differing[:20]]
        if len(one.differing) > 20:
            lines.append(f"      and {len(one.differing) - 20} more; --format json lists them")
    return "\n".join([*lines, f"  {LIMIT}"])


def write_bytes(data: bytes, where: str) -> None:
    """Write a file whole or not at all, or to standard output."""
    if not where:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = Path(where)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")  # two may write at once
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        partial.write_bytes(data)
        partial.replace(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnreadableSource(f"The file cannot be written: {why}.", where=shown(where)) from None
    finally:
        partial.unlink(missing_ok=True)

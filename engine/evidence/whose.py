"""Whose evidence a file is: as the data within say, or the ledger of what was exported where none are within."""

from dataclasses import dataclass

from engine.errors import UnusableData, shown
from engine.evidence.attachment import read_evidence, without_data
from engine.evidence.canonical import sha256
from engine.evidence.later import revisions
from engine.store import Store, entries, text_of


@dataclass(frozen=True, slots=True)
class Whose:
    """Of which run a file is evidence. data: SHA-256 of the data within, None where there are none, as in HTML and CSV;
    known: whether the ledger knows the file.
    """

    form: str
    run: str
    monitor: str | None
    run_sha256: str
    data: str | None
    known: bool


def whose(data: bytes, name: str, store: Store | None) -> Whose:
    """Whose evidence the bytes of a file are. name: of the file, for errors. Raises UnusableData for what is none."""
    found, mine = read_evidence(data), revisions(data)
    exports = entries(store, "export") if store is not None else ()
    entry = next((one for one in exports if one.body.get("sha256") in mine), None)
    if found.snapshot is not None:
        try:
            run, digest = found.snapshot["run"], str(found.snapshot["run_sha256"])
            return Whose(found.form, str(run["id"]), run["monitor"], digest, sha256(found.data), entry is not None)
        except (KeyError, TypeError):
            raise UnusableData("The evidence does not say of which run it is.", where=shown(name)) from None
    if store is None or entry is None or not without_data(found):
        hint = "Of HTML and CSV a ledger says whose evidence they are." if without_data(found) else None
        raise UnusableData(f"This is no evidence: {found.trouble}.", where=shown(name), hint=hint)
    run = str(entry.body["run"])
    return Whose(str(entry.body["format"]), run, entry.body["monitor"], text_of(store, run)[1], None, True)

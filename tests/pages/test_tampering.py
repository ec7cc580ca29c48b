"""Each tampering is told by the command line and by the page Verify, on the level that can see it, in words."""

import json
import sqlite3
from contextlib import closing

import pytest

from engine.cli import main
from engine.evidence.canonical import canonical
from engine.evidence.exported import evidence_of, keep
from engine.evidence.pdf import render_pdf
from engine.store import entries, open_store, records, verify
from tests.evidence.steps import drawing_once
from tests.evidence.tampering import NEEDS, TAMPERED
from tests.pages.conftest import words, written
from tests.pages.recorded import record, write_monitor

NOW = "2026-11-21T15:00:00+00:00"
EACH = pytest.mark.parametrize("name", TAMPERED)
WORDS = {  # what an auditor reads, by level
    1: "not those whose SHA-256 the PDF names",
    2: "Entries of the ledger are not what they were",
    3: "Drawn again from its data, the file has other bytes",
    4: "does not know this file",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A store with the evidence of its last run in its ledger, made once: its file, the monitors, snapshot and PDF."""
    folder = tmp_path_factory.mktemp("archive")
    store = record(write_monitor(folder, written(folder)), f"sqlite:///{folder}/own.db")
    run = records(store, findings=False)[-1].id
    made = evidence_of(store, run, requested_by="Jo Doe", generated_at=NOW)
    data = render_pdf(made)
    keep(store, made, data, "pdf")
    with drawing_once():
        yield store.path, folder, made, data


@pytest.fixture
def known(archive, monkeypatch, store_url, tmp_path):
    """A copy of that store, to be tampered with: the store, the snapshot, the PDF."""
    path, folder, made, data = archive
    monkeypatch.setenv("PLUMBLINE_MONITORS", str(folder))
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(tmp_path / "own.db")) as new:
        old.backup(new)
    return open_store(store_url, make=False), json.loads(canonical(made)), data


def tampered(name, known):
    if "qpdf" in name and not NEEDS.qpdf:
        pytest.skip("qpdf is not installed")
    store, made, data = known
    change, wrong = TAMPERED[name]
    return change(data, made, store), wrong


@EACH
def test_the_command_line_tells(name, known, tmp_path, capsys):
    data, wrong = tampered(name, known)
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    code = main(["verify", str(path), "--store", known[0].place, "--format", "json"])
    said = json.loads(capsys.readouterr().out)
    found = {one["number"]: one for one in said["levels"]}
    assert {number for number, one in found.items() if one["state"] == "different"} == wrong, said
    assert (code, said["state"]) == ((1, "different") if wrong else (0, "same"))
    for number in wrong - ({3} if "appended" in name else set()):
        assert WORDS[number] in found[number]["words"]
    if "appended" in name and wrong:
        assert "what was appended changes what is seen" in found[3]["words"] and found[3]["differing"]


@EACH
def test_the_page_tells(name, known, app):
    data, wrong = tampered(name, known)
    at = app("Verify")
    at.file_uploader(key="evidence").set_value(("a.pdf", data, "application/pdf")).run()
    said = words(at).replace("\\", "")
    for number in range(1, 5):
        here = WORDS[number]
        seen = here in said or (number == 3 and "what was appended changes what is seen" in said)
        assert seen == (number in wrong), f"{number}: {said}"
    told = "Something is not as it was" if wrong else "This is the evidence that was made"
    assert told in said


def test_who_rebuilds_evidence_and_ledger_is_found_by_the_data_and_by_a_head_kept_elsewhere(known, tmp_path, capsys):
    store, _, _ = known
    head = entries(store)[-1].hash
    data, _ = tampered("the evidence and the ledger are both rebuilt", known)
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    code = main(["verify", str(path), "--store", store.place, "--data", "--format", "json"])
    level = json.loads(capsys.readouterr().out)["levels"][4]
    assert code == 1 and level["state"] == "different"
    assert level["words"].startswith("1 of ") and any("sentence was All is well." in one for one in level["differing"])
    again = open_store(store.place, make=False)
    assert verify(again).ok, "the chain itself was rebuilt without a flaw"
    assert main(["ledger", "verify", "--store", store.place, "--head", head]) == 1
    assert "rebuilt" in capsys.readouterr().out

"""Runs, Snapshot and Verify: with nothing recorded, with runs, with what is broken; what a file may make us read."""

import sqlite3
from pathlib import Path

import pytest

from engine.access import LOCAL
from engine.evidence.exported import evidence_of
from engine.evidence.forms import render
from engine.evidence.pdf import pages_of
from engine.evidence.snapshot import Options
from engine.evidence.verify import verify_bytes
from engine.store import entries, open_store, records
from pages.shared.checking import check, forbidden
from pages.shared.on_record import matching, option
from tests.pages.conftest import HOSTILE, words
from tests.pages.recorded import record, write_monitor

NOW = "2026-11-21T15:00:00+00:00"


@pytest.fixture
def four(monitors, two_files, store_url):
    """Four weeks of a small monitor on record: the store, and the path of the monitor's file."""
    path = write_monitor(monitors, two_files())
    return record(path, store_url), path


@pytest.mark.parametrize("page", ["Runs", "Snapshot"])
def test_nothing_recorded_says_what_it_means_and_offers_to_record(app, monitors, two_files, store_url, page):
    write_monitor(monitors, two_files())
    at = app(page)
    assert "Nothing is recorded yet" in words(at) and at.button(key="record")


@pytest.mark.parametrize("page", ["Runs", "Snapshot"])
def test_without_a_monitor_there_is_nothing_to_record(app, monitors, store_url, page):
    assert "No run yet" in words(app(page))


@pytest.mark.parametrize("page", ["Runs", "Snapshot", "Verify"])
def test_a_store_that_cannot_be_opened_is_told(app, monitors, two_files, monkeypatch, tmp_path, page):
    (tmp_path / "no.db").write_text("not a database at all, not a database at all")
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/no.db")
    write_monitor(monitors, two_files())
    assert "it is not a SQLite database" in words(app(page))


def test_runs_are_listed_newest_first_and_filtered(app, four):
    at = app("Runs")
    table = at.dataframe[0].value
    assert [one[:10] for one in table["Window"]] == ["week of 25", "week of 18", "week of 11", "week of 4 "]
    at.selectbox(key="of_window").set_value("2024-03-11").run()
    assert at.dataframe[0].value["Window"].tolist() == ["week of 11 March 2024"]
    at.text_input(key="find_run").set_value("nobody").run()
    assert "No run is like this" in words(at)


def test_a_run_is_shown_from_the_store_alone(app, four, two_files):
    store, path = four
    path.unlink()
    for file in two_files():
        file.unlink()
    run = records(store)[0]
    at = app("Runs")
    at.selectbox(key="run").set_value(option(run)).run()
    said = words(at)
    assert f"run `{run.id}`" in said and "Its SHA-256 is the one in entry" in said
    assert "Nobody has decided anything about this run" in said
    assert HOSTILE in at.selectbox(key="column").options, "columns are redrawn whatever they are called"
    kinds = at.dataframe[-1].value["Kind"].tolist()
    assert kinds == ["monitor", "run"]


def test_a_link_with_the_beginning_of_an_id_opens_the_run(app, four):
    run = records(four[0])[0]
    at = app("Runs", run=run.id[:8])
    assert f"run `{run.id}`" in words(at)
    assert "is not on record here" in words(app("Runs", run="zzzz"))


def test_revisions_of_a_window_are_a_trace(app, four, store_url):
    from engine.due import run_monitor_file
    from engine.monitor import read_monitor

    store, path = four
    for _ in range(9):  # within the second of the first record nothing new is said
        if run_monitor_file(store, path, read_monitor(path), "last", again=True).done[0].new:
            break
    first, again = sorted(
        (one for one in records(store, latest=False) if str(one.window).count("25")), key=lambda one: one.revision
    )[-2:]
    at = app("Runs")
    assert len(at.dataframe[0].value) == 4, "what was replaced is not listed"
    at.toggle(key="earlier_revisions").set_value(True).run()
    assert len(at.dataframe[0].value) == 5
    at.selectbox(key="run").set_value(option(first)).run()
    assert "replaced: revision 1 is the one that counts" in words(at)
    at.selectbox(key="run").set_value(option(again)).run()
    assert "of 2 records of this window, the one that counts" in words(at)


def test_a_run_that_was_changed_in_the_store_is_told(app, four):
    store, _ = four
    run = records(store)[0]
    assert store.path is not None
    with sqlite3.connect(store.path) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE plumbline_runs SET sha256 = ? WHERE id = ?", ("0" * 64, run.id))
    at = app("Runs", run=run.id)
    assert "somebody changed it since" in words(at)
    assert "is not what the ledger says it was" in words(app("Snapshot", run=run.id))


def test_a_snapshot_shows_pages_and_wants_a_name(app, four):
    run = records(four[0])[-1]
    at = app("Snapshot", run=run.id)
    said = words(at)
    assert "exactly as the PDF has them" in said and "NOT SIGNED" in said and "DEMO DATA" not in said
    assert "Say who you are first" in said and at.button(key="export_nobody").disabled
    at.text_input(key="decide_by").set_value("Jo").run()
    assert "Say who you are first" not in words(at)
    assert not entries(four[0], "export"), "looking exports nothing"


def test_a_signature_is_recorded_and_what_is_missing_is_said(app, four):
    store, _ = four
    run = records(store)[-1]
    at = app("Snapshot", run=run.id)
    sign = next(one for one in at.button if one.label == "Sign")
    sign.click().run()
    assert "A sign-off needs a role" in str(at.error[0].value).replace("\\", "")
    at.selectbox(key="sign_role").set_value("model owner")
    at.selectbox(key="sign_meaning").set_value("approval")
    at.selectbox(key="sign_decision").set_value("accept")
    at.text_input(key="sign_name").set_value("*Ann* Lee")
    next(one for one in at.button if one.label == "Sign").click().run()
    (entry,) = entries(store, "sign-off")
    assert entry.body["name"] == "*Ann* Lee (as typed)" and entry.body["run"] == run.id
    assert "NOT SIGNED" not in words(at)


def test_a_slice_that_is_explored_is_offered_and_recorded_once(app, four):
    store, _ = four
    at = app("Columns", window="2024-03-11")
    at.switch_page("evidence/snapshot.py").run()
    assert at.button(key="show_explored"), "the week is on record already"
    at = app("Columns", window="all time")
    at.switch_page("evidence/snapshot.py").run()
    at.button(key="record_explored").click().run()
    assert not at.exception
    made = [one for one in records(store) if one.window is None]
    assert [one.trigger for one in made] == ["manual"] and f"run `{made[0].id}`" in words(at)
    at.switch_page("explore/columns.py").run()
    at.switch_page("evidence/snapshot.py").run()
    assert "record_explored" not in [one.key for one in at.button]


def evidence(store, form="json"):
    run = records(store)[-1]
    made = evidence_of(store, run.id, requested_by="Jo", generated_at=NOW)
    return made, render(made, form)


@pytest.mark.parametrize(("said", "shape"), [("A4", 1.414), ("US Letter", 1.294)])
def test_the_paper_is_chosen_and_stands_in_the_link(app, four, said, shape):
    at = app("Snapshot", run=records(four[0], findings=False)[-1].id, sheet=said, length="two pages")
    assert at.session_state["sheet"] == said and not at.exception
    made = evidence_of(four[0], records(four[0], findings=False)[-1].id, requested_by="Jo", generated_at=NOW,
                       options=Options(brief=True, paper={"A4": "a4", "US Letter": "us-letter"}[said]))  # fmt: skip
    first = pages_of(made, 30)[0]
    wide, high = (int.from_bytes(first[place : place + 4], "big") for place in (16, 20))
    assert high / wide == pytest.approx(shape, abs=0.01)


def test_verify_opens_the_data_of_recorded_runs_and_of_allowed_folders_alone(four, monkeypatch, tmp_path):
    store, path = four
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "nothing"))
    made, data = evidence(store)
    bases = {"small": path.parent}
    found, why = check(LOCAL, data, "x.json", store, True, {}, bases, lambda share, said: None)
    assert why == "" and found.levels[4].state == "same", found.levels[4]
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    made["run"]["reference"]["name"] = str(secret)
    found, why = check(LOCAL, render(made, "json"), "x.json", store, True, {}, bases, lambda share, said: None)
    assert "lies outside the folders that may be read" in why and found.levels[4].state == "unknown"
    _, why = check(LOCAL, data, "x.json", store, True, {"production": str(secret)}, bases, lambda share, said: None)
    assert "its production data cannot be opened here" in why


@pytest.mark.parametrize("place", ["beside", "definition", "labels"])
def test_tables_beside_the_data_are_opened_no_more_freely(four, monkeypatch, tmp_path, place):
    store, path = four
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "nothing"))
    secret = str(tmp_path / "secret.parquet")
    made, _ = evidence(store)
    logged = {"path": secret, "id": None, "prefix": None}
    if place == "beside":
        made["run"]["asked"]["beside"]["attributions"] = logged
    elif place == "labels":
        made["run"]["asked"]["labels"] = {"name": "labels", "id": "a", "column": "b"}
        made["run"]["asked"]["beside"]["labels"] = secret
    else:  # what the rules say of it counts only where the run itself says nothing
        made["run"]["definition"]["columns"] = {"attributions": logged}
        made["run"]["asked"]["beside"] = None
    _, why = check(LOCAL, render(made, "json"), "x.json", store, True, {}, {"small": path.parent}, lambda *_: None)
    assert "data cannot be opened here" in why and "secret.parquet" in why, why


@pytest.mark.parametrize("run", [{"reference": 1}, {"definition": []}, {"definition": {"columns": "x"}}, {}])
def test_a_run_of_another_make_opens_nothing(run):
    said = forbidden(LOCAL, run, None, {}, None)
    assert said == "" or "which data" in said


def test_verify_says_what_a_ledger_cannot_prove_and_shows_its_head(app, four):
    at = app("Verify")
    assert entries(four[0])[-1].hash in words(at)
    at.button(key="check_chain").click().run()
    assert "entries follow one another" in words(at)
    at.text_input(key="known_head").set_value("f" * 12).run()
    at.button(key="check_chain").click().run()
    assert "the chain was rebuilt" in words(at)
    at.text_input(key="known_head").set_value("no").run()
    at.button(key="check_chain").click().run()
    assert "is no hash" in words(at)


def test_a_dropped_file_is_answered_level_by_level(app, four):
    _, data = evidence(four[0])
    at = app("Verify")
    at.file_uploader(key="evidence").set_value(("x.json", data, "application/json")).run()
    said = words(at)
    assert "cannot be told here" in said and "does not know this file" in said.replace("\\", "")
    assert "What this cannot prove" in said


def test_an_encrypted_pdf_is_told_apart(four, tmp_path):
    from pypdf import PdfReader, PdfWriter

    _, data = evidence(four[0], "pdf")
    (tmp_path / "a.pdf").write_bytes(data)
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "a.pdf"))
    writer.encrypt("secret", algorithm="RC4-128")
    with Path(tmp_path / "b.pdf").open("wb") as stream:
        writer.write(stream)
    assert "is encrypted" in verify_bytes((tmp_path / "b.pdf").read_bytes(), "b.pdf").words
    assert "its end is missing" in verify_bytes(data[: len(data) // 2], "c.pdf").words


def test_words_of_a_search_stand_anywhere(four):
    runs = tuple(reversed(records(four[0], findings=False)))
    assert len(matching(runs, "any", "any", "any", "SMALL march", False)) == 4
    assert matching(runs, "other", "any", "any", "", False) == []


def test_the_store_of_another_folder_is_another(app, four, monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/empty.db")
    assert "Nothing is recorded yet" in words(app("Runs"))
    assert open_store(f"sqlite:///{tmp_path}/empty.db", make=False)

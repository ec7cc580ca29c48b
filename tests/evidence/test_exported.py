"""Evidence of recorded runs: what the store adds; exports and signatures in the ledger, and what it contradicts."""

import json
import sqlite3
from contextlib import closing

import pytest

from engine.errors import PlumblineError, UnknownName
from engine.evidence.canonical import canonical, sha256
from engine.evidence.exported import evidence_of, keep, sign
from engine.evidence.forms import render
from engine.evidence.pdf import render_pdf
from engine.evidence.snapshot import SignOff
from engine.evidence.verify import verify_bytes
from engine.explore.look import look
from engine.explore.opened import open_monitor
from engine.monitor import read_monitor
from engine.policy import Action
from engine.record import Choice, Decision
from engine.slices import Slice, parse_window
from engine.store import append, decide, entries, open_store, save, verify
from engine.store.ledger import digest_of
from tests.evidence.conftest import ROOT
from tests.evidence.steps import AT, bare, text_of
from tests.evidence.tampering import disowned, written

WHO = {"requested_by": "Jo Doe", "generated_at": AT}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store with two weeks of the demo and a decision about the later one, and their ids."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('evidence')}/store.db")
    path = ROOT / "data" / "monitors" / "flights.yaml"
    monitor = read_monitor(path)
    opened = open_monitor(monitor, path.parent)
    runs = [look(opened, Slice((), parse_window(one))) for one in ("2013-04-15..2013-04-22", "2013-04-22..2013-04-29")]
    for run in runs:
        save(store, run, monitor, trigger="due", text=path.read_text(encoding="utf-8"))
    decide(
        store, Decision(monitor.monitor, runs[1].id, Choice.RETRAIN, "Spring came.", "Ann Lee", ("temp_f.wasserstein",))
    )
    return store, runs[0].id, runs[1].id


@pytest.fixture(scope="module")
def first(kept):
    """The evidence of the later run, its PDF, and the PDF in the ledger."""
    store, _, run = kept
    made = evidence_of(store, run, **WHO)
    data = render_pdf(made)
    keep(store, made, data, "pdf")
    return made, data


def test_the_store_adds_trigger_decisions_ledger_and_the_run_before(kept, first):
    made, data = first
    assert (made["trigger"], made["previous"]["run"], made["revises"]) == ("due", kept[1], None)
    assert [one["kind"] for one in made["ledger"]] == ["monitor", "run", "decision"]
    assert [one["reason"] for one in made["decisions"]] == ["Spring came."]
    said = text_of(data)
    for words in (
        "retrain, by Ann Lee",
        "Spring came.",
        "temp_f.wasserstein",
        made["ledger"][-1]["hash"],
        "NOT SIGNED",
    ):
        assert bare(words) in said


def test_the_policy_of_the_run_says_what_it_calls_for(kept, first):
    verdict = first[0]["verdict"]
    assert verdict["action"] in set(Action) and verdict["reasons"]
    assert bare(f"By the policy: {verdict['action']}. {verdict['reasons'][0]}") in text_of(first[1])


def test_the_ledger_knows_the_file_that_was_exported(kept, first):
    answer = verify_bytes(first[1], "x", store=kept[0], data=True)
    assert [one.state for one in answer.levels] == ["same"] * 5
    assert answer.words == "This is the evidence that was made: 5 of 5 levels could be checked."
    assert "exported by Jo Doe" in answer.levels[3].words
    assert verify(kept[0]).ok


@pytest.mark.parametrize("form", ["csv", "html"])
def test_a_form_without_data_is_known_by_the_ledger_alone(kept, first, form):
    data = render(first[0], form)
    assert verify_bytes(data, f"x.{form}", store=kept[0]).state == "different", "before it was exported"
    keep(kept[0], first[0], data, form)
    answer = verify_bytes(data, f"x.{form}", store=kept[0])
    assert (answer.state, answer.code) == ("same", 0) and "1 of 5 levels" in answer.words
    assert "CSV and HTML" in answer.levels[0].words and f"as {form}" in answer.levels[3].words
    assert verify_bytes(data + b" ", f"x.{form}", store=kept[0]).state == "different"
    assert verify_bytes(data, f"x.{form}").state == "different", "no ledger, nothing to hold it against"


def test_the_ledger_has_the_digest_of_the_run_that_the_evidence_names(kept, first):
    (entry,) = (one for one in entries(kept[0], "run") if one.body["id"] == kept[2])
    assert entry.body["sha256"] == first[0]["run_sha256"]


def test_a_complete_forgery_is_not_in_the_ledger(kept, first):
    forged = json.loads(canonical(first[0]))
    forged["requested_by"] = "Mallory"
    answer = verify_bytes(render_pdf(forged), "x", store=kept[0])
    assert [one.state for one in answer.levels[:4]] == ["same", "same", "same", "different"]
    assert answer.code == 1


def test_what_begins_with_a_file_that_the_ledger_knows_is_not_that_file(kept, first):
    """Whoever drew it: that another engine did may be written behind it too."""
    answer = verify_bytes(written(first[1], disowned, incremental=True), "x", store=kept[0])
    assert "another engine" not in answer.levels[2].words and answer.levels[2].differing
    assert (answer.levels[2].state, answer.levels[3].state, answer.code) == ("different", "same", 1)


def test_evidence_that_the_ledger_contradicts_though_it_was_exported(kept, first):
    forged = json.loads(canonical(first[0]))
    forged["run_sha256"] = "0" * 64
    data = canonical(forged)
    keep(kept[0], forged, data, "json")
    level = verify_bytes(data, "x", store=kept[0]).levels[3]
    assert level.state == "different" and "another SHA-256 of run" in level.words


@pytest.mark.parametrize("edit", ["the entry alone", "its hash too", "an entry before"])
def test_a_ledger_that_is_no_chain_vouches_for_nothing(kept, first, tmp_path, edit):
    """Who can write to the store's file writes the forged file into the entry, and does not rebuild what follows."""
    forged = json.loads(canonical(first[0]))
    forged["requested_by"] = "Mallory"
    data = render_pdf(forged)
    with closing(sqlite3.connect(kept[0].path)) as old, closing(sqlite3.connect(tmp_path / "own.db")) as base:
        old.backup(base)
    store = open_store(f"sqlite:///{tmp_path}/own.db")
    append(store, "alert", {"target": "ops"})
    with closing(sqlite3.connect(store.path)) as base:
        base.execute("DROP TRIGGER plumbline_ledger_no_update")
        (entry,) = (one for one in entries(kept[0], "export") if one.body["sha256"] == sha256(first[1]))
        body = {**entry.body, "sha256": sha256(data)}
        own = digest_of(entry.seq, entry.at, entry.kind, body, entry.previous) if edit == "its hash too" else entry.hash
        values = canonical(body).decode(), own, entry.seq
        base.execute("UPDATE plumbline_ledger SET body = ?, hash = ? WHERE seq = ?", values)
        if edit == "an entry before":
            base.execute("UPDATE plumbline_ledger SET body = '{}' WHERE seq = 1")
        base.commit()
    answer = verify_bytes(data, "x", store=store)
    at = {"the entry alone": entry.seq, "its hash too": entry.seq + 1, "an entry before": 1}[edit]
    assert f"not in order at entry {at}," in answer.levels[3].words
    assert (answer.levels[2].state, answer.levels[3].state, answer.code) == ("same", "different", 1)


def test_a_signature_makes_a_revision_that_names_the_one_before(kept, first):
    store, _, run = kept
    sign(store, run, SignOff("compliance officer", "Ann Lee", "approval", "accept", AT))
    made = evidence_of(store, run, **WHO)
    assert made["revises"] == sha256(first[1])
    assert [(one["role"], one["name"], one["meaning"], one["decision"]) for one in made["sign_offs"]] == [
        ("compliance officer", "Ann Lee", "approval", "accept")
    ]
    (entry,) = entries(store, "sign-off")
    assert entry.body["revises"] == sha256(first[1]) and made["sign_offs"][0]["at"] == entry.at
    said = text_of(render_pdf(made))
    assert "NOTSIGNED" not in said and bare(f"replaces the one with SHA-256 {sha256(first[1])}") in said


def test_the_run_before_can_be_named(kept):
    store, before, run = kept
    made = evidence_of(store, before, previous=run, **WHO)
    assert made["previous"]["run"] == run
    assert evidence_of(store, before, **WHO)["previous"] is None


def test_the_run_before_is_of_a_window_like_it(kept, tmp_path):
    """Not of a span of other length that ends there, and was looked at later."""
    with closing(sqlite3.connect(kept[0].path)) as old, closing(sqlite3.connect(tmp_path / "own.db")) as base:
        old.backup(base)
    store, path = open_store(f"sqlite:///{tmp_path}/own.db"), ROOT / "data" / "monitors" / "flights.yaml"
    monitor = read_monitor(path)
    span = look(open_monitor(monitor, path.parent), Slice((), parse_window("2013-04-01..2013-04-22")))
    save(store, span, monitor)
    assert evidence_of(store, kept[2], **WHO)["previous"]["run"] == kept[1]
    assert evidence_of(store, kept[2], previous=span.id, **WHO)["previous"]["run"] == span.id


def test_what_is_not_there_is_told(kept):
    with pytest.raises(UnknownName, match="Unknown run"):
        evidence_of(kept[0], "ffffffffffff", **WHO)


@pytest.mark.parametrize("field", ["role", "name", "meaning", "decision"])
def test_a_signature_wants_every_field(field):
    said = {"role": "owner", "name": "Jo", "meaning": "review", "decision": "accept", "at": AT}
    with pytest.raises(PlumblineError, match=f"needs a {field}"):
        SignOff(**{**said, field: " "})

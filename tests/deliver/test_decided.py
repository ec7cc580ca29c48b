"""A decision is told at once; where that fails it is said, and the decision stands."""

import time

import pytest

from engine.cli import main
from engine.deliver.decided import after_decision
from engine.store import decisions, open_store, records
from tests.deliver.conftest import text_of, watched

HOOK = '  - {to: webhook, url: "${HOOK}", when: decision, digest: none}'


@pytest.fixture
def here(tmp_path, monkeypatch, store, keep):
    """A folder with a monitor's file and a store with one of its runs, found as cron and people find them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.setenv("PLUMBLINE_MONITORS", "monitors")
    (tmp_path / "monitors").mkdir()
    (tmp_path / "monitors" / "m.yaml").write_text(text_of(HOOK))
    keep(watched(), 3)
    return tmp_path


def decided(capsys, choice="retrain", *more):
    run = records(open_store(), "m")[-1].id
    done = main(["decide", run, "--decision", choice, "--reason", "it is worse", "--by", "Ada", *more])
    return done, *capsys.readouterr()


def kinds(host):
    return [(one["kind"], one["decision"] and one["decision"]["choice"]) for one in host.documents]


@pytest.mark.parametrize("choice", ["retrain", "roll back"])
def test_a_decision_is_told_at_once(here, host, capsys, monkeypatch, choice):
    target = host(200)
    monkeypatch.setenv("HOOK", target.url)
    code, out, err = decided(capsys, choice)
    assert (code, err) == (0, "") and f"{choice} is recorded" in out
    assert ("decision", choice) in kinds(target)
    assert next(one for one in target.documents if one["kind"] == "decision")["decision"]["by"] == "Ada"


@pytest.mark.parametrize("says", [500, 404, "slow", "silent"])
def test_what_cannot_be_told_is_said_and_the_decision_stands(here, host, capsys, monkeypatch, says):
    monkeypatch.setattr("engine.deliver.decided.SECONDS", 1.0)
    monkeypatch.setattr("engine.deliver.decided.after_decision.__defaults__", (None, 1.0))
    monkeypatch.setenv("HOOK", host(says).url)
    began = time.monotonic()
    code, out, err = decided(capsys)
    assert time.monotonic() - began < 6
    assert code == 0 and "is recorded" in out and err.startswith("deliver: webhook of m: ") and "T0secret" not in err
    assert [str(one.choice) for one in decisions(open_store(), "m")] == ["retrain"]


def test_a_variable_that_is_not_set_is_named(here, capsys, monkeypatch):
    monkeypatch.delenv("HOOK", raising=False)
    code, _, err = decided(capsys)
    assert code == 0 and "HOOK" in err and len(decisions(open_store(), "m")) == 1


def test_files_that_cannot_be_read_are_said(here, capsys, monkeypatch):
    (here / "monitors" / "m.yaml").write_text("monitor: m\nreferenc: {path: a}\n")
    code, _, err = decided(capsys)
    assert code == 0 and "is recorded, but nobody is told before the next run" in err
    (here / "other.yaml").write_text(text_of(HOOK, name="other"))
    code, _, err = decided(capsys, "accept", "--monitors", "other.yaml")
    assert code == 0 and "The file is of 'other', the run of 'm'." in err
    code, _, err = decided(capsys, "accept", "--monitors", "gone.yaml")
    assert code == 0 and "gone.yaml" in err and "Traceback" not in err
    assert len(decisions(open_store(), "m")) == 3


def test_without_a_file_there_is_nobody_to_tell(here, capsys, monkeypatch, store):
    monkeypatch.setenv("PLUMBLINE_MONITORS", "nowhere")
    assert decided(capsys)[0::2] == (0, "")
    (here / "monitors" / "m.yaml").rename(here / "m.yaml")
    monkeypatch.setenv("PLUMBLINE_MONITORS", "monitors")
    assert after_decision(store, "m").said == ()
    assert after_decision(store, "m", "monitors").said != (), "a folder that was named should have it"


def test_what_was_not_sent_is_sent_by_the_next_call(here, host, capsys, monkeypatch):
    monkeypatch.setenv("HOOK", host(404, 404, 200).url)
    decided(capsys)
    later = host(200)
    monkeypatch.setenv("HOOK", later.url)
    decided(capsys, "roll back")
    assert ("decision", "roll back") in kinds(later)

"""The verb deliver: what it sends and says, and what is wrong with what it was given."""

import json

import pytest

from engine.cli import main
from engine.store import open_store
from tests.deliver.servers import Host


@pytest.fixture
def hook():
    one = Host(200)
    yield one
    one.close()


@pytest.fixture
def folder(tmp_path, monkeypatch, hook):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOOK", hook.url)
    monkeypatch.delenv("PLUMBLINE_STORE")
    (tmp_path / "monitors").mkdir()
    (tmp_path / "monitors" / "m.yaml").write_text(
        "monitor: m\nreference: {path: a}\nproduction: {path: b}\ndeliver:\n  - {to: webhook, url: '${HOOK}'}\n"
    )
    return tmp_path


def say(capsys, *arguments):
    done = main(["deliver", *arguments])
    return done, *capsys.readouterr()


def test_a_test_is_sent_and_told(folder, hook, capsys):
    code, out, err = say(capsys, "monitors/m.yaml", "--test")
    assert code == 0 and not err and "● sent" in out and "webhook of m" in out
    assert hook.documents[0]["kind"] == "test"
    assert open_store().path == folder / ".plumbline" / "store.db"


def test_a_folder_is_taken_and_json_is_one_document(folder, hook, capsys):
    code, out, _ = say(capsys, "monitors", "--test", "--format", "json", "--store", f"sqlite:///{folder}/other.db")
    said = json.loads(out)
    assert code == 0 and said["kind"] == "deliveries" and said["waiting"] == 0
    assert [one["state"] for one in said["deliveries"]] == ["sent"]


def test_nothing_due_is_fine(folder, hook, capsys):
    assert say(capsys, "monitors") == (0, "● Nothing is due.\n", "")
    assert hook.got == []


def test_one_broken_file_does_not_stop_the_others(folder, hook, capsys):
    (folder / "monitors" / "bad.yaml").write_text("monitor: b\nreference: {path: a}\nproductoin: {path: b}\n")
    code, out, _ = say(capsys, "monitors", "--test")
    assert code == 2 and "● sent" in out and "Did you mean 'production'?" in out and len(hook.got) == 1


def test_what_waits_is_told(folder, capsys, monkeypatch):
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/secretsecret")
    code, out, err = say(capsys, "monitors", "--test")
    assert code == 2 and "▲ waiting" in out and "secretsecret" not in out + err
    assert say(capsys, "monitors") == (0, "▲ 1 more wait for their next try.\n", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [(["no.yaml"], "cannot be read"), (["a\x01b"], "cannot be read"), (["empty"], "no monitor file"),
     (["monitors", "--store", "mysql://x"], "cannot lie in")],
)  # fmt: skip
def test_mistakes_are_sentences(folder, capsys, given, said):
    (folder / "empty").mkdir()
    code, out, err = say(capsys, *given)
    assert code == 2 and said in out + err and "Traceback" not in out + err


def test_monitors_without_targets_say_so(folder, capsys):
    (folder / "none.yaml").write_text("monitor: n\nreference: {path: a}\nproduction: {path: b}\n")
    code, out, _ = say(capsys, "none.yaml", "--test")
    assert code == 2 and "No monitor names a target" in out

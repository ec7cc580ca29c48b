"""The verbs of what is recorded: run, list, show, history, decide, ledger, with their forms and exit codes."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from engine.cli import main
from tests.cli.steps import canonical, made, shell


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A monitor of twelve days with a column far off, recorded."""
    folder = tmp_path_factory.mktemp("runs")
    for name, shift in (("old", 0), ("far", 2)):
        pq.write_table(made(shift, 1), folder / f"{name}.parquet")
    (folder / "m.yaml").write_text(
        "monitor: far-off\nreference: {path: old.parquet}\nproduction: {path: far.parquet}\n"
        "columns: {timestamp: at}\nwindow: {every: 1 day}\n"
    )
    return folder


@pytest.fixture
def ask(place, monkeypatch, capsys):
    """Runs a verb in the folder, with a store of its own; returns exit code, stdout and stderr."""
    monkeypatch.chdir(place)
    monkeypatch.delenv("PLUMBLINE_STORE", raising=False)

    def run(*arguments):
        done = main(arguments)
        return done, *capsys.readouterr()

    run("run", "m.yaml", "--due")
    return run


def lines(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_run_records_and_ends_with_the_worst(place):
    first = shell(place, "run", "m.yaml", "--due", "--store", "sqlite:///first.db")
    assert first.returncode == 1 and "■ critical" in first.stdout.decode()
    again = shell(place, "run", "m.yaml", "--due", "--store", "sqlite:///first.db")
    assert again.returncode == 0 and again.stdout.decode() == "● Nothing is due.\n"
    calm = shell(place, "run", "m.yaml", "--all", "--fail-on", "never", "--store", "sqlite:///first.db")
    assert calm.returncode == 0 and "were recorded before" in calm.stdout.decode()


def test_one_window_is_the_document_that_show_prints(ask):
    done, out, _ = ask("run", "m.yaml", "--window", "2024-01-03..2024-01-04", "--format", "json")
    document = canonical(out)
    assert done == 1 and document["kind"] == "run"
    shown = ask("show", document["id"][:7], "--format", "json")
    assert shown == (0, out, "")
    _, text, _ = ask("show", document["id"])
    assert "3 January 2024" in text and "■ critical" in text
    assert len(lines(ask("show", document["id"], "--format", "tsv")[1])) == len(document["findings"])


def test_a_window_without_rows_ends_as_compare_does(ask):
    apart = ("--store", "sqlite:///apart.db")
    done, out, _ = ask("run", "m.yaml", "--window", "2024-02-01..2024-02-02", "--format", "json", *apart)
    document = canonical(out)
    assert done == 2 and document["severity"] == "not_enough_data" and document["counts"]["not_enough_data"] == 0
    more = ("--timestamp", "at", "--window", "2024-02-01..2024-02-02", "--format", "json")
    assert ask("compare", "old.parquet", "far.parquet", *more)[0] == 2
    assert ask("run", "m.yaml", "--window", "2024-02-02..2024-02-03", "--fail-on", "never", *apart)[0] == 0


def test_several_runs_are_one_document(ask):
    done, out, _ = ask("run", "m.yaml", "gone.yaml", "--all", "--format", "json")
    document = canonical(out)
    assert done == 2 and document["kind"] == "runs" and len(document["errors"]) == 1
    assert all(not one["new"] for one in document["runs"])
    listed = canonical(ask("list", "--format", "json")[1])["runs"]
    assert [one["id"] for one in listed] == [one["id"] for one in document["runs"]]


def test_list_and_history(ask):
    _, out, _ = ask("list", "--monitor", "m.yaml", "--last", "3", "--format", "tsv")
    assert [one["window"] for one in lines(out)] == [f"2024-01-{d:02}..2024-01-{d + 1:02}" for d in (11, 12, 13)]
    _, out, _ = ask("history", "far-off", "--column", "x", "--metric", "psi", "--format", "tsv")
    assert len(lines(out)) == 13 and {one["metric"] for one in lines(out)} == {"psi"}
    points = canonical(ask("history", "far-off", "--metric", "psi", "--format", "json")[1])["points"]
    assert {one["column"] for one in points} >= {"x", "c", "seats"}
    assert "psi" in ask("history", "far-off", "--column", "x")[1]


def test_decide_and_ledger(ask):
    run = lines(ask("list", "--format", "tsv")[1])[0]["run"]
    given = ("--decision", "accept", "--reason", "it is \x1b[31m a test", "--by", "Jo")
    done, out, _ = ask("decide", run[:8], "--finding", "x.psi", *given, "--format", "json")
    assert done == 0 and canonical(out)["findings"] == ["x.psi"] and canonical(out)["run"] == run
    assert "\x1b" not in ask("decide", run, *given)[1]
    entries = canonical(ask("ledger", "--kind", "decision", "--format", "json")[1])["entries"]
    assert entries[0]["body"]["by"] == "Jo"
    done, out, _ = ask("ledger", "verify")
    head = ask("ledger", "head")[1].strip()
    assert done == 0 and head in out and len(head) == 64
    assert json.loads(ask("ledger", "head", "--format", "json")[1])["head"]["hash"] == head
    assert ask("ledger", "verify", "--head", head)[0] == 0
    assert ask("ledger", "verify", "--head", "0" * 64)[0] == 1
    assert canonical(ask("ledger", "verify", "--format", "json")[1])["ok"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "zzz"), "Unknown run 'zzz'"),
        (("history", "far-of"), "Did you mean 'far-off'"),
        (("history", "far-off", "--column", "seat"), "Did you mean 'seats'"),
        (("history", "far-off", "--metric", "pis"), "Did you mean 'psi'"),
        (("list", "--monitor", "nothing"), "Unknown monitor"),
        (("decide", "zzz", "--decision", "accept"), "Unknown run"),
        (("decide", "zzz", "--decision", "acept"), "Did you mean 'accept'"),
        (("run", "gone.yaml"), "cannot be read"),
        (("run", "m.yaml", "--all", "--due"), "exclude one another"),
        (("run", "m.yaml", "--due", "--again"), "by itself"),
        (("run", "m.yaml", "--window", "yesterday"), "is not a window"),
        (("ledger", "verfy"), "Did you mean 'verify'"),
        (("ledger", "--kind", "runs"), "Did you mean 'run'"),
        (("ledger", "verify", "--head", "xyz"), "is no hash"),
        (("ledger", "--last", str(2**63)), "is not in the range"),
        (("list", "--last", str(2**63)), "is not in the range"),
        (("list", "--store", "sqlite:///none.db"), "There is no store"),
        (("list", "--store", "oracle://a:s3cret@b"), "cannot lie in 'oracle'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(ask, arguments, said):
    done, _, err = ask(*arguments)
    assert done == 2 and said in err and "Traceback" not in err and "s3cret" not in err


def test_show_says_what_came_after(ask):
    _, out, _ = ask("list", "--format", "tsv")
    run = lines(out)[0]
    start, end = run["window"].split("..")
    ask("decide", run["run"], "--decision", "accept", "--reason", "=known", "--by", "Jo")
    _, out, _ = ask("run", "m.yaml", "--window", f"{start}..{end}", "--again", "--format", "tsv")
    later = lines(out)[0]["run"]
    document = ask("show", run["run"], "--format", "json")[1]
    assert "replaces" not in document, "the document is what was recorded"
    old, new = (ask("show", one)[1] for one in (run["run"], later))
    assert f"run {later} replaces it." in old and "by Jo: accept (the run), =known" in old
    assert f"Told anew: it replaces run {run['run']}." in new and "by Jo" not in new

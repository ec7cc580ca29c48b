"""What goes wrong on the command line: one sentence, exit code 2, a document for scripts, and never a traceback."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.steps import PATH, canonical, shell

MISTAKES = {
    "no such verb": (["comapre"], "Did you mean 'compare'?"),
    "no such option": (["compare", "a", "b", "--windw", "x"], "--window"),
    "no argument": (["compare"], "REFERENCE"),
    "one argument": (["compare", "old.parquet"], "PRODUCTION"),
    "too many": (["explain", "psi", "ks"], "unexpected"),
    "no such form": (["explain", "--format", "xml"], "'table', 'json', 'tsv', 'csv'"),
    "no such level": (["compare", "old.parquet", "far.parquet", "--fail-on", "info"], "'never'"),
    "no such file": (["compare", "old.parquet", "fra.parquet"], "Did you mean 'far.parquet'?"),
    "a folder of nothing": (["compare", "old.parquet", "folder"], "no Parquet file"),
    "no path": (["compare", "", "far.parquet"], "cannot be empty"),
    "NUL in a path": (["compare", "old\0.parquet", "far.parquet"], "NUL"),
    "a long path": (["compare", "a" * 5000, "far.parquet"], "too long"),
    "an empty file": (["compare", "empty.parquet", "far.parquet"], "empty"),
    "garbage": (["compare", "garbage.parquet", "far.parquet"], "neither Parquet nor text"),
    "half a file": (["compare", "half.parquet", "far.parquet"], "half.parquet"),
    "metric": (["compare", "old.parquet", "far.parquet", "--metrics", "pis"], "Did you mean 'psi'?"),
    "no metric": (["compare", "old.parquet", "far.parquet", "--metrics", ""], "Unknown metric"),
    "metric to explain": (["explain", "waserstein"], "Did you mean 'wasserstein'?"),
    "role": (["compare", "old.parquet", "far.parquet", "--role", "x=targt"], "Did you mean 'target'?"),
    "kind": (["compare", "old.parquet", "far.parquet", "--kind", "x=categorial"], "Did you mean 'categorical'?"),
    "column of a role": (["compare", "old.parquet", "far.parquet", "--role", "seat=target"], "Did you mean 'seats'?"),
    "column of a kind": (["compare", "old.parquet", "far.parquet", "--kind", "seat=numeric"], "Did you mean 'seats'?"),
    "a role for two": (["compare", "old.parquet", "far.parquet", "--role", "x=id", "--role", "c=id"], "'x' and 'c'"),
    "a role without =": (["compare", "old.parquet", "far.parquet", "--role", "x"], "--role: 'x' is not COL=VALUE"),
    "a kind without name": (["compare", "old.parquet", "far.parquet", "--kind", "=numeric"], "COL=VALUE"),
    "timestamp": (["compare", "old.parquet", "far.parquet", "--timestamp", "att"], "Did you mean 'at'?"),
    "timestamp of numbers": (["compare", "old.parquet", "far.parquet", "--timestamp", "x"], "Did you mean 'at'?"),
    "window backwards": (["compare", "old.parquet", "far.parquet", "--window", "2024-02-01..2024-01-01"], "ends after"),
    "window of no length": (["compare", "old.parquet", "far.parquet", "--window", "2024-02-01..2024-02-01"], "ends"),
    "half a window": (["compare", "old.parquet", "far.parquet", "--window", "2024-02-01"], "START..END"),
    "no window": (["compare", "old.parquet", "far.parquet", "--window", "then..now"], "START..END"),
    "where without operator": (["compare", "old.parquet", "far.parquet", "--where", "x"], "no operator"),
    "where without column": (["compare", "old.parquet", "far.parquet", "--where", "=3"], "Unknown column"),
    "where without value": (["compare", "old.parquet", "far.parquet", "--where", "x="], "not a value of type DOUBLE"),
    "where of nothing": (["compare", "old.parquet", "far.parquet", "--where", ""], "Unknown column"),
    "where column": (["compare", "old.parquet", "far.parquet", "--where", "seat=3"], "Did you mean 'seats'?"),
    "where value": (["compare", "old.parquet", "far.parquet", "--where", "x>=many"], "not a value of type DOUBLE"),
    "where infinite": (["compare", "old.parquet", "far.parquet", "--where", "x<inf"], "finite"),
    "where one bound": (["compare", "old.parquet", "far.parquet", "--where", "x between(1)"], "takes 2 values"),
    "where huge": (["compare", "old.parquet", "far.parquet", "--where", "x=" + "9" * 400], "larger than any number"),
    "NUL in a value": (["compare", "old.parquet", "far.parquet", "--where", "x=\0"], "NUL"),
    "monitor": (["compare", "old.parquet", "far.parquet", "--monitor", "none.yaml"], "No such file"),
    "broken monitor": (["compare", "old.parquet", "far.parquet", "--monitor", "bad.yaml"], "Did you mean 'path'?"),
    "check nothing": (["check"], "Which monitor?"),
    "check no file": (["check", "none.yaml"], "No such file"),
    "check a folder": (["check", "folder"], "directory"),
    "check data": (["check", "old.parquet"], "not UTF-8"),
    "into no folder": (["explain", "psi", "-o", "nowhere/psi.txt"], "nowhere/psi.txt"),
    "into a folder": (["explain", "psi", "-o", "folder"], "directory"),
    "into /proc": (["explain", "psi", "-o", "/proc/psi.txt"], "cannot be written"),
    "into a full device": (["explain", "psi", "-o", "/dev/full"], "No space left"),
    "into NUL": (["explain", "psi", "-o", "a\0b"], "NUL"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_code_2(say, name):
    arguments, said = MISTAKES[name]
    done, out, err = say(*arguments)
    assert done == 2, out + err
    assert out == "" and err.strip() and "Traceback" not in err
    assert said in err
    assert all(one.isprintable() for one in err.replace("\n", ""))


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"]], ids=" ".join)
@pytest.mark.parametrize("name", [name for name in MISTAKES if name != "no such form"])
def test_a_mistake_is_a_document_for_scripts(say, name, form):
    done, out, err = say(*MISTAKES[name][0], *form)
    document = canonical(out)
    assert (done, set(document), document["kind"]) == (2, {"schema_version", "kind", "error"}, "error")
    assert set(document["error"]) == {"type", "message", "where", "hint"}
    assert document["error"]["message"] and err.strip()


def test_the_word_json_elsewhere_asks_for_no_document(say):
    assert say("compare", "json", "far.parquet")[1] == ""


def test_a_name_that_is_no_text_is_told(data):
    done = shell(data, "compare", os.fsdecode(b"r\xff.parquet"), "far.parquet", "--format", "json")
    assert done.returncode == 2 and b"Traceback" not in done.stderr
    assert canonical(done.stdout.decode())["kind"] == "error"


# ---- what the machine may do


def test_a_reader_that_has_seen_enough_changes_nothing(data):
    start = (
        f"{sys.executable} -m engine compare old.parquet far.parquet --format json | head -c 5; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", start], cwd=data, env=PATH, capture_output=True)
    assert done.stdout == b'{"aga1\n', "the verdict stands, whoever listens"
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_stdout_is_a_sentence(data):
    with open("/dev/full", "w") as full:
        done = shell(data, "explain", "psi", stdout=full)
    assert (done.returncode, done.stderr) == (2, b"output: It cannot be written: No space left on device.\n")


def test_a_file_that_does_not_fit_leaves_the_old_one(data, tmp_path):
    target = tmp_path / "run.json"
    target.write_text("before")
    arguments = ["compare", "old.parquet", "far.parquet", "--format", "json", "-o", str(target)]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # noqa: E731
    done = shell(data, *arguments, preexec_fn=limit)
    assert done.returncode == 2 and b"File too large" in done.stderr and b"Traceback" not in done.stderr
    assert canonical(done.stdout.decode())["kind"] == "error"
    assert target.read_text() == "before" and os.listdir(tmp_path) == ["run.json"]


def test_a_cache_that_is_full_is_a_sentence(data, tmp_path):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # noqa: E731
    (tmp_path / "new.csv").write_text("x\n" + "\n".join(str(i * 7919 % 10007) for i in range(5000)))
    done = shell(data, "compare", str(tmp_path / "new.csv"), str(tmp_path / "new.csv"), preexec_fn=limit)
    assert done.returncode == 2 and done.stdout == b""
    assert b"Traceback" not in done.stderr and b"cannot be written" in done.stderr


def test_a_cache_that_cannot_be_made_is_replaced(data):
    done = shell(
        data, "compare", "old.csv", "old.csv", "--metrics", "psi", env={**PATH, "PLUMBLINE_HOME": "/proc/none"}
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_amount_of_memory_that_is_none_is_told(data):
    done = shell(data, "compare", "old.csv", "old.csv", env={**PATH, "PLUMBLINE_MEMORY": "much"})
    assert (done.returncode, done.stderr) == (2, b"PLUMBLINE_MEMORY: 'much' is no amount of memory. Write 4GB.\n")


def test_a_folder_that_is_gone_is_told(data, tmp_path):
    gone = f"mkdir {tmp_path}/gone && cd {tmp_path}/gone && rmdir {tmp_path}/gone && {sys.executable} -m engine"
    given = {**PATH}
    given.pop("PLUMBLINE_HOME", None)
    start = ["bash", "-c", f"{gone} compare {data}/old.parquet far.parquet"]
    done = subprocess.run(start, env=given, capture_output=True, timeout=60)
    assert done.returncode == 2 and b"Traceback" not in done.stderr and b"No such file" in done.stderr


def test_an_answer_in_a_pipe_is_utf_8_whatever_the_locale(data):
    ascii_only = {**PATH, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = shell(data, "compare", "old.parquet", "far.parquet", env=ascii_only)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "■ critical" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("seconds", [0.3, 0.9])
def test_whoever_stops_it_gets_a_word(tmp_path, seconds):
    random = np.random.default_rng(0)
    pq.write_table(pa.table({f"x{i}": random.normal(size=400_000) for i in range(20)}), tmp_path / "big.parquet")
    start = [sys.executable, "-m", "engine", "compare", "big.parquet", "big.parquet"]
    running = subprocess.Popen(start, cwd=tmp_path, env=PATH, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (out, err.strip()) == (b"", b"Stopped.")
    assert running.returncode in (2, -signal.SIGINT)  # while it loads, Python may pass the signal on to the shell

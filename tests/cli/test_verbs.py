"""Every verb of the command line, as it is really started: help, examples, what it loads, explain and check."""

import csv
import io
import json

import pytest

from engine.cli import cli
from engine.metrics import METRICS, SHORT
from tests.cli.steps import ROOT, canonical, shell


def test_every_verb_in_a_process_of_its_own(data):
    (done, compared), (_, checked), (_, explained) = (
        (one.returncode, one)
        for one in (
            shell(data, "compare", "old.parquet", "far.parquet"),
            shell(data, "check", "good.yaml"),
            shell(data, "explain", "psi"),
        )
    )
    assert done == 1 and "■ critical" in compared.stdout.decode()
    odd = checked.stdout.decode().splitlines()  # both files are of the same days, and nothing reads 90: odd, not wrong
    assert checked.returncode == 0 and [line.split()[0] for line in odd] == ["warning"] * 3
    assert "hold rows of the reference too" in odd[0] and all("never fires" in line for line in odd[1:])
    assert explained.returncode == 0 and b"Population Stability Index" in explained.stdout
    assert compared.stderr == checked.stderr == explained.stderr == b"", "progress is for terminals only"


def test_every_verb_has_help_with_an_example(say):
    for name in cli.commands:
        done, out, _ = say(name, "--help")
        assert done == 0
        assert f"Example: python -m engine {name}" in " ".join(out.split())
        assert "--format" in out and "--output" in out


def test_the_examples_name_options_that_there_are(say):
    for name, verb in cli.commands.items():
        example = verb.help.partition("Example: python -m engine ")[2].split()
        assert example[0] == name
        known = {option for one in verb.params for option in one.opts}
        assert {word for word in example if word.startswith("-")} <= known


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_verb(say, option):
    done, out, err = say(option)
    assert (done, err) == (0, "")
    assert all(f"  {name}  " in out for name in cli.commands)


def test_nothing_asked_is_answered_with_help_and_exit_code_2(say):
    done, out, err = say()
    assert (done, out) == (2, "")
    assert "Usage: python -m engine" in err


@pytest.mark.parametrize("verb", ["compare", "check", "explain"])
def test_the_readme_shows_every_verb(verb):
    assert verb in cli.commands
    assert f"python -m engine {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_no_verb_that_is_not_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {line.split()[3] for line in text.splitlines() if line.startswith("python -m engine ")}
    assert shown == set(cli.commands)


LOADED = "import sys; from engine.cli import main; main({!r}); print(*sys.modules, file=sys.stderr)"


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [(["--help"], {"numpy", "duckdb", "pyarrow", "scipy", "pydantic"}),
     (["compare", "--help"], {"numpy", "duckdb"}),
     (["explain", "psi"], {"duckdb", "pyarrow", "pandas"})],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)  # fmt: skip
def test_a_verb_loads_no_more_than_it_needs(data, arguments, absent):
    done = shell(data, code=LOADED.format(arguments))
    loaded = set(done.stderr.decode().split())
    assert "engine.cli" in loaded and not loaded & absent


@pytest.mark.parametrize("key", [*METRICS, *SHORT])
def test_explain_knows_every_metric(say, key):
    done, out, _ = say("explain", key)
    found = METRICS[SHORT.get(key, key)]
    assert done == 0
    assert out.startswith(found.name.split()[0]) or found.name.lower().split()[0] in out.lower()
    for part in ("When to use it", "Pitfalls", f"Formula: {found.formula}", f"Warning at {found.warning:g}"):
        assert part in out
    said = canonical(say("explain", key, "--format", "json")[1])
    assert (said["kind"], said["key"], said["formula"]) == ("metric", found.key, found.formula)


def test_explain_lists_every_metric(say):
    out = say("explain")[1]
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(METRICS)
    said = canonical(say("explain", "--format", "json")[1])
    assert [one["key"] for one in said["metrics"]] == list(METRICS)
    rows = list(csv.DictReader(io.StringIO(say("explain", "--format", "csv")[1])))
    assert [row["key"] for row in rows] == list(METRICS)


def test_check_tells_every_problem_with_its_line(say):
    done, out, err = say("check", "bad.yaml")
    assert (done, err) == (2, "")
    assert "line 3, production.paht: unknown field. Did you mean 'path'?" in out
    done, out, _ = say("check", "bad.yaml", "--format", "json")
    said = canonical(out)
    assert done == 2 and (said["kind"], said["monitor"]) == ("check", "bad.yaml")
    assert all(set(one) == {"severity", "line", "field", "message", "hint"} for one in said["problems"])
    assert {(one["line"], one["field"]) for one in said["problems"]} >= {(3, "production.paht")}


def test_check_prints_the_schema(say):
    done, out, _ = say("check", "--schema")
    assert done == 0 and "reference" in json.loads(out)["properties"]

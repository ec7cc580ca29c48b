"""check tells everything that is wrong between a monitor file and its data, each with its line and the nearest name."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.cli import main
from engine.errors import Problem, UnreadableSource
from engine.monitor.check import check_monitor

N = 4000
HEAD = """\
monitor: m
reference: {path: old.parquet}
production: {path: new.parquet}
"""


def made(seed: int) -> dict[str, object]:
    random = np.random.default_rng(seed)
    start = datetime(2024, 1 if seed == 1 else 4, 1)  # both are Mondays, and no week stands on both sides
    return {
        "row_id": np.arange(N), "at": [start + timedelta(minutes=30 * i) for i in range(N)],
        "x": random.normal(size=N), "y_2": random.normal(size=N), "score": random.random(N),
        "late": random.random(N) < 0.3, "origin": random.choice(["JFK", "LGA", "EWR"], N),
        "user": [f"u{i}" for i in range(N)], "day": [f"{start + timedelta(days=i % 9):%Y-%m-%d}" for i in range(N)],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made_in = tmp_path_factory.mktemp("check")
    pq.write_table(pa.table(made(1)), made_in / "old.parquet")
    pq.write_table(pa.table(made(2)), made_in / "new.parquet")
    pq.write_table(
        pa.table({name: values for name, values in made(2).items() if name != "x"}), made_in / "less.parquet"
    )
    pq.write_table(pa.table({"row_id": [1], "label": [True]}), made_in / "labels.parquet")
    return made_in


def found(folder, text: str) -> list[Problem]:
    path = folder / "monitor.yaml"
    path.write_text(text, encoding="utf-8")
    return list(check_monitor(path))


def test_a_monitor_that_fits_its_data_has_no_problem(folder):
    text = HEAD + (
        "columns:\n  id: row_id\n  timestamp: at\n  score: score\n"
        "  target: {path: labels.parquet, id: row_id, column: label}\n"
        "  cohorts: [origin]\n  features: [x, y_2, origin]\n  ignore: [user]\n  kinds: {day: categorical}\n"
        "thresholds:\n  psi: {warning: 0.1, critical: 0.25}\n  y_*.wasserstein: {warning: 0.2, critical: 0.4}\n"
        "  x.null_rate: {warning: '5 %', critical: '+0.2'}\n"
    )
    assert found(folder, text) == []


def test_the_demo_monitor_fits_its_data(demo_folder):
    assert check_monitor(demo_folder.parent / "monitors" / "flights.yaml") == ()


WRONG = {
    # what follows HEAD: line, field, what is said
    "unknown role column": ("columns:\n  id: rowid\n", 5, "columns.id", "no column 'rowid'. Did you mean 'row_id'?"),
    "unknown feature": ("columns:\n  features:\n    - x\n    - y2\n", 7, "columns.features.1", "Did you mean 'y_2'?"),
    "unknown ignored": ("columns:\n  ignore: [usr]\n", 5, "columns.ignore.0", "Did you mean 'user'?"),
    "unknown cohort": (
        "columns:\n  cohorts:\n  - origin\n  - orign\n",
        7,
        "columns.cohorts.1",
        "Did you mean 'origin'?",
    ),
    "unknown kind": ("columns:\n  kinds:\n    dya: categorical\n", 6, "columns.kinds.dya", "Did you mean 'day'?"),
    "numbers as timestamp": ("columns:\n  timestamp: x\n", 5, "columns.timestamp", "DOUBLE, not moments"),
    "words as timestamp": ("columns:\n  timestamp: user\n", 5, "columns.timestamp", "Did you mean 'at'?"),
    "words as numbers": ("columns:\n  kinds: {origin: numeric}\n", 5, "columns.kinds.origin", "are no numbers"),
    "words as score": ("columns:\n  score: origin\n", 5, "columns.score", "VARCHAR, not numbers"),
    "two roles": (
        "columns:\n  prediction: late\n  target: late\n",
        6,
        "columns.target",
        "'late' is already the prediction",
    ),
    "feature and target": (
        "columns:\n  target: late\n  features: [late]\n",
        6,
        "columns.features.0",
        "already the target",
    ),
    "ignored and id": ("columns:\n  id: row_id\n  ignore: [row_id]\n", 6, "columns.ignore.0", "already the id"),
    "feature and ignored": ("columns:\n  features: [x]\n  ignore: [x]\n", 5, "columns.features.0", "also ignored"),
    "listed twice": ("columns:\n  cohorts: [origin, origin]\n", 5, "columns.cohorts.1", "listed twice"),
    "labels are not there": (
        "columns:\n  target: {path: lables.parquet, id: row_id, column: label}\n",
        5,
        "columns.target.path",
        "no such file",
    ),
    "labels without the column": (
        "columns:\n  target: {path: labels.parquet, id: row_id, column: lable}\n",
        5,
        "columns.target.column",
        "Did you mean 'label'?",
    ),
    "attributions are not there": (
        "columns:\n  attributions: {path: shap}\n",
        5,
        "columns.attributions.path",
        "no such",
    ),
    "threshold of no column": (
        "thresholds:\n  xx.psi: {warning: 0.1, critical: 0.2}\n",
        5,
        "thresholds.xx.psi",
        "no column 'xx'. Did you mean 'x'?",
    ),
    "pattern that matches nothing": (
        "thresholds:\n  z_*.psi: {warning: 0.1, critical: 0.2}\n",
        5,
        "thresholds.z_*.psi",
        "no column of the reference matches",
    ),
    "metric of another kind": (
        "thresholds:\n  origin.ks: {warning: 0.1, critical: 0.2}\n",
        5,
        "thresholds.origin.ks",
        "kolmogorov_smirnov is not defined for a categorical column",
    ),
    "metric of another kind, by pattern": (
        "thresholds:\n  orig*.w1: {warning: 0.1, critical: 0.2}\n",
        5,
        "thresholds.orig*.w1",
        "not defined for a categorical",
    ),
    "metric of a kind that was chosen": (
        "columns: {kinds: {y_2: categorical}}\nthresholds:\n  y_2.w1: {warning: 0.1, critical: 0.2}\n",
        6,
        "thresholds.y_2.w1",
        "not defined for a categorical",
    ),
    "equal limits": ("thresholds:\n  psi: {warning: 0.1, critical: 0.1}\n", 5, "thresholds.psi", "equal"),
    "inverted limits": ("thresholds:\n  psi: {warning: 0.3, critical: 0.1}\n", 5, "thresholds.psi", "wrong way"),
    "a limit never reached": (
        "thresholds:\n  js: {warning: 0.1, critical: 1.5}\n",
        5,
        "thresholds.js.critical",
        "would never fire",
    ),
    "a limit below all values": (
        "thresholds:\n  psi: {warning: -1, critical: 0.2}\n",
        5,
        "thresholds.psi.warning",
        "would always fire",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_line(folder, name):
    more, line, field, said = WRONG[name]
    problems = found(folder, HEAD + more)
    assert [(one.line, one.field, one.severity) for one in problems] == [(line, field, "error")], problems
    assert said in f"{problems[0].message} {problems[0].hint or ''}"


NOTED = {
    "a limit that all reach": (
        "thresholds:\n  psi: {warning: 0, critical: 0.2}\n",
        "thresholds.psi.warning",
        "always fires",
    ),
    "a limit below noise": (
        "columns: {timestamp: at}\nthresholds:\n  psi: {warning: 0.001, critical: 0.2}\n",
        "thresholds.psi.warning",
        "is noise",
    ),
    "a limit of what is not judged": (
        "thresholds:\n  ks: {warning: 0.1, critical: 0.2}\n",
        "thresholds.ks",
        "is not judged there",
    ),
    "a limit on drift of the id": (
        "columns: {id: row_id}\nthresholds:\n  row_id.psi: {warning: 0.1, critical: 0.2}\n",
        "thresholds.row_id.psi",
        "not judged",
    ),
    "cohorts of a row each": ("columns: {cohorts: [user]}\n", "columns.cohorts.0", "4,000 values in 4,000 rows"),
}


@pytest.mark.parametrize("name", NOTED)
def test_what_is_odd_is_a_warning(folder, name):
    more, field, said = NOTED[name]
    problems = found(folder, HEAD + more)
    assert {one.severity for one in problems} == {"warning"}
    assert any(one.field == field and said in one.message for one in problems), problems
    assert main(["check", str(folder / "monitor.yaml")]) == 0


def test_what_lies_elsewhere_is_said_not_to_be_checked(folder):
    text = HEAD.replace("{path: new.parquet}", "{path: 's3://bucket/new.parquet'}") + "columns: {id: rowid}\n"
    (one,) = found(folder, text)
    assert (one.line, one.field, one.severity) == (3, "production", "warning")


def test_a_table_without_rows_is_an_error(folder):
    pq.write_table(pa.table({"x": pa.array([], pa.float64())}), folder / "norows.parquet")
    assert [(one.line, one.message) for one in found(folder, HEAD.replace("old.", "norows."))] == [
        (2, "it holds no rows")
    ]


def test_an_empty_path_is_no_path(folder):
    assert [one.field for one in found(folder, HEAD.replace("new.parquet", "''"))] == ["production.path"]


def test_what_needs_more_rows_names_them(folder):
    (one,) = found(folder, HEAD + "columns: {timestamp: at}\nthresholds:\n  psi: {warning: 0.03, critical: 0.2}\n")
    assert one.message.startswith("at 336 rows a window")
    assert int(one.hint.split()[0].replace(",", "")) > 336


def test_texts_that_are_moments_can_be_the_timestamp(folder):
    assert found(folder, HEAD + "columns: {timestamp: day}\n") == []


def test_cohorts_that_cannot_be_counted_are_errors(tmp_path):
    many = pa.table(
        {"who": [f"u{i}" for i in range(20_001)], "shop": [i % 150 for i in range(20_001)], "x": [1.0] * 20_001}
    )
    for name in ("old", "new"):
        pq.write_table(many, tmp_path / f"{name}.parquet")
    (one,) = found(tmp_path, HEAD + "columns: {cohorts: [who]}\n")
    assert (one.severity, one.line, one.field) == ("error", 4, "columns.cohorts.0")
    pairs = pa.table({"a": np.arange(40_000) % 201, "b": np.arange(40_000) % 199, "x": np.zeros(40_000)})
    for name in ("old", "new"):
        pq.write_table(pairs, tmp_path / f"{name}.parquet")
    problems = found(tmp_path, HEAD + "columns: {cohorts: [a, b]}\n")
    assert [one.field for one in problems if one.severity == "error"] == ["columns.cohorts"]
    assert "39,999 windows × cohorts" in problems[0].message


def test_files_that_are_not_there_are_told_together(folder):
    text = HEAD.replace("old.parquet", "olt.parquet").replace("new.parquet", "nowhere/*.parquet")
    problems = found(folder, text)
    assert [(one.line, one.field) for one in problems] == [(2, "reference.path"), (3, "production.path")]
    assert "old.parquet" in problems[0].hint


def test_a_column_that_only_production_lacks_is_told_of_production(folder):
    (one,) = found(folder, HEAD.replace("new.parquet", "less.parquet") + "columns: {features: [x, y_2]}\n")
    assert (one.field, one.severity) == (
        "columns.features.0",
        "error",
    ) and "production has no column 'x'" in one.message


def test_everything_is_told_at_once_by_line(folder):
    text = HEAD + (
        "columns:\n  id: rowid\n  timestamp: x\n  cohorts: [orign, user]\n"
        "thresholds:\n  z_*.psi: {warning: 0.1, critical: 0.2}\n  origin.ks: {warning: 0.1, critical: 0.2}\n"
    )
    lines = [one.line for one in found(folder, text)]
    assert lines == [5, 6, 7, 9, 10]


def test_no_file_is_an_error_of_its_own(folder):
    with pytest.raises(UnreadableSource):
        check_monitor(folder / "none.yaml")


@pytest.mark.parametrize(("more", "code"), [("columns: {id: rowid}\n", 2), ("", 0)])
def test_the_command_line_tells_scripts(folder, capsys, more, code):
    (folder / "cli.yaml").write_text(HEAD + more)
    assert main(["check", str(folder / "cli.yaml"), "--format", "json"]) == code
    said = json.loads(capsys.readouterr().out)
    assert (said["schema_version"], said["kind"], len(said["problems"])) == (1, "check", bool(code))
    for one in said["problems"]:
        assert one == {
            "severity": "error", "line": 4, "field": "columns.id", "hint": "Did you mean 'row_id'?",
            "message": "the reference has no column 'rowid'.",
        }  # fmt: skip


def test_a_named_cohort_of_no_column_is_told_with_its_line(folder):
    (problem,) = found(folder, HEAD + "cohorts:\n  good: [origin=JFK]\n  bad: [origin=JFK, orgin=LGA]\n")
    assert (problem.line, problem.field) == (6, "cohorts.bad.1")
    assert problem.hint == "Did you mean 'origin'?"


@pytest.mark.parametrize("name", ["flights-delay", "flights-class"])
def test_the_other_demo_monitors_fit_their_data(demo_folder, name):
    assert check_monitor(demo_folder.parent / "monitors" / f"{name}.yaml") == ()

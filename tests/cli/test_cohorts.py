"""cohorts: the finder and every cohort of a column, its document, its options and what it refuses."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.cli.steps import canonical, made

COHORT = {
    "cohort", "words", "column", "metric", "value", "floor", "severity", "n_reference", "n_production",
    "share_reference", "share_production", "mix", "behaviour", "value_without",
}  # fmt: skip


def planted(table):
    """x moves where c is 'a'."""
    x = np.where(table["c"].to_numpy(zero_copy_only=False) == "a", table["x"].to_numpy() + 1.5, table["x"].to_numpy())
    return table.set_column(table.schema.get_field_index("x"), "x", [x])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohorts")
    pq.write_table(made(0, 1, n=6000), folder / "old.parquet")
    pq.write_table(made(0, 2, n=6000), folder / "same.parquet")
    pq.write_table(planted(made(0, 2, n=6000)), folder / "new.parquet")
    pq.write_table(made(0, 2, n=60), folder / "tiny.parquet")
    (folder / "m.yaml").write_text(
        "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
        "columns: {cohorts: [c], id: id}\nthresholds: {x.psi: {warning: 0.9, critical: 5}}\n"
    )
    return folder


ID = ("--role", "id=id")


def test_the_planted_cohort_is_found(say):
    done, out, err = say("cohorts", "old.parquet", "new.parquet", *ID, "--format", "json")
    said = canonical(out)
    assert (done, err) == (1, "") and (said["schema_version"], said["kind"]) == (1, "cohorts")
    first = said["cohorts"][0]
    assert set(first) >= COHORT
    assert first["cohort"] == [{"column": "c", "operator": "eq", "value": "a"}] and first["column"] == "x"
    assert first["value_without"] < 0.1 < first["value"] and first["severity"] == "critical"
    assert said["by"] == ["c"] and said["asked"] > 4 and any("Cohorts of c" in note for note in said["notes"])


def test_unchanged_data_have_none(say):
    done, out, _ = say("cohorts", "old.parquet", "same.parquet", *ID)
    assert done == 0 and "● No cohort drifts beyond all rows." in out and "were asked" in out


def test_every_cohort_of_a_column_sums_to_the_whole(say):
    said = canonical(
        say("cohorts", "old.parquet", "new.parquet", *ID, "--by", "c", "--column", "x", "--format", "json")[1]
    )
    assert len(said["cohorts"]) == 4 and {one["column"] for one in said["cohorts"]} == {"x"}
    total = sum(one["mix"] + one["behaviour"] for one in said["cohorts"])
    assert total == pytest.approx(said["cohorts"][0]["value_whole"], abs=1e-12)
    assert said["cohorts"][0]["words"] == "c a" and said["cohorts"][0]["behaviour"] > 0.9 * total


def test_numeric_columns_make_cohorts_too(say):
    said = canonical(
        say("cohorts", "old.parquet", "new.parquet", *ID, "--by", "seats", "--column", "x", "--format", "json")[1]
    )
    operators = [[f["operator"] for f in one["cohort"]] for one in said["cohorts"]]
    assert ["gt", "le"] in operators and ["le"] in operators and ["gt"] in operators


def test_a_person_reads_sentences_and_a_table(say):
    out = say("cohorts", "old.parquet", "new.parquet", *ID)[1]
    assert ("of new.parquet, against old.parquet" in out and "at c a" in out) or "Without c a" in out
    assert "■ critical" in out and "Note: " in out


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_files_hold_every_cohort(say, form, delimiter):
    out = say("cohorts", "old.parquet", "new.parquet", *ID, "--by", "c", "--format", form)[1]
    rows = list(csv.DictReader(io.StringIO(out), delimiter=delimiter))
    assert len(rows) % 4 == 0 and {"severity", "cohort", "column", "mix", "sentence"} <= set(rows[0])
    assert all(float(row["value"]) >= 0 for row in rows)


def test_a_monitor_gives_cohort_columns_and_thresholds(say):
    said = canonical(say("cohorts", "old.parquet", "new.parquet", "--monitor", "m.yaml", "--format", "json")[1])
    assert said["by"] == ["c"] and all(one["severity"] == "warning" for one in said["cohorts"] if one["column"] == "x")


def test_a_slice_and_a_window(say):
    window = ("--timestamp", "at", "--window", "2024-01-08..2024-03-01")
    said = canonical(
        say("cohorts", "old.parquet", "new.parquet", *ID, *window, "--where", "seats>=100", "--format", "json")[1]
    )
    assert said["slice"].endswith("seats is at least 100") and said["cohorts"][0]["words"] == "c a"
    assert any("differ by themselves" in note for note in said["notes"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--metric", "ks"), "Possible: chebyshev"),
        (("--metric", "pis"), "Did you mean 'psi'"),
        (("--by", "d"), "Unknown column 'd'"),
        (("--column", "xx"), "Unknown column 'xx'"),
        (("--column", "id", *ID), "An id is new in every row"),
        (("--where", "seats~3"), "'seats~3'"),
        (("--window", "x"), "is not a window"),
    ],
)
def test_mistakes_are_sentences(say, options, message):
    done, out, err = say("cohorts", "old.parquet", "new.parquet", *options)
    assert done == 2 and message in err and "Traceback" not in err and not out


def test_text_files_are_read_too(say, here):
    pyarrow.csv.write_csv(made(0, 1, n=6000), here / "old.csv")
    said = canonical(say("cohorts", "old.csv", "new.parquet", *ID, "--format", "json")[1])
    assert said["cohorts"][0]["words"] == "c a"


def test_rows_that_cannot_be_told_apart_are_told(say, here):
    table = made(0, 1, n=600)
    pq.write_table(table.append_column("file_row_number", table["id"]), here / "odd.parquet")
    done, _, err = say("cohorts", "odd.parquet", "odd.parquet")
    assert done == 2 and "file_row_number" in err


def test_nothing_large_enough_does_not_pass_a_gate(say):
    assert say("cohorts", "old.parquet", "tiny.parquet", *ID)[0] == 2
    done, out, _ = say("cohorts", "old.parquet", "tiny.parquet", *ID, "--fail-on", "never")
    assert done == 0 and "No cohort is large enough" in out


def test_the_level_that_fails(say):
    assert say("cohorts", "old.parquet", "new.parquet", *ID, "--fail-on", "never")[0] == 0


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({"x": pa.array([None] * 200, pa.int64())}, (), "No column can be counted: the reference has no value."),
        ({"y": [1, 2] * 100}, (), "The two sides have no column in common."),
        ({"x": [1, 2] * 100}, ("--by", "x", "--column", "x"), "Cohorts of a column say nothing about itself."),
    ],
    ids=["no value", "no column", "itself"],
)
def test_what_no_cohort_can_tell_is_said(say, tmp_path, columns, options, said):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1, 2] * 100}), tmp_path / "b.parquet")
    code, _, err = say("cohorts", str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet"), *options)
    assert code == 2 and said in err

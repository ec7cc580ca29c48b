"""compare: every option, the promised document, exit codes, and answers that neither terminal nor spreadsheet runs."""

import csv
import io
import os

import pytest

from engine.slices import OPERATORS
from tests.cli.steps import FORMULA, canonical, made

RUN = {
    "schema_version", "kind", "id", "at", "monitor", "monitor_digest", "engine", "slice", "reference", "production",
    "severity", "counts", "findings", "not_computed",
}  # fmt: skip
FINDING = {
    "signal", "column", "kind", "metric", "value", "p_value", "statistic", "floor", "floor_basis", "interval",
    "threshold", "severity", "within_noise", "rows_needed", "n_reference", "n_production", "null_share_reference",
    "null_share_production", "parts", "sentence",
}  # fmt: skip


@pytest.mark.parametrize(
    ("production", "level", "code"),
    [
        ("far", "critical", 1), ("far", "warning", 1), ("far", "never", 0),
        ("some", "critical", 0), ("some", "warning", 1), ("some", "never", 0),
        ("same", "warning", 0),
    ],
)  # fmt: skip
def test_the_exit_code_follows_fail_on(say, production, level, code):
    arguments = ["compare", "old.parquet", f"{production}.parquet", "--metrics", "psi", "--role", "id=ignore"]
    assert say(*arguments, "--fail-on", level)[0] == code


def test_critical_is_what_fails_by_default(say):
    assert [say("compare", "old.parquet", f"{one}.parquet", "--metrics", "psi")[0] for one in ("some", "far")] == [0, 1]


def test_the_json_document_has_the_promised_fields(say):
    done, out, err = say("compare", "old.parquet", "far.parquet", "--format", "json")
    said = canonical(out)
    assert (done, err) == (1, "")
    assert set(said) >= RUN and (said["schema_version"], said["kind"]) == (1, "run")
    assert set(said["engine"]) == {"name", "version", "duckdb", "numpy"}
    assert set(said["slice"]) == {"cohort", "window", "without", "words"}
    assert set(said["against"]) == {"side", "cohort", "window", "without", "words"}
    for side in ("reference", "production"):
        assert set(said[side]) >= {"name", "rows", "columns", "sha256"}
    assert set(said["counts"]) == {
        "ok", "info", "not_enough_data", "warning", "critical", "not_judged", "not_computed",
    }  # fmt: skip
    for one in said["findings"]:
        assert set(one) >= FINDING
        assert one["threshold"] is None or set(one["threshold"]) == {"warning", "critical"}
        assert all(set(part) == {"label", "reference", "production", "part"} for part in one["parts"] or ())
        assert one["floor_basis"] in (None, "closed form", "draws", "reference windows")
    assert all(set(one) >= {"signal", "column", "metric", "because"} for one in said["not_computed"])


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_files_of_rows_say_what_the_document_says(say, form, delimiter):
    rows = list(csv.DictReader(io.StringIO(say("compare", "old.parquet", "far.parquet", "--format", form)[1]),
                               delimiter=delimiter))  # fmt: skip
    found = canonical(say("compare", "old.parquet", "far.parquet", "--format=json")[1])["findings"]
    read = {(row["signal"], row["column"], row["metric"]): row for row in rows}
    assert len(rows) == len(found)
    for one in found:
        row = read[one["signal"], one["column"] or "", one["metric"]]
        assert row["severity"] == one["severity"] and row["sentence"] == one["sentence"]
        assert (float(row["value"]) if row["value"] else None) == one["value"]
        assert (float(row["warning"]) if row["warning"] else None) == (one["threshold"] or {"warning": None})["warning"]


def test_an_answer_goes_to_a_file_whole(say, here, tmp_path):
    target = tmp_path / "run.json"
    target.write_text("before")
    done, out, _ = say("compare", "old.parquet", "far.parquet", "--format", "json", "-o", str(target))
    assert (done, out) == (1, "")
    assert canonical(target.read_text(encoding="utf-8"))["kind"] == "run"
    assert os.listdir(tmp_path) == ["run.json"]


TABLE = made(0, 2)
WHERE = {
    "eq": ("c=a", lambda t: t["c"] == "a"),
    "ne": ("c!=a", lambda t: t["c"] != "a"),
    "ge": ("seats>=100", lambda t: t["seats"] >= 100),
    "le": ("seats<=100", lambda t: t["seats"] <= 100),
    "gt": ("seats>100", lambda t: t["seats"] > 100),
    "lt": ("seats<100", lambda t: t["seats"] < 100),
    "between": ("seats between(50,100)", lambda t: t["seats"].between(50, 100)),
    "in": ('c in(a,"e,f")', lambda t: t["c"].isin(["a", "e,f"])),
    "not_in": ("c not_in(a,b)", lambda t: ~t["c"].isin(["a", "b"])),
    "contains": ("c contains( d)", lambda t: t["c"].str.contains(" d")),
    "is_null": ("maybe is_null", lambda t: t["maybe"].isna()),
    "not_null": ("maybe not_null", lambda t: t["maybe"].notna()),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_where_takes_every_operator(say, operator):
    text, rows = WHERE[operator]
    _, out, err = say(
        "compare", "old.parquet", "same.parquet", "--where", text, "--metrics", "null_rate", "--format=json"
    )
    said = canonical(out)
    expected = int(rows(TABLE.to_pandas()).sum())
    assert err == "" and 0 < expected < len(TABLE)
    assert next(one["n_production"] for one in said["findings"] if one["column"] == "x") == expected
    assert [one["operator"] for one in said["slice"]["cohort"]] == [operator]


def test_wheres_are_joined_by_and(say):
    _, out, _ = say("compare", "old.parquet", "same.parquet", "--where", "c=a", "--where", "seats<150", "--format=json")
    frame = TABLE.to_pandas()
    said = canonical(out)
    both = int(((frame["c"] == "a") & (frame["seats"] < 150)).sum())
    assert next(one["n_production"] for one in said["findings"] if one["column"] == "x") == both
    assert said["slice"]["words"] == "c is a and seats is below 150"


@pytest.mark.parametrize("extra", [[], ["--timestamp", "at"]], ids=["guessed", "named"])
def test_a_window_holds_its_start_and_not_its_end(say, extra):
    window = ["--window", "2024-01-02..2024-01-05"]
    said = canonical(say("compare", "old.parquet", "same.parquet", *window, *extra, "--format", "json")[1])
    assert said["slice"]["window"] == {"start": "2024-01-02T00:00:00", "end": "2024-01-05T00:00:00"}
    assert next(one["n_production"] for one in said["findings"] if one["column"] == "x") == 3 * 48


def test_kinds_roles_and_metrics_are_as_typed(say):
    options = ["--kind", "seats=categorical", "--role", "x=score", "--role", "c=ignore", "--metrics", "psi, ks"]
    said = canonical(say("compare", "old.parquet", "far.parquet", *options, "--format", "json")[1])
    answers = [one for one in (*said["findings"], *said["not_computed"]) if one["signal"] != "schema"]
    assert {one["metric"] for one in answers} == {"psi", "kolmogorov_smirnov"}
    assert {one["column"] for one in answers} == {"at", "x", "seats", "maybe", "id"}
    assert {one["kind"] for one in said["findings"] if one["column"] == "seats"} == {"categorical"}
    assert {one["signal"] for one in answers if one["column"] == "x"} == {"prediction_drift"}


def test_a_monitor_brings_its_thresholds_and_its_name(say):
    _, out, _ = say("compare", "old.parquet", "far.parquet", "--monitor", "good.yaml", "--format", "json")
    said = canonical(out)
    assert said["monitor"] == "m" and len(said["monitor_digest"]) == 64
    found = {one["metric"]: one for one in said["findings"] if one["column"] == "x"}
    assert found["psi"]["threshold"] == {"warning": 90.0, "critical": 99.0}
    assert found["psi"]["severity"] == "ok"
    bare = canonical(say("compare", "old.parquet", "far.parquet", "--format", "json")[1])
    assert {one["metric"]: one for one in bare["findings"] if one["column"] == "x"}["psi"]["severity"] == "critical"


def test_a_cohort_can_be_held_against_the_whole_reference(say):
    arguments = ["compare", "old.parquet", "same.parquet", "--where", "c=a", "--format", "json"]
    same, whole = (canonical(say(*arguments, *more)[1]) for more in ([], ["--whole-reference"]))
    rows = [next(one["n_reference"] for one in said["findings"] if one["column"] == "x") for said in (same, whole)]
    assert rows == [made(0, 1)["c"].to_pylist().count("a"), 600]


def test_a_slice_without_rows_is_not_called_in_order(say):
    done, out, _ = say("compare", "old.parquet", "same.parquet", "--where", "c=nobody")
    assert done == 2  # a gate in a pipeline must not let it pass
    assert "Nothing could be judged" in out and "Nothing calls for attention" not in out
    assert say("compare", "old.parquet", "same.parquet", "--where", "c=nobody", "--fail-on", "never")[0] == 0


# ---- what data may do to a terminal or a spreadsheet


@pytest.mark.parametrize("form", ["table", "tsv", "csv", "json"])
def test_control_characters_of_data_reach_no_terminal(say, form):
    _, out, err = say("compare", "evil old.parquet", "evil new.parquet", "--format", form)
    assert "evil" in out
    assert all(one.isprintable() or one in "\n\t" for one in out + err)
    arguments = ["compare", "evil new.parquet", "evil new.parquet", "--where", "c=\x1b[31mred", "--format", form]
    assert "\x1b" not in "".join(map(str, say(*arguments)))


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_no_cell_runs_in_a_spreadsheet(say, form, delimiter):
    _, out, _ = say("compare", "evil old.parquet", "evil new.parquet", "--format", form)
    rows = list(csv.reader(io.StringIO(out), delimiter=delimiter))
    cells = [cell for row in rows for cell in row]
    assert any(FORMULA in cell for cell in cells) and len({len(row) for row in rows}) == 1
    for cell in cells:
        if cell.startswith(tuple("=+-@\t\r")):
            float(cell)


def test_a_monitor_cannot_write_to_the_terminal(say, here):
    (here / "evil.yaml").write_text('monitor: m\nreference: {path: a}\nproduction: {path: b}\n"\\e[2Jx": 1\n')
    for form in ("table", "tsv"):
        done, out, _ = say("check", "evil.yaml", "--format", form)
        assert done == 2 and "\x1b" not in out and "\\x1b[2Jx" in out


def test_production_can_be_held_against_itself(say):
    start = ["compare", "old.parquet", "far.parquet", "--where", "id>=100", "--metrics", "psi", "--format", "json"]
    _, out, _ = say(*start, "--against", "everyone else", "--fail-on", "never")
    said = canonical(out)
    assert said["against"]["side"] == "production" and said["against"]["without"]
    assert said["notes"][1] == "What is called reference here is production, everyone but id is at least 100."
    _, out, _ = say(*start, "--everyone-but", "--against", "everyone else", "--fail-on", "never")
    turned = canonical(out)
    assert turned["slice"]["without"] and not turned["against"]["without"]
    sizes = [(one["n_reference"], one["n_production"]) for one in said["findings"] if one["metric"] == "psi"]
    assert sizes == [(one["n_production"], one["n_reference"]) for one in turned["findings"] if one["metric"] == "psi"]
    done, _, err = say(*start, "--against", "everyone els")
    assert done == 2 and "Did you mean 'everyone else'" in err + _


def test_rows_that_were_left_out_are_written_to_a_file(say, here):
    (here / "left.csv").write_text("x,c\n" + "1,a\n2,b\n" * 50 + f"{FORMULA}\n")
    assert say("compare", "left.csv", "left.csv", "--rejects", "out.csv")[0] in (0, 2)
    rows = list(csv.DictReader(io.StringIO((here / "out.csv").read_text(), newline="")))
    assert [(row["side"], row["line"], row["text"]) for row in rows] == [
        ("reference", "102", f"'{FORMULA}"),
        ("production", "102", f"'{FORMULA}"),
    ]
    assert say("compare", "old.parquet", "same.parquet", "--rejects", "out.csv")[0] in (0, 1)
    assert (here / "out.csv").read_text() == "side,file,line,column,reason,text\n"
    code, said, told = say("compare", "left.csv", "left.csv", "--rejects", "no/such/out.csv")
    assert code == 2 and "cannot be written" in said + told


def test_why_attributions_cannot_be_read_tells_nothing_of_the_environment(say, here, monkeypatch):
    monkeypatch.setenv("SHAP", str(here / "hunter2-s3cret"))
    (here / "far.yaml").write_text(
        "monitor: m\nreference: {path: old.parquet}\nproduction: {path: far.parquet}\n"
        'columns: {id: id, score: maybe, attributions: {path: "${SHAP}/shap.parquet"}}\n'
    )
    code, out, err = say("compare", "old.parquet", "far.parquet", "--monitor", "far.yaml", "--format", "json")
    assert code == 1 and "'${SHAP}/shap.parquet': There is no such file or folder" in out
    assert "hunter2" not in out + err


@pytest.mark.parametrize("more", ["", ",new"])
def test_a_text_file_without_rows_passes_no_gate_and_says_so(say, here, more):
    (here / "head.csv").write_text(f"at,x,seats,c,maybe,id{more}\n")
    code, said, _ = say("compare", "old.csv", "head.csv")
    assert code == 2 and "Production has no rows" in said
    assert "retyped_column" not in said and "decimal" not in said
    assert "The reference has no rows" in say("compare", "head.csv", "old.csv")[1]

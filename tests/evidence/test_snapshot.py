"""The snapshot: what it holds, what it leaves out, and that one value has one text."""

import json
from datetime import date

import jsonschema
import pytest

from engine.errors import PlumblineError, UnusableData
from engine.evidence.canonical import canonical, sha256
from engine.evidence.changes import changes
from engine.evidence.rare import pooled
from engine.evidence.schema import run_schema, snapshot_schema
from engine.evidence.snapshot import Options, SignOff, file_name, is_demo, snapshot
from engine.evidence.verify import verify_bytes
from engine.look import PARTIAL
from engine.record import Choice, Decision
from tests.evidence.conftest import ROOT
from tests.evidence.steps import AT, evidence

BOTH = pytest.mark.parametrize(("name", "schema"), [("run", run_schema()), ("snapshot", snapshot_schema())])

EARLIER = sorted((ROOT / "tests" / "evidence" / "earlier").glob("*.json"))  # as they were exported then


@BOTH
def test_the_published_schemas_are_current(name, schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads((ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8")) == schema


def test_runs_and_snapshots_are_as_their_schemas_say(demo, run, week, small):
    for document in (*demo, run):
        jsonschema.validate(document, run_schema())
    decision = Decision("m", "0" * 12, Choice.MUTE, "later", "Jo", until=date(2027, 1, 1), at=AT)
    signed = evidence(run, decisions=[decision], sign_offs=[SignOff("owner", "Jo", "review", "accept", AT)])
    for made in (week, small, signed):
        jsonschema.validate(made, snapshot_schema())


@pytest.mark.parametrize("file", EARLIER, ids=lambda one: one.stem)
def test_what_earlier_versions_exported_is_as_the_schema_says(file):
    data = file.read_bytes()
    made = json.loads(data)
    assert made["run"]["engine"]["version"] == "0.1.0" and "searched" not in made
    jsonschema.validate(made, snapshot_schema())
    found = verify_bytes(data, file.name, data=True)
    assert [one.state for one in found.levels] == ["same", *["unknown"] * 4] and found.state == "unknown"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({name: one for name, one in made.items() if name != "run_sha256"}, snapshot_schema())


@pytest.mark.parametrize(
    "change", [{"colour": "red"}, {"kind": "run"}, {"run_sha256": "x"}, {"ledger": [{}]}, {"generated_at": "today"}]
)
def test_the_schema_is_strict(small, change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**small, **change}, snapshot_schema())


def test_the_schema_looks_into_findings(small):
    changed = json.loads(canonical(small))
    changed["run"]["findings"][0]["severity"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed, snapshot_schema())


def test_canonical_text_comes_back_to_itself(week):
    assert canonical(json.loads(canonical(week))) == canonical(week)
    assert canonical(json.loads(canonical("half \ud800"))) == canonical("half \ud800")
    with pytest.raises(ValueError):
        canonical(float("nan"))


def test_the_digest_is_that_of_the_run_before_anything_was_pooled(demo, week):
    assert week["run_sha256"] == sha256(canonical(demo[0]))


def test_the_demo_is_known_as_such(week, small):
    assert (week["demo"], small["demo"]) == (True, False)
    assert not is_demo("0" * 64)


def test_rare_categories_are_pooled_and_counts_stay(demo, week):
    def of(document):
        return next(one for one in document["findings"] if (one["column"], one["metric"]) == ("dest", "psi"))

    whole, kept = of(demo[0])["parts"], of(week["run"])["parts"]
    last = [one["label"] for one in kept][-2:]
    assert (len(kept) == 32 and last == ["other", "unseen"]) or "less frequent" in str(kept)
    for side in ("reference", "production", "part"):
        assert sum(one[side] for one in kept) == pytest.approx(sum(one[side] for one in whole), abs=1e-12)


def test_a_category_of_few_rows_is_not_named():
    rows = (("often", 0.96, 0.97), ("J. Doe", 0.02, 0.01), ("A. Roe", 0.01, 0.01), ("unseen", 0.01, 0.01))
    parts = [{"label": name, "reference": p, "production": q, "part": 0.1} for name, p, q in rows]
    found = pooled(parts, (100, 100), least=5, top=30)
    assert [one["label"] for one in found] == ["often", "2 less frequent", "unseen"]
    assert found[1]["part"] == pytest.approx(0.2)
    again = pooled(parts, (1000, 1000), least=5, top=1)
    assert [one["label"] for one in again] == ["often", "2 less frequent", "unseen"]


def test_no_value_of_a_row_stands_in_it(week):
    assert b"2013-04-28 23:59:00" not in canonical(week)
    assert all(len(one["parts"] or ()) <= 40 for one in week["run"]["findings"])


def test_changes_have_a_word_each():
    def run(**severities):
        return {
            "findings": [
                {"signal": "s", "column": c, "metric": "psi", "value": 1.0, "severity": s}
                for c, s in severities.items()
            ]
        }

    before = run(a="ok", b="warning", c="critical", d="critical", e="warning", f="ok", g="warning")
    after = run(a="warning", b="critical", c="warning", d="critical", e="ok", f="ok", h="critical")
    found = {one["column"]: one["change"] for one in changes(before, after)}
    assert found == {
        "h": "new",
        "a": "new",
        "b": "worse",
        "d": "persisting",
        "c": "better",
        "e": "recovered",
        "g": "gone",
    }


@pytest.mark.parametrize(
    ("signal", "severity", "notes", "change"),
    [
        ("data_drift", "info", [PARTIAL], "cannot be judged now"),
        ("data_drift", "ok", [PARTIAL], "cannot be judged now"),
        ("data_quality", "ok", [PARTIAL], "recovered"),
        ("data_drift", "info", [], "recovered"),
        ("data_drift", "not_enough_data", [], "cannot be judged now"),
        ("data_drift", "not_judged", [], "cannot be judged now"),
        ("data_drift", "warning", [PARTIAL], "persisting"),
    ],
)
def test_what_could_not_be_judged_has_not_recovered(signal, severity, notes, change):
    found = {"signal": signal, "column": "a", "metric": "psi", "value": 0.3, "severity": "warning"}
    after = {"findings": [{**found, "severity": severity}], "notes": notes}
    assert [one["change"] for one in changes({"findings": [found]}, after)] == [change]


@pytest.mark.parametrize("given", [{"kind": "error"}, {}, {"kind": "run", "findings": None}])
def test_what_is_no_run_is_refused(given):
    with pytest.raises(UnusableData, match="no document of a run"):
        snapshot(given, generated_at=AT, requested_by="Jo")


@pytest.mark.parametrize("more", [{"generated_at": "2026-11-21"}, {"generated_at": "now"}, {"requested_by": " "}])
def test_who_and_when_are_wanted(run, more):
    with pytest.raises(PlumblineError):
        evidence(run, **more)


@pytest.mark.parametrize("more", [{"cards": -1}, {"least_rows": 0}, {"top": 0}])
def test_options_out_of_range_are_refused(more):
    with pytest.raises(PlumblineError, match="at least"):
        Options(**more)


def test_a_file_name_is_one_name_whatever_the_monitor_is_called(run):
    for name in ("../../etc", "a/b\\c", "x" * 999, "\0", "模型", None):
        said = file_name({"run": {**run, "monitor": name}}, "pdf")
        assert said.endswith(".pdf") and len(said) < 130 and not set(said) & set("/\\\0 ") and not said.startswith(".")

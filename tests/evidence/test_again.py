"""A run whose data lie where the environment says, asked again: filled in, never told, never sent elsewhere."""

import json
import shutil
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnreadableSource
from engine.evidence.again import again
from engine.evidence.variables import filled_path
from engine.explore import look, open_monitor
from engine.monitor.read import parse_monitor
from engine.slices import Slice
from tests.evidence.steps import evidence, tables


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The evidence of a run over ${PLACE}/old.parquet and ${PLACE}/new.parquet, and the folder that PLACE is."""
    place = tmp_path / "secret place"
    place.mkdir()
    for name, shift in (("old", 0.0), ("new", 1.0)):
        pq.write_table(tables(6, shift=shift), place / f"{name}.parquet")
    monkeypatch.setenv("PLACE", str(place))
    text = 'monitor: m\nreference: {path: "${PLACE}/old.parquet"}\nproduction: {path: "${PLACE}/new.parquet"}\n'
    opened = open_monitor(parse_monitor(text), tmp_path)
    return evidence(json.loads(look(opened, Slice()).to_json())), place


def test_what_the_environment_says_is_filled_in(made):
    snapshot, _ = made
    assert snapshot["run"]["reference"]["name"] == "${PLACE}/old.parquet"
    assert again(snapshot).state == "same"


def test_where_the_data_moved_the_variable_says_so(made, tmp_path, monkeypatch):
    snapshot, place = made
    shutil.move(place, tmp_path / "moved")
    found = again(snapshot)
    assert found.state == "gone" and "secret place" not in found.words and "${PLACE}" in found.words
    monkeypatch.setenv("PLACE", str(tmp_path / "moved"))
    assert again(snapshot).state == "same"
    pq.write_table(pa.table({"x": [datetime(2026, 1, 1)]}), tmp_path / "moved" / "new.parquet")
    assert again(snapshot).state == "different"


def test_a_variable_that_is_not_set_is_named(made, monkeypatch):
    snapshot, place = made
    monkeypatch.delenv("PLACE")
    found = again(snapshot)
    assert found.state == "gone" and "The variable PLACE is not set." in found.words
    places = {"reference": str(place / "old.parquet"), "production": str(place / "new.parquet")}
    assert again(snapshot, places).state == "same", "who says where they lie needs no variable"


@pytest.mark.parametrize(
    "text", ["https://evil.example/${TOKEN}", "${HOST}.evil.example/${TOKEN}", "${HOST}@evil.example/x", "s3://b/${TOKEN}"]
)  # fmt: skip
def test_nothing_of_the_environment_goes_to_an_address_that_evidence_names(monkeypatch, text):
    monkeypatch.setenv("TOKEN", "hunter2hunter2")
    monkeypatch.setenv("HOST", "https://api")
    with pytest.raises(UnreadableSource, match="not sent to an address") as raised:
        filled_path(text)
    assert "hunter2" not in str(raised.value)


def test_a_variable_may_hold_the_whole_address(monkeypatch):
    monkeypatch.setenv("BUCKET", "s3://ours")
    assert filled_path("${BUCKET}/week/old.parquet") == "s3://ours/week/old.parquet"
    assert filled_path("data/old.parquet") == "data/old.parquet"


def logged(tmp_path, monkeypatch, exact):
    """A run of a monitor with labels and logged attributions in tables of their own, made from another folder."""
    random = np.random.default_rng(0)
    folder = tmp_path / "far" / "away"
    folder.mkdir(parents=True)
    for name, first in (("old", 0), ("new", 400)):
        table = tables(6, shift=float(bool(first)), seed=first)
        score = random.uniform(0.05, 0.95, 400)
        table = table.append_column("id", pa.array(range(first, first + 400))).append_column("score", pa.array(score))
        pq.write_table(table, folder / f"{name}.parquet")
    ids = list(range(800))
    pq.write_table(pa.table({"id": ids, "late": random.integers(0, 2, 800)}), folder / "labels.parquet")
    shap = {f"column_{i}": random.normal(0, 1 + i, 800) for i in range(6)}
    pq.write_table(pa.table({"id": ids, **shap}), folder / "shap.parquet")
    text = (
        "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
        "columns:\n  id: id\n  score: score\n  target: {path: labels.parquet, id: id, column: late}\n"
        "  attributions: {path: shap.parquet}\nwindow: {every: 1 day}\n"
    )
    monkeypatch.chdir(tmp_path)
    opened = open_monitor(parse_monitor(text), folder)
    return json.loads(look(opened, Slice(), exact=exact).to_json()), folder


@pytest.mark.parametrize("exact", [True, False])
def test_labels_and_attributions_in_tables_of_their_own_are_found_again(tmp_path, monkeypatch, exact):
    run, folder = logged(tmp_path, monkeypatch, exact)
    found = {one["metric"] for one in run["findings"]}
    assert {"ndcg", "log_loss"} <= found and run["importance"]["source"] == "logged attributions"
    assert run["asked"]["beside"] == {
        "attributions": {"path": str(folder / "shap.parquet"), "id": None, "prefix": None},
        "labels": str(folder / "labels.parquet"), "every": "day",
    }  # fmt: skip
    answer = again(evidence(run))
    assert answer.state == "same", answer


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("lies", ["gone", "garbage", "without an id"])
def test_attributions_that_cannot_be_read_are_told_alike_again_and_without_what_the_environment_says(
    tmp_path, monkeypatch, exact, lies
):
    _, folder = logged(tmp_path, monkeypatch, True)
    secret = folder / "hunter2-s3cret-token" / ("x" * 80)
    secret.mkdir(parents=True)
    monkeypatch.setenv("SHAP", str(secret))
    if lies == "garbage":
        (secret / "shap.parquet").write_bytes(b"no table")
    if lies == "without an id":
        pq.write_table(pa.table({"column_1": [0.1], "other": [1]}), secret / "shap.parquet")
    text = (
        "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
        'columns: {id: id, score: score, attributions: {path: "${SHAP}/shap.parquet"}}\nwindow: {every: 1 day}\n'
    )
    opened = open_monitor(parse_monitor(text), folder)
    said = look(opened, Slice(), exact=exact).to_json()
    assert "${SHAP}/shap.parquet" in next(one for one in json.loads(said)["notes"] if "surrogate" in one), said[:2000]
    assert "hunter2" not in said and "xxxx" not in said
    (tmp_path / "elsewhere").mkdir()
    places = {side: str(folder / f"{name}.parquet") for side, name in (("reference", "old"), ("production", "new"))}
    monkeypatch.chdir(tmp_path / "elsewhere")
    answer = again(evidence(json.loads(said)), places)
    assert answer.state == "same", answer
    monkeypatch.delenv("SHAP")
    answer = again(evidence(json.loads(said)), places)
    assert answer.state == "gone" and "The variable SHAP is not set." in answer.words


FORGED = {
    "importance of column_1": lambda run: run["importance"]["features"][1].update(production=0.9),
    "labels of the run": lambda run: run["labels"]["production"].update(labelled=1),
    "counts of column_2": lambda run: run["quality"][2]["production"].update(nulls=7),
    "counts of the run": lambda run: run["counts"].update(critical=0),
    "severity of the run": lambda run: run.update(severity="ok"),
    "notes of the run": lambda run: run.update(notes=["All is well."]),
    "reasons of ": lambda run: run["reasons"][0].update(sentences=["Nothing happened."]),
    "production data": lambda run: run["production"].update(rows=1_000_000),
    "ndcg: sentence": lambda run: next(one for one in run["findings"] if one["metric"] == "ndcg").update(sentence="x"),
    "estimate of accuracy": lambda run: run["estimates"].append(
        {"metric": "accuracy", "value": 0.9, "low": 0.8, "high": 0.95, "rows": 4, "because": None, "assumption": "If."}
    ),
}


@pytest.fixture(scope="module")
def forging(tmp_path_factory):
    """The run of a monitor, to be forged in one place or another."""
    with pytest.MonkeyPatch.context() as patch:
        yield logged(tmp_path_factory.mktemp("forging"), patch, True)[0]


@pytest.mark.parametrize("name", FORGED)
def test_every_number_of_the_document_is_held_against_the_data(forging, name):
    run = json.loads(json.dumps(forging))
    FORGED[name](run)
    answer = again(evidence(run))
    assert answer.state == "different" and any(one.startswith(name) for one in answer.differing), answer


def test_another_engine_is_told_and_no_proof_of_tampering(forging):
    run = json.loads(json.dumps(forging))
    run["engine"]["version"] = "0.0.9"
    assert again(evidence(run)).state == "same"
    run["findings"][0]["value"] = 99.0
    answer = again(evidence(run))
    assert answer.state == "unknown" and len(answer.differing) == 1
    assert "it was Plumbline 0.0.9, DuckDB" in answer.words
    assert "does not prove that anything was changed" in answer.words

"""Cohorts in evidence: searched in the data of a run where they are at hand, within a bound, and told when not."""

import json
import shutil

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.evidence.pdf import render_pdf
from engine.evidence.schema import snapshot_schema
from engine.evidence.searched import cohorts_of
from tests.evidence.steps import bare, evidence, text_of


@pytest.fixture
def made(tmp_path):
    """A run over two files; in the north alone the numbers moved."""
    random = np.random.default_rng(0)
    for name, moved in (("old", 0.0), ("new", 1.5)):
        place = random.choice(["north", "south", "west"], 6000)
        x = random.normal(0, 1, 6000) + moved * (place == "north")
        pq.write_table(pa.table({"x": x, "place": place}), tmp_path / f"{name}.parquet")
    return json.loads(compare(tmp_path / "old.parquet", tmp_path / "new.parquet").to_json()), tmp_path


def test_cohorts_are_found_and_stand_in_the_document(made):
    run, _ = made
    found = cohorts_of(run)
    first = found.cohorts[0]
    assert (first["words"], first["column"]) == (
        "place north",
        "x",
    ) and "cohorts × columns were asked" in found.words
    snapshot = evidence(run, cohorts=found.cohorts, searched=found.words)
    jsonschema.validate(snapshot, snapshot_schema())
    said = text_of(render_pdf(snapshot))
    assert bare("place north") in said and bare(found.words) in said


def test_what_would_take_too_long_is_told(made):
    found = cohorts_of(made[0], seconds=1e-9)
    assert found.cohorts is None and found.words.startswith("Cohorts that drift were not searched: it would have taken")
    assert bare(found.words) in text_of(render_pdf(evidence(made[0], searched=found.words)))


def test_data_that_are_gone_or_others_are_told(made):
    run, folder = made
    shutil.move(folder / "new.parquet", folder / "moved.parquet")
    assert "not searched: " in cohorts_of(run).words and cohorts_of(run).cohorts is None
    pq.write_table(pa.table({"x": [1.0, 2.0], "place": ["north", "south"]}), folder / "new.parquet")
    assert cohorts_of(run).words == "Cohorts that drift were not searched: the data are not those of the run any more."


def test_a_run_that_cannot_be_asked_again_is_told(made):
    assert "does not say how it was asked" in cohorts_of({**made[0], "asked": None}).words


def test_only_a_monitor_of_another_version_is_called_one(made, monkeypatch):
    other = {**made[0], "definition": {"monitor": "m", "later": 1}}
    assert cohorts_of(other).words.endswith("not searched: the monitor was written by another version.")

    def broken(*parts, **more):
        raise ValueError("a defect of ours")

    monkeypatch.setattr("engine.evidence.searched.found", broken)
    with pytest.raises(ValueError, match="a defect of ours"):
        cohorts_of(made[0])


def test_the_demo_is_searched_as_its_monitor_says(demo):
    found = cohorts_of(demo[0])
    assert found.cohorts and all(one["n_production"] >= 100 for one in found.cohorts), found.words

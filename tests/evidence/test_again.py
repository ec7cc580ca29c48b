"""A run whose data lie where the environment says, asked again: filled in, never told, never sent elsewhere."""

import json
import shutil
from datetime import datetime

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

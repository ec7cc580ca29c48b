"""Supports are kept for a reference; reasons that hold for a moment alone are not."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.tables import binned as room
from engine.tables.binned import binned
from engine.tables.connection import MEMORY, connect
from engine.tables.sources import open_dataset
from engine.tables.supports import CategoricalSupport, NumericSupport

ROWS = 60_000


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Bins a reference of two columns as another process would, and tells which had to be read."""
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    words = [f"id {i}" for i in range(ROWS)]
    pq.write_table(pa.table({"word": words, "x": [float(i % 7) for i in range(ROWS)]}), tmp_path / "reference.parquet")

    def asked(memory):
        monkeypatch.setenv(MEMORY, memory)
        dataset, read, each = open_dataset(tmp_path / "reference.parquet", connect([tmp_path])), [], room.read_each
        with monkeypatch.context() as patch:
            patch.setattr(room, "read_each", lambda *all: read.extend(one.name for one in all[1]) or each(*all))
            return binned(dataset, dataset.columns), read

    return asked


def test_what_more_memory_mends_is_asked_again_and_then_kept(ask):
    little, read = ask("20MB")
    assert "PLUMBLINE_MEMORY" in little["word"] and isinstance(little["x"], NumericSupport) and read == ["word", "x"]
    again, read = ask("20MB")
    assert again["word"] == little["word"] and again["x"].digest == little["x"].digest and read == ["word"]
    much, read = ask("1GB")
    assert isinstance(much["word"], CategoricalSupport) and list(much) == ["word", "x"] and read == ["word"]
    kept, read = ask("1GB")
    assert kept["word"].digest == much["word"].digest and kept["x"].digest == little["x"].digest and read == []


def test_what_is_read_in_another_way_is_binned_anew(ask, monkeypatch):
    first, _ = ask("1GB")
    as_before = room.value_sql
    monkeypatch.setattr(room, "value_sql", lambda *columns: f"({as_before(*columns)})")
    again, read = ask("1GB")
    assert read == ["word", "x"] and again["x"].digest == first["x"].digest


def test_where_nothing_could_be_read_nothing_is_kept(ask, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(room, "read_each", lambda dataset, group, cut: ["the disk is full" for _ in group])
        found, _ = ask("1GB")
    assert set(found.values()) == {"the disk is full"}
    found, read = ask("1GB")
    assert read == ["word", "x"] and not any(isinstance(one, str) for one in found.values())

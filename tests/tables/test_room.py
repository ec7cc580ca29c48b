"""A monitor whose counts fit into no memory is refused before anything is counted, with what it would need."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.explore import open_monitor
from engine.monitor.read import parse_monitor
from engine.tables import connection


def monitor(folder, unit, columns=400, days=60):
    start = datetime(2024, 1, 1)
    at = pa.array([start + timedelta(days=i) for i in range(days)])
    random = np.random.default_rng(1)
    table = pa.table({"at": at, **{f"x{i}": random.normal(0, 1, days) for i in range(columns)}})
    path = folder / "wide.parquet"
    pq.write_table(table, path)
    sides = [f"{side}: {{path: {json.dumps(str(path))}}}" for side in ("reference", "production")]
    lines = ["monitor: wide", *sides, "columns: {timestamp: at}", f"window: {{every: 1 {unit}}}"]
    return parse_monitor("\n".join(lines))


def test_counts_that_fit_into_no_memory_are_refused_with_what_they_would_need(tmp_path, monkeypatch):
    monkeypatch.setenv(connection.MEMORY, "100MB")
    with pytest.raises(UnusableData) as told:
        open_monitor(monitor(tmp_path, "day"))
    assert told.value.message == (
        "Counts of 401 columns in 60 windows would take 99 MB a side; half of the memory, 50 MB, is what they may take."
    )
    assert "features:" in told.value.hint and "PLUMBLINE_MEMORY" in told.value.hint


def test_longer_windows_or_more_memory_let_it_open(tmp_path, monkeypatch):
    monkeypatch.setenv(connection.MEMORY, "100MB")
    assert len(open_monitor(monitor(tmp_path, "month")).windows) == 2
    monkeypatch.setenv(connection.MEMORY, "1GB")
    assert len(open_monitor(monitor(tmp_path, "day")).windows) == 60

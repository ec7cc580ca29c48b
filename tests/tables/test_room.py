"""A monitor whose counts fit into no memory is refused before anything is counted, with what it would need."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.errors import UnusableData
from engine.explore import open_monitor
from engine.monitor.read import parse_monitor
from engine.slices import Filter, Slice
from engine.tables import connection
from engine.tables.late_labels import LabelTable
from engine.tables.sources import open_dataset


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


def labelled(folder, rows):
    """Two files of predictions with ids, and one of their labels."""
    random = np.random.default_rng(3)
    made = []
    for side in ("reference", "production"):
        score = random.random(rows)
        ids = [f"{side}-{i:07d}" for i in range(rows)]
        said = pa.array(np.where(score > 0.5, "yes", "no"))
        came = pa.array(np.where(random.random(rows) < score, "yes", "no"))
        pq.write_table(pa.table({"id": ids, "score": score, "prediction": said, "target": came}), folder / f"{side}.pq")
        made.append(pa.table({"id": ids, "came": came}))
    pq.write_table(pa.concat_tables(made), folder / "labels.pq")
    return [folder / f"{name}.pq" for name in ("reference", "production", "labels")]


ROLES = {"id": "id", "score": "score", "prediction": "prediction", "target": "target"}


def of_performance(run):
    return [one for one in run.not_computed if one.signal == "model_performance"]


def test_predictions_that_take_too_much_memory_are_told_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv(connection.MEMORY, "50MB")
    first, second, _ = labelled(tmp_path, 700_000)
    run = compare(str(first), str(second), roles=ROLES)
    (gap,) = of_performance(run)
    assert "Predictions and labels of 700,000 rows would take 28 MB; half of the memory, 25 MB" in gap.because
    assert "PLUMBLINE_MEMORY" in gap.because and "a window or a cohort" in gap.because
    assert any(one.column == "score" for one in run.findings), "everything else is judged"
    some = compare(str(first), str(second), roles=ROLES, cut=Slice((Filter("score", "gt", (0.9,)),)))
    assert not of_performance(some) or "rows would take" not in of_performance(some)[0].because
    monkeypatch.setenv(connection.MEMORY, "100MB")
    assert not of_performance(compare(str(first), str(second), roles=ROLES))


def test_labels_of_their_own_are_joined_only_where_they_fit(tmp_path, monkeypatch):
    first, second, labels = labelled(tmp_path, 100_000)
    for memory, fits in (("60MB", False), ("120MB", True)):
        monkeypatch.setenv(connection.MEMORY, memory)
        table = LabelTable(open_dataset(str(labels), connection.connect([tmp_path])), "id", "came")
        gaps = of_performance(compare(str(first), str(second), roles=ROLES, labels=table))
        assert bool(gaps) != fits
        if gaps:
            assert (
                "Joining 200,000 labels to 200,000 predictions by id would take 70 MB of memory; there are 60 MB"
                in gaps[0].because
            )
            assert "join them beforehand" in gaps[0].because and "PLUMBLINE_MEMORY to 1GB" in gaps[0].because

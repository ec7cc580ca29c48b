"""Numbers since 1970 as the timestamp: windows of seconds, milliseconds, microseconds and nanoseconds are one."""

import json
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.cli import main
from engine.columns import Column, Kind
from engine.explore import look, open_monitor
from engine.monitor.check import check_monitor
from engine.monitor.read import parse_monitor
from engine.slices import Slice, parse_window
from engine.tables.moments import are_since_1970, span_of, volumes
from engine.tables.sources import open_dataset

N = 3000
RANDOM = np.random.default_rng(5)
SECONDS = np.sort(
    RANDOM.integers(1_704_067_200, 1_704_067_200 + 70 * 86_400, N)
)  # ten weeks from Monday 1 January 2024
BESIDE = {"x": RANDOM.normal(size=N), "seats": RANDOM.integers(0, 300, N)}
WEEK = parse_window("2024-01-08..2024-01-15")
UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}


def table(at: object) -> pa.Table:
    return pa.table({"at": at, **BESIDE})


@pytest.fixture(scope="module")
def as_moments():
    return compare(*[table(SECONDS.astype("datetime64[s]"))] * 2, cut=Slice(window=WEEK))


def said(run):
    return [(one.column, one.metric, one.value, str(one.severity)) for one in run.findings if one.column != "at"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("stored", ["int64", "float64"])
def test_windows_are_those_of_the_same_moments(as_moments, unit, stored):
    at = (SECONDS * UNITS[unit]).astype(stored)
    run = compare(table(at), table(at), cut=Slice(window=WEEK), roles={"at": "timestamp"})
    assert said(run) == said(as_moments) and len(said(run)) > 5
    dataset = open_dataset(table(at)).assign(roles={"at": "timestamp"})
    counts = np.bincount((SECONDS - 1_704_067_200) // (7 * 86_400))
    assert list(volumes(dataset, "week").values()) != [] and sorted(volumes(dataset, "week").values()) == sorted(counts)
    first = span_of(dataset)
    assert first is not None and abs((first[0] - datetime(1970, 1, 1)).total_seconds() - SECONDS[0]) < 1e-3


def test_sides_may_count_in_other_units(as_moments):
    run = compare(table(SECONDS), table(SECONDS * 1000), cut=Slice(window=WEEK), roles={"at": "timestamp"})
    assert said(run) == said(as_moments)


@pytest.mark.parametrize(
    ("name", "yes"), [("at", True), ("seats", False), ("x", False), ("late", False)], ids=["at", "seats", "x", "late"]
)
def test_other_numbers_are_no_moments(name, yes):
    dataset = open_dataset(table(SECONDS).append_column("late", pa.array([None] * N, pa.int64())))
    assert are_since_1970(dataset, dataset.column(name)) is yes
    assert not are_since_1970(dataset, Column("at", "VARCHAR", Kind.CATEGORICAL))


def test_the_command_line_and_monitors_take_them(tmp_path, capsys):
    for name in ("old", "new"):
        pq.write_table(table(SECONDS * 1000), tmp_path / f"{name}.parquet")
    sides = [str(tmp_path / f"{name}.parquet") for name in ("old", "new")]
    more = ["--timestamp", "at", "--window", WEEK.text, "--format", "json", "--fail-on", "never"]
    assert main(["compare", *sides, *more]) == 0
    within = int(((SECONDS >= 1_704_672_000) & (SECONDS < 1_705_276_800)).sum())
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {one["n_production"] for one in findings if one["column"] == "x"} == {within}
    assert main(["compare", *sides, "--timestamp", "seats"]) == 2
    assert "'seats' holds BIGINT, not moments in time" in capsys.readouterr().err
    text = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\ncolumns: {timestamp: %s}\n"
    (tmp_path / "m.yaml").write_text(text % "at")
    assert not [one for one in check_monitor(tmp_path / "m.yaml") if one.field == "columns.timestamp"]
    (tmp_path / "n.yaml").write_text(text % "seats")
    assert [one for one in check_monitor(tmp_path / "n.yaml") if one.field == "columns.timestamp"]
    opened = open_monitor(parse_monitor(text % "at"), tmp_path)
    assert len(opened.windows) == 10
    assert {one.n_production for one in look(opened, Slice(window=WEEK)).findings if one.column == "x"} == {within}

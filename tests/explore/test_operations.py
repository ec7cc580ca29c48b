"""How a served log looks over time: every window says what a run of it says."""

from datetime import timedelta

import pytest

from engine.explore import look
from engine.explore.opened import open_datasets
from engine.explore.operations import is_served, operations_history
from engine.findings import Finding
from engine.monitor.model import Columns, Monitor, Place
from engine.slices import Filter, Slice
from engine.tables.connection import connect
from engine.tables.sources import open_dataset
from tests.test_operations import MONDAY, served

SLOW = Slice((Filter("region", "eq", ("EU",)),))


@pytest.fixture(scope="module")
def log():
    sides = [served(8), served(6, seed=2, slow=5.0, first=MONDAY + timedelta(weeks=8))]
    monitor = Monitor(
        monitor="log", reference=Place(path="a"), production=Place(path="b"),
        columns=Columns(timestamp="served_at", cohorts=["region"]),
    )  # fmt: skip
    roles = {"served_at": "timestamp"}
    return open_datasets(monitor, *(open_dataset(one, connect([]), "log").assign({}, roles) for one in sides))


def test_each_window_reads_what_its_run_reads(log):
    assert is_served(log)
    for cohort in (Slice(), SLOW):
        history = operations_history(log, cohort)
        for i, window in enumerate(history.windows):
            run = look(log, Slice(cohort.cohort, window))
            told = {one.metric: one for one in run.findings if one.signal == "operations"}
            mine = {key: row[i] for key, row in history.found.items() if isinstance(row[i], Finding)}
            assert told.keys() == mine.keys() and len(told) == 5
            for key, one in told.items():
                other = mine[key]
                assert (one.value, one.severity, one.threshold) == (other.value, other.severity, other.threshold)


def test_a_slow_service_is_told_in_every_window(log):
    history = operations_history(log)
    assert {one.severity for one in history.found["latency_p95"]} == {"critical"}
    assert all(one.rows == 2000 for one in history.served)


def test_what_is_not_served_has_no_operations(demo):
    assert not is_served(demo)
    assert not [one for one in look(demo, Slice(window=demo.windows[0])).findings if one.signal == "operations"]

"""Latency, errors and throughput of requests that were logged in Spark: the same as of the same rows here."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.slices import Filter, Slice
from engine.tables.operations import operations, operations_by_window
from engine.tables.spark.session import spark
from tests.tables.spark.hostile import ADDRESS, far, near

ROLES = {"at": "timestamp", "latency_ms": "latency", "status_code": "error"}


def served(weighed: bool) -> pa.Table:
    rng = np.random.default_rng(4)
    n = 600
    latency = rng.lognormal(4, 1, n).round(1)
    latency[:4] = [np.nan, np.inf, -1.0, 0.0]
    at = [datetime(2024, 1, 1) + timedelta(minutes=int(m)) for m in rng.integers(0, 60 * 24 * 20, n)]
    status = [None if rng.random() < 0.1 else int(rng.choice([200, 404, 503])) for _ in range(n)]
    return pa.table(
        {
            "at": pa.array(at, pa.timestamp("us")),
            "latency_ms": latency,
            "status_code": pa.array(status, pa.int32()),
            "sample_rate": rng.choice([1.0, 0.5, 0.25], n) if weighed else np.ones(n),
            "region": rng.choice(["EU", "US"], n),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("weighed", [False, True], ids=["every row alike", "rows that were sampled"])
def test_spark_serves_the_same_numbers(weighed, java_here, tmp_path):
    table = served(weighed)
    here = near(table).assign({}, ROLES)
    there = far(table, tmp_path, f"served_{weighed}", spark(ADDRESS)).assign({}, ROLES)
    if weighed:
        windows, others = operations_by_window(here, "week"), operations_by_window(there, "week")
        assert list(windows) == list(others)
        assert [one.latencies for one in windows.values()] == [one.latencies for one in others.values()]
    cut = Slice((Filter("region", "eq", ("EU",)),) if weighed else ())
    first, second = operations(here, cut), operations(there, cut)
    assert (first.rows, first.timed, first.latencies, first.told, first.failed) == (
        second.rows, second.timed, second.latencies, second.told, second.failed,
    )  # fmt: skip
    assert second.requests == pytest.approx(first.requests, rel=1e-12)
    assert second.error_rate == pytest.approx(first.error_rate, rel=1e-12)
    assert second.hours == first.hours

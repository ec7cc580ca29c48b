"""Latency, errors and throughput of served logs: against numpy, with sampling, in windows, and as findings."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.findings import Severity
from engine.operations import Operations, Served
from engine.operations_findings import judged_operations, operations_findings, operations_floors
from engine.signals import Level, Plan
from engine.slices import Filter, Slice, window_of
from engine.slices.against import Against
from engine.tables.operations import milliseconds, operations, operations_by_window
from engine.tables.sources import open_dataset

MONDAY = datetime(2024, 1, 1)


def served(weeks, each=2000, seed=1, slow=1.0, errors=0.001, rate=1.0, first=MONDAY):
    """A log as a collector writes it: so many weeks, latencies log-normal around 60 ms, some errors."""
    random = np.random.default_rng(seed)
    n = weeks * each
    at = [first + timedelta(weeks=weeks * i / n) for i in range(n)]
    status = np.where(random.random(n) < errors, 503, np.where(random.random(n) < 0.05, 404, 200))
    own = np.repeat(random.lognormal(0, 0.05, weeks), each)  # weeks differ
    return pa.table({
        "served_at": at, "latency_ms": random.lognormal(np.log(60 * slow), 0.4, n) * own, "status_code": status,
        "sample_rate": np.full(n, rate), "region": random.choice(["EU", "US"], n), "x": random.normal(size=n),
    })  # fmt: skip


def one(**columns):
    return operations(open_dataset(pa.table(columns)), Slice())


# ---- read from the data


@pytest.mark.parametrize("n", [1, 2, 19, 20, 21, 99, 100, 101, 1000, 12_345])
def test_quantiles_are_those_of_numpy_and_values_that_occurred(n):
    times = np.random.default_rng(n).lognormal(4, 1, n).round(1)
    found = one(latency_ms=times)
    assert found.latencies == tuple(np.quantile(times, [0.5, 0.95, 0.99], method="inverted_cdf"))
    assert (found.rows, found.timed, found.told, found.hours, found.error_rate) == (n, n, 0, None, None)


def test_weights_stand_for_repeated_rows():
    random = np.random.default_rng(3)
    times, copies = random.lognormal(4, 1, 999), random.choice([1, 2, 5, 10], 999)
    failed = random.random(999) < 0.1
    found = one(latency_ms=times, sample_rate=1 / copies, is_error=failed)
    whole = one(latency_ms=np.repeat(times, copies), is_error=np.repeat(failed, copies))
    assert found.latencies == whole.latencies
    assert found.error_rate == pytest.approx(whole.error_rate) and found.requests == pytest.approx(whole.rows)
    assert found.rows == 999


@pytest.mark.parametrize("rate", [None, float("nan"), 0.0, -1.0, 2.0, float("inf")])
def test_a_rate_that_is_none_weighs_one(rate):
    assert one(latency_ms=[1.0, 2.0], sample_rate=pa.array([rate, 0.5], pa.float64())).requests == 3.0


def test_what_is_no_latency_is_left_out():
    found = one(latency_ms=[float("nan"), float("inf"), -1.0, None, 5.0])
    assert (found.rows, found.timed, found.latencies) == (5, 1, (5.0, 5.0, 5.0))
    assert one(latency_ms=pa.array([None, None], pa.float64())).latencies is None


@pytest.mark.parametrize(
    ("name", "factor"),
    [("latency_ms", 1), ("latency", 1), ("latency_s", 1000), ("took_seconds", 1000), ("t_us", 1e-3), ("status", 1)],
)
def test_a_latency_says_its_unit_in_its_name(name, factor):
    assert milliseconds(name) == factor
    found = operations(open_dataset(pa.table({name: [0.5, 2.0]})).assign(roles={name: "latency"}), Slice())
    assert found.latencies[2] == 2 * factor


@pytest.mark.parametrize(
    ("name", "values", "told", "failed"),
    [
        ("status_code", [200, 404, 499, 500, 503, None], 5, 2),
        ("http_status", ["200", "500", "abc", None], 2, 1),
        ("error", [True, False, None], 2, 1),
        ("is_error", [0, 1, 2, None], 3, 2),
        ("failed", [0.0, 1.0, float("nan")], 2, 1),
        ("error", ["", None, "OK", "timeout", " none ", "0", "no model"], 7, 2),
    ],
)
def test_what_counts_as_an_error(name, values, told, failed):
    dataset = open_dataset(pa.table({name: values})).assign(roles={name: "error"})
    found = operations(dataset, Slice())
    assert (found.told, found.failed, found.error_rate) == (told, failed, failed / told)


def test_the_hours_are_the_windows_or_else_those_of_the_rows():
    dataset = open_dataset(served(2))
    week = window_of(MONDAY, "week")
    assert operations(dataset, Slice(window=week)).hours == 168
    assert operations(dataset, Slice()).hours == pytest.approx(336, rel=1e-3)
    assert operations(dataset, Slice(window=week)).throughput == pytest.approx(2000 / 168)
    assert operations(open_dataset(served(2, rate=0.1)), Slice(window=week)).throughput == pytest.approx(20_000 / 168)


def test_windows_in_one_query_are_the_slices_one_by_one():
    dataset = open_dataset(served(7, rate=0.5))
    found = operations_by_window(dataset, "week")
    assert [window.start for window in found] == [MONDAY + timedelta(weeks=i) for i in range(7)]
    assert all(operations(dataset, Slice(window=window)) == each for window, each in found.items())
    cut = Slice((Filter("region", "eq", ("EU",)),))
    assert sum(each.rows for each in operations_by_window(dataset, "week", cut).values()) < dataset.rows


def test_rates_that_differ_between_rows_are_weighed_in_every_window():
    table = served(3, each=300)
    rates = np.random.default_rng(5).choice([0.1, 0.5, 1.0], table.num_rows)
    dataset = open_dataset(table.set_column(3, "sample_rate", pa.array(rates)))
    found = operations_by_window(dataset, "week")
    assert all(operations(dataset, Slice(window=window)) == each for window, each in found.items())


def test_nothing_there_is_told_apart_from_nothing_wrong():
    dataset = open_dataset(served(1))
    assert operations(dataset, Slice((Filter("region", "eq", ("AS",)),))).rows == 0
    assert operations(dataset, Slice(window=window_of(MONDAY - timedelta(weeks=9), "week"))).latencies is None
    assert operations_by_window(open_dataset(pa.table({"latency_ms": [1.0]})), "week") == {}
    infinite = pa.table({"at": pa.array([2**62, None], pa.timestamp("us")), "latency_ms": [1.0, 2.0]})
    assert operations_by_window(open_dataset(infinite), "week") == {}


# ---- judged

WEEK = Slice(window=window_of(MONDAY + timedelta(weeks=20), "week"))
REFERENCE = open_dataset(served(10))


def found_in(production, plan=None, cut=WEEK, reference=REFERENCE, **rest):
    plan = plan or Plan()
    findings, gaps = operations_findings(
        reference, open_dataset(production), Against("reference", Slice()), cut, plan, **rest
    )
    return {one.metric: one for one in findings}, {one.metric: one.because for one in gaps}


def week(**settings):
    return served(1, seed=9, first=WEEK.window.start, **settings)


def test_a_week_like_the_others_is_in_order():
    found, gaps = found_in(week())
    assert gaps == {} and {one.signal for one in found.values()} == {"operations"}
    assert {key: str(one.severity) for key, one in found.items()} == {
        "latency_p50": "not_judged", "latency_p95": "ok", "latency_p99": "not_judged", "error_rate": "ok",
        "throughput": "not_judged",
    }  # fmt: skip
    assert (found["latency_p95"].column, found["error_rate"].column) == ("latency_ms", "status_code")
    assert found["throughput"].column is None and found["throughput"].value == pytest.approx(2000 / 168)


@pytest.mark.parametrize(("slow", "severity"), [(1.0, "ok"), (2.2, "warning"), (5.0, "critical")])
def test_slow_weeks_are_told(slow, severity):
    one = found_in(week(slow=slow))[0]["latency_p95"]
    assert str(one.severity) == severity and one.floor_basis == "reference windows"
    assert " ms (reference " in one.sentence and (one.threshold.warning, one.threshold.critical) == (200, 400)


@pytest.mark.parametrize(("errors", "severity"), [(0.0, "ok"), (0.02, "critical"), (1.0, "critical")])
def test_failing_weeks_are_told(errors, severity):
    one = found_in(week(errors=errors))[0]["error_rate"]
    assert str(one.severity) == severity and "%" in one.sentence


def test_one_failure_of_thirty_says_nothing():
    table = week(errors=0.0).slice(0, 30)
    status = table["status_code"].to_numpy().copy()
    status[3] = 500
    one = found_in(table.set_column(2, "status_code", pa.array(status)))[0]["error_rate"]
    assert one.severity is Severity.NOT_ENOUGH_DATA and one.rows_needed > 30


def test_a_service_that_always_was_slow_is_held_against_its_own_weeks():
    slow = open_dataset(served(10, slow=3))
    one = found_in(week(slow=3), reference=slow)[0]["latency_p95"]
    assert one.severity is Severity.OK and one.within_noise and "within noise" in one.sentence


def test_few_windows_leave_the_threshold_alone_and_say_so():
    one = found_in(week(slow=2.2), reference=open_dataset(served(3)))[0]["latency_p95"]
    assert one.severity is Severity.WARNING and one.floor is None and "without a window floor" in one.sentence
    assert found_in(week(), cut=Slice())[0]["latency_p95"].floor is None


def test_floors_hold_the_weeks_they_come_from():
    windows = operations_by_window(REFERENCE, "week")
    whole = operations(REFERENCE, Slice())
    floors = operations_floors(Operations(whole, whole, "latency_ms", "status_code"), windows)
    assert set(floors) == {"latency_p50", "latency_p95", "latency_p99", "error_rate", "throughput"}
    assert sum(each.latencies[1] > floors["latency_p95"] for each in windows.values()) <= 1
    assert sum(each.throughput < floors["throughput"] for each in windows.values()) <= 1


def test_a_monitor_sets_thresholds_for_the_others():
    plan = Plan(thresholds={
        "latency_p99": (Level(50.0), Level(60.0)), "throughput": (Level.parse("-10 %"), Level.parse("-20 %")),
        "latency_ms.latency_p50": (Level.parse("5 %"), Level.parse("10 %")),
    })  # fmt: skip
    found = found_in(week(each=500, slow=2.0), plan)[0]
    assert {key: str(one.severity) for key, one in found.items() if key != "error_rate"} == {
        "latency_p50": "critical", "latency_p95": "warning", "latency_p99": "critical", "throughput": "critical",
    }  # fmt: skip


def test_a_partial_week_is_information():
    found = found_in(week(slow=5.0), partial=True)[0]
    assert found["latency_p95"].severity is Severity.INFO


def test_what_is_missing_has_a_reason_and_what_was_not_asked_has_none():
    found, gaps = found_in(week().drop_columns(["status_code"]))
    assert gaps == {"error_rate": "no column has the role error"} and "latency_p95" in found
    assert found_in(week().select(["served_at", "x"])) == ({}, {})
    found, gaps = found_in(week().select(["served_at", "x"]), Plan(metrics=frozenset({"latency_p95"})))
    assert found == {} and "role latency" in gaps["latency_p95"]
    assert found_in(week(), Plan(metrics=frozenset({"psi"}))) == ({}, {})
    found, gaps = found_in(week(), cut=Slice(window=window_of(MONDAY, "week")))
    assert "no usable latency_ms" in gaps["latency_p95"] and "says so in status_code" in gaps["error_rate"]


def test_a_reference_without_a_log_leaves_absolute_thresholds():
    bare = open_dataset(served(10).select(["served_at", "x"]))
    one = found_in(week(slow=5.0), reference=bare)[0]["latency_p95"]
    assert one.severity is Severity.CRITICAL and "reference" not in one.sentence.split(",")[0]


def test_the_usual_false_alarm_is_rare():
    """Weeks that differ as reference weeks do, at a threshold that lies amid them: one in eleven may pass the floor."""
    raised = 0
    windows = operations_by_window(REFERENCE, "week")
    whole = operations(REFERENCE, Slice())
    plan = Plan(thresholds={"latency_p95": (Level(1.0), Level(2.0))}, metrics=frozenset({"latency_p95"}))
    floors = operations_floors(Operations(whole, whole, "latency_ms", None), windows)
    for seed in range(40):
        later = operations(open_dataset(served(1, seed=1000 + seed)), Slice())
        found, _ = judged_operations(Operations(whole, later, "latency_ms", None), plan, floors=floors)
        raised += next(one for one in found if one.metric == "latency_p95").severity is not Severity.OK
    assert raised <= 10


def test_a_side_without_rows_has_no_throughput():
    assert Served(0, 0.0).throughput is None

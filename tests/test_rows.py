"""What is wrong with rows as such: ids that repeat, windows of the wrong size, and data that stopped."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.findings import Finding, Severity
from engine.run import Run
from engine.slices import Filter, Slice, window_of

MONDAY = datetime(2024, 1, 1)
HOURS = 7 * 24


def weeks(rows: list[int], *, stop: float = 1.0, repeats: int = 0) -> pa.Table:
    """So many rows a week, spread evenly; the last week ends after a share of itself, and begins with repeated ids."""
    at: list[datetime] = []
    for i, count in enumerate(rows):
        share = stop if i == len(rows) - 1 else 1.0
        start = MONDAY + timedelta(weeks=i)
        at += [start + timedelta(hours=HOURS * share * j / count) for j in range(count)]
    random = np.random.default_rng(len(at))
    ids = np.arange(len(at))
    first = len(at) - rows[-1]
    ids[first : first + repeats] = ids[-1]
    return pa.table({
        "at": at, "row_id": ids, "x": random.normal(size=len(at)), "c": random.choice(["a", "b"], len(at)),
    })  # fmt: skip


REFERENCE = weeks([1000] * 4)


def last_week(production: pa.Table, cohort: tuple[Filter, ...] = ()) -> Run:
    return compare(REFERENCE, production, cut=Slice(cohort, window_of(production["at"][-1].as_py(), "week")))


def finding(run: Run, metric: str) -> Finding:
    return next(one for one in run.findings if one.metric == metric)


def reason(run: Run, metric: str) -> str:
    return next(one.because for one in run.not_computed if one.metric == metric)


def test_a_week_like_the_others_is_in_order():
    run = last_week(weeks([1000] * 5))
    assert {finding(run, key).severity for key in ("duplicate_rate", "volume", "freshness")} == {Severity.OK}
    assert (finding(run, "duplicate_rate").value, finding(run, "volume").value) == (0.0, 0.0)


# ---- duplicates


@pytest.mark.parametrize(
    ("repeats", "severity"), [(0, "ok"), (1, "warning"), (9, "warning"), (10, "critical"), (500, "critical")]
)
def test_repeated_ids_are_counted(repeats, severity):
    one = finding(last_week(weeks([1000] * 5, repeats=repeats)), "duplicate_rate")
    assert (one.value, str(one.severity)) == (repeats / 1000, severity)
    assert f"{repeats} of 1,000 rows repeat an id of row_id" in one.sentence


def test_ids_that_repeat_in_another_slice_are_not_counted():
    twice = pa.concat_tables([weeks([1000] * 2), weeks([1000] * 2)])
    assert finding(compare(REFERENCE, twice), "duplicate_rate").value == 0.5
    assert finding(last_week(weeks([1000] * 2)), "duplicate_rate").value == 0.0


def test_missing_ids_are_no_duplicates():
    table = weeks([1000])
    ids = pa.array(np.arange(1000), mask=np.arange(1000) < 400)
    one = finding(compare(REFERENCE, table.set_column(1, "row_id", ids)), "duplicate_rate")
    assert (one.value, one.n_production) == (0.0, 600)


def test_without_an_id_there_is_a_reason():
    run = compare(REFERENCE.drop_columns(["row_id"]), weeks([1000]).drop_columns(["row_id"]))
    assert "role id" in reason(run, "duplicate_rate")


# ---- volume


@pytest.mark.parametrize(
    ("rows", "value", "severity"),
    [(1000, 0.0, "ok"), (1900, 0.926, "ok"), (2000, 1.0, "warning"), (4000, 2.0, "critical"), (510, 0.971, "ok")],
)
def test_volume_is_told_in_doublings(rows, value, severity):
    one = finding(last_week(weeks([1000, 1000, 1000, 1000, rows])), "volume")
    assert one.value == pytest.approx(value, abs=1e-3)
    assert str(one.severity) == severity
    assert f"holds {rows:,} rows, the median window 1,000" in one.sentence


@pytest.mark.parametrize(("rows", "severity"), [(500, "warning"), (499, "info"), (100, "info"), (1, "info")])
def test_half_a_week_is_a_warning_and_less_is_a_partial_window(rows, severity):
    run = last_week(weeks([1000, 1000, 1000, 1000, rows]))
    assert str(finding(run, "volume").severity) == severity
    assert finding(run, "volume").value >= 1.0
    assert finding(run, "volume").sentence.endswith("Partial window: no alarm.") == (severity == "info")


def test_a_slice_that_is_no_window_has_a_reason_for_volume():
    assert "no calendar window" in reason(compare(REFERENCE, weeks([1000] * 5)), "volume")


def test_the_volume_is_that_of_the_window_and_not_of_the_cohort():
    run = last_week(weeks([1000] * 5), (Filter("c", "eq", ("a",)),))
    assert finding(run, "volume").value == 0.0


# ---- freshness


@pytest.mark.parametrize(
    ("stop", "severity"), [(1.0, "ok"), (0.80, "ok"), (0.74, "warning"), (0.55, "warning"), (0.45, "critical")]
)
def test_data_that_stopped_are_noticed(stop, severity):
    one = finding(last_week(weeks([1000] * 5, stop=stop)), "freshness")
    assert str(one.severity) == severity
    assert one.value == pytest.approx(1 - stop, abs=0.002)
    assert one.column == "at" and one.sentence.startswith("The newest row is of 2024-0")


def test_a_partial_window_is_not_blamed_for_stopping():
    run = last_week(weeks([1000, 1000, 1000, 1000, 250], stop=0.25))
    assert finding(run, "freshness").severity is Severity.INFO
    assert finding(run, "freshness").value > 0.5


def test_without_a_window_there_is_a_reason_for_freshness():
    assert "no window" in reason(compare(REFERENCE, weeks([1000])), "freshness")


def test_a_window_without_rows_has_reasons_only():
    run = compare(REFERENCE, weeks([1000] * 4), cut=Slice(window=window_of(MONDAY + timedelta(weeks=30), "week")))
    assert reason(run, "freshness") == "the window has no row"
    assert "no id" in reason(run, "duplicate_rate")
    assert all(one.metric not in ("volume", "freshness", "duplicate_rate") for one in run.findings)


def test_who_asks_for_metrics_by_name_gets_these_alone():
    assert {one.metric for one in compare(REFERENCE, weeks([1000]), metrics=["psi"]).findings} == {"psi"}

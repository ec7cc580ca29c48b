"""Window floors: their arithmetic by hand, which windows take part, and what a partial window is judged for."""

from datetime import datetime, timedelta
from math import exp, log, sqrt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import engine.reference
from engine import compare
from engine.explore import open_monitor
from engine.findings import Severity
from engine.monitor.read import parse_monitor
from engine.noise import NO_WINDOWS, window_floors
from engine.reference import reference_floors
from engine.run import Run
from engine.slices import Slice, window_of
from engine.tables.cells import ALL

X, Y, Z = ("x", "psi"), ("y", "psi"), ("z", "wasserstein")
MONDAY = datetime(2024, 1, 1)


# ---- the arithmetic


def test_one_shape_worked_out_by_hand():
    """x: the sixth reading is 2 over the others' mean 1, the rest 1 over (4 + 2) / 5. y: 1.5 over 1 at most."""
    found = window_floors({X: [1, 1, 1, 1, 1, 2], Y: [3, 3, 3, 3, 3, 4.5]}, {X: "psi", Y: "psi"})
    assert found.windows == 6
    assert found.factors["psi"] == pytest.approx(2.0, rel=1e-12)
    assert found.floors[X] == pytest.approx(2.0 * 7 / 6, rel=1e-12)
    assert found.floors[Y] == pytest.approx(2.0 * 19.5 / 6, rel=1e-12)


def test_a_window_counts_once_however_many_columns_it_moves():
    """The largest ratio of each window, over columns: windows 1 and 6 both reach 2."""
    found = window_floors({X: [1, 1, 1, 1, 1, 2], Y: [2, 1, 1, 1, 1, 1]}, {X: "psi", Y: "psi"})
    assert found.factors["psi"] == pytest.approx(2.0, rel=1e-12)


def test_shapes_share_the_furthest_window_and_not_the_factor():
    """psi: one window of six stands out, (max - mean) / deviation = 5/6 · √6. wasserstein: two do, by ln(7/3)."""
    found = window_floors({X: [1, 1, 1, 1, 1, 2], Z: [2, 2, 1, 1, 1, 1]}, {X: "psi", Z: "wasserstein"})
    furthest, apart = 5 / 6 * sqrt(6), log(7 / 3)  # ratios of z: 2 / (6/5) = 5/3 twice, 1 / (7/5) = 5/7 four times
    mean, deviation = log(5 / 7) + apart / 3, apart * sqrt(4 / 15)
    assert found.factors["psi"] == pytest.approx(2.0, rel=1e-12)
    assert found.factors["wasserstein"] == pytest.approx(exp(mean + furthest * deviation), rel=1e-12)
    assert found.factors["wasserstein"] > 5 / 3, "the other shape's window lies further out"
    assert found.floors[Z] == pytest.approx(found.factors["wasserstein"] * 8 / 6, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-12, 1e9])
def test_constant_windows_have_their_own_reading_as_floor(value):
    found = window_floors({X: [value] * 8}, {X: "psi"})
    assert found.floors[X] == pytest.approx(value)
    assert found.windows == 8


def test_a_single_window_that_reads_anything():
    found = window_floors({X: [0, 0, 0, 0, 0, 3], Y: [1, 1, 1, 1, 1, 1]}, {X: "psi", Y: "psi"})
    assert all(np.isfinite(floor) for floor in found.floors.values())


@pytest.mark.parametrize("count", [0, 1, 5])
def test_fewer_than_six_windows_give_no_floor(count):
    found = window_floors({X: [1.0] * count}, {X: "psi"})
    assert (found.floors, found.factors, found.windows) == ({}, {}, count)
    assert "independent" in found.words and "1 run in" not in found.words


def test_no_readings_give_no_floor():
    assert window_floors({}, {}) == NO_WINDOWS


def test_the_words_name_the_windows_and_the_rate():
    words = window_floors({X: [1.0] * 12}, {X: "psi"}).words
    assert "12 complete windows" in words and "1 run in 13" in words


def test_more_windows_of_one_kind_never_need_more_than_the_largest_ratio():
    random = np.random.default_rng(0)
    for _ in range(50):
        readings = random.lognormal(0, 1, (3, 9))
        keys = [(f"c{i}", "psi") for i in range(3)]
        found = window_floors(dict(zip(keys, readings.tolist(), strict=True)), dict.fromkeys(keys, "psi"))
        ratios = readings / ((readings.sum(axis=1, keepdims=True) - readings) / 8)
        assert found.factors["psi"] == pytest.approx(ratios.max(), rel=1e-9)


def test_a_window_like_the_others_passes_as_rarely_as_is_said():
    """W windows and one more of the same kind: the one more exceeds any floor in about 1 of W + 1 runs."""
    random, runs, windows = np.random.default_rng(1), 1500, 9
    raised = 0
    for _ in range(runs):
        drawn = random.gamma(4.0, 1.0, (5, windows + 1)) * random.lognormal(0, 1, (5, 1))
        keys = [(f"c{i}", "psi") for i in range(5)]
        found = window_floors(
            {key: row[:-1].tolist() for key, row in zip(keys, drawn, strict=True)}, dict.fromkeys(keys, "psi")
        )
        raised += any(row[-1] >= found.floors[key] for key, row in zip(keys, drawn, strict=True))
    expected = 1 / (windows + 1)
    assert expected / 3 < raised / runs < 1.7 * expected + 3 * sqrt(expected * (1 - expected) / runs)


def test_what_leaves_a_window_out_replaces_what_it_moved_by_hand():
    """The last window reads 2 and pushed the others from 0.5 to 1: over what they are without it, its ratio is 4."""
    left_out = [[1, 1, 1, 1, 2]] * 5 + [[0.5] * 5]
    found = window_floors({X: [1, 1, 1, 1, 1, 2]}, {X: "psi"}, {X: left_out})
    assert found.factors["psi"] == pytest.approx(4.0, rel=1e-12)
    assert found.floors[X] == pytest.approx(4.0 * 7 / 6, rel=1e-12), "production is held against all of them"
    nobody = window_floors({X: [1, 1, 1, 1, 1, 2]}, {X: "psi"}, {X: [[]] * 6})
    assert nobody.factors["psi"] == pytest.approx(2.0, rel=1e-12), "where none is known the readings stand in"


def test_few_windows_keep_the_promise_only_where_each_is_left_out():
    """Levels of nine columns over seven weeks of one kind, six of them the reference: one more alarms once in seven.

    Two shapes, as PSI and Wasserstein have them: squares of distances, and distances.
    """
    random, runs, columns = np.random.default_rng(3), 1500, 9
    raised = [0, 0]
    for _ in range(runs):
        levels = random.normal(size=(columns, 7))
        old, new = levels[:, :6], levels[:, 6]
        total = old.sum(axis=1, keepdims=True)
        far = np.abs(new - old.mean(axis=1))
        single = np.abs(old - (total - old) / 5)
        pairs = np.abs(old[:, None, :] - (total[:, :, None] - old[:, :, None] - old[:, None, :]) / 4)  # [left out, of]
        readings, without, shapes, last = {}, {}, {}, {}
        for shape, power in (("psi", 2), ("wasserstein", 1)):
            for c in range(columns):
                key = f"c{c}", shape
                shapes[key], last[key], readings[key] = shape, far[c] ** power, (single[c] ** power).tolist()
                without[key] = [[float(pairs[c, i, j]) ** power for j in range(6) if j != i] for i in range(6)]
        for place, left_out in enumerate((None, without)):
            found = window_floors(readings, shapes, left_out)
            raised[place] += any(one >= found.floors[key] for key, one in last.items())
    before, now = (one / runs for one in raised)
    error = sqrt(1 / 7 * 6 / 7 / runs)
    assert before > 1 / 7 + 4 * error, "the others' readings grow with a window that lies far out"
    assert 0.06 < now < 1 / 7 + 2 * error


# ---- which windows take part


def weeks(
    first: datetime, hours: int, seed: int, per_hour: int = 6, shift: float = 0.0, nulls: float = 0.0
) -> pa.Table:
    """Rows from a moment on, so many an hour."""
    random = np.random.default_rng(seed)
    at = [first + timedelta(hours=h, minutes=60 * i / per_hour) for h in range(hours) for i in range(per_hour)]
    size = len(at)
    x = pa.array(random.normal(shift, 1, size), mask=random.random(size) < nulls)
    return pa.table({"at": at, "x": x, "c": random.choice(["a", "b"], size)})


def run_of(reference: pa.Table, production: pa.Table, at: datetime) -> Run:
    return compare(reference, production, cut=Slice(window=window_of(at, "week")))


LATER = MONDAY + timedelta(weeks=20)
WEEK = 7 * 24


@pytest.mark.parametrize(
    ("start", "hours", "whole"),
    [
        (MONDAY, 8 * WEEK, 8),
        (MONDAY + timedelta(days=2), 8 * WEEK - 48, 7),  # begins on a Wednesday
        (MONDAY, 8 * WEEK - 48, 7),  # ends on a Friday
        (MONDAY + timedelta(days=1), 8 * WEEK - 48, 6),  # both
    ],
)
def test_a_window_that_the_data_begin_or_end_in_is_left_out(start, hours, whole):
    run = run_of(weeks(start, hours, 1), weeks(LATER, 2 * WEEK, 2), LATER)
    assert f"{whole} complete windows" in run.notes[0]


def test_a_window_with_too_few_rows_is_left_out():
    start, parts = MONDAY, []
    for week in range(9):
        parts.append(weeks(start + timedelta(weeks=week), WEEK, week, per_hour=1 if week == 4 else 6))
    run = run_of(pa.concat_tables(parts), weeks(LATER, 2 * WEEK, 99), LATER)
    assert "8 complete windows" in run.notes[0]


def test_five_windows_leave_the_floor_of_rows():
    run = run_of(weeks(MONDAY, 5 * WEEK, 1), weeks(LATER, 2 * WEEK, 2), LATER)
    assert "5 complete windows; 6 are needed" in run.notes[0]
    assert all(one.floor_basis != "reference windows" for one in run.findings)


def test_a_slice_of_no_calendar_window_has_no_window_floor():
    production = weeks(LATER, 2 * WEEK, 2)
    run = compare(weeks(MONDAY, 8 * WEEK, 1), production)
    assert all(one.floor_basis != "reference windows" for one in run.findings)


def opened_floors(tmp_path, windows: int, beside: int = 0):
    """Floors of a reference of weeks whose last one lies far out, and how often a window was left out for it."""
    parts = [weeks(MONDAY + timedelta(weeks=i), WEEK, i, shift=3.0 * (i == windows - 1)) for i in range(windows)]
    pq.write_table(pa.concat_tables(parts), tmp_path / "old.parquet")
    pq.write_table(weeks(LATER, 2 * WEEK, 2), tmp_path / "new.parquet")
    text = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\ncolumns: {timestamp: at}\n"
    opened = open_monitor(parse_monitor(text), tmp_path)
    cells, least = opened.sides["reference"].cells, opened.monitor.window.least
    return reference_floors(cells, ALL, opened.supports, opened.columns, opened.plan, least, beside)


def test_few_windows_are_left_out_of_each_other_and_many_are_not(tmp_path, monkeypatch):
    asked = []
    real = engine.reference.window_floors
    monkeypatch.setattr(engine.reference, "window_floors", lambda *given: asked.append(given[2]) or real(*given))
    few = opened_floors(tmp_path, 7)
    assert [len(row) for row in asked[0]["x", "psi"]] == [6] * 7
    alone = real({X: [1, 2, 3, 4, 5, 6, 7]}, {X: "psi"})
    assert few.windows == alone.windows == 7
    opened_floors(tmp_path, 12)
    assert asked[1] == {}, "of twelve, one moves the others too little"
    opened_floors(tmp_path, 7, beside=1)
    assert [len(row) for row in asked[2]["x", "psi"]] == [5] * 7, "one had nothing else to be held against"


def test_weeks_that_differ_by_themselves_raise_the_floor():
    random = np.random.default_rng(3)
    moved = [weeks(MONDAY + timedelta(weeks=i), WEEK, i, shift=random.normal(0, 0.4)) for i in range(12)]
    still = [weeks(MONDAY + timedelta(weeks=i), WEEK, i) for i in range(12)]
    new = weeks(LATER, 2 * WEEK, 77, shift=0.4)

    def psi(parts):
        run = run_of(pa.concat_tables(parts), new, LATER)
        return next(one for one in run.findings if (one.column, one.metric) == ("x", "psi"))

    restless, calm = psi(moved), psi(still)
    assert restless.floor_basis == "reference windows"
    assert restless.floor > 3 * calm.floor
    assert calm.severity in (Severity.WARNING, Severity.CRITICAL)
    assert restless.severity is Severity.OK and restless.within_noise == (restless.value >= restless.threshold.warning)


# ---- a partial window


def partial_run() -> Run:
    """Three whole weeks and two days of a fourth, which drifts, loses values and loses a column's type."""
    parts = [weeks(LATER, 3 * WEEK, 2), weeks(LATER + timedelta(weeks=3), 48, 3, shift=3.0, nulls=0.4)]
    reference = weeks(MONDAY, 8 * WEEK, 1).append_column("gone", pa.array(np.zeros(8 * WEEK * 6)))
    return run_of(reference, pa.concat_tables(parts), LATER + timedelta(weeks=3))


def test_a_partial_window_is_judged_for_quality_and_schema_only():
    run = partial_run()
    found = {(one.column, one.metric): one for one in run.findings}
    for metric in ("psi", "wasserstein"):
        one = found["x", metric]
        assert one.value > one.threshold.critical, "the drift is read and told"
        assert one.severity is Severity.INFO and one.sentence.endswith("Partial window: no alarm.")
    assert found["x", "null_rate"].severity is Severity.CRITICAL
    assert found["gone", "missing_column"].severity is Severity.CRITICAL
    assert {one.signal for one in run.findings if one.severity in (Severity.WARNING, Severity.CRITICAL)} == {
        "data_quality", "schema",
    }  # fmt: skip
    assert any("too few of its rows" in note for note in run.notes)


def test_volume_and_freshness_of_a_partial_window_are_information():
    found = {one.metric: one for one in partial_run().findings if one.column in (None, "at")}
    assert found["volume"].severity is Severity.INFO
    assert found["freshness"].severity is Severity.INFO


def test_a_whole_window_of_the_same_data_is_judged():
    parts = [weeks(LATER, 3 * WEEK, 2), weeks(LATER + timedelta(weeks=3), WEEK, 3, shift=3.0)]
    run = run_of(weeks(MONDAY, 8 * WEEK, 1), pa.concat_tables(parts), LATER + timedelta(weeks=3))
    assert run.severity is Severity.CRITICAL
    assert all("too few of its rows" not in note for note in run.notes)

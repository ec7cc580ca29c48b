"""A run says everything it was asked, in one canonical document, and the same from files, frames and cells."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import compare, explore
from engine.cli import main
from engine.columns import Role
from engine.errors import Cancelled, PlumblineError, UnknownName
from engine.findings import Severity
from engine.look import look
from engine.metrics import METRICS
from engine.monitor.read import parse_monitor
from engine.run import Run
from engine.slices import Filter, Slice, window_of
from engine.slices.against import WHOLE_REFERENCE
from engine.summaries import ColumnSummary, Histogram

RNG = np.random.default_rng(0)
OLD = pa.table({"x": RNG.normal(size=500), "c": RNG.choice(["a", "b", "c"], 500), "flag": RNG.random(500) < 0.3})
NEW = pa.table({"x": RNG.normal(0.6, 1, 400), "c": RNG.choice(["a", "b", "d"], 400), "flag": RNG.random(400) < 0.3})

FIELDS = {
    "signal", "column", "kind", "metric", "value", "p_value", "statistic", "floor", "floor_basis", "interval",
    "threshold",
    "severity", "within_noise", "rows_needed", "n_reference", "n_production", "null_share_reference",
    "null_share_production", "parts", "sentence",
}  # fmt: skip


def assert_canonical(run: Run) -> dict:
    """The document is canonical JSON, holds every promised field, and agrees with itself."""

    def no_constant(word):
        raise AssertionError(f"{word} is no JSON")

    text = run.to_json()
    said = json.loads(text, parse_constant=no_constant)
    assert text == json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert text.encode() and run.to_json() == text
    assert (said["schema_version"], said["kind"], said["id"]) == (1, "run", run.id)
    for finding in said["findings"]:
        assert set(finding) >= FIELDS
        assert finding["sentence"].endswith(".")
    for gap in said["not_computed"]:
        assert set(gap) == {"signal", "column", "metric", "because"} and gap["because"]
    assert [one["column"] for one in said["reasons"]] == list(run.reasons)
    assert all(one["sentences"] and all(each.endswith(".") for each in one["sentences"]) for one in said["reasons"])
    severities = [finding["severity"] for finding in said["findings"]]
    assert said["counts"] == {str(one): severities.count(one) for one in Severity} | {
        "not_computed": len(said["not_computed"])
    }
    judged = [Severity(one) for one in severities if one != "not_judged"]
    judged = judged if run.judged else [*judged, Severity.NOT_ENOUGH_DATA]
    assert said["severity"] == max(judged, key=lambda one: one.rank)
    return said


def asked_and_answered(run: Run, columns: list[str]) -> None:
    """Every column × metric that was asked stands once, in findings or in not_computed."""
    answers = [
        (one.column, one.metric)
        for one in (*run.findings, *run.not_computed)
        if one.signal != "schema" and one.column is not None  # what is asked of rows stands without a column
    ]
    assert len(answers) == len(set(answers))
    assert {column for column, _ in answers} == set(columns)


def test_a_run_is_one_canonical_document():
    said = assert_canonical(compare(OLD, NEW))
    assert said["reference"]["rows"] == 500 and said["production"]["columns"] == 3
    assert said["slice"] == {"cohort": [], "window": None, "without": False, "words": "all rows"}


@pytest.mark.parametrize("keys", [["psi"], ["ks", "w1"], list(METRICS), ["null_rate"]], ids=str)
def test_every_column_and_metric_asked_for_is_answered(keys):
    run = compare(OLD, NEW, metrics=keys)
    answers = {(one.column, one.metric) for one in (*run.findings, *run.not_computed) if one.metric in METRICS}
    from engine.metrics import metric

    asked = [metric(key) for key in keys]
    of_model = {(None, one.key) for one in asked if not one.kinds}  # of no column
    of_columns = {(column, one.key) for column in OLD.column_names for one in asked if (None, one.key) not in of_model}
    assert answers == of_columns | of_model


COLUMN = st.sampled_from(["number", "few", "word", "flag", "moment", "null", "list", "constant", "odd"])


def column_of(kind: str, rng: np.random.Generator, n: int) -> pa.Array:
    match kind:
        case "number":
            values = pa.array(rng.normal(size=n))
        case "few":
            values = pa.array(rng.integers(0, 4, n))
        case "word":
            values = pa.array(rng.choice(["a", "b", "é", ""], n))
        case "flag":
            values = pa.array(rng.random(n) < 0.5)
        case "moment":
            values = pa.array([datetime(2013, 1, 1) + timedelta(hours=int(h)) for h in rng.integers(0, 999, n)])
        case "list":
            values = pa.array([[int(i)] for i in rng.integers(0, 4, n)], pa.list_(pa.int64()))
        case "constant":
            values = pa.array(np.full(n, 7.0))
        case "odd":
            values = pa.array(rng.choice([np.nan, np.inf, -np.inf, 1e308, 0.0], n))
        case _:
            values = pa.nulls(n, pa.float64())
    gone = rng.random(n) < rng.choice([0, 0, 0.3])
    return pa.array([None if lost else one for one, lost in zip(values.to_pylist(), gone, strict=True)], values.type)


@st.composite
def table_pairs(draw):
    kinds = draw(st.lists(COLUMN, min_size=1, max_size=5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = [draw(st.sampled_from([0, 1, 2, 7, 60])) for _ in range(2)]
    other = [draw(COLUMN) if draw(st.integers(0, 5)) == 0 else kind for kind in kinds]  # a column may change its type
    gone = draw(st.integers(0, 8))
    sides = [
        {f"{kind} {i}": column_of(now, rng, size) for i, (kind, now) in enumerate(zip(kinds, nows, strict=True))}
        for size, nows in zip(sizes, (kinds, other), strict=True)
    ]
    names = list(sides[0])
    if gone < len(names) and len(names) > 1:
        del sides[1][names[gone]]
    return pa.table(sides[0]), pa.table(sides[1])


@settings(max_examples=25, deadline=None)
@given(table_pairs())
def test_any_two_tables_are_answered_in_full(pair):
    run = compare(*pair)
    assert_canonical(run)
    asked_and_answered(run, pair[0].column_names)
    for finding in run.findings:
        if finding.value is not None:
            low, high = METRICS[finding.metric].bounds
            assert low <= finding.value <= high


def test_the_same_data_have_the_same_run_but_for_its_time(tmp_path):
    for name, table in (("old", OLD), ("new", NEW)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    runs = [compare(tmp_path / "old.parquet", tmp_path / "new.parquet").document() for _ in range(2)]
    for run in runs:
        del run["id"], run["at"]
    assert runs[0] == runs[1]


def test_findings_are_told_worst_first():
    worst = compare(OLD, NEW).worst()
    ranks = [one.severity.rank for one in worst]
    assert ranks == sorted(ranks, reverse=True)
    assert worst[0].severity is Severity.CRITICAL


def test_a_frame_of_findings_has_a_row_each():
    run = compare(OLD, NEW)
    frame = run.to_frame()
    assert len(frame) == len(run.findings)
    assert {"column", "metric", "value", "severity", "sentence"} <= set(frame.columns)


# ---- slices, roles, errors


def test_production_is_held_against_the_same_cohort_or_the_whole_reference():
    cut = Slice((Filter("c", "eq", ("a",)),))
    same, whole = compare(OLD, NEW, cut=cut), compare(OLD, NEW, cut=cut, against=WHOLE_REFERENCE)
    rows = {run.summaries["x"].quality.reference.rows for run in (same, whole)}
    assert rows == {OLD["c"].to_pylist().count("a"), 500}
    assert same.summaries["x"].quality.production.rows == NEW["c"].to_pylist().count("a")
    assert same.document()["slice"]["words"] == "c is a"


def test_a_column_means_in_production_what_it_means_in_the_reference():
    at = pa.array([datetime(2013, 1, 1), datetime(2013, 1, 9)])
    reference = pa.table({"seen": at, "x": [1.0, 2.0]})
    production = pa.table({"loaded": pa.array([datetime(2020, 1, 1)] * 2), "seen": at, "x": [1.0, 5.0]})
    run = compare(reference, production, cut=Slice(window=window_of(datetime(2013, 1, 1), "week")))
    assert run.summaries["x"].quality.production.rows == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": ["pis"]}, "Did you mean 'psi'"),
        ({"kinds": {"y": "numeric"}}, "Unknown column 'y'"),
        ({"kinds": {"x": "numerc"}}, "Did you mean 'numeric'"),
        ({"roles": {"x": "targt"}}, "Did you mean 'target'"),
        ({"cut": Slice((Filter("y", "eq", (1,)),))}, "Unknown column 'y'"),
        ({"cut": Slice((Filter("x", "eq", (10**400,)),))}, "larger than any number"),
        ({"cut": Slice(window=window_of(datetime(2013, 1, 1), "week"))}, "needs a timestamp"),
    ],
    ids=["metric", "column", "kind", "role", "filter", "value", "window"],
)
def test_what_cannot_be_asked_is_said_once(options, said):
    with pytest.raises(PlumblineError, match=said):
        compare(OLD, NEW, **options)


def test_a_slice_without_rows_has_reasons_and_no_readings():
    run = compare(OLD, NEW, cut=Slice((Filter("c", "eq", ("nobody",)),)))
    assert all(one.signal == "schema" for one in run.findings)
    assert all("slice" in one.because for one in run.not_computed if one.column)
    assert_canonical(run)


@pytest.mark.parametrize("metrics", [None, ["psi"]])
def test_a_slice_without_rows_says_which_side_has_none(metrics):
    old, new = pa.table({"c": ["a"] * 9, "x": [1.0] * 9}), pa.table({"c": ["b"] * 9, "x": [1.0] * 9})
    for cut, side in (("a", "production"), ("b", "reference"), ("z", "reference")):
        assert compare(old, new, cut=Slice((Filter("c", "eq", (cut,)),)), metrics=metrics).without_rows == side
    assert compare(old, new, metrics=metrics).without_rows is None


def test_a_computation_can_be_stopped():
    def stop(share, said):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        compare(OLD, NEW, progress=stop)


def test_progress_is_told_to_the_end():
    told = []
    compare(OLD, NEW, progress=lambda share, said: told.append(share))
    assert told == sorted(told) and told[-1] == 1


def test_a_missing_a_new_and_a_retyped_column_are_findings():
    old = pa.table({"gone": [1.0], "kept": [1], "typed": [1]})
    new = pa.table({"kept": [1], "typed": ["a"], "fresh": [2.0]})
    found = {(one.column, one.metric): one.severity for one in compare(old, new).findings if one.signal == "schema"}
    assert found["gone", "missing_column"] is Severity.CRITICAL
    assert found["typed", "retyped_column"] is Severity.WARNING
    assert found["fresh", "new_column"] is Severity.INFO


# ---- the demo: the cell tier says what the exact one says, and the facts are there

CUTS = [
    Slice(),
    Slice((Filter("origin", "eq", ("LGA",)),), window_of(datetime(2013, 9, 16), "week")),
    Slice((Filter("seats", "ge", (150,)),)),
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.words)
def test_cells_and_the_exact_tier_read_the_same(demo, cut):
    quick = explore.look(demo, cut)
    exact = look(demo.reference, demo.production, cut, demo.plan)
    binned = {key for key, one in METRICS.items() if one.needs is Histogram or one.signal == "data_quality"}

    def readings(run):
        return {(one.column, one.metric): one.value for one in run.findings if one.metric in binned}

    assert readings(quick) == pytest.approx(readings(exact), rel=1e-12, abs=1e-15)
    assert {(one.column, one.metric) for one in quick.not_computed} == {
        (one.column, one.metric) for one in exact.not_computed
    }
    assert_canonical(quick)


@pytest.mark.parametrize("cut", [Slice(), Slice(window=window_of(datetime(2013, 4, 22), "week"))], ids=["all", "week"])
def test_numbers_are_plain_so_that_a_file_shows_them_as_they_are(demo, cut):
    for one in look(demo.reference, demo.production, cut, demo.plan).findings:
        for number in (one.value, one.floor, one.p_value, one.statistic, *(one.interval or ())):
            assert number is None or type(number) in (float, int), f"{one.metric} of {one.column}: {number!r}"


def test_the_demo_has_forty_windows_the_last_of_two_days(demo):
    assert len(demo.windows) == 40
    assert demo.windows[0].text == "2013-04-01..2013-04-08"
    assert (demo.reference.rows, demo.production.rows) == (43_048, 255_987)
    assert sum(demo.rows(window) for window in demo.windows) == 255_987
    assert [window for window in demo.windows if demo.partial(window)] == [demo.windows[-1]]


def test_the_demo_has_nine_destinations_that_the_reference_never_had(demo):
    sides = [
        set(side.query(f"SELECT DISTINCT dest FROM {side.scan}")["dest"].to_pylist())
        for side in (demo.reference, demo.production)
    ]
    assert len(sides[1] - sides[0]) == 9
    histogram = explore.summaries_of(demo, Slice())["dest"].histogram
    assert histogram.production[histogram.unseen] / histogram.production.sum() == pytest.approx(0.0038, abs=5e-5)


def test_the_weather_of_the_last_day_is_missing(demo):
    cut = Slice(window=window_of(datetime(2013, 12, 31), "day"))
    summaries = explore.summaries_of(demo, cut)
    for name in ("temp_f", "humidity", "wind_mph", "precip_in", "pressure_mb", "visibility_mi"):
        found = summaries[name]
        assert isinstance(found, ColumnSummary)
        assert found.quality.production.null_share == 1.0, name
    assert summaries["distance_mi"].quality.production.null_share == 0.0


def test_the_drift_of_seats_at_laguardia_is_hidden_by_the_whole(demo):
    psi = METRICS["psi"].compute
    at_lga = (Filter("origin", "eq", ("LGA",)),)
    for month in range(4, 13):
        window = window_of(datetime(2013, month, 1), "month")
        whole, there = (
            psi(explore.exact_summary(demo, "seats", Slice(cohort, window)).histogram).value for cohort in ((), at_lga)
        )
        assert whole < 0.1
        assert (there > 0.2) == (month >= 9), f"month {month}: {there:.3f} at LGA"


def test_seats_are_missing_for_two_carriers_all_year(demo):
    for carrier, share in (("MQ", 0.97), ("AA", 0.68)):
        made = explore.summaries_of(demo, Slice((Filter("carrier", "eq", (carrier,)),)))["seats"]
        assert made.quality.production.null_share == pytest.approx(share, abs=0.02)


def test_a_window_asks_for_a_timestamp_also_of_cells(demo):
    from engine.explore import open_datasets

    bare = [side.assign(roles={"scheduled_departure": "ignore"}) for side in (demo.reference, demo.production)]
    assert all(side.timestamp is None for side in bare)
    opened = open_datasets(demo.monitor, *(side.only_features(["origin", "carrier"]) for side in bare))
    with pytest.raises(PlumblineError, match="needs a timestamp"):
        explore.look(opened, Slice(window=window_of(datetime(2013, 4, 22), "week")))


def test_an_unknown_cohort_is_told_by_cells_as_by_the_exact_tier(demo):
    with pytest.raises(UnknownName, match="Did you mean 'origin'"):
        explore.look(demo, Slice((Filter("orign", "eq", ("LGA",)),)))


def test_ignored_columns_are_not_answered(demo):
    ignored = {column.name for column in demo.reference.columns if column.role is Role.IGNORE}
    run = explore.look(demo, Slice())
    assert not ignored & {one.column for one in (*run.findings, *run.not_computed)}


def test_a_filter_means_the_same_rows_where_production_stores_text():
    numbers = list(range(1, 21)) * 50
    old = pa.table({"a": numbers, "x": [float(one % 7) for one in numbers]})
    new = pa.table({"a": [str(one) for one in numbers], "x": old["x"]})
    run = compare(old, new, cut=Slice((Filter("a", "ge", (5,)),)), metrics=["psi"])
    (one,) = (one for one in run.findings if (one.column, one.metric) == ("x", "psi"))
    assert (one.n_reference, one.n_production, one.value) == (800, 800, 0.0)


SIDE = {"x": [0.1 * i for i in range(400)], "gaps": [None if i % 3 else 1.0 for i in range(400)], "c": ["a", "b"] * 200}


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_that_could_be_judged_is_not_enough_data_wherever_it_is_told(tmp_path, capsys, rows):
    for name, n in (("old", 400), ("new", rows)):
        pq.write_table(pa.table(SIDE).slice(400 - n, n), tmp_path / f"{name}.parquet")
    sides = [str(tmp_path / f"{name}.parquet") for name in ("old", "new")]
    run = compare(*sides)
    assert run.severity is Severity.NOT_ENOUGH_DATA and bool(run.judged) == bool(rows)
    text = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
    page = explore.look(explore.open_monitor(parse_monitor(text), tmp_path), Slice())
    assert page.severity is run.severity
    told = [{(one.column, one.metric): one.severity for one in each.findings} for each in (run, page)]
    assert told[0] == told[1]
    assert main(["compare", *sides, "--format", "json"]) == (0 if rows else 2)
    assert json.loads(capsys.readouterr().out)["severity"] == "not_enough_data"

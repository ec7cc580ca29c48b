"""The two tiers tell one story: cells agree with the exact tier on every slice, and their intervals hold."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns import Kind
from engine.errors import UnusableData
from engine.metrics import METRICS
from engine.pair import in_one_reading
from engine.slices import Filter, Slice, Window, window_of
from engine.summaries import ColumnSummary, Curve
from engine.tables import count as counting
from engine.tables.cells import Cells, summarize_cells
from engine.tables.connection import connect
from engine.tables.count import count
from engine.tables.exact import summarize
from engine.tables.moments import volumes
from engine.tables.sources import Dataset, open_dataset
from engine.tables.supports import build_support
from engine.tables.values import read

ROOT = connect(())


def opened(reference: pa.Table, production: pa.Table, **kinds: str) -> tuple[Dataset, Dataset]:
    return in_one_reading(open_dataset(reference, ROOT), open_dataset(production, ROOT), kinds, {})


def supports_of(reference: Dataset) -> dict:
    found = {c.name: build_support(c, read(reference, c, Slice())) for c in reference.columns}
    return {name: one for name, one in found.items() if not isinstance(one, str)}


def assert_agree(cells: ColumnSummary, exact: ColumnSummary) -> None:
    """Cells and exact: the same rows in the same bins, and every exact reading within what the cells have proven."""
    # cells know how many rows hold an unseen category, not its name
    assert replace(cells.quality, unseen=()) == replace(exact.quality, unseen=())
    first, second = cells.histogram, exact.histogram
    assert first.labels == second.labels and first.unseen == second.unseen
    assert np.array_equal(first.reference, second.reference)
    assert np.array_equal(first.production, second.production)
    if cells.curve is None or not all(one.sum() for one in (exact.curve.reference, exact.curve.production)):
        return
    for asked in METRICS.values():
        if asked.needs is Curve:
            rough, fine = asked.compute(cells.curve), asked.compute(exact.curve)
            assert fine.interval is None
            low, high = rough.interval or (rough.value, rough.value)
            slack = 1e-9 * max(1.0, abs(fine.value))
            assert low - slack <= fine.value <= high + slack


def assert_tiers_agree(reference: Dataset, production: Dataset, cells: tuple[Cells, Cells], cut: Slice) -> None:
    base = Slice(cut.cohort)
    sides = cells[0].groups(base), cells[1].groups(cut)
    assert sides[0] is not None and sides[1] is not None
    for name, support in supports_of(reference).items():
        made = summarize_cells(support, *cells, sides)
        column = reference.column(name)
        assert_agree(made, summarize(support, read(reference, column, base), read(production, column, cut)))


# ---- the demo

SLICES = [
    Slice(),
    Slice((Filter("origin", "eq", ("LGA",)),)),
    Slice((Filter("carrier", "in", ("EV", "UA")), Filter("origin", "ne", ("JFK",)))),
    Slice((), window_of(datetime(2013, 4, 22), "week")),
    Slice((Filter("origin", "eq", ("LGA",)),), window_of(datetime(2013, 9, 16), "week")),
    Slice((Filter("carrier", "not_in", ("EV",)),), Window(datetime(2013, 4, 1), datetime(2013, 4, 29))),
    Slice((), window_of(datetime(2013, 12, 31), "week")),
    Slice((Filter("carrier", "eq", ("nobody",)),)),
]


@pytest.mark.parametrize("cut", SLICES, ids=lambda cut: cut.words)
def test_the_tiers_agree_on_the_demo(demo, cut):
    from engine.explore import exact_summary, summaries_of

    for name, made in summaries_of(demo, cut).items():
        if isinstance(made, ColumnSummary):
            assert_agree(made, exact_summary(demo, name, cut))


# ---- tables made to be difficult

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 2.0, 2.0, 1e9, -1e9, np.inf, -np.inf, np.nan]) | st.floats(-100, 100)
WORDS = st.sampled_from(["1", "2.5", "x", "", "nan", "-inf", " 7 ", "1e3", "é"])
CITIES = st.sampled_from(["EWR", "JFK", "LGA", "a,b", "'", ""])
MOMENTS = st.datetimes(datetime(2013, 1, 1), datetime(2013, 3, 1))


def optional(values):
    return values | st.none()


@st.composite
def tables(draw, least=1):
    n = draw(st.integers(least, 60))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    few = draw(st.lists(NUMBERS, min_size=1, max_size=12))
    words, cities = draw(st.lists(WORDS, min_size=1, max_size=5)), draw(st.lists(CITIES, min_size=1, max_size=4))
    moments = draw(st.lists(MOMENTS, min_size=1, max_size=6))

    def pick(values, gaps):
        return [None if rng.random() < gaps else values[rng.integers(0, len(values))] for _ in range(n)]

    return pa.table(
        {
            "few": pa.array(pick(few, 0.1), pa.float64()),
            "many": rng.normal(draw(st.sampled_from([0.0, 3.0, 1e12])), 1, n),
            "whole": pa.array(pick([1, 2, 3, 40, -7], 0.2), pa.int32()),
            "words": pa.array(pick(words, 0.1), pa.string()),
            "city": pa.array(pick(cities, 0.1), pa.string()),
            "flag": pa.array(pick([True, False], 0.3), pa.bool_()),
            "at": pa.array(pick(moments, 0.1), pa.timestamp("us")),
        }
    )


@settings(max_examples=12, deadline=None)
@given(tables(least=5), tables(), st.sampled_from(["day", "week", "month"]))
def test_the_tiers_agree_on_any_table(first, second, unit):
    reference, production = opened(first, second, words="numeric")
    assert production.timestamp == "at"
    supports = supports_of(reference)
    cells = tuple(count(side, supports, unit, ["city", "flag"]) for side in (reference, production))
    assert [int(side.rows.sum()) for side in cells] == [reference.rows, production.rows]
    cohorts = [
        (),
        (Filter("city", "eq", ("EWR",)),),
        (Filter("city", "ne", ("EWR",)), Filter("flag", "eq", (True,))),
        (Filter("city", "in", ("a,b", "'")),),
        (Filter("city", "not_in", ("", "JFK")),),
        (Filter("city", "is_null"),),
        (Filter("flag", "not_null"),),
    ]
    for i, cohort in enumerate(cohorts):
        window = cells[1].windows[i % len(cells[1].windows)] if cells[1].windows and i % 2 else None
        assert_tiers_agree(reference, production, cells, Slice(cohort, window))


@settings(max_examples=20, deadline=None)
@given(tables(least=5), tables())
def test_a_production_of_other_types_is_read_as_the_reference(first, second):
    as_text = [
        field.with_type(pa.string()) if field.name in ("few", "whole", "flag") else field for field in second.schema
    ]
    reference, production = opened(first, second.cast(pa.schema(as_text)))
    supports = supports_of(reference)
    cells = tuple(count(side, supports) for side in (reference, production))
    assert_tiers_agree(reference, production, cells, Slice())


def test_rows_without_a_moment_belong_to_no_window():
    table = pa.table({"x": [1.0, 2.0, 3.0], "at": [datetime(2013, 1, 1), None, datetime(2013, 1, 2)]})
    dataset = open_dataset(table, ROOT)
    cells = count(dataset, supports_of(dataset), "day")
    assert cells.window.tolist().count(-1) == 1
    assert [int(cells.rows[cells.groups(Slice((), window))].sum()) for window in cells.windows] == [1, 1]
    assert int(cells.rows.sum()) == 3


@pytest.mark.parametrize(
    "sql",
    [
        "TIMESTAMP 'infinity'",
        "TIMESTAMP '-infinity'",
        "TIMESTAMP '9999-12-31'",
        "TIMESTAMP '0001-01-01'",
        "TIMESTAMP '290000-01-01'",
    ],
)
def test_a_moment_that_stands_for_never_belongs_to_no_window(sql):
    source = open_dataset(pa.table({"x": [1.0]}), ROOT)
    frame = source.query(f"SELECT 1.0::DOUBLE AS x, {sql} AS at UNION ALL SELECT 2.0, TIMESTAMP '2013-01-01'")
    dataset = open_dataset(frame, ROOT)
    cells = count(dataset, supports_of(dataset.assign(roles={"at": "ignore"})), "day")
    assert [window.text for window in cells.windows] == ["2013-01-01..2013-01-02"]
    assert sorted(cells.window.tolist()) == [-1, 0]
    assert volumes(dataset, "day") == {cells.windows[0]: 1}


def test_days_and_zones_cut_time_as_moments_do():
    moments = [datetime(2013, 1, 1) + timedelta(hours=7 * i) for i in range(20)]
    for type_ in (pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("s"), pa.timestamp("us", "UTC"), pa.date32()):
        dataset = open_dataset(pa.table({"x": np.arange(20.0), "at": pa.array(moments).cast(type_)}), ROOT)
        cells = count(dataset, supports_of(dataset), "day")
        rows = [int(cells.rows[cells.groups(Slice((), window))].sum()) for window in cells.windows]
        assert rows == [4, 3, 4, 3, 4, 2], str(type_)


def test_half_a_window_is_no_union_of_cells():
    dataset = open_dataset(pa.table({"x": [1.0], "at": [datetime(2013, 1, 1)]}), ROOT)
    cells = count(dataset, supports_of(dataset), "week")
    assert cells.groups(Slice((), Window(datetime(2013, 1, 1), datetime(2013, 1, 2)))) is None
    assert cells.groups(Slice((), Window(datetime(2012, 12, 1), datetime(2013, 2, 1)))) is not None


COHORTS = {
    "whole": (pa.array([1, 2, None]), [(1,), ("1",), (1.0,), (True,)]),
    "real": (pa.array([0.1, 2.0, float("nan")]), [(0.1,), (2,), ("2",)]),
    "single": (pa.array([0.1, 2.0, None], pa.float32()), [(0.1,), (2.0,)]),
    "decimal": (pa.array([0.1, 2.0, None]).cast(pa.decimal128(5, 1)), [(0.1,), (2,)]),
    "day": (pa.array([datetime(2013, 1, 1), datetime(2013, 1, 2), None]).cast(pa.date32()), [(datetime(2013, 1, 1),)]),
    "truth": (pa.array([True, False, None]), [(True,), ("true",), (1,)]),
    "text": (pa.array(["1", "true", None]), [("1",), ("true",), (1,)]),
    "dictionary": (pa.array(["a", "b", None]).dictionary_encode(), [("a",), ("zzz",)]),
}


@pytest.mark.parametrize("operator", ["eq", "ne", "in", "not_in", "is_null", "not_null"])
@pytest.mark.parametrize("name", COHORTS)
def test_cells_keep_the_rows_that_the_database_keeps(name, operator):
    values, asked = COHORTS[name]
    dataset = open_dataset(pa.table({"c": values, "x": [1.0, 2.0, 3.0]}), ROOT).assign(roles={"c": "feature"})
    cells = count(dataset, {}, None, ["c"])
    for one in asked if operator in ("eq", "ne", "in", "not_in") else [()]:
        cut = Slice((Filter("c", operator, one),))
        groups = cells.groups(cut)
        if groups is not None:
            condition, parameters = dataset.where(cut)
            kept = dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", parameters)["n"][
                0
            ].as_py()
            assert int(cells.rows[groups].sum()) == kept


def test_lists_cannot_name_cohorts_and_it_is_said():
    dataset = open_dataset(pa.table({"c": [[1], [2]], "x": [1.0, 2.0]}), ROOT)
    assert dataset.column("c").kind is Kind.NESTED
    with pytest.raises(UnusableData, match="cannot name cohorts"):
        count(dataset, {}, None, ["c"])


def test_too_many_groups_are_refused_with_a_way_out():
    n = 30_000
    dataset = open_dataset(pa.table({"c": np.arange(n), "x": np.arange(float(n))}), ROOT)
    with pytest.raises(UnusableData, match="Choose"):
        count(dataset, {}, None, ["c"])


def test_many_cohort_columns_with_many_values_are_counted_right_or_refused():
    n = 15_000
    columns = {f"c{i}": np.arange(n) for i in range(6)}
    dataset = open_dataset(pa.table({**columns, "x": np.arange(float(n))}), ROOT)
    with pytest.raises(UnusableData, match="too many values together"):
        count(dataset, {}, None, list(columns))


def test_nothing_to_count_counts_nothing():
    table = pa.table({"x": [1.0, 2.0], "at": [datetime(2013, 1, 1), None]})
    full, empty = open_dataset(table, ROOT), open_dataset(table.slice(0, 0), ROOT)
    cells = tuple(count(side, supports_of(full), "day", ["x"]) for side in (full, empty))
    assert cells[1].windows == ()
    assert len(cells[1].rows) == 0
    made = summarize_cells(supports_of(full)["x"], *cells, tuple(side.groups(Slice()) for side in cells))
    assert made.quality.production.rows == 0


def test_progress_reaches_the_end_and_can_stop_the_count():
    from engine.errors import Cancelled

    dataset = open_dataset(pa.table({"x": np.arange(600_000.0)}), ROOT)
    told = []
    count(dataset, supports_of(dataset), progress=lambda share, said: told.append((share, said)))
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (1.0, "counted 600,000 of 600,000 rows")

    def stop(share, said):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        count(dataset, supports_of(dataset), progress=stop)


@pytest.mark.parametrize("rows", [1, 63, 64, 64 * counting.KEPT, 64 * counting.KEPT + 1, 1000])
def test_codes_of_all_rows_are_kept_in_their_order_however_they_are_read(rows, monkeypatch):
    """Some rows are read at a time, and codes of several such kept as one."""
    x = np.random.default_rng(1).integers(0, 90, rows).astype(float)
    dataset = open_dataset(pa.table({"x": x}), ROOT)
    support = build_support(dataset.column("x"), read(dataset, dataset.column("x"), Slice()))
    kept = []
    for batch in (1 << 16, 64):
        monkeypatch.setattr(counting, "BATCH", batch)
        kept.append([])
        count(dataset, {"x": support}, keep=kept[-1].append)
    whole, parts = (np.concatenate([one["v0"].to_numpy() for one in some]) for some in kept)
    assert len(whole) == rows and np.array_equal(whole, parts)
    assert len(kept[1]) == -(-rows // (64 * counting.KEPT))

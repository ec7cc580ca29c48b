"""Filters on columns as they are stored: the same rows whatever the type is, on both sides, and never a failed cast."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import Column, Kind
from engine.errors import InvalidFilter
from engine.pair import in_one_reading
from engine.slices import Filter, Slice, parse_filter, parse_window, typed, unit_of
from engine.tables.count import count
from engine.tables.sources import open_dataset

NAN, INF = float("nan"), float("inf")
SINGLE = [0.3, 0.7, 16777216.0, 0.0, NAN, None, -INF]


def kept(dataset, *filters, window=None, without=False):
    """The row numbers that filters keep."""
    condition, values = dataset.where(Slice(filters, window, without))
    return dataset.query(f"SELECT i FROM {dataset.scan} WHERE {condition} ORDER BY i", values)["i"].to_pylist()


def holding(values, kind=None, type_=None):
    dataset = open_dataset(pa.table({"i": range(len(values)), "c": pa.array(values, type_)}))
    return dataset.assign({"c": kind} if kind else {})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("c=0.3", [0]),
        ("c in(0.3,0.7)", [0, 1]),
        ("c!=0.3", [1, 2, 3, 4, 5, 6]),
        ("c not_in(0.3,0.7)", [2, 3, 4, 5, 6]),
        ("c<=0.3", [0, 3, 6]),
        ("c<0.3", [3, 6]),
        ("c>=0.7", [1, 2]),
        ("c between(0.3,0.7)", [0, 1]),
        ("c=16777217", [2]),  # no single lies nearer
        ("c=1e300", []),
        ("c!=1e300", [0, 1, 2, 3, 4, 5, 6]),
        ("c<1e300", [0, 1, 2, 3, 6]),
        ("c=1e-60", []),
        ("c=" + "9" * 60, []),
        ("c>-5", [0, 1, 2, 3]),
        ("c is_null", [4, 5]),
        ("c not_null", [0, 1, 2, 3, 6]),
        ("c=-inf", [6]),
    ],
)
def test_single_precision_has_the_numbers_that_are_typed(text, rows):
    dataset = holding(SINGLE, type_=pa.float32())
    assert kept(dataset, parse_filter(text, dataset.columns)) == rows


@pytest.mark.parametrize("type_", [pa.int8(), pa.int64(), pa.uint64(), pa.decimal128(9, 2), pa.decimal128(38, 2)])
def test_no_number_is_too_large_to_be_asked(type_):
    dataset = holding([1, 2, None], type_=type_)
    for number in (2**31, 2**64, 10**37, 10**60, -1, 2.5, 1e300):
        assert kept(dataset, Filter("c", "eq", (number,))) == []
        assert kept(dataset, Filter("c", "ne", (number,))) == [0, 1, 2]
    assert kept(dataset, Filter("c", "in", (2, 10**60))) == [1]
    with pytest.raises(InvalidFilter, match="larger than any number"):
        kept(dataset, Filter("c", "eq", (10**400,)))


def test_order_with_something_infinite_or_no_number_is_refused():
    for operator, value in (("lt", INF), ("ge", -INF), ("eq", NAN)):
        with pytest.raises(InvalidFilter, match="finite"):
            Filter("c", operator, (value,))
    assert Slice((Filter("c", "eq", (INF,)),)).document()["cohort"][0]["values"] == ["inf"]


def test_dates_of_a_categorical_column_are_typed_as_dates():
    days = [date(2013, 1, 1), date(2013, 1, 2), None]
    dataset = holding(days, "categorical")
    assert parse_filter("c=2013-01-02", dataset.columns).values == (date(2013, 1, 2),)
    assert kept(dataset, parse_filter("c=2013-01-02", dataset.columns)) == [1]
    assert kept(dataset, parse_filter("c<2013-01-02T00:00:01", dataset.columns)) == [0, 1]
    moments = holding([datetime(2013, 1, 1, 5), datetime(2013, 1, 2)], "categorical")
    assert kept(moments, parse_filter("c in(2013-01-01 05:00:00,2014-01-01)", moments.columns)) == [0]
    with pytest.raises(InvalidFilter, match="'soon' is not a value of type DATE"):
        parse_filter("c=soon", dataset.columns)


def test_texts_that_are_read_as_moments_compare_as_moments():
    dataset = holding(["2013-01-02", "2013-01-10 05:00", "2013-1-3", "never", None], "datetime")
    assert kept(dataset, parse_filter("c>=2013-01-03", dataset.columns)) == [1, 2]
    assert kept(dataset, parse_filter("c=2013-01-03", dataset.columns)) == [2]
    assert kept(dataset, parse_filter("c!=2013-01-03", dataset.columns)) == [0, 1, 3, 4]
    with pytest.raises(InvalidFilter, match="'soon' is no moment in time"):
        parse_filter("c=soon", dataset.columns)


TEXT, WHOLE = ["1", "2", "10", "a", None], [1, 2, 10, 7, None]


@pytest.mark.parametrize("kind", ["categorical", "numeric"])
@pytest.mark.parametrize("sides", [(TEXT, WHOLE), (WHOLE, TEXT)], ids=["text, whole", "whole, text"])
@pytest.mark.parametrize("text", ["c=2", "c!=2", "c in(2,10)", "c not_in(2,10)", "c is_null", "c contains(1)"])
def test_text_on_one_side_and_numbers_on_the_other_are_the_same_rows(kind, sides, text):
    first, second = (open_dataset(pa.table({"i": range(5), "c": values})) for values in sides)
    first, second = in_one_reading(first, second, {"c": kind}, {})
    for typed_for in (first, second):
        one = parse_filter(text, typed_for.columns)
        assert kept(first, one) == kept(second, one) != [], (one, typed_for is first)


@pytest.mark.parametrize("operator", ["ge", "gt", "le", "lt"])
def test_order_means_the_same_on_text_and_numbers(operator):
    first, second = (open_dataset(pa.table({"i": range(3), "c": v})) for v in (["1", "2", "10"], [1, 2, 10]))
    first, second = in_one_reading(first, second, {"c": "categorical"}, {})
    for value in (2, "2"):
        assert kept(first, Filter("c", operator, (value,))) == kept(second, Filter("c", operator, (value,)))


@pytest.mark.parametrize(
    "values",
    [
        [b"\xff\\", b"b"],
        [datetime(2013, 1, 1).time(), None],
        [{"a": 1}, None],
        [[1], []],
        [True, None],
        [date(2013, 1, 1), None],
        [0.5, None],
        [7, None],
        ["x", ""],
        pa.array(["a", "b"]).dictionary_encode(),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "asked", ["é\\", "zz", 5, 0.5, True, date(2013, 1, 1), datetime(2013, 1, 1, 1), b"x"], ids=repr
)
def test_no_value_of_another_type_breaks_a_comparison(values, asked):
    dataset = open_dataset(pa.table({"i": range(2), "c": values}))
    for operator in ("eq", "ne", "ge", "in", "not_in", "contains"):
        rows = kept(dataset, Filter("c", operator, (asked,)))
        assert operator not in ("ne", "not_in") or rows, "whatever a value is, all of two rows are not it"


def test_a_time_of_day_and_a_uuid_are_typed():
    noon = Column("c", "TIME", Kind.DATETIME)
    dataset = open_dataset(pa.table({"i": [0, 1], "c": [datetime(2013, 1, 1, 12, 0, 0, 500000).time(), None]}))
    assert kept(dataset, parse_filter("c=12:00:00.5", dataset.columns)) == [0]
    assert kept(dataset, parse_filter("c>=13:00", dataset.columns)) == []
    with pytest.raises(InvalidFilter, match="'zz' is not a value of type TIME"):
        typed("zz", noon)
    assert typed("00AB", Column("c", "UUID", Kind.CATEGORICAL)) == "00ab"


MOMENTS = [datetime(1, 1, 1), datetime(1677, 5, 1), datetime(2013, 4, 23), datetime(2500, 1, 2), datetime(9999, 12, 31)]


@pytest.mark.parametrize(
    ("window", "rows"),
    [
        ("0001-01-01..0001-01-08", []),
        ("0001-01-01..9999-12-31", [2]),
        ("2013-04-22..2013-04-29", [2]),
        ("2500-01-01..2500-01-08", []),
        ("9999-12-27..9999-12-31", []),
        (None, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_windows_hold_the_same_rows_in_cells_and_in_the_data(window, rows):
    dataset = open_dataset(pa.table({"i": range(6), "at": [*MOMENTS, None]})).assign({}, {"at": "timestamp"})
    cut = Slice(window=parse_window(window) if window else None)
    cells = count(dataset, {}, "week")
    groups = cells.groups(cut)
    assert kept(dataset, window=cut.window) == rows
    assert groups is not None and cells.rows[groups].sum() == len(rows)
    assert cut.words and (cut.window is None or unit_of(cut.window) in (None, "week"))


@pytest.mark.parametrize("text", ["0000-01-01..2013-01-01", "2013-01-01..10000-01-01", "-5-01-01..2013-01-01",
                                  "0001-01-01T00:00+05:00..2013-01-01", "2013-01-01..9999-12-31T23:59-05"])  # fmt: skip
def test_years_that_no_calendar_has_are_refused(text):
    with pytest.raises(InvalidFilter, match="is not a window"):
        parse_window(text)


def test_singles_are_found_whatever_their_size():
    values = np.random.default_rng(4).lognormal(0, 20, 500).astype(np.float32)
    dataset = holding(values, type_=pa.float32())
    for i in range(0, 500, 7):  # typed as it is printed
        assert i in kept(dataset, parse_filter(f"c={values[i]}", dataset.columns))

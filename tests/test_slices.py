"""Every filter, said in SQL, in words and as text, and asked of a real table; and the windows of the calendar."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.columns import Column, Kind, kind_of
from engine.errors import InvalidFilter, PlumblineError, UnknownName, UnusableData
from engine.slices import (
    OPERATORS,
    UNITS,
    Filter,
    Slice,
    Window,
    parse_filter,
    parse_window,
    typed,
    window_of,
    windows_between,
)
from engine.tables.sources import open_dataset

HOSTILE = 'odd " name'
TABLE = pa.table({"n": [1, 2, 3, None], HOSTILE: ["a", "ab", "c", None]})
GOLDEN = [  # a filter, the n of the rows it keeps of TABLE, its sentence
    (Filter("n", "eq", (2,)), [2], "n is 2"),
    (Filter("n", "ne", (2,)), [1, 3, None], "n is not 2"),
    (Filter("n", "ge", (2,)), [2, 3], "n is at least 2"),
    (Filter("n", "le", (2,)), [1, 2], "n is at most 2"),
    (Filter("n", "gt", (2,)), [3], "n is above 2"),
    (Filter("n", "lt", (2,)), [1], "n is below 2"),
    (Filter("n", "between", (2, 3)), [2, 3], "n is between 2 and 3"),
    (Filter("n", "in", (1, 3)), [1, 3], "n is one of 1, 3"),
    (Filter("n", "not_in", (1, 3)), [2, None], "n is none of 1, 3"),
    (Filter(HOSTILE, "contains", ("b",)), [2], 'odd " name contains b'),
    (Filter(HOSTILE, "contains", ("%",)), [], 'odd " name contains %'),
    (Filter(HOSTILE, "eq", ("a' OR 1=1 --",)), [], "odd \" name is a' OR 1=1 --"),
    (Filter("n", "is_null"), [None], "n is missing"),
    (Filter("n", "not_null"), [1, 2, 3], "n is present"),
]


@pytest.mark.parametrize(("one", "kept", "words"), GOLDEN, ids=[words for _, _, words in GOLDEN])
def test_a_filter_keeps_its_rows_and_says_so(one, kept, words):
    dataset = open_dataset(TABLE)
    condition, values = dataset.where(Slice((one,)))
    assert dataset.query(f"SELECT n FROM {dataset.scan} WHERE {condition}", values)["n"].to_pylist() == kept
    assert one.words == words


@pytest.mark.parametrize("one", [one for one, _, _ in GOLDEN], ids=[words for _, _, words in GOLDEN])
def test_a_filter_is_read_back_from_its_text(one):
    columns = [Column("n", "INTEGER", Kind.NUMERIC), Column(HOSTILE, "VARCHAR", Kind.CATEGORICAL)]
    assert parse_filter(one.text, columns) == one


def test_every_operator_has_a_golden_row():
    assert {one.operator for one, _, _ in GOLDEN} == set(OPERATORS)


def test_filters_of_a_cohort_are_joined_by_and():
    cut = Slice((Filter("n", "ge", (2,)), Filter(HOSTILE, "eq", ("c",))))
    dataset = open_dataset(TABLE)
    condition, values = dataset.where(cut)
    assert dataset.query(f"SELECT n FROM {dataset.scan} WHERE {condition}", values)["n"].to_pylist() == [3]
    assert cut.words == 'n is at least 2 and odd " name is c'


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
HOSTILE_NAMES = NAMES | st.sampled_from(
    [
        "a",
        "a=b",
        "a!",
        'a"',
        '"a"',
        "a in",
        "a is_null",
        "a in(1)",
        " a ",
        "{c}",
        "{",
        "a\nb",
        "ß",
        "🛫",
        "a>=",
        "?",
        "a,b",
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
HOSTILE_TEXTS = TEXTS | st.sampled_from(
    ["", " ", "=", "=5", '"', '""', '"x"', "a,b", ")", "\n", "'", "{v}", "?", " x ", "\t"]
)


@st.composite
def text_filters(draw):
    names = draw(st.lists(HOSTILE_NAMES, min_size=1, max_size=4, unique=True))
    row = draw(st.sampled_from(list(OPERATORS.values())))
    count = draw(st.integers(1, 3)) if row.values is None else row.values
    return names, Filter(names[0], row.key, tuple(draw(HOSTILE_TEXTS) for _ in range(count)))


@given(text_filters())
@example((["a", "a=b"], Filter("a", "eq", ("b=c",))))
@example((["a", "a!"], Filter("a", "ne", ("3",))))
@example((["a"], Filter("a", "gt", ("=5",))))
@example((["a"], Filter("a", "contains", ("x,y",))))
@example((["a"], Filter("a", "in", ("",))))
def test_whatever_a_filter_holds_its_text_is_read_back(case):
    names, one = case
    columns = [Column(name, "VARCHAR", Kind.CATEGORICAL) for name in names]
    assert parse_filter(one.text, columns) == one


@given(
    st.sampled_from(["BIGINT", "DOUBLE", "DECIMAL(18,3)"]),
    st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False),
)
def test_numbers_are_read_back_from_their_text(type_name, value):
    one = Filter("x", "ge", (value,))
    assert parse_filter(one.text, [Column("x", type_name, kind_of(type_name))]) == one


@given(st.text(max_size=30))
@example("x in(" + '"' + "a" * 200_000)
@example("x in(" + "a" * 200_000 + ")")
@example("x=" + "9" * 5000)
def test_no_typed_text_breaks_the_reader(text):
    try:
        found = parse_filter(text, [Column("x", "BIGINT", Kind.NUMERIC), Column("y", "VARCHAR", Kind.CATEGORICAL)])
    except PlumblineError as error:
        assert str(error)
    else:
        assert found.column in ("x", "y")


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("carrier=EV", Filter("carrier", "eq", ("EV",))),
        ("carrier = EV", Filter("carrier", "eq", ("EV",))),
        ("carrier in(EV, UA)", Filter("carrier", "in", ("EV", "UA"))),
        ('carrier in("a,b",c)', Filter("carrier", "in", ("a,b", "c"))),
        ("carrier contains(a,b)", Filter("carrier", "contains", ("a,b",))),
        ("carrier is_null", Filter("carrier", "is_null")),
        ('carrier=""', Filter("carrier", "eq", ("",))),
        ("seats>=100", Filter("seats", "ge", (100,))),
        ("seats between(50,1e2)", Filter("seats", "between", (50, 100.0))),
        ("late=true", Filter("late", "eq", (True,))),
        ("late=0", Filter("late", "eq", (False,))),
        ("at>=2013-04-22", Filter("at", "ge", (datetime(2013, 4, 22),))),
        ("on=2013-04-22", Filter("on", "eq", (date(2013, 4, 22),))),
        ("wind speed (mph)<5", Filter("wind speed (mph)", "lt", (5,))),
        ("words=5", Filter("words", "eq", (5,))),
    ],
)
def test_a_typed_filter(text, filter_):
    columns = [
        Column("carrier", "VARCHAR", Kind.CATEGORICAL),
        Column("seats", "INTEGER", Kind.NUMERIC),
        Column("late", "BOOLEAN", Kind.CATEGORICAL),
        Column("at", "TIMESTAMP", Kind.DATETIME),
        Column("on", "DATE", Kind.DATETIME),
        Column("wind speed (mph)", "DOUBLE", Kind.NUMERIC),
        Column("words", "VARCHAR", Kind.NUMERIC),  # texts that are read as numbers
    ]
    assert parse_filter(text, columns) == filter_


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("seat>=100", UnknownName, "Did you mean 'seats'?"),
        ("seats", InvalidFilter, "holds no operator"),
        ("seats>=many", InvalidFilter, "'many' is not a value of type INTEGER"),
        ("seats between(1)", InvalidFilter, "takes 2 values, not 1"),
        ("seats in()", InvalidFilter, "takes at least one value, not 0"),
        ("", UnknownName, "Known: 'seats'"),
    ],
)
def test_a_wrong_filter_is_told_what_would_be_right(text, error, said):
    with pytest.raises(error, match=None) as raised:
        parse_filter(text, [Column("seats", "INTEGER", Kind.NUMERIC)])
    assert said in str(raised.value)


def test_texts_that_are_read_as_numbers_compare_as_numbers():
    dataset = open_dataset(pa.table({"x": ["9", "10", "bad", None]})).assign(kinds={"x": "numeric"})
    kept = {}
    for text in ("x>=9", "x<10", "x contains(b)", "x is_null"):
        condition, values = dataset.where(Slice((parse_filter(text, dataset.columns),)))
        kept[text] = dataset.query(f"SELECT x FROM {dataset.scan} WHERE {condition}", values)["x"].to_pylist()
    assert kept == {"x>=9": ["9", "10"], "x<10": ["9"], "x contains(b)": ["bad"], "x is_null": [None]}


def test_a_column_that_is_not_there_has_its_nearest_name():
    with pytest.raises(UnknownName, match="Did you mean 'seats'"):
        Slice((Filter("seat", "eq", (1,)),)).condition(None, [Column("seats", "INTEGER", Kind.NUMERIC)])


def test_a_window_needs_a_timestamp():
    with pytest.raises(InvalidFilter, match="needs a timestamp column"):
        Slice(window=Window(datetime(2013, 1, 1), datetime(2013, 1, 2))).condition(None, [])


@pytest.mark.parametrize("value", ["x", "", "1.5.2", "--1", "9" * 5000, "0x10"])
def test_a_value_of_another_type_is_refused(value):
    with pytest.raises(InvalidFilter):
        typed(value, Column("x", "INTEGER", Kind.NUMERIC))


# ---- windows


@pytest.mark.parametrize(
    ("window", "words", "text"),
    [
        (Window(datetime(2013, 4, 22), datetime(2013, 4, 29)), "week of 22 April 2013", "2013-04-22..2013-04-29"),
        (Window(datetime(2013, 4, 22), datetime(2013, 4, 23)), "22 April 2013", "2013-04-22..2013-04-23"),
        (Window(datetime(2013, 4, 1), datetime(2013, 5, 1)), "April 2013", "2013-04-01..2013-05-01"),
        (Window(datetime(2012, 12, 31), datetime(2013, 1, 7)), "week of 31 December 2012", "2012-12-31..2013-01-07"),
        (
            Window(datetime(2013, 4, 22, 5), datetime(2013, 4, 22, 6)),
            "2013-04-22 05:00:00 to 2013-04-22 06:00:00",
            "2013-04-22 05:00:00..2013-04-22 06:00:00",
        ),
    ],
)
def test_a_window_says_itself(window, words, text):
    assert (window.words, window.text) == (words, text)


MOMENTS = st.datetimes(datetime(1, 1, 8), datetime(9999, 11, 1))


@given(MOMENTS, st.timedeltas(timedelta(microseconds=1), timedelta(days=40)))
def test_a_window_is_read_back_from_its_text(start, length):
    window = Window(start, start + length)
    assert parse_window(window.text) == window


@given(MOMENTS, st.sampled_from(UNITS))
def test_a_moment_lies_in_its_window_and_the_next_one_joins(at, unit):
    window = window_of(at, unit)
    assert window.start <= at < window.end
    assert window_of(window.end, unit).start == window.end
    assert window_of(window.start, unit) == window


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=99)))
def test_calendar_windows_cover_a_span_without_gap_or_overlap(first, length):
    for unit in ("day", "week", "month"):
        windows = windows_between(first, first + length, unit)
        assert windows[0].start <= first and windows[-1].start <= first + length < windows[-1].end
        assert all(a.end == b.start for a, b in pairwise(windows))


def test_iso_weeks_begin_on_monday_also_over_new_year():
    assert window_of(datetime(2013, 1, 1), "week").start == datetime(2012, 12, 31)
    assert window_of(datetime(2012, 12, 30), "week").start == datetime(2012, 12, 24)


@pytest.mark.parametrize(
    "text", ["", "..", "2013-01-01", "2013-01-01..", "2013-01-02..2013-01-01", "2013-01-01..2013-01-01", "a..b"]
)
def test_what_is_no_window_is_refused(text):
    with pytest.raises(InvalidFilter):
        parse_window(text)


def test_a_window_with_a_zone_is_taken_in_utc():
    window = Window(datetime(2013, 1, 1, 23), datetime(2013, 1, 3))
    assert parse_window("2013-01-02T00:00+01:00..2013-01-03") == window


def test_the_end_of_the_calendar_has_a_window_or_a_reason():
    for unit in UNITS:
        for at in (datetime.max, datetime.min, datetime(9999, 12, 31), datetime(1, 1, 1)):
            try:
                assert window_of(at, unit).start <= at
            except UnusableData as error:
                assert "calendar" in str(error)


@pytest.mark.parametrize("unit", UNITS)
def test_a_moment_that_is_wrong_does_not_make_windows_without_end(unit):
    with pytest.raises(UnusableData, match="more than 20,000"):
        windows_between(datetime(1, 1, 1), datetime(9999, 12, 1), unit)


def test_an_unknown_unit_has_its_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'week'"):
        window_of(datetime(2013, 1, 1), "weeks")


@pytest.mark.parametrize("type_name", ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "VARCHAR"])
def test_a_window_keeps_its_rows_whatever_the_timestamp_is_stored_as(type_name):
    texts = ["2013-01-01", "2013-01-02", None, *(["never"] if type_name == "VARCHAR" else [])]
    source = open_dataset(pa.table({"d": texts}))
    frame = source.query(f"SELECT CAST(d AS {type_name}) AS at FROM {source.scan}")
    dataset = open_dataset(frame).assign(roles={"at": "timestamp"})
    cut = Slice(window=Window(datetime(2013, 1, 2), datetime(2013, 1, 3)))
    condition, values = dataset.where(cut)
    assert dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", values)["n"].to_pylist() == [1]


def test_a_window_holds_its_start_and_not_its_end():
    dataset = open_dataset(pa.table({"at": [datetime(2013, 1, 1), datetime(2013, 1, 1, 23, 59), datetime(2013, 1, 2)]}))
    condition, values = dataset.where(Slice(window=parse_window("2013-01-01..2013-01-02")))
    kept = dataset.query(f'SELECT "at" FROM {dataset.scan} WHERE {condition} ORDER BY 1', values)["at"].to_pylist()
    assert kept == [datetime(2013, 1, 1), datetime(2013, 1, 1, 23, 59)]


def test_moments_with_a_zone_compare_with_plain_ones_in_utc():
    dataset = open_dataset(pa.table({"at": pa.array([datetime(2013, 1, 1, 23, tzinfo=UTC)])}))
    cut = Slice(window=parse_window("2013-01-01..2013-01-02"))
    condition, values = dataset.where(cut)
    assert dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", values)["n"].to_pylist() == [1]

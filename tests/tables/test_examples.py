"""Values that stand out, by example: they are the rows that the rates count, and never a part of the question."""

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import Kind
from engine.explore import examples, first_look, open_datasets
from engine.monitor.read import parse_monitor
from engine.pair import open_both
from engine.slices import Filter, Slice

MONITOR = parse_monitor("monitor: m\nreference: {path: a}\nproduction: {path: b}\n")
NASTY = "'); DROP TABLE x; -- \"?"


def opened(reference, production, kinds=None):
    first, second = open_both(pa.table(reference), pa.table(production))
    return open_datasets(MONITOR, first.assign(kinds or {}), second)


def told(found):
    return [(one.value, one.problem, one.words, one.rows) for one in found]


def test_numbers_out_of_range_come_by_rows_and_then_by_distance():
    side = {"x": [-5.0, 30.0, 30.0, 500.0, 5.0, None, float("nan")]}
    found = examples(opened({"x": [float(i) for i in range(11)]}, side), "x", Slice())
    assert told(found) == [
        ("30.0", "out_of_bounds", "above the reference's 10", 2),
        ("500.0", "out_of_bounds", "above the reference's 10", 1),
        ("-5.0", "out_of_bounds", "below the reference's 0", 1),
    ]


def test_infinite_values_are_named_unless_the_reference_has_them():
    side = {"x": [float("inf"), float("-inf"), 1e200, 3.0]}
    calm = [float(i) for i in range(11)]
    found = examples(opened({"x": calm}, side), "x", Slice())
    assert {(one.value, one.words) for one in found} == {
        ("inf", "infinite"), ("-inf", "infinite"),
        ("1e+200", "above the reference's 10 (so large that it counts as infinite)"),
    }  # fmt: skip
    known = examples(opened({"x": [*calm, float("inf")]}, side), "x", Slice())
    assert [one.value for one in known] == ["-inf"]


def test_texts_in_a_number_column_are_type_errors():
    side = {"x": ["1", "2", "n/a", "n/a", NASTY, "99", None]}
    found = examples(opened({"x": [1, 2, 3] * 5}, side), "x", Slice())
    assert told(found) == [
        ("n/a", "type_errors", "cannot be read as BIGINT", 2),
        (NASTY, "type_errors", "cannot be read as BIGINT", 1),
        ("99", "out_of_bounds", "above the reference's 3", 1),
    ]


def test_a_text_column_that_is_read_as_numbers_says_so():
    side = opened({"x": ["1", "2", "3"]}, {"x": ["1", "soon"]}, {"x": "numeric"})
    assert told(examples(side, "x", Slice())) == [("soon", "type_errors", "is no number", 1)]


def test_categories_never_seen_before_and_hostile_ones():
    side = {"x": ["a", NASTY, "new", "new", "", "x" * 500, None]}
    found = examples(opened({"x": ["a", "b", "c", "a"]}, side), "x", Slice())
    assert [(one.value, one.rows) for one in found] == [("new", 2), ("", 1), (NASTY, 1), ("x" * 200, 1)]
    assert {one.words for one in found} == {"never seen before"}


def test_a_column_with_a_hostile_name_and_a_slice_that_narrows():
    name = 'a"; DROP -- ?'
    groups = ["p", "q", "p"]
    side = opened({name: [1.0, 2.0, 3.0], "g": groups}, {name: [9.0, 8.0, 2.0], "g": groups})
    assert [one.value for one in examples(side, name, Slice((Filter("g", "eq", ("q",)),)))] == ["8.0"]


def test_at_most_ten_of_each():
    texts = [str(100 + i) for i in range(50)] + list("abcdefghijklm")
    side = opened({"x": [float(i) for i in range(30)]}, {"x": texts})
    found = examples(side, "x", Slice())
    assert [sum(one.problem == key for one in found) for key in ("type_errors", "out_of_bounds")] == [10, 10]


def test_nothing_to_show_is_an_empty_answer():
    moments = np.array(["2024-01-01", "2024-01-02"], "datetime64[us]")
    side = opened(
        {"x": [None, 1.0], "none": [None, None], "at": moments, "gone": [1, 2], "deep": [[1], [2]]},
        {"x": [1.0, 1.0], "none": [1, 2], "at": moments + np.timedelta64(900, "D"), "deep": [[3], [4]]},
    )
    for name in ("x", "none", "at", "gone", "deep"):
        assert examples(side, name, Slice()) == ()


@pytest.mark.parametrize("column", ["temp_f", "pressure_mb", "humidity", "dest", "carrier", "late"])
def test_examples_are_rows_that_the_rates_count(demo, column):
    from engine.explore import exact_summary

    cut = Slice((), demo.windows[3])
    outside = exact_summary(demo, column, cut).quality.production.out_of_bounds
    rows = sum(one.rows for one in examples(demo, column, cut) if one.problem == "out_of_bounds")
    assert 0 < rows <= outside if outside else rows == 0


def test_a_first_look_says_what_is_null_unreadable_or_gone():
    first, second = open_both(
        pa.table({"a": [1.0] * 100, "b": list(range(100)), "c": ["x"] * 100, "d": [1] * 100}),
        pa.table({"a": [None] * 100, "b": ["?"] * 50 + ["7"] * 50, "c": ["x"] * 100}),
    )
    found = {(one.column, one.metric): str(one.severity) for one in first_look(first, second)}
    assert found[("a", "all_null")] == "critical" and found[("a", "null_rate")] == "critical"
    assert found[("b", "type_error_rate")] == "critical" and ("b", "retyped_column") in found
    assert found[("d", "missing_column")] == "critical" and not any(name == "c" for name, _ in found)


def test_a_first_look_at_the_same_data_is_calm(demo):
    assert first_look(demo.reference, demo.reference) == []
    assert demo.reference.column("hour").kind is Kind.CATEGORICAL

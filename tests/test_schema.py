"""What changed in the columns themselves: missing, new, retyped, renamed, emptied, stuck; and what only looks so."""

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.findings import Finding, Severity
from engine.slices import Filter, Slice

N = 1000
RANDOM = np.random.default_rng(0)
X, OTHER = RANDOM.normal(size=N), RANDOM.normal(size=N)
WORDS = np.array(["a", "b", "c", "d"])[RANDOM.integers(0, 4, N)]
RAIN = np.where(RANDOM.random(N) < 0.8, 0.0, RANDOM.exponential(size=N))


def schema(old: dict, new: dict, **options) -> dict[tuple[str, str], Finding]:
    run = compare(pa.table(old), pa.table(new), **options)
    return {(one.metric, one.column): one for one in run.findings if one.signal == "schema"}


def test_the_same_columns_have_no_finding():
    both = {"x": X, "c": WORDS, "rain": RAIN}
    assert schema(both, {name: values[::-1] for name, values in both.items()}) == {}


def test_a_missing_column_is_critical_and_named():
    found = schema({"x": X, "gone": RAIN}, {"x": X})
    assert set(found) == {("missing_column", "gone")}
    one = found["missing_column", "gone"]
    assert (one.severity, one.value, one.threshold) == (Severity.CRITICAL, None, None)
    assert "'gone'" in one.sentence


def test_a_new_column_is_information():
    found = schema({"x": X}, {"x": X, "fresh": WORDS})
    assert {key: one.severity for key, one in found.items()} == {("new_column", "fresh"): Severity.INFO}


def test_a_column_that_is_ignored_is_not_missed():
    assert schema({"x": X, "gone": RAIN}, {"x": X}, roles={"gone": "ignore"}) == {}


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        (pa.array([1, 2] * 500, pa.int32()), pa.array([1, 2] * 500, pa.int64()), Severity.INFO),
        (pa.array([1, 2] * 500, pa.int64()), pa.array([1.0, 2.0] * 500), Severity.INFO),
        (pa.array([1, 2] * 500), pa.array(["1", "2"] * 500), Severity.WARNING),
        (pa.array(["1", "2"] * 500), pa.array([1, 2] * 500), Severity.WARNING),
        (pa.array([True, False] * 500), pa.array([1, 0] * 500), Severity.WARNING),
    ],
    ids=["wider", "integer to float", "number to text", "text to number", "truth to number"],
)
def test_a_retyped_column_is_told_with_both_types(old, new, severity):
    found = schema({"x": old}, {"x": new})
    assert {key: one.severity for key, one in found.items()} == {("retyped_column", "x"): severity}


# ---- all null


def test_a_column_without_a_value_is_critical():
    found = schema({"x": X}, {"x": pa.nulls(N, pa.float64())})
    assert {key: one.severity for key, one in found.items()} == {("all_null", "x"): Severity.CRITICAL}


def test_not_a_number_everywhere_is_all_null_too():
    assert ("all_null", "x") in schema({"x": X}, {"x": np.full(N, np.nan)})


def test_a_column_that_was_all_null_before_is_not_news():
    nothing = pa.nulls(N, pa.float64())
    assert schema({"x": nothing}, {"x": nothing}) == {}


@pytest.mark.parametrize(("rows", "told"), [(1, False), (2, False), (40, True)])
def test_all_null_by_chance_is_not_told(rows, told):
    """Half of the reference is null: one null row says nothing, forty of forty do."""
    half = pa.array(X, mask=np.arange(N) % 2 == 0)
    assert (("all_null", "x") in schema({"x": half}, {"x": pa.nulls(rows, pa.float64())})) == told


# ---- constant


@pytest.mark.parametrize(
    ("old", "new"),
    [(X, np.full(N, X[3])), (X, np.full(N, 99.0)), (WORDS, np.full(N, "a")), (RAIN, np.full(N, 0.25)),
     (np.arange(N) % 5, np.full(N, 2)), (X, pa.array([None] * 500 + [1.5] * 500))],
    ids=["a value it had", "a value beyond", "category", "not its usual value", "few values", "among nulls"],
)  # fmt: skip
def test_a_stuck_column_is_a_warning(old, new):
    found = schema({"x": old}, {"x": new})
    assert found["constant", "x"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("old", "new"),
    [(RAIN, np.zeros(N)), (np.full(N, 7.0), np.full(N, 7.0)), (np.where(X > 1, "rare", "usual"), np.full(N, "usual"))],
    ids=["no rain", "constant before", "the usual word"],
)
def test_a_column_at_its_usual_value_is_not_stuck(old, new):
    assert schema({"x": old}, {"x": new}) == {}


def test_two_values_are_no_constant():
    assert schema({"x": X}, {"x": np.where(np.arange(N) < N - 1, X[3], X[4])}) == {}


def test_few_rows_of_one_value_say_nothing():
    assert schema({"x": X}, {"x": np.full(3, X[3])}) == {}
    assert schema({"c": WORDS}, {"c": ["a"] * 4}) == {}


def test_ids_beyond_the_reference_are_no_constant():
    """An id has no curve: what its one bin holds is many values."""
    assert schema({"row_id": np.arange(N)}, {"row_id": np.arange(N) + 10**6}) == {}


def test_a_stuck_column_is_found_in_the_slice_that_is_asked_for():
    new = {"x": np.where(WORDS == "a", 1.25, X), "c": WORDS}
    assert ("constant", "x") not in schema({"x": X, "c": WORDS}, new)
    assert ("constant", "x") in schema({"x": X, "c": WORDS}, new, cut=Slice((Filter("c", "eq", ("a",)),)))


# ---- renamed


def test_a_renamed_column_is_recognised_by_its_values():
    found = schema({"x": X, "rain": RAIN}, {"x": X, "rainfall": RAIN[::-1]})
    assert set(found) == {("missing_column", "rain"), ("new_column", "rainfall"), ("renamed_column", "rainfall")}
    assert found["renamed_column", "rainfall"].severity is Severity.WARNING
    assert "'rain' renamed" in found["renamed_column", "rainfall"].sentence


def test_a_renamed_category_column_is_recognised():
    assert ("renamed_column", "letter") in schema({"x": X, "c": WORDS}, {"x": X, "letter": WORDS[::-1]})


@pytest.mark.parametrize("new", [RAIN + 3, WORDS], ids=["other values", "other kind"])
def test_a_new_column_of_other_values_is_not_the_old_one(new):
    found = schema({"x": X, "rain": RAIN}, {"x": X, "fresh": new})
    assert set(found) == {("missing_column", "rain"), ("new_column", "fresh")}


def test_few_rows_or_one_value_are_no_proof_of_a_renaming():
    few = schema({"a": X[:50]}, {"b": X[:50]})
    same = schema({"a": np.ones(N)}, {"b": np.ones(N)})
    assert not any(metric == "renamed_column" for metric, _ in (*few, *same))


def test_of_two_columns_that_changed_places_each_is_told():
    old = {"a": X, "b": RAIN, "x": OTHER}
    found = schema(old, {"first": X, "second": RAIN, "x": OTHER})
    said = {column: one.sentence for (metric, column), one in found.items() if metric == "renamed_column"}
    assert "'a' renamed" in said["first"] and "'b' renamed" in said["second"]
    assert len(said) == 2


@pytest.mark.parametrize("side", ["old", "new"])
def test_no_rows_have_no_finding_but_those_of_the_lists(side):
    full, none = {"x": X, "c": WORDS}, {"x": X[:0], "c": WORDS[:0].tolist()}
    pair = {"old": full, "new": full, side: {"x": none["x"], "c": pa.array([], pa.string())}}
    assert schema(pair["old"], pair["new"]) == {}

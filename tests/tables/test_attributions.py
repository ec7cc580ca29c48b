"""Logged attributions: joined by id, summed for any slice, with what did not fit told."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.errors import UnknownName, UnusableData
from engine.slices import Filter, Slice, windows_between
from engine.tables.attributions import prefixed, read_attributions, summed
from engine.tables.connection import connect
from engine.tables.sources import open_dataset

ROOT = connect(())
START = datetime(2024, 1, 1)


def data(ids, **columns):
    at = [START + timedelta(days=i) for i in range(len(ids))]
    return open_dataset(pa.table({"row_id": ids, "at": at, "a": [1.0] * len(ids), **columns}), ROOT)


def logged(reference, production, **columns):
    table = open_dataset(pa.table(columns), ROOT, "shap")
    return read_attributions(table, "key", ("a", "b"), reference, production)


REFERENCE, PRODUCTION = data([1, 2, 3, 4]), data([11, 12, 13])


def test_importance_is_the_mean_of_absolute_attributions():
    found = logged(REFERENCE, PRODUCTION, key=[1, 2, 3, 11], a=[1.0, -3.0, 2.0, 9.0], b=[0.0, 1.0, None, -9.0])
    one = summed(found, REFERENCE, Slice()).of()
    assert one.value.tolist() == [2.0, 0.5] and one.rows == 3
    assert one.error == pytest.approx([np.std([1, 3, 2], ddof=1) / 3**0.5, np.std([0, 1], ddof=1) / 2**0.5])
    assert summed(found, PRODUCTION, Slice()).of().value.tolist() == [9.0, 9.0]


def test_ids_are_compared_as_the_data_read_them():
    found = logged(REFERENCE, PRODUCTION, key=["1", "2", "11"], a=[1.0, 1.0, 1.0], b=[0.0, 0.0, 0.0])
    assert (found.fit.reference, found.fit.production, found.fit.orphans) == ((4, 2), (3, 1), 0)


def test_what_does_not_fit_is_told_and_left_out():
    keys, a = [1, 1, 2, 2, 99, None], [1.0, 1.0, 5.0, 7.0, 1.0, 1.0]
    found = logged(REFERENCE, PRODUCTION, key=keys, a=a, b=[0.0] * 6, base_value=[0.5] * 6)
    fit = found.fit
    assert (fit.rows, fit.empty, fit.repeated, fit.contradicted, fit.orphans) == (6, 1, 1, 2, 1)
    assert fit.reference == (4, 1) and fit.production == (3, 0)
    assert "1 came twice" in fit.words and "2 contradict each other" in fit.words
    assert found.others == ("base_value",) and found.missing == ()
    assert summed(found, PRODUCTION, Slice()).of().rows == 0


def test_windows_and_cohorts_are_sums_of_the_same():
    reference = data(list(range(20)), origin=["x", "y"] * 10)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 20))
    found = logged(reference, PRODUCTION, key=list(range(20)), a=a, b=b)
    windows = windows_between(START, START + timedelta(days=19), "week")
    by_window = summed(found, reference, Slice(), windows)
    assert by_window.rows.tolist() == [0, 7, 7, 6]
    second = np.array([False, False, True, False])
    assert by_window.of(second).value == pytest.approx([abs(a[7:14]).mean(), abs(b[7:14]).mean()])
    assert by_window.of(second).value == pytest.approx(
        summed(found, reference, Slice(window=windows[1])).of().value.tolist()
    )
    cohort = Slice((Filter("origin", "eq", ("x",)),))
    assert summed(found, reference, cohort).of().value[0] == pytest.approx(abs(a[::2]).mean())


def test_not_a_number_and_infinite_attributions_count_for_nothing():
    found = logged(REFERENCE, PRODUCTION, key=[1, 2, 3], a=[1.0, np.nan, np.inf], b=[np.nan] * 3)
    one = summed(found, REFERENCE, Slice()).of()
    assert one.value[0] == 1.0 and np.isnan(one.value[1]) and one.rows == 1


def test_columns_with_a_prefix_are_read_beside_their_features():
    sides = [data([1, 2], shap_a=[1.0, -2.0], shap_b=[0.5, 0.5], b=[1.0, 1.0]) for _ in range(2)]
    found = prefixed("shap_", ("a", "b", "c"), *sides)
    assert found.features == ("a", "b")
    assert summed(found, sides[0], Slice()).of().value.tolist() == [1.5, 0.5]
    with pytest.raises(UnusableData, match="phi_"):
        prefixed("phi_", ("a", "b"), *sides)


def test_what_cannot_be_joined_says_why():
    bare = open_dataset(pa.table({"a": [1.0]}), ROOT)
    with pytest.raises(UnusableData, match="no column has the role id"):
        logged(bare, PRODUCTION, key=[1], a=[1.0])
    with pytest.raises(UnknownName, match="key"):
        logged(REFERENCE, PRODUCTION, keys=[1], a=[1.0])
    with pytest.raises(UnusableData, match="No column is called as a feature"):
        logged(REFERENCE, PRODUCTION, key=[1], z=[1.0])

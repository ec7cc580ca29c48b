"""Supports: point masses, few values, unseen ones; no single value can move a reading; labels tell bins apart."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns import Column, Kind
from engine.metrics import metric
from engine.slices import Slice
from engine.summaries import ColumnSummary, QualityCounts
from engine.tables.connection import connect
from engine.tables.exact import summarize
from engine.tables.ordered import Sorted
from engine.tables.sources import open_dataset
from engine.tables.supports import CELLS, FEW, NAMED, build_support, point_masses, wanted_ranks
from engine.tables.values import Held, Numbers, read

ROOT = connect(())
X = Column("x", "DOUBLE", Kind.NUMERIC)
WHOLE = Column("x", "INTEGER", Kind.NUMERIC)


def support_of(values, column=X):
    found = np.sort(np.asarray(values, dtype=float))
    return build_support(column, Numbers(found, (0, 0), QualityCounts(len(found))))


def summary_of(reference, production) -> ColumnSummary:
    sides = [open_dataset(pa.table({"x": side}), ROOT) for side in (reference, production)]
    column = sides[0].column("x")
    whole = read(sides[0], column, Slice())
    return summarize(build_support(column, whole), whole, read(sides[1], column, Slice()))


def psi(reference, production) -> float:
    return metric("psi").compute(summary_of(reference, production).histogram).value


def test_a_point_mass_is_a_bin_of_its_own():
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(600), rng.exponential(5, 400)])
    support = support_of(values)
    assert "0" in support.labels
    assert len(support.labels) <= 12
    moved = np.concatenate([np.zeros(900), rng.exponential(5, 100)])
    assert psi(values, moved) > 0.2


@given(st.lists(st.integers(0, 30), min_size=1, max_size=400), st.integers(1, 40))
def test_every_value_with_a_twentieth_is_a_point_mass(values, heavy):
    found = np.sort(np.array(values * 1 + [7] * heavy, dtype=float))
    names, counts = np.unique(found, return_counts=True)
    assert point_masses(found).tolist() == names[counts >= 0.05 * len(found)].tolist()


@pytest.mark.parametrize("count", [1, 2, FEW])
def test_a_reference_of_few_values_has_a_bin_for_each_and_one_for_the_unseen(count):
    reference = np.repeat(np.arange(count) * 2.0, 60)
    made = summary_of(reference, np.concatenate([reference, [-1.0, 1.0, 1e9]]))
    histogram = made.histogram
    assert len(histogram.labels) == count + 1
    assert histogram.labels[histogram.unseen] == "unseen"
    assert histogram.production[histogram.unseen] == 3
    assert histogram.reference[histogram.unseen] == 0
    assert histogram.production.sum() == len(reference) + 3


def test_more_values_than_that_are_cut_into_about_ten_bins():
    support = support_of(np.repeat(np.arange(FEW + 1.0) * 3, 10))
    assert 9 <= len(support.labels) <= 12
    assert support.unseen is None


@pytest.mark.parametrize("distinct", [21, 122, 123, 124, 126, 127, 128, 250, 5000])
def test_bins_are_unions_of_cells_whatever_the_number_of_values(distinct):
    support = support_of(np.arange(distinct) / 7)
    assert len(support.bin_of) == len(support.edges) + 1 <= CELLS
    assert np.all(np.diff(support.bin_of) >= 0)
    assert set(support.bin_of.tolist()) == set(range(len(support.labels)))
    inner = support.highs[:-1]
    assert np.isin(inner[np.isfinite(inner)], support.edges).all()


@pytest.mark.parametrize("name", ["normal", "lognormal", "few", "constant", "zero-inflated"])
@pytest.mark.parametrize("outlier", [1e6, 1e9, -1e9, 1e300, float("inf")])
@pytest.mark.parametrize("side", ["production", "reference"])
def test_one_outlier_moves_nothing(name, outlier, side):
    rng = np.random.default_rng(5)
    values = {
        "normal": rng.normal(size=4000),
        "lognormal": rng.lognormal(size=4000),
        "few": rng.integers(0, 5, 4000).astype(float),
        "constant": np.full(4000, 2.0),
        "zero-inflated": np.where(rng.random(4000) < 0.8, 0, rng.exponential(1, 4000)),
    }[name]
    first, second = values[:2000], values[2000:]
    plain = psi(first, second)
    hit = np.append(second if side == "production" else first, outlier)
    sides = (first, hit) if side == "production" else (hit, second)
    assert abs(psi(*sides) - plain) < 0.01


@pytest.mark.parametrize("side", ["production", "reference"])
def test_one_outlier_moves_the_distance_by_no_more_than_the_clip_allows(side):
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=2000), rng.normal(0.5, 1, 2000)
    plain = metric("wasserstein").compute(summary_of(first, second).curve).value
    hit = np.append(second if side == "production" else first, 1e9)
    sides = (first, hit) if side == "production" else (hit, second)
    assert metric("wasserstein").compute(summary_of(*sides).curve).value == pytest.approx(plain, abs=0.02)


def test_a_bin_that_is_empty_on_both_sides_is_no_bin():
    made = summary_of(np.repeat([1.0, 2.0], 50), np.repeat([1.0, 2.0], 50))
    assert made.histogram.labels == ("1", "2")
    assert made.histogram.unseen is None


def test_the_most_frequent_categories_have_bins_and_the_others_share_one():
    reference = [f"k{i:03}" for i in range(80) for _ in range(100 - i)]
    made = summary_of(reference, ["k000", "k079", "brand new", "brand newer"])
    histogram = made.histogram
    assert len(histogram.labels) == NAMED + 2
    assert histogram.labels[-2:] == ("other", "unseen")
    assert histogram.production[-2:].tolist() == [1, 2]
    assert histogram.reference.sum() == len(reference)


@pytest.mark.parametrize(
    "names", [["other", "a"], ["unseen", "a"], ["other", "unseen", "all others"], ["", " "], ["a, b", "[a]"]]
)
def test_a_category_may_be_called_anything(names):
    rare = [f"k{i}" for i in range(NAMED + 5)]
    made = summary_of(names * 50 + rare, [*names, "new", rare[-1]])
    labels = made.histogram.labels
    assert len(set(labels)) == len(labels)
    assert set(names) <= set(labels)
    assert sum(made.histogram.production) == len(names) + 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9) | st.integers(-5, 5).map(float), min_size=1, max_size=300),
    st.sampled_from([X, WHOLE, Column("x", "TIMESTAMP", Kind.DATETIME), Column("x", "TIME", Kind.DATETIME)]),
)
def test_labels_tell_bins_apart(values, column):
    values = np.round(values) if column.integer else values
    support = support_of(values, column)
    assert len(set(support.labels)) == len(support.labels)
    assert "" not in support.labels


def test_moments_within_one_second_have_labels_that_tell_them_apart():
    labels = support_of(1e9 + np.arange(500) / 1000, Column("x", "TIMESTAMP", Kind.DATETIME)).labels
    assert len(set(labels)) == len(labels)
    assert labels[0] == "≤ 2001-09-09 01:46:40.049000"


def test_whole_numbers_have_whole_labels():
    labels = support_of([*[3.0] * 60, *np.repeat(np.arange(100.0, 200), 2)], WHOLE).labels
    assert labels[:3] == ("< 3", "3", "4 – 112")
    assert all("." not in label for label in labels)


def test_what_lies_below_a_point_mass_is_not_called_by_its_value():
    labels = support_of(np.concatenate([np.zeros(500), np.arange(1.0, 501)])).labels
    assert labels[:2] == ("< 0", "0")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.lists(st.floats(-2e6, 2e6), max_size=50))
def test_every_value_lies_in_the_bin_whose_limits_hold_it(reference, probes):
    support = support_of(reference)
    for value in [*probes, *reference[:20]]:
        found = support.bin_of[np.searchsorted(support.edges, value)]
        if found != support.unseen:
            assert support.lows[found] < value <= support.highs[found]
        else:
            assert value not in reference


def test_a_reference_without_a_value_says_so():
    assert build_support(X, Numbers(np.zeros(0), (0, 0), QualityCounts(5, nulls=5))) == "the reference has no value"
    assert "number" in build_support(X, Numbers(np.zeros(0), (0, 0), QualityCounts(5, type_errors=5)))
    assert "finite" in build_support(X, Numbers(np.zeros(0), (1, 2), QualityCounts(3, infinite=3)))


def test_the_same_reference_gives_the_same_support_and_another_another():
    first, again, other = support_of(np.arange(500.0)), support_of(np.arange(500.0)[::-1]), support_of(np.arange(501.0))
    assert first.digest == again.digest != other.digest


@pytest.mark.parametrize("n", [300, 4_001, 100_000])
def test_what_a_support_of_many_values_asks_for_is_foreseen(n):
    class Asked(Sorted):
        def at(self, ranks):
            asked.update(ranks.tolist())
            return super().at(ranks)

    asked = set[int]()
    values = np.sort(np.random.default_rng(n).normal(size=n))
    build_support(X, Held(Asked(values), (0, 0), QualityCounts(n)))
    assert len(asked) > 100 and asked <= set(wanted_ranks(n).tolist())

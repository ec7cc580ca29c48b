"""NDCG of importances: scikit-learn's value, and parts that name the features that fell."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from engine.metrics.ndcg import METRIC, discounts, ndcg, ndcg_of_draws
from engine.ranking import LOGGED, Ranking


def made(reference, production) -> Ranking:
    first, second = np.asarray(reference, dtype=float), np.asarray(production, dtype=float)
    names = tuple(f"f{i}" for i in range(len(first)))
    return Ranking(names, first, second, first * 0.01, second * 0.01, (100, 100), LOGGED)


@pytest.mark.parametrize("seed", range(200))
def test_it_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    k, digits = int(rng.integers(2, 40)), int(rng.integers(1, 9))  # few digits: many ties
    reference, production = rng.random((2, k)).round(digits)
    reference[0] += 0.1
    reading = ndcg(made(reference, production))
    assert reading.value == pytest.approx(ndcg_score([reference], [production]), abs=1e-12)
    assert sum(reading.parts) == pytest.approx(1 - reading.value, abs=1e-12)
    assert min(reading.parts) >= 0


def test_many_draws_read_as_each_of_them():
    rng = np.random.default_rng(0)
    gains, importances = rng.random((2, 50, 9))
    each = [ndcg(made(a, b)).value for a, b in zip(gains, importances, strict=True)]
    assert ndcg_of_draws(gains, importances) == pytest.approx(each, abs=1e-12)


def test_the_feature_that_fell_has_the_part_and_those_that_rose_have_none():
    reading = ndcg(made([4, 3, 2, 1], [0.5, 3, 2, 1]))  # the first became the last
    assert reading.parts[0] == pytest.approx(1 - reading.value)
    assert reading.parts[1:] == (0, 0, 0)


def test_features_that_count_alike_may_swap_at_no_cost():
    assert ndcg(made([1, 1, 0], [1, 2, 0])).value == pytest.approx(1)


def test_of_two_features_the_least_is_the_second_places_discount():
    assert ndcg(made([1, 0], [0, 1])).value == pytest.approx(discounts(2)[1])


def test_sizes_do_not_matter_only_order():
    assert ndcg(made([3, 2, 1], [300, 20, 0.1])).value == pytest.approx(1)


def test_what_has_no_order_has_no_value():
    assert "no feature counts" in METRIC.undefined(made([0, 0], [1, 2]))
    assert "one feature" in METRIC.undefined(made([1], [1]))
    assert METRIC.undefined(made([1, 0], [0, 0])) is None

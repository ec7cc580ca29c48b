"""Floors of NDCG: independent rows that did not change stay above them, whatever the sample's size."""

import numpy as np
import pytest

from engine.metrics.ndcg import ndcg
from engine.noise.ranking import KEY, lost_by_chance, ranking_floor, window_losses
from engine.ranking import LOGGED, SURROGATE, Importance, Ranking, ranking
from engine.tables.surrogate import correlation_ratio

SCALES = np.array([5, 3, 2.6, 2.5, 1.5, 1, 0.9, 0.5, 0.3, 0.05])
NAMES = tuple(f"f{i}" for i in range(len(SCALES)))


def side(rng: np.random.Generator, rows: int, scales=SCALES) -> Importance:
    values = rng.exponential(scales, (rows, len(scales)))
    return Importance(values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(rows), rows)


def unchanged(seed: int, rows: int) -> Ranking:
    rng = np.random.default_rng(seed)
    found = ranking(NAMES, side(rng, 2000), side(rng, rows), LOGGED)
    assert isinstance(found, Ranking)
    return found


@pytest.mark.parametrize("rows", [20, 100, 1000])
def test_no_change_stays_above_the_floor(rows):
    made = [unchanged(seed, rows) for seed in range(400)]
    raised = sum(1 - ndcg(one).value >= lost_by_chance(one, 0.05) for one in made)
    assert raised <= 400 * 0.05 + 3 * np.sqrt(400 * 0.05 * 0.95)


def test_a_change_falls_below_it():
    rng = np.random.default_rng(1)
    found = ranking(NAMES, side(rng, 2000), side(rng, 300, SCALES[::-1]), LOGGED)
    assert isinstance(found, Ranking) and ndcg(found).value < ranking_floor(found, 0.001).value


def test_the_same_ranking_has_the_same_floor():
    assert ranking_floor(unchanged(3, 50), 0.01) == ranking_floor(unchanged(3, 50), 0.01)


def test_few_rows_say_how_many_are_needed():
    rng = np.random.default_rng(2)
    found = ranking(NAMES, side(rng, 500), side(rng, 4), LOGGED)
    floor = ranking_floor(found, 1e-4, warning=0.95)
    assert floor.rows < 0.95 and floor.rows_needed is not None and floor.rows_needed > 4
    more = ranking(NAMES, side(rng, 500), side(rng, 4 * floor.rows_needed), LOGGED)
    assert ranking_floor(more, 1e-4, warning=0.95).rows > 0.95


def test_windows_that_differ_by_themselves_lower_the_floor():
    found = unchanged(4, 500)
    plain, wide = ranking_floor(found, 0.01), ranking_floor(found, 0.01, apart=0.3)
    assert wide.value == pytest.approx(0.7) and wide.rows == plain.rows and wide.basis == "reference windows"
    assert ranking_floor(found, 0.01, apart=1e-9) == plain


def test_too_few_windows_or_windows_alike_give_no_floor():
    assert window_losses([0.9] * 5).floors == {} and window_losses([1.0] * 8).floors == {}
    assert window_losses([0.9] * 6).floors[KEY] == pytest.approx(0.1)


@pytest.mark.parametrize("rows", [300, 2000])
def test_a_surrogate_that_did_not_change_stays_above_its_floor(rows):
    sizes, weights = [3, 10, 20, 50, 10], [0.8, 0.45, 0.2, 0.2, 0.0]
    effects = [np.random.default_rng(i).normal(size=size) for i, size in enumerate(sizes)]

    def side(rng: np.random.Generator, n: int) -> Importance:
        bins = [rng.integers(0, size, n) for size in sizes]
        y = rng.normal(0, 0.5, n) + sum(w * e[at] for w, e, at in zip(weights, effects, bins, strict=True))
        sums = [np.stack([np.bincount(at, y**power) for power in range(5)], axis=1) for at in bins]
        value, error = np.array([correlation_ratio(one) for one in sums]).T
        return Importance(value, error, n)

    raised = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = ranking(NAMES[:5], side(rng, 4000), side(rng, rows), SURROGATE)
        assert isinstance(found, Ranking)
        raised += 1 - ndcg(found).value >= lost_by_chance(found, 0.05)
    assert raised <= 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)

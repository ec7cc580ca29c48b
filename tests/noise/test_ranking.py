"""Floors of NDCG: independent rows that did not change stay above them, whatever the sample's size."""

import numpy as np
import pytest

from engine.metrics.ndcg import ndcg
from engine.noise.ranking import KEY, lost_by_chance, ranking_floor, window_losses
from engine.ranking import LOGGED, Importance, Ranking, ranking

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

"""Estimated errors of a regression: the normal equations against a dense fit, and errors that are known."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from engine.errors import UnusableData
from engine.estimate.loss import estimate, learn
from engine.estimate.ridge import Terms, solve, sums


def drawn(random, rows, shift=0):
    """Errors whose spread depends on one feature, and on two together; a third feature says nothing."""
    codes = np.column_stack(
        (random.integers(shift, 8, rows), random.integers(0, 4, rows), random.integers(0, 10, rows))
    )
    spread = 1 + 0.3 * codes[:, 0] + 2.0 * ((codes[:, 0] > 4) & (codes[:, 1] == 2))
    return codes.astype(np.uint8), random.normal(0, spread)


BINS = (8, 4, 10)


def test_it_is_a_ridge_on_indicator_columns():
    random = np.random.default_rng(1)
    codes, error = drawn(random, 3000)
    terms = Terms(BINS, ((0, 1),))
    columns = terms.columns(codes)
    targets = np.column_stack((np.abs(error), error**2))
    effects, means = solve(sums(columns, terms.sizes, targets), terms.sizes, 30.0)
    told = means + sum(table[one] for table, one in zip(effects, columns, strict=True))
    dense = np.hstack([np.eye(size)[one] for size, one in zip(terms.sizes, columns, strict=True)])
    truth = Ridge(alpha=30.0).fit(dense, targets).predict(dense)
    assert told == pytest.approx(truth, rel=1e-6)
    assert told.mean(axis=0) == pytest.approx(targets.mean(axis=0))


def test_it_finds_the_pair_and_follows_a_shift():
    random = np.random.default_rng(2)
    loss = learn(*drawn(random, 40000)[:1], BINS, drawn(np.random.default_rng(2), 40000)[1])
    assert loss.terms.pairs == ((0, 1),) and loss.explained > 0.1
    codes, error = drawn(random, 40000, shift=4)  # only the hard rows are left
    found = estimate(loss, codes)
    mae, rmse = np.abs(error).mean(), np.sqrt((error**2).mean())
    assert found.values["mae"][0] == pytest.approx(mae, rel=0.03)
    assert found.values["rmse"][0] == pytest.approx(rmse, rel=0.03)
    assert loss.means[0] < mae / 1.2  # the reference's own mean would be far off


def test_bands_hold_what_comes():
    random = np.random.default_rng(3)
    codes, error = drawn(random, 20000)
    loss = learn(codes, BINS, error)
    codes, error = drawn(random, 300 * 400)
    window = np.repeat(np.arange(300), 400)
    found = estimate(loss, codes, window, 300)
    mae = np.bincount(window, weights=np.abs(error)) / 400
    rmse = np.sqrt(np.bincount(window, weights=error**2) / 400)
    for name, truth in (("mae", mae), ("rmse", rmse)):
        low, high = found.band(name)
        assert ((truth >= low) & (truth <= high)).mean() >= 0.98
        assert (truth - found.values[name]).std() == pytest.approx(found.errors[name].mean(), rel=0.15)


def test_windows_that_share_their_luck_widen_the_bands():
    random = np.random.default_rng(4)
    codes, error = drawn(random, 20000)
    window = np.repeat(np.arange(10), 2000)
    error = error * random.uniform(0.7, 1.3, 10)[window]
    alone, together = learn(codes, BINS, error), learn(codes, BINS, error, window)
    assert together.spreads[0].windows == 10
    assert together.spreads[0].error(np.array([2000])) > 3 * alone.spreads[0].error(np.array([2000]))


def test_bins_never_seen_are_taken_as_average_and_counted():
    random = np.random.default_rng(5)
    loss = learn(*drawn(random, 5000)[:1], BINS, drawn(np.random.default_rng(5), 5000)[1])
    found = estimate(loss, np.full((10, 3), 200, dtype=np.uint8))
    assert found.values["mae"] == pytest.approx([loss.means[0]]) and found.unseen == pytest.approx([1.0])


def test_empty_windows_and_rows_of_none():
    random = np.random.default_rng(6)
    codes, error = drawn(random, 1000)
    found = estimate(learn(codes, BINS, error), codes[:3], np.array([0, -1, 2]), 3)
    assert found.rows.tolist() == [1, 0, 1]
    assert np.isnan(found.values["mae"]).tolist() == [False, True, False] and np.isnan(found.errors["mae"][1])


def test_a_perfect_model_is_expected_to_stay_perfect():
    random = np.random.default_rng(7)
    codes, _ = drawn(random, 1000)
    found = estimate(learn(codes, BINS, np.zeros(1000)), codes)
    assert found.values["mae"][0] == 0 and found.values["rmse"][0] == 0


def test_what_cannot_be_learned_is_refused():
    codes = np.zeros((200, 1), dtype=np.uint8)
    with pytest.raises(UnusableData, match="50 rows with a prediction and a target; 100 are needed"):
        learn(codes, (1,), np.where(np.arange(200) < 50, 1.0, np.nan))
    with pytest.raises(UnusableData, match="5000 bins, 4000 at most"):
        learn(codes.astype(np.uint16), (5000,), np.ones(200))

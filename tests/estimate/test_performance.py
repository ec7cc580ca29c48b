"""Estimates where the truth is known: unbiased, honest bands, and reasons where there is none; then the demo."""

import time

import numpy as np
import pytest

from engine.errors import UnusableData
from engine.estimate.bands import Spread
from engine.estimate.classes import measure, sort
from engine.estimate.expected import MEASURES
from engine.estimate.honesty import honesty
from engine.estimate.performance import estimate, learn


def drawn(random, rows, a=1.0, b=3.0):
    """Rows of a model that is sure of itself: the chance is known, the score exaggerates it."""
    chance = random.beta(a, b, rows)
    score = chance**2 / (chance**2 + (1 - chance) ** 2)
    return score, (score > 0.3).astype(int), (random.random(rows) < chance).astype(int)


@pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (1.5, 2.5)], ids=["no change", "other scores"])
def test_estimates_are_unbiased_and_bands_hold_what_comes(a, b):
    random = np.random.default_rng(1)
    learned = learn(*drawn(random, 20000))
    windows, size = 300, 500
    score, predicted, target = drawn(random, windows * size, a, b)
    window = np.repeat(np.arange(windows), size)
    found = estimate(learned, score, predicted, window, windows)
    truth = measure(sort(score, predicted, window, windows), target.astype(float))
    for name in MEASURES:
        missed = truth[name] - found.values[name]
        # the calibration's own luck is the same in all windows: it is all that the mean may be off by
        common = found.errors[name][0] * np.sqrt(size / 20000 + 1 / windows)
        assert abs(missed.mean()) < (3.5 if a == 1 else 8) * common, name
        low, high = found.band(name)
        assert ((truth[name] >= low) & (truth[name] <= high)).mean() >= 0.98, name
        if a == 1:
            assert missed.std() == pytest.approx(found.errors[name].mean(), rel=0.15), name


def test_the_reference_is_estimated_from_what_never_saw_it():
    random = np.random.default_rng(2)
    learned = learn(*drawn(random, 20000))
    assert learned.own == pytest.approx(dict(learned.realized), abs=0.01)
    assert learned.before[0].error > 5 * learned.after[0].error
    assert learned.after[0].error < 3 * learned.after[0].noise


def test_windows_that_share_their_luck_widen_the_bands():
    random = np.random.default_rng(3)
    window = np.repeat(np.arange(10), 3000)
    chance = random.beta(1, 3, 30000)
    lucky = np.clip(chance + random.normal(0, 0.05, 10)[window], 0, 1)
    target, predicted = (random.random(30000) < lucky).astype(int), (chance > 0.3).astype(int)
    alone, together = learn(chance, predicted, target), learn(chance, predicted, target, window)
    assert together.spreads["recall"].windows == 10 and alone.spreads["recall"].windows == 0
    assert together.spreads["accuracy"].between > 0.005
    n = np.array([3000.0])
    assert together.spreads["accuracy"].error(n) > 1.7 * alone.spreads["accuracy"].error(n)
    few = learn(chance, predicted, target, np.where(window < 5, window, -1))
    assert few.spreads["accuracy"].windows == 0  # five windows are too few
    assert "10 windows of the reference" in together.spreads["accuracy"].words
    assert "takes rows as independent" in few.spreads["accuracy"].words


def test_windows_that_are_alike_widen_nothing_much():
    random = np.random.default_rng(4)
    score, predicted, target = drawn(random, 20000)
    found = learn(score, predicted, target, np.arange(20000) % 10)
    assert found.spreads["accuracy"].between < 2 * found.spreads["accuracy"].deviations[-1] / np.sqrt(2000)


def test_errors_fall_with_the_root_of_rows_and_stop_at_the_reference():
    spread = Spread(np.array([64.0, 1024.0]), np.array([0.5, 0.5]), rows=10_000)
    assert spread.error(np.array([100])) == pytest.approx([0.5 * np.sqrt(1 / 100 + 1 / 10_000)])
    assert spread.error(np.array([10**9])) == pytest.approx([0.005], rel=1e-3)
    assert np.isnan(spread.error(np.array([0]))[0])


def test_missing_scores_and_predictions_take_no_part_and_are_counted():
    random = np.random.default_rng(5)
    score, predicted, target = drawn(random, 5000)
    holes, blind = score.copy(), predicted.copy()
    holes[:100], blind[100:150] = np.nan, -1
    learned = learn(holes, blind, np.where(np.arange(5000) < 400, -1, target))
    assert learned.rows == 4600
    found = estimate(learned, holes, blind)
    assert found.rows.tolist() == [4850] and found.left_out.tolist() == [150]
    assert found.values["recall"] == pytest.approx(estimate(learned, score[150:], predicted[150:]).values["recall"])


def test_an_empty_window_has_a_reason():
    random = np.random.default_rng(6)
    learned = learn(*drawn(random, 2000))
    found = estimate(learned, np.array([0.4]), np.array([1]), np.array([2]), 3)
    assert found.at("recall", 0).because == "the window has no row with a score and a prediction"
    assert found.at("roc_auc", 2).because == "the window lacks one of the two outcomes"
    only = found.at("recall", 2)
    assert only.value == 1 and only.low <= 1 and only.high == 1 and only.because is None
    assert estimate(learned, np.empty(0), np.empty(0, dtype=int)).at("accuracy", 0).value is None
    quiet = estimate(learned, np.array([0.1, 0.1]), np.array([0, 0]))
    assert quiet.at("precision", 0).because == "no row was predicted positive"


def test_a_tiny_reference_is_refused_in_words():
    random = np.random.default_rng(7)
    score, predicted, target = drawn(random, 2000)
    target[np.flatnonzero(target)[12:]] = 0
    with pytest.raises(UnusableData, match=r"12 of class 1; 30 of each are needed\. Performance is not estimated"):
        learn(score, predicted, target)
    with pytest.raises(UnusableData, match="0 of class 0 and 0 of class 1"):
        learn(score, predicted, np.full(2000, -1))


def test_scores_that_are_no_probabilities_say_so():
    random = np.random.default_rng(8)
    score, predicted, target = drawn(random, 4000)
    margin = np.log(score / (1 - score))
    one, two = learn(score, predicted, target), learn(margin, predicted, target)
    a, b = estimate(one, score, predicted), estimate(two, margin, predicted)
    assert b.values["roc_auc"] == pytest.approx(a.values["roc_auc"], abs=1e-3)
    assert "no probabilities" in b.at("log_loss", 0).because
    assert "no probabilities" in estimate(one, margin, predicted).at("brier", 0).because


def several(random, rows):
    chance = random.dirichlet([2.0, 1.0, 1.0], rows)
    target = (chance.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    bent = chance**1.5 / (chance**1.5).sum(axis=1, keepdims=True)
    return bent, bent.argmax(axis=1), target


def test_several_classes_are_estimated_within_their_bands():
    random = np.random.default_rng(9)
    learned = learn(*several(random, 10000))
    scores, predicted, target = several(random, 100 * 400)
    window = np.repeat(np.arange(100), 400)
    found = estimate(learned, scores, predicted, window, 100)
    truth = measure(sort(scores, predicted, window, 100), np.eye(3)[target])
    for name in MEASURES:
        low, high = found.band(name)
        assert ((truth[name] >= low) & (truth[name] <= high)).mean() >= 0.98, name
    with pytest.raises(UnusableData, match="3 classes, these rows of 1"):
        estimate(learned, scores[:, 0], predicted)


def test_a_rare_class_forbids_means_over_classes_only():
    random = np.random.default_rng(10)
    scores, predicted, target = several(random, 5000)
    target[np.flatnonzero(target == 2)[7:]] = 0
    found = estimate(learn(scores, predicted, target), scores, predicted)
    assert found.at("f1", 0).because == "class 2 has 7 labelled rows in the reference, fewer than 30"
    assert found.at("accuracy", 0).value is not None and found.at("log_loss", 0).value is not None


def test_forty_windows_of_a_quarter_million_rows_are_quick():
    random = np.random.default_rng(11)
    learned = learn(*drawn(random, 20000))
    score, predicted, _ = drawn(random, 256_000)
    window = random.integers(0, 40, 256_000)
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        estimate(learned, score, predicted, window, 40)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.4  # 0.05 s on an idle machine; others share this one


def test_honesty_counts_only_what_it_can():
    nan = np.nan
    found = honesty(
        np.array([0.5, nan, 0.5]), np.array([0.4, nan, nan]), np.array([0.6, nan, nan]), np.array([0.6, 1, 0.4])
    )
    assert (found.windows, found.banded, found.inside) == (2, 1, 1)
    assert found.lean == pytest.approx(0) and found.off == pytest.approx(0.1)
    assert "in 1 of the 1 that have one" in found.words
    assert honesty(*(np.full(2, nan),) * 4).words.startswith("No past window has both")


@pytest.fixture(scope="module")
def flights(demo_folder):
    """Both sides of the demo: score, predicted, late (-1 unknown), week counted from 0 at 31 December 2012."""
    import pandas as pd

    sides = []
    for side in ("reference", "production"):
        table = pd.read_parquet(demo_folder / f"{side}.parquet")
        late = table.late.map({True: 1, False: 0}).fillna(-1).astype(int).to_numpy()
        week = ((table.scheduled_departure - pd.Timestamp("2012-12-31")).dt.days // 7).to_numpy()
        sides.append((table.late_probability.to_numpy(float), table.predicted_late.to_numpy(int), late, week))
    return sides


def test_the_furlough_week_is_where_the_assumption_breaks(flights):
    (score, predicted, late, week), production = flights
    learned = learn(score, predicted, late, week)
    score, predicted, late, week = production
    week = week - week.min()
    found = estimate(learned, score, predicted, week, 40)
    known = late >= 0
    truth = measure(sort(score[known], predicted[known], week[known], 40), late[known].astype(float))
    loss, recall = found.at("log_loss", 3), found.at("recall", 3)  # 22 to 28 April
    assert loss.value == pytest.approx(0.415, abs=0.01) and truth["log_loss"][3] == pytest.approx(0.775, abs=0.001)
    assert loss.high < 0.65  # the estimate is sure that nothing is wrong
    assert recall.value == pytest.approx(0.211, abs=0.01) and truth["recall"][3] == pytest.approx(0.149, abs=0.001)
    told = {name: honesty(found.values[name], *found.band(name), truth[name]) for name in MEASURES}
    assert told["recall"].off < 0.05 and told["recall"].inside >= 38
    assert told["roc_auc"].inside >= 38 and 34 <= told["log_loss"].inside <= 38

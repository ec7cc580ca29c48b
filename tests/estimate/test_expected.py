"""Expected measures against scikit-learn, NannyML's formulas and all possible outcomes."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from engine.estimate.classes import measure, outcomes, sort
from engine.estimate.expected import MEASURES, UNDEFINED, arrange, counts, expected

ONE = np.zeros(1, dtype=int)


def realized(target, score, predicted):
    """scikit-learn's own answer for a model of two classes."""
    return {
        "accuracy": metrics.accuracy_score(target, predicted),
        "precision": metrics.precision_score(target, predicted),
        "recall": metrics.recall_score(target, predicted),
        "specificity": metrics.recall_score(1 - target, 1 - predicted),
        "f1": metrics.f1_score(target, predicted),
        "roc_auc": metrics.roc_auc_score(target, score),
        "average_precision": metrics.average_precision_score(target, score),
        "log_loss": metrics.log_loss(target, score),
        "brier": metrics.brier_score_loss(target, score),
    }


@pytest.mark.parametrize("digits", [1, 2, 15], ids=["many ties", "ties", "no ties"])
def test_known_outcomes_give_the_realized_measures_in_every_window(digits):
    random = np.random.default_rng(3)
    window = random.integers(0, 4, 3000)
    score = random.beta(1, 3, 3000).round(digits)
    target = (random.random(3000) < score**0.7).astype(int)
    predicted = (random.random(3000) < score).astype(int)  # not a threshold of the score
    found = expected(arrange(score, predicted, window, 4), target.astype(float))
    assert set(found) == set(MEASURES) == set(UNDEFINED)
    for at in range(4):
        inside = window == at
        truth = realized(target[inside], score[inside], predicted[inside])
        assert {name: value[at] for name, value in found.items()} == pytest.approx(truth, rel=1e-12)


def test_the_confusion_matrix_is_nannymls_sum_over_rows():
    random = np.random.default_rng(5)
    chance, predicted = random.random(200), random.integers(0, 2, 200)
    tp = fp = fn = tn = 0.0
    for c, p in zip(chance, predicted, strict=True):  # NannyML: TP += c where 1 is predicted, FN += c elsewhere, …
        tp, fp, fn, tn = tp + c * p, fp + (1 - c) * p, fn + c * (1 - p), tn + (1 - c) * (1 - p)
    found = counts(arrange(chance, predicted, np.zeros(200, dtype=int), 1), chance)
    assert [float(one[0]) for one in found] == pytest.approx([tp, fp, fn, tn])


def test_expectations_are_those_over_all_outcomes():
    """Eight rows have 256 outcomes. Sums are expected exactly; so are the parts of AUC and average precision."""
    random = np.random.default_rng(8)
    score = np.array([0.9, 0.8, 0.8, 0.6, 0.5, 0.3, 0.3, 0.1])
    chance, predicted = random.random(8), (score > 0.4).astype(int)
    rows = arrange(score, predicted, np.zeros(8, dtype=int), 1)
    sums = dict.fromkeys(
        ("tp", "accuracy", "precision", "log_loss", "brier", "area", "pairs", "steps", "positives"), 0.0
    )
    for outcome in product((0, 1), repeat=8):
        y = np.array(outcome, dtype=float)
        likely = float(np.prod(np.where(y == 1, chance, 1 - chance)))
        one = {name: float(value[0]) for name, value in expected(rows, y).items()}
        positives = y.sum()
        known = {
            "tp": float(counts(rows, y)[0][0]),
            "pairs": positives * (8 - positives),
            "area": np.nan_to_num(one["roc_auc"]) * positives * (8 - positives),
            "steps": np.nan_to_num(one["average_precision"]) * positives,
            "positives": positives,
        } | {name: one[name] for name in ("accuracy", "precision", "log_loss", "brier")}
        for name in sums:
            sums[name] += likely * known[name]
    found = {name: float(value[0]) for name, value in expected(rows, chance).items()}
    for name in ("accuracy", "precision", "log_loss", "brier"):  # denominators that do not depend on the outcome
        assert found[name] == pytest.approx(sums[name])
    assert float(counts(rows, chance)[0][0]) == pytest.approx(sums["tp"])
    assert found["roc_auc"] == pytest.approx(sums["area"] / sums["pairs"])
    assert found["average_precision"] == pytest.approx(sums["steps"] / sums["positives"])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_measures_stay_within_their_bounds(rows):
    score, chance, predicted = (np.array(one, dtype=float) for one in zip(*rows, strict=True))
    found = expected(arrange(score, predicted.astype(int), np.zeros(len(rows), dtype=int), 1), chance)
    for name, value in found.items():
        highest = np.inf if name == "log_loss" else 1 + 1e-9
        assert np.isnan(value[0]) or -1e-9 <= value[0] <= highest, name


def test_what_is_not_defined_is_nan_and_has_words():
    rows = arrange(np.array([0.2, 0.3, 0.5]), np.array([0, 0, 1]), np.array([0, 0, 2]), 3)
    found = expected(rows, np.array([0.0, 0.0, 1.0]))
    assert np.isnan(found["precision"][0]) and np.isnan(found["recall"][0]) and found["specificity"][0] == 1
    assert all(np.isnan(value[1]) for value in found.values())  # a window without rows
    assert np.isnan(found["roc_auc"][2]) and found["average_precision"][2] == 1
    nothing = expected(arrange(np.empty(0), np.empty(0, dtype=int), np.empty(0, dtype=int), 2), np.empty(0))
    assert all(np.isnan(value).all() and value.shape == (2,) for value in nothing.values())


def test_constant_scores_rank_nothing():
    found = expected(arrange(np.full(50, 0.3), np.zeros(50, dtype=int), np.zeros(50, dtype=int), 1), np.full(50, 0.3))
    assert found["roc_auc"][0] == pytest.approx(0.5)
    assert found["log_loss"][0] == pytest.approx(-(0.3 * np.log(0.3) + 0.7 * np.log(0.7)))


def test_scores_that_are_no_probabilities_have_no_loss():
    found = expected(arrange(np.array([-2.0, 3.0]), np.array([0, 1]), np.zeros(2, dtype=int), 1), np.array([0.1, 0.8]))
    assert set(MEASURES) - set(found) == {"log_loss", "brier"}


@pytest.fixture
def three_classes():
    random = np.random.default_rng(11)
    scores = random.dirichlet([1.5, 1.0, 0.7], 2000).round(2)
    scores[:, 2] = 1 - scores[:, 0] - scores[:, 1]
    scores = np.clip(scores, 0.0, 1.0)
    target = np.array([random.choice(3, p=one / one.sum()) for one in scores])
    return scores, scores.argmax(axis=1), target


def test_several_classes_with_known_outcomes_are_scikit_learns_macro(three_classes):
    scores, predicted, target = three_classes
    found = measure(sort(scores, predicted, np.zeros(len(target), dtype=int), 1), outcomes(target, scores))
    known = np.eye(3)[target]
    truth = {
        "accuracy": metrics.accuracy_score(target, predicted),
        "precision": metrics.precision_score(target, predicted, average="macro"),
        "recall": metrics.recall_score(target, predicted, average="macro"),
        "f1": metrics.f1_score(target, predicted, average="macro"),
        "roc_auc": metrics.roc_auc_score(known, scores, average="macro"),
        "average_precision": metrics.average_precision_score(known, scores, average="macro"),
        "log_loss": metrics.log_loss(target, scores),
        "brier": float(((scores - known) ** 2).sum(axis=1).mean()),
        "specificity": np.mean([metrics.recall_score(target != one, predicted != one) for one in range(3)]),
    }
    assert {name: float(value[0]) for name, value in found.items()} == pytest.approx(truth, rel=1e-9)


def test_the_order_of_rows_changes_nothing(three_classes):
    scores, predicted, _ = three_classes
    mixed = np.random.default_rng(0).permutation(len(scores))
    window = np.zeros(len(scores), dtype=int)
    one = measure(sort(scores, predicted, window, 1), scores)
    two = measure(sort(scores[mixed], predicted[mixed], window, 1), scores[mixed])
    assert {name: float(value[0]) for name, value in one.items()} == pytest.approx(
        {name: float(value[0]) for name, value in two.items()}
    )


def test_a_class_that_nothing_holds_is_left_out_of_the_mean(three_classes):
    scores, predicted, target = three_classes
    wider, kept = np.column_stack((scores, np.zeros(len(scores)))), np.zeros(len(scores), dtype=int)
    found = measure(sort(wider, predicted, kept, 1), outcomes(target, wider))
    without = measure(sort(scores, predicted, kept, 1), outcomes(target, scores))
    assert found["recall"] == pytest.approx(without["recall"])
    assert np.isnan(found["roc_auc"][0])

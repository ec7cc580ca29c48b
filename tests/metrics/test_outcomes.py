"""Metrics of predictions held against labels: as scikit-learn, with honest standard errors, and reasons for none."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from engine.metrics import METRICS
from engine.outcomes import Classes, Classification, Regression, classes_of, errors_of

SEEDS = range(20)
OF_CLASSES = [one for one in METRICS.values() if one.needs is Classification and one.key != "value_per_prediction"]
OF_NUMBERS = [one for one in METRICS.values() if one.needs is Regression]


def rows(rng, n, k, digits=None):
    """True classes, predicted classes, and scores that sum to 1, in ties where digits are few."""
    scores = rng.dirichlet(np.ones(k), n)
    if digits is not None:
        scores = scores.round(digits)
        scores[:, -1] += scores.sum(axis=1) == 0
        scores /= scores.sum(axis=1, keepdims=True)
    true = np.array([rng.choice(k, p=one / one.sum()) for one in scores])
    true[:k] = np.arange(k)
    return true, np.where(rng.random(n) < 0.7, scores.argmax(axis=1), rng.integers(0, k, n)), scores


def summary(true, predicted, scores, k):
    positive = 1 if k == 2 else None
    side = classes_of(len(true), true, predicted, scores[:, 1:] if k == 2 else scores, k, positive, True)
    return Classification(side, side, tuple(f"c{i}" for i in range(k)), positive)


def oracle(true, predicted, scores, k):
    mean = "binary" if k == 2 else "macro"
    of = {"average": mean, "zero_division": 0}
    inverse = sk.multilabel_confusion_matrix(true, predicted)
    special = (inverse[:, 0, 0] / inverse[:, 0, :].sum(axis=1)) if k > 2 else None
    return {
        "accuracy": sk.accuracy_score(true, predicted),
        "precision": sk.precision_score(true, predicted, **of),
        "recall": sk.recall_score(true, predicted, **of),
        "f1": sk.f1_score(true, predicted, **of),
        "specificity": sk.recall_score(true, predicted, pos_label=0) if k == 2 else special.mean(),
        "roc_auc": sk.roc_auc_score(true, scores[:, 1])
        if k == 2
        else np.mean([sk.roc_auc_score(true == i, scores[:, i]) for i in range(k)]),
        "average_precision": sk.average_precision_score(true, scores[:, 1])
        if k == 2
        else sk.average_precision_score(np.eye(k)[true], scores),
        "log_loss": sk.log_loss(true, scores, labels=range(k)),
        "brier": sk.brier_score_loss(true, scores[:, 1])
        if k == 2
        else sk.brier_score_loss(true, scores, labels=list(range(k))),
    }  # fmt: skip


@pytest.mark.parametrize("digits", [None, 1, 3], ids=["distinct", "ties", "some ties"])
@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("n", [20, 700])
def test_classes_are_read_as_scikit_learn_reads_them(n, k, digits):
    for seed in range(6):
        true, predicted, scores = rows(np.random.default_rng([seed, n, k]), n, k, digits)
        found = summary(true, predicted, scores, k)
        expected = oracle(true, predicted, scores, k)
        assert {one.key for one in OF_CLASSES} == set(expected)
        for one in OF_CLASSES:
            assert one.undefined(found) is None
            assert one.compute(found).value == pytest.approx(expected[one.key], rel=1e-12, abs=1e-12), one.key


def test_one_against_the_rest_is_what_scikit_learn_calls_ovr():
    true, predicted, scores = rows(np.random.default_rng(3), 400, 4)
    expected = sk.roc_auc_score(true, scores, multi_class="ovr", average="macro")
    assert METRICS["roc_auc"].compute(summary(true, predicted, scores, 4)).value == pytest.approx(expected, rel=1e-12)


def test_scores_of_0_and_1_are_clipped_alike():
    true, scores = np.array([0, 1, 1, 0]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.3, 0.7]])
    found = METRICS["log_loss"].compute(summary(true, true, scores, 2)).value
    assert found == pytest.approx(sk.log_loss(true, scores), rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_are_read_as_scikit_learn_reads_them(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.choice([2, 15, 3000]))
    true = rng.choice([rng.lognormal(0, 2, n), rng.normal(1e6, 3, n), rng.normal(-5, 1, n)])
    said = true + rng.normal(0.3, 1, n)
    found = Regression(*[errors_of(n, true, said)] * 2)
    expected = {
        "mae": sk.mean_absolute_error(true, said),
        "rmse": sk.root_mean_squared_error(true, said),
        "mape": sk.mean_absolute_percentage_error(true, said),
        "r2": sk.r2_score(true, said),
        "mean_error": float(np.mean(said - true)),
    }
    assert {one.key for one in OF_NUMBERS} == set(expected)
    for one in OF_NUMBERS:
        assert one.compute(found).value == pytest.approx(expected[one.key], rel=1e-11, abs=1e-11), one.key


# ---- standard errors


def spread(draw, metric, times=400):
    """Standard deviation of a metric over fresh samples, and the mean of what it says of itself."""
    values, errors = [], []
    for seed in range(times):
        reading = metric.compute(draw(np.random.default_rng([seed, 1])))
        values.append(reading.value)
        errors.append(reading.error)
    return np.std(values), np.mean(errors)


def binary(rng, n=600):
    score = rng.beta(1, 3, n)
    true = (rng.random(n) < score).astype(int)
    return summary(true, (score > 0.35).astype(int), np.stack([1 - score, score], axis=1), 2)


def several(rng, n=600):
    scores = rng.dirichlet([3, 2, 1], n)
    true = (scores.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return summary(true, scores.argmax(axis=1), scores, 3)


def regression(rng, n=600):
    true = rng.normal(5, 1, n)
    return Regression(*[errors_of(n, true, true + rng.normal(0.1, 0.6, n) * (1 + 0.2 * rng.random(n)))] * 2)


@pytest.mark.parametrize("one", OF_CLASSES, ids=lambda one: one.key)
def test_standard_errors_of_two_classes_are_what_samples_vary_by(one):
    real, said = spread(binary, one)
    assert said == pytest.approx(real, rel=0.12)


@pytest.mark.parametrize("one", OF_CLASSES, ids=lambda one: one.key)
def test_standard_errors_of_several_classes_are_never_too_small(one):
    real, said = spread(several, one)
    most = 2.2 if one.key in ("roc_auc", "average_precision") else 1.12  # means over classes: an upper limit
    assert 0.88 * real < said < most * real


@pytest.mark.parametrize("one", OF_NUMBERS, ids=lambda one: one.key)
def test_standard_errors_of_numbers_are_what_samples_vary_by(one):
    real, said = spread(regression, one)
    assert said == pytest.approx(real, rel=0.12)


# ---- no value, and why


def two(confusion=((5, 1), (2, 2)), **rest):
    side = Classes(12, 10, np.array(confusion))
    return Classification(side, side, ("no", "yes"), 1, **rest)


@pytest.mark.parametrize(
    ("key", "confusion", "because"),
    [
        ("recall", [[5, 1], [0, 0]], "no labelled row is yes"),
        ("precision", [[5, 0], [2, 0]], "no labelled row was predicted to be yes"),
        ("specificity", [[0, 0], [2, 2]], "every labelled row is yes"),
        ("f1", [[5, 0], [0, 0]], "no labelled row is, or was predicted to be, yes"),
        ("accuracy", [[0, 0], [0, 0]], "no labelled row has a prediction"),
    ],
)
def test_a_share_of_nothing_has_a_reason(key, confusion, because):
    assert METRICS[key].undefined(two(confusion)) == because


@pytest.mark.parametrize("key", ["roc_auc", "average_precision"])
def test_one_class_alone_cannot_be_ranked(key):
    side = classes_of(3, np.array([1, 1]), None, np.array([[0.2], [0.7]]), 2, 1, True)
    found = Classification(side, side, ("no", "yes"), 1)
    assert METRICS[key].undefined(found) == "all labelled rows are of one class"
    assert METRICS["log_loss"].undefined(found) is None


def test_nothing_came_yet():
    empty = classes_of(7, np.zeros(0, int), np.zeros(0, int), np.zeros((0, 1)), 2, 1, True)
    for one in (*OF_CLASSES, METRICS["value_per_prediction"]):
        found = Classification(empty, empty, ("no", "yes"), 1, (0, 0, 0, 0))
        assert one.undefined(found) == "no row has a label yet", one.key
    none = Regression(*[errors_of(3, np.zeros(0), None)] * 2)
    assert {one.undefined(none) for one in OF_NUMBERS} == {"no row has a label yet"}


def test_a_reference_without_a_value_leaves_production_its_own():
    found = Classification(two([[5, 1], [0, 0]]).reference, two().production, ("no", "yes"), 1)
    reading = METRICS["recall"].compute(found)
    assert (reading.value, reading.against) == (0.5, None)


def test_a_target_of_0_has_no_percentage_and_a_constant_one_no_variance():
    zero = Regression(*[errors_of(3, np.array([0.0, 1.0, 2.0]), np.ones(3))] * 2)
    assert METRICS["mape"].undefined(zero) == "the target is 0 in 1 row, of which no error is a share"
    with np.errstate(over="ignore", invalid="ignore"):
        for tiny in (1e-200, 1e-320):
            near = Regression(*[errors_of(3, np.array([tiny, 1.0, 2.0]), np.ones(3))] * 2)
            assert "so near 0" in METRICS["mape"].undefined(near), "no number that a document can hold"
    same = Regression(*[errors_of(2, np.array([2.0, 2.0]), np.ones(2))] * 2)
    assert METRICS["r2"].undefined(same) == "the target is the same in every row"
    assert METRICS["mae"].compute(same).value == 1.0


def test_a_prediction_is_worth_what_its_outcome_is():
    """By hand: (2·3 - 1·1 - 2·10 + 5·0.5) / 10 = -1.25; the variance over rows / 9."""
    reading = METRICS["value_per_prediction"].compute(two(worth=(3.0, -1.0, -10.0, 0.5)))
    each = np.array([3.0] * 2 + [-1.0] + [-10.0] * 2 + [0.5] * 5)
    assert reading.value == pytest.approx(each.mean(), rel=1e-12) == pytest.approx(-1.25)
    assert reading.error == pytest.approx(each.std(ddof=1) / np.sqrt(10), rel=1e-12)
    assert "nothing says" in METRICS["value_per_prediction"].undefined(two())


def test_a_class_that_a_window_does_not_hold_takes_no_part_in_a_mean():
    """As scikit-learn, which takes the classes that are true or predicted."""
    true, predicted = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 2])
    side = classes_of(4, true, predicted, None, 5, None, False)
    found = Classification(side, side, tuple("abcde"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {key: sk.__dict__[f"{key}_score"](true, predicted, average="macro", zero_division=0)
                    for key in ("recall", "precision", "f1")}  # fmt: skip
    assert {key: METRICS[key].compute(found).value for key in expected} == pytest.approx(expected, rel=1e-12)


def test_targets_beside_zero_give_reasons_not_infinities():
    target, predicted = np.array([1e-160, 3e-160, 2e-160]), np.array([1.0, 2.0, 3.0])
    side = errors_of(3, target, predicted)
    outcomes = Regression(side, side)
    assert METRICS["r2"].undefined(outcomes) == "the target hardly varies beside the errors"
    assert "so near 0" in METRICS["mape"].undefined(outcomes)
    assert METRICS["mae"].compute(outcomes).value == 2.0
    constant = errors_of(3, np.full(3, 0.1), predicted)
    assert METRICS["r2"].undefined(Regression(constant, constant)) == "the target is the same in every row"


def test_sums_that_are_too_large_for_a_number_are_no_traceback():
    from engine.tables.tallied_outcomes import _average

    assert not np.isfinite(_average(3, 1e200, np.inf).variance)
    assert not np.isfinite(_average(3, np.inf, np.inf).variance)
    assert _average(4, 8.0, 20.0).variance == 1.0

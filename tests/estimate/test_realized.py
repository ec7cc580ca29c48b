"""Estimates that are fed with what came true are the realized metrics, whichever of the two ways counts them."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

from engine.estimate.classes import measure, outcomes, sort
from engine.estimate.expected import MEASURES
from engine.metrics import METRICS
from engine.outcomes import Classification, classes_of

SIZES = (5, 60, 3000)


def one(rng, n, k, ties):
    if k == 2:
        scores = rng.random(n)
        scores = scores.round(1) if ties else scores
        target = (rng.random(n) < scores).astype(np.int64)
        target[:2] = 0, 1
        return scores, target, (scores > 0.4).astype(np.int64)
    scores = rng.dirichlet([2, 1, 1, 0.5][:k], n)
    target = np.array([rng.choice(k, p=row) for row in scores])
    target[:k] = np.arange(k)
    return scores, target, scores.argmax(axis=1)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("n", SIZES)
def test_both_ways_read_the_same(n, k, ties):
    scores, target, predicted = one(np.random.default_rng([n, k]), n, k, ties)
    found = measure(sort(scores, predicted, np.zeros(n, np.int64), 1), outcomes(target, scores))
    wide = scores[:, None] if k == 2 else scores
    side = classes_of(n, target, predicted, wide, k, 1 if k == 2 else None, True)
    both = Classification(side, side, tuple("abcd"[:k]), 1 if k == 2 else None)
    told = 0
    for key in MEASURES:
        if METRICS[key].undefined(both):
            assert np.isnan(found[key][0]) or key in ("precision", "f1", "recall", "specificity")
            continue
        assert found[key][0] == pytest.approx(METRICS[key].compute(both).value, abs=1e-12), key
        told += 1
    assert told >= 7


@pytest.mark.parametrize("k", [3, 4])
def test_several_classes_read_what_scikit_learn_reads(k):
    scores, target, predicted = one(np.random.default_rng(k), 2000, k, False)
    found = measure(sort(scores, predicted, np.zeros(2000, np.int64), 1), outcomes(target, scores))
    assert found["accuracy"][0] == pytest.approx(accuracy_score(target, predicted))
    assert found["f1"][0] == pytest.approx(f1_score(target, predicted, average="macro"))
    assert found["log_loss"][0] == pytest.approx(log_loss(target, scores))
    assert found["roc_auc"][0] == pytest.approx(roc_auc_score(target, scores, multi_class="ovr", average="macro"))

r"""ROC AUC: how often a row that came true has a higher score than one that did not.

When to use it: whether the model still tells the classes apart, whatever the cut-off and whatever their frequency.
Reading it: 1 ranks perfectly, 0.5 ranks like chance. Thresholds are the reference's own value less 2 % and 5 % of it.
Pitfalls: it does not see scores that are all too low or too high: that is what log loss is for. Where positives are
    rare, a high value can hide poor precision.
References: Hanley & McNeil (1982) Radiology 143(1); standard error of DeLong, DeLong & Clarke-Pearson (1988) Biometrics
    44(3), of Hanley & McNeil where a class has one row; scikit-learn's roc_auc_score, of several classes with
    multi_class="ovr", average="macro" (its standard error is then the mean over classes, the most it can be).

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification, Ranked
>>> ranked = Ranked(np.array([0.1, 0.4, 0.8]), np.array([0, 1, 2]), np.array([2, 1, 0]))  # positives, negatives
>>> side = Classes(6, 6, np.zeros((2, 2), int), (ranked,))
>>> reading = roc_auc(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.9444, 0.0786)
"""

import numpy as np

from engine.metrics.confusion import curves_mean, without_curves
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification, Ranked
from engine.summaries import Counts, Floats


def roc_auc(outcomes: Classification) -> Reading:
    """Share of pairs of a positive and a negative row in which the positive has the higher score; a tie counts half."""
    return curves_mean(outcomes, _score, _limits)


def _score(ranked: Ranked) -> tuple[float, float]:
    """The share, and its standard error from how far each row's own share of won pairs varies."""
    positives, negatives = int(ranked.positives.sum()), int(ranked.negatives.sum())
    below = np.cumsum(ranked.negatives) - ranked.negatives / 2
    above = positives - np.cumsum(ranked.positives) + ranked.positives / 2
    auc = float((ranked.positives * below).sum() / positives / negatives)
    if min(positives, negatives) < 2:
        q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
        variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
        return auc, float(np.sqrt(max(variance / positives / negatives, 0.0)))
    variance = _variance(ranked.positives, below / negatives, auc) / positives
    variance += _variance(ranked.negatives, above / positives, auc) / negatives
    return auc, float(np.sqrt(variance))


def _limits(ranked: Ranked) -> tuple[float, float]:
    """The share where all pairs of rows that stand as one are lost, and where all are won."""
    pairs = int(ranked.positives.sum()) * int(ranked.negatives.sum())
    open_ = (ranked.positives * ranked.negatives)[ranked.merged].sum() / 2 / pairs if ranked.merged is not None else 0.0
    value = _score(ranked)[0]
    return value - float(open_), value + float(open_)


def _variance(rows: Counts, shares: Floats, mean: float) -> float:
    """Variance (ddof 1) of shares that so many rows have."""
    return float((rows * (shares - mean) ** 2).sum() / (rows.sum() - 1))


def _undefined(outcomes: Classification) -> str | None:
    return without_curves(outcomes, outcomes.production)


METRIC = Metric(
    key="roc_auc",
    name="ROC AUC",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=roc_auc,
    formula=r"P(s_+ > s_-) + \tfrac12 P(s_+ = s_-)",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

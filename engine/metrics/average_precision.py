r"""Average precision: the area under the curve of precision over recall.

When to use it: positives are rare and only the highest scores are acted on.
Reading it: 1 puts all positives first; a model that ranks by chance has the share of positives. Thresholds are the
    reference's own value less 2 % and 5 % of it.
Pitfalls: it rises with how often the thing happens, so a window with more positives reads better by itself.
References: Davis & Goadrich (2006) ICML; scikit-learn's average_precision_score, of several classes with
    average="macro". Standard error by the influence of single rows (Hampel 1974, Journal of the American Statistical
    Association 69).

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification, Ranked
>>> ranked = Ranked(np.array([0.1, 0.4, 0.8]), np.array([0, 1, 2]), np.array([2, 1, 0]))  # positives, negatives
>>> side = Classes(6, 6, np.zeros((2, 2), int), (ranked,))
>>> reading = average_precision(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.9167, 0.0992)
"""

import numpy as np

from engine.metrics.confusion import curves_mean, without_curves
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification, Ranked


def average_precision(outcomes: Classification) -> Reading:
    """Sum over distinct scores, highest first, of precision there × how much recall grows there."""
    return curves_mean(outcomes, _score, _limits)


def _score(ranked: Ranked) -> tuple[float, float]:
    """The sum, and its standard error from what one row more would change: as its own score's row, and above others."""
    positives, negatives = ranked.positives[::-1], ranked.negatives[::-1]
    hits, misses = np.cumsum(positives), np.cumsum(negatives)
    every, share = hits + misses, hits[-1] / (hits[-1] + misses[-1])
    precision = hits / every
    found = float((positives * precision).sum() / hits[-1])
    # a row at a score is counted at that score and at all below it: sums from the lowest score up
    raised = np.cumsum((positives * misses / every**2)[::-1])[::-1]
    lowered = np.cumsum((positives * hits / every**2)[::-1])[::-1]
    of_positive = (precision + raised - found * share) / share - found * (1 - share) / share
    of_negative = (-lowered - found * share) / share + found
    variance = (positives * of_positive**2 + negatives * of_negative**2).sum() / every[-1] ** 2
    return found, float(np.sqrt(variance))


def _limits(ranked: Ranked) -> tuple[float, float]:
    """The sum where, of rows that stand as one, all that came true are ranked last or first."""
    positives, negatives = ranked.positives[::-1], ranked.negatives[::-1]
    merged = np.zeros(len(positives), bool) if ranked.merged is None else ranked.merged[::-1]
    hits, misses = np.cumsum(positives), np.cumsum(negatives)
    before = hits - positives
    tied = hits / (hits + misses)
    last = np.where(merged, (before + 1) / (before + misses + 1), tied)  # the first of them has the least precision
    first = np.where(merged, hits / np.maximum(hits + misses - negatives, 1), tied)
    return float((positives * last).sum() / hits[-1]), float((positives * first).sum() / hits[-1])


def _undefined(outcomes: Classification) -> str | None:
    return without_curves(outcomes, outcomes.production)


METRIC = Metric(
    key="average_precision",
    name="Average precision",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=average_precision,
    formula=r"\sum_i (R_i - R_{i-1})\,P_i",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

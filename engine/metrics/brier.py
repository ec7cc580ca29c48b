r"""Brier score: the mean squared distance of the scores from what came true.

When to use it: as log loss, where single rows that were sure and wrong shall not rule the number.
Reading it: 0 knew everything, 0.25 said a half each time. Thresholds are the reference's own value plus 2 % and 5 %.
Pitfalls: where positives are rare it is small whatever the model does.
References: Brier (1950) Monthly Weather Review 78(1); scikit-learn's brier_score_loss: of two classes the square of one
    score, between 0 and 1; of several the sum over classes, between 0 and 2. Standard error of a mean.

>>> import numpy as np
>>> from engine.outcomes import classes_of, Classification
>>> side = classes_of(3, np.array([1, 0, 1]), None, np.array([[0.9], [0.2], [0.5]]), 2, 1, True)
>>> reading = brier(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.1, 0.0755)
"""

from engine.metrics.confusion import mean_over_rows, without_probabilities
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification


def brier(outcomes: Classification) -> Reading:
    """Mean of the squared distance between scores and what came true (1 for its class, 0 for the others)."""
    return mean_over_rows(outcomes, lambda side: side.square)


def _undefined(outcomes: Classification) -> str | None:
    return without_probabilities(outcomes, outcomes.production)


METRIC = Metric(
    key="brier",
    name="Brier score",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=brier,
    formula=r"\frac{1}{m}\sum_i (s_i - y_i)^2",
    bounds=(0.0, 2.0),
    warning=0.02,
    critical=0.05,
    worse="higher",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

r"""Average precision: the area under the curve of precision over recall.

When to use it: positives are rare and only the highest scores are acted on.
Reading it: 1 puts all positives first; a model that ranks by chance has the share of positives. Thresholds are the
    reference's own value less 2 % and 5 % of it.
Pitfalls: it rises with how often the thing happens, so a window with more positives reads better by itself.
References: Davis & Goadrich (2006) ICML; scikit-learn's average_precision_score, of several classes with
    average="macro". Standard error sqrt(AP (1 - AP) / positives) of Boyd, Eng & Page (2013) ECML PKDD.

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification, Ranked
>>> ranked = Ranked(np.array([0.1, 0.4, 0.8]), np.array([0, 1, 2]), np.array([2, 1, 0]))  # positives, negatives
>>> side = Classes(6, 6, np.zeros((2, 2), int), (ranked,))
>>> reading = average_precision(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.9167, 0.1596)
"""

import numpy as np

from engine.metrics.confusion import curves_mean, without_curves
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification, Ranked


def average_precision(outcomes: Classification) -> Reading:
    """Sum over distinct scores, highest first, of precision there × how much recall grows there."""
    return curves_mean(outcomes, _score)


def _score(ranked: Ranked) -> tuple[float, float]:
    hits = np.cumsum(ranked.positives[::-1])
    precision = hits / np.cumsum((ranked.positives + ranked.negatives)[::-1])
    found = float((ranked.positives[::-1] * precision).sum() / hits[-1])
    return found, float(np.sqrt(max(found * (1 - found), 0.0) / hits[-1]))


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

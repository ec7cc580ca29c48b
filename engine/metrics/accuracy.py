r"""Accuracy: the share of predictions that came true.

When to use it: classes of similar frequency, whose confusion costs the same either way.
Reading it: 1 is always right. Thresholds are the reference's own accuracy less 2 % and 5 % of it.
Pitfalls: where one class is rare, never predicting it is accurate. It moves with how often the thing happens.
References: scikit-learn's accuracy_score. Its standard error is that of a share, sqrt(p (1 - p) / rows).

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification
>>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))  # 2 hits, 1 false alarm, 2 misses, 5 rightly left alone
>>> reading = accuracy(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.7, 0.1449)
"""

import numpy as np

from engine.metrics.confusion import Scored, read, without_predictions
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classes, Classification


def accuracy(outcomes: Classification) -> Reading:
    """Rows on the diagonal of the confusion matrix / all its rows."""
    missing = without_predictions(outcomes, outcomes.reference)
    return read(outcomes.reference, outcomes.production, _score, missing)


def _score(side: Classes) -> Scored:
    rows = int(side.confusion.sum())
    share = float(np.trace(side.confusion) / rows)
    return share, float(np.sqrt(share * (1 - share) / rows))


def _undefined(outcomes: Classification) -> str | None:
    return without_predictions(outcomes, outcomes.production)


METRIC = Metric(
    key="accuracy",
    name="Accuracy",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=accuracy,
    formula=r"\frac{TP + TN}{TP + FP + FN + TN}",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

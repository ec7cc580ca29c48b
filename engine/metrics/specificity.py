r"""Specificity: the share of what did not come true that was not predicted either.

When to use it: beside recall, where most rows are negative and a false alarm is a cost of its own.
Reading it: 1 raises no false alarm; 1 - specificity is the false-positive rate. Thresholds are the reference's own less
    2 % and 5 % of it.
Pitfalls: where positives are rare it is near 1 whatever the model does, and 2 % of it is a flood of false alarms.
References: Yerushalmy (1947) Public Health Reports 62; recall of the other class in scikit-learn. Of several classes,
    the mean of one against the rest. Its standard error is that of a share, by the delta method of a mean of shares.

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification
>>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))  # 2 hits, 1 false alarm, 2 misses, 5 rightly left alone
>>> reading = specificity(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.8333, 0.1521)
"""

from engine.metrics.confusion import share_of, without_share
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification
from engine.summaries import Floats


def specificity(outcomes: Classification) -> Reading:
    """Neither predicted nor true of the positive class / all not true of it; the mean over several classes."""
    return share_of(outcomes, _share)


def _share(right: Floats, true: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    return 1 - true - predicted + right, 1 - true


def _undefined(outcomes: Classification) -> str | None:
    return without_share(outcomes, outcomes.production, _share, "every labelled row is")


METRIC = Metric(
    key="specificity",
    name="Specificity",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=specificity,
    formula=r"\frac{TN}{TN + FP}",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

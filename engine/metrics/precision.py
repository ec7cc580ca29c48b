r"""Precision: the share of what was predicted that came true.

When to use it: what is announced in vain costs more than what is missed; blocked payments, called-out technicians.
Reading it: 1 announces nothing in vain. Thresholds are the reference's own precision less 2 % and 5 % of it.
Pitfalls: it rises and falls with how often the thing happens at all, the model being the same. Of several classes it is
    the plain mean over classes; a class that was never predicted counts 0.
References: van Rijsbergen (1979) Information Retrieval, ch. 7; scikit-learn's precision_score, of several classes with
    average="macro". Its standard error is that of a share, by the delta method of a mean of shares.

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification
>>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))  # 2 hits, 1 false alarm, 2 misses, 5 rightly left alone
>>> reading = precision(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.6667, 0.2722)
"""

from engine.metrics.confusion import share_of, without_share
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification
from engine.summaries import Floats


def precision(outcomes: Classification) -> Reading:
    """Predicted and true of the positive class / all predicted of it; the mean over several classes."""
    return share_of(outcomes, _share)


def _share(right: Floats, true: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    return right, predicted


def _undefined(outcomes: Classification) -> str | None:
    return without_share(outcomes, outcomes.production, _share, "no labelled row was predicted to be")


METRIC = Metric(
    key="precision",
    name="Precision",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=precision,
    formula=r"\frac{TP}{TP + FP}",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

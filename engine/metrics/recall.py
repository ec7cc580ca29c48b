r"""Recall: the share of what came true that was predicted.

When to use it: what is missed costs more than what is announced in vain; fraud, illness, late flights.
Reading it: 1 misses nothing, 0 misses everything. Thresholds are the reference's own recall less 2 % and 5 % of it.
Pitfalls: predicting yes for every row has recall 1, so read it beside precision. It follows the cut-off of the score
    and moves from week to week by itself: it is shown, and judged only when asked for. Of several classes it is the
    plain mean over classes, rare ones counting as much as frequent ones.
References: van Rijsbergen (1979) Information Retrieval, ch. 7; scikit-learn's recall_score, of several classes with
    average="macro". Its standard error is that of a share, by the delta method of a mean of shares.

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification
>>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))  # 2 hits, 1 false alarm, 2 misses, 5 rightly left alone
>>> reading = recall(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.5, 0.25)
"""

from engine.metrics.confusion import share_of, without_share
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification
from engine.summaries import Floats


def recall(outcomes: Classification) -> Reading:
    """Predicted and true of the positive class / all true of it; the mean over classes where there are several."""
    return share_of(outcomes, _share)


def _share(right: Floats, true: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    return right, true


def _undefined(outcomes: Classification) -> str | None:
    return without_share(outcomes, outcomes.production, _share, "no labelled row is")


METRIC = Metric(
    key="recall",
    name="Recall",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=recall,
    formula=r"\frac{TP}{TP + FN}",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

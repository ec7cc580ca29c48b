r"""F1 score: precision and recall in one number, their harmonic mean.

When to use it: misses and false alarms cost about the same, and true negatives do not matter.
Reading it: 1 is perfect, 0 has no hit. Thresholds are the reference's own less 2 % and 5 % of it.
Pitfalls: it hides which of the two moved; it rises with how often the thing happens. Of several classes it is the plain
    mean over classes.
References: van Rijsbergen (1979) Information Retrieval, ch. 7; scikit-learn's f1_score, of several classes with
    average="macro". Standard error by the delta method (Takahashi et al. 2022, Applied Intelligence 52).

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification
>>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))  # 2 hits, 1 false alarm, 2 misses, 5 rightly left alone
>>> reading = f1(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.5714, 0.2236)
"""

from engine.metrics.confusion import share_of, without_share
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification
from engine.summaries import Floats


def f1(outcomes: Classification) -> Reading:
    """2 × hits / (rows true + rows predicted) of the positive class; the mean over several classes."""
    return share_of(outcomes, _share, 2.0)


def _share(right: Floats, true: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    return right, true + predicted


def _undefined(outcomes: Classification) -> str | None:
    return without_share(outcomes, outcomes.production, _share, "no labelled row is, or was predicted to be,")


METRIC = Metric(
    key="f1",
    name="F1 score",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=f1,
    formula=r"\frac{2\,TP}{2\,TP + FP + FN}",
    bounds=(0.0, 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

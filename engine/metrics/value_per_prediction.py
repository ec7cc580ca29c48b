r"""Value per prediction: what the predictions were worth on average, from what each kind of outcome is worth.

When to use it: a miss and a false alarm cost different amounts that somebody can name.
Reading it: in the unit of the values given; the total is in the detail. Thresholds are the reference's own value less
    2 % and 5 % of its absolute value.
Pitfalls: it is only as good as the four values. It moves with how often the thing happens, the model being the same.
References: Elkan (2001) IJCAI, The foundations of cost-sensitive learning. Standard error of a mean: the variance of
    the outcomes' values / (rows - 1).

>>> import numpy as np
>>> from engine.outcomes import Classes, Classification
>>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))  # 2 hits, 1 false alarm, 2 misses, 5 rightly left alone
>>> reading = value_per_prediction(Classification(side, side, ("no", "yes"), positive=1, worth=(0, -1, -10, 0)))
>>> round(reading.value, 4), round(reading.error, 4), reading.detail
(-2.1, 1.3204, '-21 in all, of 10 predictions')
"""

from dataclasses import replace

import numpy as np

from engine.metrics.confusion import Scored, read, without_predictions
from engine.metrics.metric import Metric, Reading
from engine.outcomes import LARGEST, Classes, Classification
from engine.summaries import Floats


def value_per_prediction(outcomes: Classification) -> Reading:
    """Sum over tp, fp, fn and tn of rows × worth / all of these rows."""
    assert outcomes.worth is not None and outcomes.positive is not None
    tp, fp, fn, tn = outcomes.worth
    worth = np.array([[tp, fn], [fp, tn]])  # by class that came true and class predicted, the positive one first
    turned = worth if outcomes.positive == 0 else worth[::-1, ::-1]
    missing = without_predictions(outcomes, outcomes.reference)
    total = float((outcomes.production.confusion * turned).sum())
    reading = read(outcomes.reference, outcomes.production, lambda side: _score(side, turned), missing)
    return replace(reading, detail=f"{total:,.6g} in all, of {int(outcomes.production.confusion.sum()):,} predictions")


def _score(side: Classes, worth: Floats) -> Scored:
    rows = int(side.confusion.sum())
    mean = float((side.confusion * worth).sum() / rows)
    variance = float((side.confusion * (worth - mean) ** 2).sum() / rows)
    return mean, float(np.sqrt(variance / (rows - 1))) if rows > 1 else None


def _undefined(outcomes: Classification) -> str | None:
    if outcomes.worth is None:
        return "nothing says what a tp, fp, fn and tn is worth"
    if outcomes.positive is None:
        return f"{len(outcomes.classes)} classes have no positive one"
    largest = max(abs(one) for one in outcomes.worth)
    if not largest < LARGEST:
        return f"values as large as {largest:.0e} cannot be squared"
    return without_predictions(outcomes, outcomes.production)


METRIC = Metric(
    key="value_per_prediction",
    name="Value per prediction",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=value_per_prediction,
    formula=r"\frac{1}{m}\sum_{o \in \{tp, fp, fn, tn\}} n_o\, v_o",
    bounds=(float("-inf"), float("inf")),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

r"""Mean absolute error: how far predictions lie from the target on average, in the target's unit.

When to use it: the first measure of a regression; an error twice as large costs twice as much.
Reading it: 0 is perfect. Thresholds are the reference's own value plus 2 % and 5 % of it.
Pitfalls: it grows with the target's own spread, the model being the same. It does not say in which direction.
References: Willmott & Matsuura (2005) Climate Research 30; scikit-learn's mean_absolute_error. Standard error of a
    mean.

>>> import numpy as np
>>> from engine.outcomes import Regression, errors_of
>>> side = errors_of(4, np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 4.5]))
>>> reading = mae(Regression(side, side))
>>> round(reading.value, 4), round(reading.error, 4)
(0.5, 0.2041)
"""

from engine.metrics.confusion import read_errors, scored, without_errors
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Regression


def mae(outcomes: Regression) -> Reading:
    """Mean of abs(prediction - target)."""
    return read_errors(outcomes, lambda side: scored(side.absolute))


def _undefined(outcomes: Regression) -> str | None:
    return without_errors(outcomes.production)


METRIC = Metric(
    key="mae",
    name="Mean absolute error",
    signal="model_performance",
    needs=Regression,
    kinds=frozenset(),
    compute=mae,
    formula=r"\frac{1}{m}\sum_i |\hat y_i - y_i|",
    bounds=(0.0, float("inf")),
    warning=0.02,
    critical=0.05,
    worse="higher",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

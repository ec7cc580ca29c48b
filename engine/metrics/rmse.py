r"""Root mean squared error: how far predictions lie from the target, in its unit, large errors weighing more.

When to use it: large errors cost more than in proportion.
Reading it: 0 is perfect; never below the mean absolute error. Thresholds are the reference's own value plus 2 % and
    5 % of it.
Pitfalls: a few rows can make all of it; read it beside the mean absolute error.
References: Willmott & Matsuura (2005) Climate Research 30; scikit-learn's root_mean_squared_error. Standard error by
    the delta method: that of the mean square / (2 × value).

>>> import numpy as np
>>> from engine.outcomes import Regression, errors_of
>>> side = errors_of(4, np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 4.5]))
>>> reading = rmse(Regression(side, side))
>>> round(reading.value, 4), round(reading.error, 4)
(0.6124, 0.1768)
"""

import math

from engine.metrics.confusion import Scored, read_errors, scored, without_errors
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Errors, Regression


def rmse(outcomes: Regression) -> Reading:
    """Square root of the mean of (prediction - target)²."""
    return read_errors(outcomes, _score)


def _score(side: Errors) -> Scored:
    square, error = scored(side.square)
    root = math.sqrt(square)
    return root, error / (2 * root) if error is not None and root > 0 else error


def _undefined(outcomes: Regression) -> str | None:
    return without_errors(outcomes.production)


METRIC = Metric(
    key="rmse",
    name="Root mean squared error",
    signal="model_performance",
    needs=Regression,
    kinds=frozenset(),
    compute=rmse,
    formula=r"\sqrt{\frac{1}{m}\sum_i (\hat y_i - y_i)^2}",
    bounds=(0.0, float("inf")),
    warning=0.02,
    critical=0.05,
    worse="higher",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

r"""Mean error: how much too high predictions are on average, in the target's unit; also called bias.

When to use it: sums are what matters (stock, staff, energy): errors that cancel do no harm, a bias adds up.
Reading it: 0 is right on average, negative is too low. Thresholds lie on the side to which it moved, 2 % and 5 % of the
    reference's mean absolute error away from the reference's own value.
Pitfalls: 0 does not mean good: errors of either sign cancel.
References: Willmott & Matsuura (2005) Climate Research 30. Standard error of a mean.

>>> import numpy as np
>>> from engine.outcomes import Regression, errors_of
>>> side = errors_of(4, np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 4.5]))
>>> reading = mean_error(Regression(side, side))
>>> round(reading.value, 4), round(reading.error, 4)
(0.0, 0.3536)
"""

from dataclasses import replace

from engine.metrics.confusion import read_errors, scored, without_errors
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Regression


def mean_error(outcomes: Regression) -> Reading:
    """Mean of (prediction - target)."""
    reading = read_errors(outcomes, lambda side: scored(side.signed))
    size = outcomes.reference.absolute
    return replace(reading, scale=size.mean) if size else reading


def _undefined(outcomes: Regression) -> str | None:
    return without_errors(outcomes.production)


METRIC = Metric(
    key="mean_error",
    name="Mean error",
    signal="model_performance",
    needs=Regression,
    kinds=frozenset(),
    compute=mean_error,
    formula=r"\frac{1}{m}\sum_i (\hat y_i - y_i)",
    bounds=(float("-inf"), float("inf")),
    warning=0.02,
    critical=0.05,
    worse="higher",
    symmetric=False,
    relative=True,
    by_share=True,
    two_sided=True,
    undefined=_undefined,
)

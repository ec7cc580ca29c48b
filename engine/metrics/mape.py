r"""Mean absolute percentage error: how far predictions lie from the target on average, as a share of the target.

When to use it: targets of very different size, all above zero, where an error counts in proportion.
Reading it: 0 is perfect, 0.1 is off by a tenth. Thresholds are the reference's own value plus 2 % and 5 % of it.
Pitfalls: not computed where a target is 0 or within about 1e-150 of it, and ruled by targets near 0. Too low
    predictions are punished less than too high ones: they cannot be off by more than the whole target.
References: Makridakis (1993) International Journal of Forecasting 9(4); scikit-learn's mean_absolute_percentage_error.
    Standard error of a mean.

>>> import numpy as np
>>> from engine.outcomes import Regression, errors_of
>>> side = errors_of(4, np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 4.5]))
>>> reading = mape(Regression(side, side))
>>> round(reading.value, 4), round(reading.error, 4)
(0.2396, 0.1107)
"""

import math

from engine.metrics.confusion import read_errors, scored, without_errors
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Errors, Regression


def mape(outcomes: Regression) -> Reading:
    """Mean of abs(prediction - target) / abs(target)."""
    return read_errors(outcomes, lambda side: scored(side.share), _missing)


def _missing(side: Errors) -> str | None:
    if side.zeros:
        rows = "row" if side.zeros == 1 else "rows"
        return f"the target is 0 in {side.zeros:,} {rows}, of which no error is a share"
    if side.share is not None and not math.isfinite(side.share.variance):
        return "a target lies so near 0 that errors as shares of it are too large for a number"
    return without_errors(side)


def _undefined(outcomes: Regression) -> str | None:
    return _missing(outcomes.production)


METRIC = Metric(
    key="mape",
    name="Mean absolute percentage error",
    signal="model_performance",
    needs=Regression,
    kinds=frozenset(),
    compute=mape,
    formula=r"\frac{1}{m}\sum_i \left|\frac{\hat y_i - y_i}{y_i}\right|",
    bounds=(0.0, float("inf")),
    warning=0.02,
    critical=0.05,
    worse="higher",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

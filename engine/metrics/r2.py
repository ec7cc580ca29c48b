r"""R²: the share of the target's variance that the predictions account for.

When to use it: errors as a share of what there was to predict, comparable between targets of different units.
Reading it: 1 is perfect, 0 is as good as always saying the mean, below 0 is worse. Thresholds are the reference's own
    value less 0.02 and 0.05.
Pitfalls: it falls when the target varies less, though errors are the same. Not computed for a constant target.
References: Wright (1921) Journal of Agricultural Research 20; scikit-learn's r2_score. Standard error by the delta
    method for a ratio of means (Cochran 1977, Sampling Techniques, § 2.11).

>>> import numpy as np
>>> from engine.outcomes import Regression, errors_of
>>> side = errors_of(4, np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 4.5]))
>>> reading = r2(Regression(side, side))
>>> round(reading.value, 4), round(reading.error, 4)
(0.7, 0.2553)
"""

from engine.metrics.confusion import Scored, read_errors, without_errors
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Errors, Regression


def r2(outcomes: Regression) -> Reading:
    """1 - sum of (prediction - target)² / sum of (target - its mean)²."""
    return read_errors(outcomes, _score, _missing)


def _score(side: Errors) -> Scored:
    assert side.square and side.target and side.unexplained
    error = side.unexplained.error
    value = 1 - side.square.mean / side.target.variance
    return value, error / side.target.variance if error is not None else None


def _missing(side: Errors) -> str | None:
    if why := without_errors(side):
        return why
    if side.unexplained:
        return None
    varies = side.target and side.target.variance > (1e-12 * side.target.mean) ** 2  # more than by rounding
    return f"the target {'hardly varies beside the errors' if varies else 'is the same in every row'}"


def _undefined(outcomes: Regression) -> str | None:
    return _missing(outcomes.production)


METRIC = Metric(
    key="r2",
    name="R²",
    signal="model_performance",
    needs=Regression,
    kinds=frozenset(),
    compute=r2,
    formula=r"1 - \frac{\sum_i (\hat y_i - y_i)^2}{\sum_i (y_i - \bar y)^2}",
    bounds=(float("-inf"), 1.0),
    warning=-0.02,
    critical=-0.05,
    worse="lower",
    symmetric=False,
    relative=True,
    undefined=_undefined,
)

r"""Log loss: how surprised the scores were by what came true, in nats a row.

When to use it: the first measure of scores that are probabilities; it sees wrong order and wrong level alike.
Reading it: 0 knew everything; always saying the share p of positives reads -p ln p - (1-p) ln(1-p), 0.69 at a half.
    Thresholds are the reference's own value plus 2 % and 5 % of it.
Pitfalls: one row that was sure and wrong can weigh as much as a hundred others. It rises when the thing becomes more
    frequent, up to a half, though the model is the same.
References: Good (1952) Journal of the Royal Statistical Society B 14(1); scikit-learn's log_loss, which keeps scores
    2.2e-16 off 0 and 1. Standard error of a mean.

>>> import numpy as np
>>> from engine.outcomes import classes_of, Classification
>>> side = classes_of(3, np.array([1, 0, 1]), None, np.array([[0.9], [0.2], [0.5]]), 2, 1, True)
>>> reading = log_loss(Classification(side, side, ("no", "yes"), positive=1))
>>> round(reading.value, 4), round(reading.error, 4)
(0.3406, 0.1795)
"""

from engine.metrics.confusion import mean_over_rows, without_probabilities
from engine.metrics.metric import Metric, Reading
from engine.outcomes import Classification


def log_loss(outcomes: Classification) -> Reading:
    """Mean of -ln of the score that the class which came true was given."""
    return mean_over_rows(outcomes, lambda side: side.loss)


def _undefined(outcomes: Classification) -> str | None:
    return without_probabilities(outcomes, outcomes.production)


METRIC = Metric(
    key="log_loss",
    name="Log loss",
    signal="model_performance",
    needs=Classification,
    kinds=frozenset(),
    compute=log_loss,
    formula=r"-\frac{1}{m}\sum_i \ln s_{i,y_i}",
    bounds=(0.0, 36.05),
    warning=0.02,
    critical=0.05,
    worse="higher",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

r"""Chebyshev distance: the largest move of any one bin's share, 0 to 1.

When to use it: predicted classes, when one class that moves alone must not be averaged away.
Reading it: 0.1 says that one bin gained or lost ten points of share; the detail names the bin. It has no parts.
Pitfalls: blind to many small moves; the bins of a numeric column decide what one move is.
References: Cantrell (2000) Modern Mathematical Methods for Physicists and Engineers, section 2.

>>> import numpy as np
>>> from engine.summaries import Histogram
>>> reading = chebyshev(Histogram(("a", "b"), np.array([50, 50]), np.array([80, 20])))
>>> round(reading.value, 6), reading.detail
(0.3, 'attained at a')
"""

import numpy as np

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Histogram


def chebyshev(histogram: Histogram) -> Reading:
    """Max over bins of abs(q - p)."""
    p, q = histogram.shares
    moves = np.abs(q - p)
    at = int(moves.argmax())
    return Reading(float(moves[at]), detail=f"attained at {histogram.labels[at]}")


METRIC = Metric(
    key="chebyshev",
    name="Chebyshev distance",
    signal="data_drift",
    needs=Histogram,
    kinds=frozenset({Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATETIME}),
    compute=chebyshev,
    formula=r"\max_i |q_i - p_i|",
    bounds=(0.0, 1.0),
    warning=0.1,
    critical=0.2,
)

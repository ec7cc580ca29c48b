r"""Hellinger distance: the straight-line distance between the roots of the shares, 0 to 1.

When to use it: columns of any kind, when rare bins should count more than in Chebyshev and less than in PSI.
Reading it: 0 is identical, 1 is no overlap; about 0.35 times the root of PSI when changes are
    small. Parts are of its square.
Pitfalls: depends on the bins; being a root, it is large for small samples.
References: Hellinger (1909) Journal für die reine und angewandte Mathematik 136.

>>> import numpy as np
>>> from engine.summaries import Histogram
>>> round(hellinger(Histogram(("a", "b"), np.array([50, 50]), np.array([80, 20]))).value, 6)
0.226532
"""

import numpy as np

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Histogram


def hellinger(histogram: Histogram) -> Reading:
    """Root of half the sum over bins of (sqrt p - sqrt q) squared."""
    p, q = histogram.shares
    parts = (np.sqrt(p) - np.sqrt(q)) ** 2 / 2
    return Reading(float(min(np.sqrt(parts.sum()), 1.0)), parts=tuple(parts.tolist()))


METRIC = Metric(
    key="hellinger",
    name="Hellinger distance",
    signal="data_drift",
    needs=Histogram,
    kinds=frozenset({Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATETIME}),
    compute=hellinger,
    formula=r"\sqrt{\tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2}",
    bounds=(0.0, 1.0),
    warning=0.1,
    critical=0.2,
    parts_of=lambda value: value * value,
)

r"""Jensen-Shannon distance: the root of how far both sides lie from their average, 0 to 1.

When to use it: columns of any kind, when a bounded and symmetric number is wanted.
Reading it: 0 is identical, 1 is no overlap; 0.1 is the customary warning. Parts are of its square, the divergence.
Pitfalls: depends on the bins, as every binned measure does; being a root, it is large for small samples.
References: Lin (1991) IEEE Transactions on Information Theory 37(1); Endres & Schindelin (2003) ibid. 49(7).

>>> import numpy as np
>>> from engine.summaries import Histogram
>>> round(jensen_shannon(Histogram(("a", "b"), np.array([1, 0]), np.array([0, 1]))).value, 6)
1.0
"""

import numpy as np
from scipy.special import rel_entr

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Histogram


def jensen_shannon(histogram: Histogram) -> Reading:
    """Root of the mean of KL(p || m) and KL(q || m) in bits, m being the average of the shares p and q."""
    p, q = histogram.shares
    m = (p + q) / 2
    parts = np.maximum((rel_entr(p, m) + rel_entr(q, m)) / (2 * np.log(2)), 0.0)
    return Reading(float(min(np.sqrt(parts.sum()), 1.0)), parts=tuple(parts.tolist()))


METRIC = Metric(
    key="jensen_shannon",
    name="Jensen-Shannon distance",
    signal="data_drift",
    needs=Histogram,
    kinds=frozenset({Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATETIME}),
    compute=jensen_shannon,
    formula=r"\sqrt{\tfrac12 D_2(p\,\|\,m) + \tfrac12 D_2(q\,\|\,m)},\quad m = \tfrac12(p + q)",
    bounds=(0.0, 1.0),
    warning=0.1,
    critical=0.2,
    parts_of=lambda value: value * value,
)

r"""Null rate: the share of production rows where the column has no value.

When to use it: every column; a sensor, a join or a form field that stopped delivering shows here first.
Reading it: 0 is complete, 1 is empty. Thresholds are the reference's own rate plus 0.01 and plus 0.05.
Pitfalls: not-a-number counts as null, ±inf and the empty text do not. A column can be null for one cohort only.
References: ISO/IEC 25012 (completeness).

>>> from engine.summaries import Quality, QualityCounts
>>> null_rate(Quality(QualityCounts(rows=100, nulls=1), QualityCounts(rows=50, nulls=5, nans=5))).value
0.2
"""

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Quality


def null_rate(quality: Quality) -> Reading:
    """Production rows that are NULL or not-a-number / production rows."""
    return Reading(quality.production.null_share, against=quality.reference.null_share)


METRIC = Metric(
    key="null_rate",
    name="Null rate",
    signal="data_quality",
    needs=Quality,
    kinds=frozenset(Kind),
    compute=null_rate,
    formula=r"\frac{\#\{x = \varnothing\}}{m}",
    bounds=(0.0, 1.0),
    warning=0.01,
    critical=0.05,
    symmetric=False,
    relative=True,
)

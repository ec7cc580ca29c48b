r"""Out-of-bounds rate: the share of production rows outside the reference's range, or its set of categories.

When to use it: numeric columns (sensors, amounts, units that changed) and categories (new codes, typing errors).
Reading it: 0 says that every value was known. Thresholds are the reference's own rate plus 0.01 and plus 0.05: the
    share of its rows that would be out of bounds if each were held against the others.
Pitfalls: the range of a small reference is narrow; the range of one with an outlier is wide. Moments in time are not
    judged, since time goes on. Values at ±inf count as outside unless the reference has them.
References: ISO/IEC 25012 (accuracy); Breck et al. (2019) Data Validation for Machine Learning, MLSys.

>>> from engine.summaries import Quality, QualityCounts
>>> out_of_bounds_rate(Quality(QualityCounts(rows=100), QualityCounts(rows=50, out_of_bounds=5))).value
0.1
"""

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Quality


def out_of_bounds_rate(quality: Quality) -> Reading:
    """Production rows outside the reference's range or categories / production rows."""
    reference, production = quality.reference, quality.production
    against = reference.out_of_bounds / reference.rows if reference.rows else 0.0
    named = ", ".join(f"{name} ({rows:,})" for name, rows in quality.unseen)
    detail = f"never seen before: {named}" if named else quality.limits
    return Reading(production.out_of_bounds / production.rows, against=against, detail=detail or None)


METRIC = Metric(
    key="out_of_bounds_rate",
    name="Out-of-bounds rate",
    signal="data_quality",
    needs=Quality,
    kinds=frozenset({Kind.NUMERIC, Kind.CATEGORICAL}),
    compute=out_of_bounds_rate,
    formula=r"\frac{\#\{x \notin [\min, \max]\}}{m}",
    bounds=(0.0, 1.0),
    warning=0.01,
    critical=0.05,
    symmetric=False,
    relative=True,
)

r"""Type error rate: the share of production rows whose value cannot be read as the reference's type.

When to use it: every column; text in a number column, words in a date, anything a parser upstream broke.
Reading it: 0 is clean. Thresholds are the reference's own rate plus 0.01 and plus 0.05.
Pitfalls: a column that arrives with another type is a schema finding first; then each value is tried. A text column
    has no type errors, since every value is a text.
References: ISO/IEC 25012 (accuracy); Breck et al. (2019) Data Validation for Machine Learning, MLSys.

>>> from engine.summaries import Quality, QualityCounts
>>> type_error_rate(Quality(QualityCounts(rows=100), QualityCounts(rows=50, type_errors=5))).value
0.1
"""

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Quality


def type_error_rate(quality: Quality) -> Reading:
    """Production rows whose value cannot be cast to the reference's type / production rows."""
    reference, production = quality.reference, quality.production
    against = reference.type_errors / reference.rows if reference.rows else 0.0
    return Reading(production.type_errors / production.rows, against=against)


METRIC = Metric(
    key="type_error_rate",
    name="Type error rate",
    signal="data_quality",
    needs=Quality,
    kinds=frozenset(Kind) - {Kind.NESTED},
    compute=type_error_rate,
    formula=r"\frac{\#\{x \text{ cannot be cast}\}}{m}",
    bounds=(0.0, 1.0),
    warning=0.01,
    critical=0.05,
    symmetric=False,
    relative=True,
)

r"""Chi-squared distance, with the two-sample test of homogeneity beside it.

When to use it: categories, when a test is wanted whose null hypothesis treats both sides as samples.
Reading it: the value is an effect size from 0 to 1 that does not depend on the numbers of rows (at equal sizes it is
    Cramér's V); the p-value is of the two-sample test on the actual counts. Parts are of the value's square.
Pitfalls: with many rows the p-value is near 0 for moves too small to matter: read the value. Bins with fewer than 5
    rows expected on a side are pooled for the test, not for the value.
References: Pearson (1900) Philosophical Magazine 50; Cramér (1946) Mathematical Methods of Statistics, chapter 30.

>>> import numpy as np
>>> from engine.summaries import Histogram
>>> reading = chi_squared(Histogram(("a", "b"), np.array([50, 50]), np.array([80, 20])))
>>> round(reading.value, 6), round(reading.statistic, 4), f"{reading.p_value:.2e}"
(0.314485, 19.7802, '8.69e-06')
"""

import numpy as np
from scipy.special import chdtrc

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Counts, Histogram

LEAST_EXPECTED = 5.0


def chi_squared(histogram: Histogram) -> Reading:
    """Root of half the sum over bins of (p - q)² / (p + q); statistic and p-value of the homogeneity test."""
    p, q = histogram.shares
    both = p + q
    parts = np.where(both > 0, (p - q) ** 2 / np.where(both > 0, both, 1.0), 0.0) / 2
    statistic, freedom = homogeneity(*pooled(histogram.reference, histogram.production))
    p_value = float(chdtrc(freedom, statistic)) if freedom else 1.0
    return Reading(
        float(min(np.sqrt(parts.sum()), 1.0)), p_value=p_value, statistic=statistic, parts=tuple(parts.tolist())
    )


def pooled(reference: Counts, production: Counts) -> tuple[Counts, Counts]:
    """The counts with the rarest bins joined until each has 5 rows expected on both sides. Shapes (j,), (j,)."""
    table = np.stack([reference, production]).astype(np.int64)
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    least = LEAST_EXPECTED * table.sum() / max(int(table.sum(axis=1).min()), 1)  # rows a bin needs, both sides together
    joined = int(np.searchsorted(np.cumsum(table.sum(axis=0)), least)) + 1 if table.sum(axis=0)[0] < least else 1
    while joined < table.shape[1] and table[:, joined].sum() < least:
        joined += 1
    table = np.concatenate([table[:, :joined].sum(axis=1, keepdims=True), table[:, joined:]], axis=1)
    return table[0], table[1]


def homogeneity(reference: Counts, production: Counts) -> tuple[float, int]:
    """Pearson's statistic of a two-row table without correction, and its degrees of freedom."""
    total = reference + production
    keep = total > 0
    n, m = int(reference.sum()), int(production.sum())
    expected = total[keep] * (n / (n + m))
    off = reference[keep] - expected
    statistic = float((off**2 / expected + off**2 / (total[keep] - expected)).sum())
    return statistic, int(keep.sum()) - 1


METRIC = Metric(
    key="chi_squared",
    name="Chi-squared distance",
    signal="data_drift",
    needs=Histogram,
    kinds=frozenset({Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATETIME}),
    compute=chi_squared,
    formula=r"\sqrt{\tfrac12 \sum_i \frac{(p_i - q_i)^2}{p_i + q_i}}",
    bounds=(0.0, 1.0),
    warning=0.1,
    critical=0.3,
    parts_of=lambda value: value * value,
)

r"""Two-sample Kolmogorov-Smirnov: the widest gap between the two cumulative curves.

When to use it: numeric columns, when no bins are wanted.
Reading it: the gap is a share of rows, 0 to 1; the p-value says how often chance alone gives one as wide.
Pitfalls: with many rows the p-value is near 0 for gaps too small to matter: read the gap. Ties make the p-value too
    large. On cells the gap has a proven interval; on the exact path it has none.
References: Smirnov (1948) Annals of Mathematical Statistics 19(2); Hodges (1958) Arkiv för Matematik 3(43); Vrbik
    (2018) Pioneer Journal of Theoretical and Applied Statistics 15 (the correction used above 10,000 rows).

>>> import numpy as np
>>> from engine.summaries import Curve, Scale
>>> edges = np.array([np.nextafter(1.0, 0), 1.0, np.nextafter(2.0, 0), 2.0])  # cells for the values 1 and 2
>>> none = np.zeros(5)
>>> curve = Curve(edges, np.array([0, 4, 0, 0, 0]), np.array([0, 1, 0, 3, 0]), none, none, Scale(1.0, "", (-9.0, 9.0)))
>>> kolmogorov_smirnov(curve).value
0.75
"""

import warnings
from inspect import unwrap

import numpy as np
from scipy.special import kolmogorov

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Curve

LARGE = 10_000  # rows of a side beyond which scipy takes the asymptotic value
EXACT_UP_TO = 1e4  # effective rows; beyond, scipy's exact tail costs up to half a second a column


def kolmogorov_smirnov(curve: Curve) -> Reading:
    """Max over values x of abs(F(x) - G(x)), in exact integers until the last division; two-sided p-value."""
    n = int(curve.reference.sum()) + sum(curve.reference_infinite)
    m = int(curve.production.sum()) + sum(curve.production_infinite)
    below = np.array([curve.reference_infinite[0]]), np.array([curve.production_infinite[0]])
    f = np.concatenate([below[0], below[0] + np.cumsum(curve.reference)])
    g = np.concatenate([below[1], below[1] + np.cumsum(curve.production)])
    gaps = np.abs(f * m - g * n)  # at the lower edge of every cell, and at the end
    at = int(gaps.argmax())
    widest = int(gaps[at])
    inside = np.maximum(f[1:] * m - g[:-1] * n, g[1:] * n - f[:-1] * m)[curve.open]
    highest = max(widest, int(inside.max(initial=0)))
    value = widest / (n * m)
    where = curve.edges[min(max(at - 1, 0), len(curve.edges) - 1)] if len(curve.edges) else None
    return Reading(
        value,
        p_value=p_value(n, m, int(f[at]), int(g[at])),
        interval=None if highest == widest else (value, highest / (n * m)),
        detail=None if where is None else f"attained at {where:.6g}",
    )


def p_value(n: int, m: int, i: int, j: int) -> float:
    """Two-sided p-value of a gap of i of n against j of m rows: scipy's, or beyond EXACT_UP_TO within 1e-3 of it."""
    effective = n * m / (n + m)
    gap = abs(i / n - j / m)
    if effective > EXACT_UP_TO:
        z = np.sqrt(effective) * gap
        return float(np.clip(kolmogorov(z + 1 / (6 * np.sqrt(effective)) + (z - 1) / (4 * effective)), 0.0, 1.0))
    from scipy import stats  # it takes 0.4 s to import, which the command line need not pay for every verb

    if max(n, m) > LARGE:
        return float(np.clip(stats.kstwo.sf(gap, np.round(effective)), 0.0, 1.0))
    # The p-value depends on n, m and the gap alone, so two samples of zeros and ones with that gap ask scipy for it;
    # what it wraps around its test, to take arrays of any shape, costs more than the test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where its exact sum fails, it takes the asymptotic value
        return float(unwrap(stats.ks_2samp)(np.arange(n) >= i, np.arange(m) >= j).pvalue)


METRIC = Metric(
    key="kolmogorov_smirnov",
    name="Two-sample Kolmogorov-Smirnov",
    signal="data_drift",
    needs=Curve,
    kinds=frozenset({Kind.NUMERIC, Kind.DATETIME}),
    compute=kolmogorov_smirnov,
    formula=r"\sup_x |F(x) - G(x)|",
    bounds=(0.0, 1.0),
    warning=0.1,
    critical=0.2,
)

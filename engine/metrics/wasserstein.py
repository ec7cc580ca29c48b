r"""Wasserstein distance: how far values moved on average, in units of the reference's spread.

When to use it: numeric columns, when the size of a move matters and not only its share of rows.
Reading it: 0.1 says that values moved by a tenth of the reference's robust standard deviation.
Pitfalls: both sides are clipped ten interquartile ranges beyond the reference's quartiles, so that one absurd value
    cannot rule the number; the clipped share is printed. Values at ±inf are left out, and counted by data quality.
References: Kantorovich (1942) Doklady 37; Vallender (1974) Theory of Probability and its Applications 18(4).

The unit is the interquartile range / 1.349; where that is 0 the standard deviation (ddof 1), without clipping; where
the reference is constant, a thousandth of max(abs(mean), 1).

>>> import numpy as np
>>> from engine.summaries import Curve, Scale
>>> edges = np.array([np.nextafter(1.0, 0), 1.0, np.nextafter(2.0, 0), 2.0])  # cells for the values 1 and 2
>>> none = np.zeros(5)
>>> curve = Curve(edges, np.array([0, 4, 0, 0, 0]), np.array([0, 1, 0, 3, 0]), none, none, Scale(0.5, "", (-9.0, 9.0)))
>>> round(wasserstein(curve).value, 12)
1.5
"""

import numpy as np
from numpy.typing import NDArray

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Curve, Floats


def wasserstein(curve: Curve) -> Reading:
    """Integral over x of abs(F(x) - G(x)) between the clipping limits, divided by the reference's unit.

    Over a cell the signed integral is exact from counts and sums. It is the integral of the absolute value too unless
    the curves can cross inside; such a cell gives an interval, but where its area was taken value by value.
    """
    n, m = int(curve.reference.sum()), int(curve.production.sum())
    if n == 0 or m == 0:
        return Reading(0.0, detail="one side has no finite value")
    low, high = curve.scale.clip
    # Cells beyond the limits hold values that were clipped: no width is left of them.
    kept = (np.append(curve.edges, np.inf) > low) & (np.append(-np.inf, curve.edges) < high)
    if curve.area is None:
        least, most, crossing = _limits(curve, n, m)
        exact = not crossing[kept].any() and not curve.slack
    else:
        least = most = curve.area
        exact = not curve.slack
    below, above = float(least[kept].sum()), float(most[kept].sum())
    unit = curve.scale.unit
    clipped = (int(curve.reference[~kept].sum()) / n, int(curve.production[~kept].sum()) / m)
    detail = f"in units of {unit:.6g} ({curve.scale.basis})"
    if any(clipped):
        detail += f"; clipped: {clipped[0]:.3%} of reference, {clipped[1]:.3%} of production"
    if exact:
        return Reading(below / unit, detail=detail)
    below, above = max(below - curve.slack, 0.0), above + curve.slack
    return Reading((below + above) / 2 / unit, interval=(below / unit, above / unit), detail=detail)


def _limits(curve: Curve, n: int, m: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """What the area between the curves is in each cell, at least and at most, and whether they can cross there."""
    f = np.concatenate([[0], np.cumsum(curve.reference)])
    g = np.concatenate([[0], np.cumsum(curve.production)])
    inner = slice(1, -1)
    width = np.diff(curve.edges)
    f_extra, g_extra = curve.reference_gap / n, curve.production_gap / m  # added by where values lie in a cell
    # The curves cannot cross inside a cell whose two extreme differences have one sign.
    most, least = f[1:] * m - g[:-1] * n, f[:-1] * m - g[1:] * n
    crossing = (most > 0) & (least < 0) & curve.open
    below = np.abs(curve.signed)
    upper = below.copy()
    spread = np.maximum(most, -least)[inner] / (n * m) * width
    apart = np.abs(f[1:-2] / n - g[1:-2] / m) * width + f_extra[inner] + g_extra[inner]
    upper[inner] = np.where(crossing[inner], np.minimum(spread, apart), upper[inner])
    for end in (0, -1):
        if crossing[end]:
            upper[end] = f_extra[end] + g_extra[end]
    return below, np.maximum(upper, below), crossing


METRIC = Metric(
    key="wasserstein",
    name="Wasserstein distance",
    signal="data_drift",
    needs=Curve,
    kinds=frozenset({Kind.NUMERIC, Kind.DATETIME}),
    compute=wasserstein,
    formula=r"\frac{1}{s}\int |F(x) - G(x)|\,dx",
    bounds=(0.0, float("inf")),
    warning=0.1,
    critical=0.25,
    symmetric=True,
)

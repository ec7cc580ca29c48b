"""Row-wise floors: what a reading stays under with probability 1 - α when both sides are drawn from one distribution.

Closed forms where they hold (tests/noise and docs/false_alarms.md show how well), draws where bins are sparse.
To give a metric a floor, add a row to FLOORS. Sources: Yurdakul & Naranjo (2020) Journal of Risk Model Validation 14(4)
for PSI; Bickel & Doksum (2015) Mathematical Statistics for the other divergences; del Barrio, Giné & Matrán (1999)
Annals of Probability 27(2) for Wasserstein; Fisher (1935) for rates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import chdtri, erfcinv, gammainccinv, gammaln, kolmogi

from engine.metrics.metric import Metric, Reading
from engine.noise.draws import draw
from engine.noise.floor import Floor, FloorBasis
from engine.noise.spread import Spread, spread
from engine.summaries import Curve, Floats, Histogram, Quality, QualityCounts, Summary

FILLED = 20  # rows expected in the emptiest bin of the smaller side from which on the χ² form is within 5 %
FAR_BELOW = 3.0  # a χ² form so many times below the warning decides nothing, so sparse bins are not drawn for it
CLOSED: FloorBasis = "closed form"
DRAWN: FloorBasis = "draws"


@dataclass(frozen=True, slots=True)
class Limit:
    """A floor before it is put beside a threshold. power: floors fall with (1/n + 1/m) to this power."""

    value: float
    basis: FloorBasis
    n: int
    m: int
    power: float


Rule = Callable[[Summary, float, float | None], Limit]


def row_floor(metric: Metric, summary: Summary, reading: Reading, alpha: float, warning: float | None) -> Floor | None:
    """The row-wise floor of a reading at α, or None for a metric that has none. warning: to find the rows needed."""
    rule = FLOORS.get(metric.key)
    if rule is None:
        return None
    limit = rule(summary, alpha, warning)
    margin = None if warning is None else warning - (reading.against or 0.0)
    level = limit.value - (reading.against or 0.0)
    needed = rows_needed(limit, level, margin) if margin is not None and 0 < margin <= level else None
    return Floor(limit.value, limit.value, limit.basis, needed)


def rows_needed(limit: Limit, level: float, warning: float) -> int | None:
    """Production rows at which a floor would fall below the warning; None if the reference itself is too small.

    >>> rows_needed(Limit(0.4, "closed form", 5000, 100, power=1.0), 0.4, 0.1)
    427
    """
    if not limit.n or not limit.m:
        return None  # a slice without rows: no number of production rows would do
    wanted = (1 / limit.n + 1 / limit.m) * (warning / level) ** (1 / limit.power) - 1 / limit.n
    return int(np.ceil(1 / wanted)) + 1 if wanted > 0 else None


def pooled(histogram: Histogram) -> Floats:
    """Shares of both sides taken together. Shape (k,)."""
    both = histogram.reference + histogram.production
    return np.asarray(both / both.sum())


def _divergence(factor: float, root: bool, transform: Callable[[Floats, Floats], Floats]) -> Rule:
    """The rule of a metric whose square (or itself) times factor·nm/(n+m) follows χ² with k-1 degrees of freedom."""

    def rule(summary: Summary, alpha: float, warning: float | None) -> Limit:
        assert isinstance(summary, Histogram)
        n, m, shares = int(summary.reference.sum()), int(summary.production.sum()), pooled(summary)
        power = 0.5 if root else 1.0
        if len(shares) == 1:
            return Limit(0.0, "closed form", n, m, power)
        square, basis = float(chdtri(len(shares) - 1, alpha)) * (1 / n + 1 / m) / factor, CLOSED
        value = float(np.sqrt(square)) if root else square
        sparse = shares.min() * min(n, m) < FILLED
        if sparse and (warning is None or value * FAR_BELOW >= warning):
            square, basis = gamma_tail(transform(*draw(summary)), alpha), DRAWN
            value = float(np.sqrt(square)) if root else square
        return Limit(value, basis, n, m, power)

    return rule


def gamma_tail(values: Floats, alpha: float) -> float:
    """The value that a gamma distribution with the mean and variance of some draws exceeds with probability α."""
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    if mean <= 0 or variance <= 0:
        return float(values.max())
    return float(gammainccinv(mean * mean / variance, alpha)) * variance / mean


def _psi(a: Floats, b: Floats) -> Floats:
    p, q = a + 0.5, b + 0.5
    p /= p.sum(axis=1, keepdims=True)
    q /= q.sum(axis=1, keepdims=True)
    moved = q - p
    q /= p
    moved *= np.log(q, out=q)
    return np.asarray(moved.sum(axis=1))


def _shares(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    return a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)


def _jensen_shannon(a: Floats, b: Floats) -> Floats:
    p, q = _shares(a, b)
    m = p + q
    m /= 2
    np.maximum(m, 1e-300, out=m)
    for side in (p, q):  # in place: new pages for every step cost as much as the steps
        entropy = np.maximum(side, 1e-300)
        entropy /= m
        side *= np.log2(entropy, out=entropy)
    p += q
    return np.asarray(np.maximum(p.sum(axis=1) / 2, 0.0))


def _hellinger(a: Floats, b: Floats) -> Floats:
    p, q = _shares(a, b)
    return np.asarray(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=1) / 2)


def _chi_squared(a: Floats, b: Floats) -> Floats:
    p, q = _shares(a, b)
    return np.asarray(((p - q) ** 2 / np.maximum(p + q, 1e-300)).sum(axis=1) / 2)


def _chebyshev(summary: Summary, alpha: float, warning: float | None) -> Limit:
    """The widest of k moves: each bin's normal quantile at α/k, exact binomial where bins are sparse is below it."""
    assert isinstance(summary, Histogram)
    n, m, shares = int(summary.reference.sum()), int(summary.production.sum()), pooled(summary)
    z = normal_tail(alpha / (2 * len(shares)))
    noise = 1 / n + 1 / m
    skewed = z * np.sqrt(shares * (1 - shares) * noise) + (z * z - 1) / 6 / min(n, m)
    return Limit(float(skewed.max()), "closed form", n, m, 0.5)


def _kolmogorov_smirnov(summary: Summary, alpha: float, warning: float | None) -> Limit:
    """Kolmogorov's distribution; ties only make it too careful."""
    assert isinstance(summary, Curve)
    n, m = int(summary.reference.sum()), int(summary.production.sum())
    n, m = n + sum(summary.reference_infinite), m + sum(summary.production_infinite)
    return Limit(min(float(kolmogi(alpha) * np.sqrt(1 / n + 1 / m)), 1.0), "closed form", n, m, 0.5)


def _wasserstein(summary: Summary, alpha: float, warning: float | None) -> Limit:
    """The larger of two tails: the area under a Brownian bridge (gamma with its mean and variance), and the mean's move
    with its skewness (Cornish-Fisher), since few rows of a skewed column move the mean further than a bridge would."""
    assert isinstance(summary, Curve)
    n, m = max(int(summary.reference.sum()), 1), max(int(summary.production.sum()), 1)
    found: Spread = summary.known.get("spread") or spread(summary)
    noise = np.sqrt(1 / n + 1 / m)
    if found.mean <= 0 or found.variance <= 0:
        return Limit(0.0, "closed form", n, m, 0.5)
    bridge = float(gammainccinv(found.mean**2 / found.variance, alpha)) * found.variance / found.mean
    z = normal_tail(alpha / 2)
    skewness = abs(found.skewness * (1 / m**2 - 1 / n**2)) / (1 / m + 1 / n) ** 1.5
    moved = found.deviation * (z + (z * z - 1) / 6 * skewness)
    return Limit(max(bridge, moved) * float(noise), "closed form", n, m, 0.5)


def normal_tail(alpha: float) -> float:
    """The standard normal value that is exceeded with probability α.

    >>> round(normal_tail(0.025), 4)
    1.96
    """
    return float(np.sqrt(2) * erfcinv(2 * alpha))


def _rate(hits: Callable[[QualityCounts], int]) -> Rule:
    """The rule of a share of rows."""

    def rule(summary: Summary, alpha: float, warning: float | None) -> Limit:
        assert isinstance(summary, Quality)
        reference, production = summary.reference, summary.production
        return rate_limit(hits(reference), reference.rows, hits(production), production.rows, alpha)

    return rule


BEYOND = float(np.nextafter(1.0, 2.0))  # no share reaches it


@lru_cache(maxsize=4096)  # most columns of a window have no hit among the same rows
def rate_limit(hits: int, n: int, more: int, m: int, alpha: float) -> Limit:
    """The floor of a production rate: what chance alone puts into production of all hits on both sides (Fisher's test).

    hits of n reference rows, more of m production rows. The floor lies between the last rate that chance reaches with
    more than probability α and the next; just beyond 1 where chance reaches even a share of all rows.

    >>> limit = rate_limit(0, 5000, 2, 30, 0.001)
    >>> limit.value < 2 / 30
    True
    """
    total, rows = hits + more, n + m
    mean = total * m / rows
    deviation = np.sqrt(max(mean * (1 - m / rows) * (rows - total) / max(rows - 1, 1), 0.0))
    z = normal_tail(alpha)
    low, high = max(0, total - n), min(total, m)
    if deviation > 50:  # beyond, the skewness that is left out is below 1/200 of the floor
        return Limit(min((mean + z * deviation + (z * z - 1) / 6 + 0.5) / m, BEYOND), "closed form", n, m, 0.5)
    first, last = max(low, int(mean) - 1), min(high, int(mean + 12 * deviation + 40))
    counts = np.arange(first, last + 1)
    chance = np.exp(_choose(m, counts) + _choose(n, total - counts) - _choose(rows, total))
    tail = np.cumsum(chance[::-1])[::-1]  # probability of at least so many
    beyond = counts[tail <= alpha]
    least = int(beyond[0]) if len(beyond) else high + 1
    return Limit(min((least - 0.5) / m, BEYOND), "closed form", n, m, 0.5)


def _choose(n: int, k: "np.typing.ArrayLike") -> Floats:
    """Logarithm of the binomial coefficient."""
    k = np.asarray(k, dtype=np.float64)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


FLOORS: dict[str, Rule] = {
    "psi": _divergence(1.0, False, _psi),
    "jensen_shannon": _divergence(8 * np.log(2), True, _jensen_shannon),
    "hellinger": _divergence(8.0, True, _hellinger),
    "chi_squared": _divergence(4.0, True, _chi_squared),
    "chebyshev": _chebyshev,
    "kolmogorov_smirnov": _kolmogorov_smirnov,
    "wasserstein": _wasserstein,
    "null_rate": _rate(lambda side: side.nulls + side.nans),
    "type_error_rate": _rate(lambda side: side.type_errors),
    "out_of_bounds_rate": _rate(lambda side: side.out_of_bounds),
}

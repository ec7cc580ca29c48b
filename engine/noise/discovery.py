"""Many readings at once: how likely chance alone gives each, and which of thousands may be called discoveries.

A cohort finder asks tens of thousands of questions, so nothing is drawn here: PSI under no change follows a gamma
distribution whose mean and variance are summed bin by bin, from a table where bins are sparse.
"""

from functools import lru_cache

import numpy as np
from scipy.special import bdtr, bdtrc, gammaincc, gammainccinv, gammaln, ndtr

from engine.noise.rows import FILLED, normal_tail
from engine.summaries import Counts, Floats

FILLED_WELL = 80.0  # rows expected in a bin, on the side that expects fewer, from which on χ² is exact enough
RATIOS = np.geomspace(1.0, 4096.0, 13)  # rows of the larger side over those of the smaller
TOTALS = np.unique(np.round(np.geomspace(1, FILLED_WELL * (1 + RATIOS[-1]), 60)))  # rows of both sides in a bin


Moments = tuple[Floats, Floats]  # mean and variance, (c,) each


def null_psi(reference: Counts, production: Counts) -> Moments:
    """Mean and variance of the PSI of (c,) histograms if it were chance alone which side every row fell to.

    reference, production: (c, k) rows per bin; a bin empty on both sides is none. Where bins are well filled these are
    (k - 1) (1/n + 1/m) and twice its square over k - 1, as of χ² (Yurdakul & Naranjo 2020, Journal of Risk Model
    Validation 14(4)); where they are not, each bin adds what a binomial share of its rows and half a row a side would.
    """
    both = reference + production
    real = both > 0
    k = real.sum(axis=1)
    n, m = reference.sum(axis=1), production.sum(axis=1)
    ratio = np.maximum(n, m) / np.maximum(np.minimum(n, m), 1)
    weight = np.where(real, 1.0 - both / np.maximum(n + m, 1)[:, None], 0.0)
    mean, variance = weight.copy(), 2 * weight
    few = real & (both < FILLED_WELL * (1 + ratio[:, None]))
    if few.any():
        by_mean, by_variance = _table()
        ratios = np.broadcast_to(ratio[:, None], both.shape)[few]
        at = _between(np.log(TOTALS), np.log(both[few])), _between(np.log(RATIOS), np.log(ratios))
        mean[few] *= _bilinear(by_mean, *at)
        variance[few] *= _bilinear(by_variance, *at) / 2
    noise = 1 / np.maximum(n + k / 2, 0.5) + 1 / np.maximum(m + k / 2, 0.5)
    return noise * mean.sum(axis=1), noise**2 * variance.sum(axis=1)


def _between(nodes: Floats, at: Floats) -> tuple[Counts, Floats]:
    """The node below each value and the share of the way to the next; ends are kept to."""
    below = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(nodes) - 2)
    return below, np.clip((at - nodes[below]) / (nodes[below + 1] - nodes[below]), 0.0, 1.0)


def _bilinear(table: Floats, first: tuple[Counts, Floats], second: tuple[Counts, Floats]) -> Floats:
    (i, x), (j, y) = first, second
    low = table[i, j] * (1 - y) + table[i, j + 1] * y
    return np.asarray(low * (1 - x) + (table[i + 1, j] * (1 - y) + table[i + 1, j + 1] * y) * x)


@lru_cache(maxsize=1)
def _table() -> tuple[Floats, Floats]:
    """Mean and variance of one bin's part, over what it is where bins are filled: 1 and 2. Shapes (TOTALS, RATIOS)."""
    mean, variance = np.ones((2, len(TOTALS), len(RATIOS)))
    variance *= 2
    for i, total in enumerate(TOTALS):
        for j, ratio in enumerate(RATIOS):
            expected = total / (1 + ratio)  # on the smaller side
            if expected > 2 * FILLED_WELL:
                continue
            few = np.arange(0, min(total, expected + 9 * np.sqrt(expected) + 9) + 1)
            chance = np.exp(
                gammaln(total + 1) - gammaln(few + 1) - gammaln(total - few + 1)
                + (total - few) * np.log(ratio) - total * np.log1p(ratio)
            )  # fmt: skip
            u, v = few + 0.5, (total - few + 0.5) / ratio
            part = ratio / (1 + ratio) * (v - u) * np.log(v / u)
            chance /= chance.sum()
            mean[i, j] = part @ chance
            variance[i, j] = part**2 @ chance - mean[i, j] ** 2
    return mean, variance


def beyond(null: Moments, n: Counts, m: Counts, excess: Floats | float, known: Floats | float) -> Moments:
    """Mean and variance of the PSI of (c,) samples of rows that moved by a known PSI, or by none where it is 0.

    null: from null_psi; n, m: rows. excess: how much more than rows drawn singly the reference's own windows differ, on
    average. A window moves a column as a whole, up or down, so this part has one degree of freedom and a variance of
    2 excess² – the most a χ² of that mean has. Rows that moved by a PSI read that and what chance gives, with a
    variance of 4 PSI (1/n + 1/m) more (δ-method on the sum of d²/p, d being the move of a bin's share p).
    """
    mean, variance = null
    noise = 1 / np.maximum(n, 1) + 1 / np.maximum(m, 1)
    return mean + excess + known, variance + 2 * np.square(excess) + 4 * (known + excess) * noise


def psi_tail(value: Floats, moments: Moments) -> Floats:
    """Probability of a PSI of at least so much, by a gamma distribution of that mean and variance. Shapes (c,)."""
    mean, variance = moments
    with np.errstate(all="ignore"):
        tail = gammaincc(mean**2 / variance, value * mean / variance)
    return np.where((mean > 0) & (variance > 0), tail, 1.0)


def psi_level(alpha: float, moments: Moments) -> Floats:
    """The PSI that is reached with probability alpha, as of psi_tail. Shape (c,)."""
    mean, variance = moments
    with np.errstate(all="ignore"):
        level = gammainccinv(mean**2 / variance, alpha) * variance / mean
    return np.where((mean > 0) & (variance > 0), level, 0.0)


def rate_tail(
    hits: Counts, n: Counts, more: Counts, m: Counts, excess: Floats | float, known: Floats | float = 0.0
) -> Floats:
    """Probability that chance puts so many hits into m production rows of a rate that rose by no more than is known.

    hits of n reference rows, more of m; shapes (c,). Rates are held apart on the arcsine scale (Anscombe 1948,
    Biometrika 35), where 4 (difference)² has mean 1/n + 1/m, plus the excess of windows; known is a difference there.
    Where few hits or misses are expected, a binomial share of all hits decides if it is more careful.
    """
    spread = np.sqrt(1 / n + 1 / m + excess)
    by_arcsine = ndtr(-2 * (risen(hits / n, more / m) - known) / spread)
    total, share = hits + more, m / (n + m)
    misses = (n + m) - total
    few = np.minimum(total, misses) * np.minimum(share, 1 - share) < FILLED
    at_least = np.where(more > 0, bdtrc(np.maximum(more - 1.0, 0.0), total, share), 1.0)
    at_most = bdtr((m - more).astype(np.float64), misses, share)
    exact = np.where(total <= misses, at_least, at_most)
    return np.where(total == 0, 1.0, np.where(few, np.maximum(exact, by_arcsine), by_arcsine))


def risen(before: Floats, after: Floats) -> Floats:
    """How far rates lie apart on the arcsine scale, positive for a rise. Shapes (c,)."""
    return np.asarray(np.arcsin(np.sqrt(after)) - np.arcsin(np.sqrt(before)))


def rate_level(
    alpha: float, hits: Counts, n: Counts, m: Counts, excess: Floats | float, known: Floats | float = 0.0
) -> Floats:
    """The production rate that chance reaches with probability alpha, on the arcsine scale. Shape (c,)."""
    above = np.arcsin(np.sqrt(hits / n)) + known + normal_tail(alpha) * np.sqrt(1 / n + 1 / m + excess) / 2
    return np.asarray(np.sin(np.minimum(above, np.pi / 2)) ** 2)


def limit(p_values: Floats, rate: float) -> float:
    """The p-value up to which readings are discoveries, of which on average a share of at most rate is false.

    Benjamini & Hochberg (1995) Journal of the Royal Statistical Society B 57(1): the largest i rate / tests that the
    i-th smallest p-value does not exceed; rate / tests where there is none. It holds for tests that depend on each
    other positively, as cohorts that overlap do (Benjamini & Yekutieli 2001, Annals of Statistics 29(4)).

    >>> limit(np.array([0.9, 0.01, 0.02, 0.7]), 0.05)
    0.025
    """
    if not len(p_values):
        return rate
    lines = rate * np.arange(1, len(p_values) + 1) / len(p_values)
    met = np.flatnonzero(np.sort(p_values) <= lines)
    return float(lines[met[-1] if len(met) else 0])

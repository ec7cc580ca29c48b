"""How much two samples of one distribution differ in Wasserstein distance by chance, from pooled counts alone.

Source: the limit of sqrt(nm/(n+m)) W1 is the integral of |B(F(x))| over x, B a Brownian bridge (del Barrio, Giné &
Matrán 1999, Annals of Probability 27(2)); its mean and variance follow from those of absolute values of two normals.
"""

from dataclasses import dataclass

import numpy as np

from engine.summaries import BLOCKS, CUTS, Curve, Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the pooled distribution, in the reference's units and before division by sqrt(nm/(n+m)).

    mean, variance: of the area under the bridge. deviation, skewness: of the values themselves, clipped.
    """

    mean: float
    variance: float
    deviation: float
    skewness: float


def spread(curve: Curve) -> Spread:
    """The spread of a curve's pooled values, clipped as the distance clips them."""
    positions, shares = blocks(curve)
    if len(positions) < 2:
        return Spread(0.0, 0.0, 0.0, 0.0)
    middle = float(positions @ shares)
    off = positions - middle
    second = float(off**2 @ shares)
    deviation = float(np.sqrt(second))
    skewness = float(off**3 @ shares) / second**1.5 if second > 0 else 0.0
    width, f = np.diff(positions), np.clip(np.cumsum(shares)[:-1], 1e-12, 1 - 1e-12)
    sigma = np.sqrt(f * (1 - f))
    mean = float(np.sqrt(2 / np.pi) * (sigma @ width))
    rho = np.clip(np.minimum.outer(f, f) * (1 - np.maximum.outer(f, f)) / np.outer(sigma, sigma), -1.0, 1.0)
    covariance = 2 / np.pi * np.outer(sigma, sigma) * (np.sqrt(1 - rho**2) + rho * np.arcsin(rho) - 1)
    return Spread(mean, float(width @ covariance @ width), deviation, skewness)


def blocks(curve: Curve) -> tuple[Floats, Floats]:
    """Positions (in units of the reference, ascending) and shares of at most about 110 blocks of the pooled values."""
    counts = (curve.reference + curve.production).astype(np.float64)
    gaps = curve.reference_gap + curve.production_gap
    held = np.flatnonzero(counts)
    edges = curve.edges
    upper = edges[np.minimum(held, len(edges) - 1)]
    sign = np.where(held == len(edges), -1.0, 1.0)
    low, high = curve.scale.clip
    center = float(np.median(upper))
    values = np.clip(upper - sign * gaps[held] / counts[held], low, high) - center
    weight = counts[held]
    total = weight.sum()
    if len(held) > BLOCKS:
        at = np.cumsum(weight) / total
        starts = np.unique(np.concatenate([[0], np.searchsorted(at, CUTS, side="right")]))
        starts = starts[starts < len(held)]
        joined = np.add.reduceat(weight, starts)
        values, weight = np.add.reduceat(values * weight, starts) / joined, joined
    return values / curve.scale.unit, weight / total

"""Reliability: whether a score of 0.3 comes true in 30 of 100 rows.

Bins hold equally many rows, so that none is empty and each is told equally well; rows of one score stay in one bin.
The expected calibration error is the mean distance between score and share. It is never 0, even for a perfect score:
luck adds what `noise` says, so the two are read beside each other. Sources: Guo et al. (2017) ICML for the error;
Wilson (1927) Journal of the American Statistical Association 22 for the interval.
"""

from dataclasses import dataclass

import numpy as np

from engine.estimate.calibrate import Ints
from engine.summaries import Counts, Floats

BINS = 10
Z = 1.959963984540054  # 95 % of a normal distribution, both sides


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Scores against what came true, per bin of the score.

    edges: (k-1,) scores that end a bin, right-closed; the outer bins are open. rows: (k,), 0 in a bin that this slice
    lacks. mean, share: (k,) mean chance and observed share of positives; low, high: (k,) Wilson interval of the share
    at 95 %; NaN in an empty bin. error: rows-weighted mean of |share - mean|, in shares, NaN without rows; noise: what
    error would be by luck alone if every chance were right.
    """

    edges: Floats
    rows: Counts
    mean: Floats
    share: Floats
    low: Floats
    high: Floats
    error: float
    noise: float


def cuts(score: Floats, bins: int = BINS, each: Counts | None = None) -> Floats:
    """Scores that end bins of equal mass; fewer than asked when many rows share a score. Shape (k-1,), ascending.

    each: (n,) how many rows a score is of; None for one.

    >>> cuts(np.array([0.9, 0.1, 0.5]), 2, np.array([1, 8, 1])).tolist()
    [0.1]
    """
    if not len(score):
        return np.empty(0)
    total = len(score) if each is None else int(each.sum())
    ends = np.maximum(np.ceil(np.arange(1, bins) * total / bins).astype(np.int64) - 1, 0)  # numbers of rows
    if each is None:
        ordered = np.sort(np.asarray(score, dtype=np.float64))
    else:
        order = np.argsort(score)
        ordered, ends = score[order], np.cumsum(each[order]).searchsorted(ends, side="right")
    found = np.unique(ordered[ends])
    return np.asarray(found[found < ordered[-1]])


def reliability(
    score: Floats,
    chance: Floats,
    happened: "Ints | Floats",
    edges: Floats | None = None,
    each: Counts | None = None,
) -> Reliability:
    """The reliability of chances, in bins of the score.

    score: (n,) what bins are cut by; chance: (n,) what is held against the truth: the score itself, or its calibrated
    chance; happened: (n,) of 0 and 1. edges: bins of another slice, so that both are comparable: reliability.edges of
    the reference for a production window shows whether a score still means the same. each: (n,) how many rows an entry
    is of; None for one.

    >>> found = reliability(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.2, 0.2, 0.8, 0.8]), np.array([0, 0, 1, 1]))
    >>> found.edges.tolist(), found.share.tolist(), round(found.error, 3)
    ([0.2], [0.0, 1.0], 0.2)
    """
    edges = cuts(score, each=each) if edges is None else edges
    at = np.searchsorted(edges, score)
    k = len(edges) + 1

    def summed(values: "Ints | Floats") -> Floats:
        return np.asarray(np.bincount(at, values if each is None else values * each, k), dtype=np.float64)

    rows = np.bincount(at, each, k).astype(np.int64)
    n = np.where(rows > 0, rows, np.nan)
    mean, share = summed(chance) / n, summed(happened) / n
    low, high = wilson(share, n)
    total = rows.sum()
    if not total:
        return Reliability(edges, rows, mean, share, low, high, float("nan"), float("nan"))
    bounded = np.clip(chance, 0.0, 1.0)  # a score need not be a probability
    spread = np.sqrt(summed(bounded * (1 - bounded)))
    return Reliability(
        edges,
        rows,
        mean,
        share,
        low,
        high,
        float(np.nansum(rows * np.abs(share - mean)) / total),
        float(np.sqrt(2 / np.pi) * spread.sum() / total),
    )


def wilson(share: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The 95 % interval of a share of n rows, within [0, 1]; NaN where the share is.

    >>> low, high = wilson(np.array([0.0]), np.array([10.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0], [0.278])
    """
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)

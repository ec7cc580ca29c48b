"""Every cohort of one column read at once: its value, what chance would give, and what the rest reads without it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cohorts.mix import parts
from engine.errors import UnknownName
from engine.metrics import METRICS, Metric, metric
from engine.noise.discovery import Moments, beyond, null_psi, psi_level, psi_tail, rate_level, rate_tail, risen
from engine.summaries import Counts, Floats, Histogram

NULL_RATE = "null_rate"


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Readings of (c,) cohorts of one column; not-a-number where a side has no value.

    against: the reference's own value where the metric has one, else 0. whole, whole_against: of all rows. without: of
    all rows but the cohort's. mix, behaviour: what a cohort adds to the whole; not-a-number for metrics that do not
    split. n, m: rows that the readings rest on. moved, whole_moved: how far, whatever the metric: the PSI of the bins,
    or the rise of a rate on the arcsine scale. sides: (c, bins + 1) counts; null: of null_psi; excess: of beyond.
    """

    values: Floats
    against: Floats
    whole: float
    whole_against: float
    without: Floats
    mix: Floats
    behaviour: Floats
    n: Counts
    m: Counts
    moved: Floats
    whole_moved: float
    sides: tuple[Counts, Counts]
    null: Moments
    excess: float

    def tails(self, asked: Metric, known: Floats | float = 0.0) -> Floats:
        """Probability that cohorts move so far if they moved as far as is known, 0 for not at all. Shape (c,)."""
        if asked.key == NULL_RATE:
            n, m = np.maximum(self.n, 1), np.maximum(self.m, 1)
            return rate_tail(self.sides[0][:, -1], n, self.sides[1][:, -1], m, self.excess, known)
        return psi_tail(np.nan_to_num(self.moved), beyond(self.null, self.n, self.m, self.excess, known))

    def floors(self, asked: Metric, alpha: float, known: Floats | float = 0.0) -> Floats:
        """The reading that belongs to a probability of alpha. Shape (c,)."""
        if asked.key == NULL_RATE:
            n, m = np.maximum(self.n, 1), np.maximum(self.m, 1)
            return rate_level(alpha, self.sides[0][:, -1], n, m, self.excess, known)
        level = psi_level(alpha, beyond(self.null, self.n, self.m, self.excess, known))
        return level if asked.key == "psi" else np.sqrt(level / AS_PSI[asked.key])


# Small moves: these times the square are the PSI (Yurdakul & Naranjo 2020; Bickel & Doksum 2015, Mathematical
# Statistics). The widest of moves has no such factor: 1 bounds it, as each bin adds at least the square of its own.
AS_PSI = {"jensen_shannon": 8 * np.log(2), "hellinger": 8.0, "chi_squared": 4.0, "chebyshev": 1.0}


def cohort_metric(key: str) -> Metric:
    """The metric of that key if cohorts can be read on it: those of bins, and the null rate.

    >>> cohort_metric("js").key
    'jensen_shannon'

    Raises UnknownName for any other, with those that are possible.
    """
    found = metric(key)
    if found.needs is not Histogram and found.key != NULL_RATE:
        possible = ", ".join(sorted([one.key for one in METRICS.values() if one.needs is Histogram] + [NULL_RATE]))
        raise UnknownName(
            f"Cohorts are counted in bins, which cannot tell '{found.key}'.", hint=f"Possible: {possible}."
        )
    return found


def score(asked: Metric, sides: tuple[Counts, Counts], whole: tuple[Counts, Counts], excess: float) -> Scores:
    """Readings of cohorts from their counts. sides: (c, bins + 1), the last rows without a value; whole: (bins + 1,).

    excess: as of beyond, in PSI. Values are those of the metric itself on the bins that are not empty on both sides.
    """
    return _rates(sides, whole, excess) if asked.key == NULL_RATE else _binned(asked, sides, whole, excess)


def _binned(asked: Metric, sides: tuple[Counts, Counts], whole: tuple[Counts, Counts], excess: float) -> Scores:
    first, second = sides[0][:, :-1], sides[1][:, :-1]
    all_first, all_second = (np.broadcast_to(side[:-1], first.shape) for side in whole)
    n, m = first.sum(axis=1), second.sum(axis=1)
    rest = all_first - first, all_second - second
    moved, whole_moved = psi_of(first, second), float(psi_of(whole[0][None, :-1], whole[1][None, :-1])[0])
    nothing = np.full(len(n), np.nan)
    if asked.key == "psi":
        total, values, without = whole_moved, moved, psi_of(*rest)
        mix, behaviour = parts(first, second, all_first, all_second) if np.isfinite(total) else (nothing, nothing)
    else:
        total = float(_each(asked, whole[0][None, :-1], whole[1][None, :-1])[0])
        values, without, (mix, behaviour) = _each(asked, first, second), _each(asked, *rest), (nothing, nothing)
    null = null_psi(first, second)
    zeros = np.zeros(len(n))
    return Scores(
        values, zeros, total, 0.0, without, mix, behaviour, n, m, moved, whole_moved, sides, null, excess
    )  # fmt: skip


def psi_of(reference: Counts, production: Counts) -> Floats:
    """The PSI of many histograms, as the metric computes it; not-a-number where a side is empty. (c, k) -> (c,).

    >>> psi_of(np.array([[50, 50, 0]]), np.array([[80, 20, 0]])).round(4).tolist()
    [0.4063]
    """
    real = (reference + production) > 0
    k = real.sum(axis=1, keepdims=True)
    n, m = reference.sum(axis=1, keepdims=True), production.sum(axis=1, keepdims=True)
    p = (reference + 0.5) / np.maximum(n + k / 2, 0.5)
    q = (production + 0.5) / np.maximum(m + k / 2, 0.5)
    value = np.where(real, (q - p) * np.log(q / p), 0.0).sum(axis=1)
    return np.where(_filled(n, m)[:, 0], value, np.nan)


def _filled(n: Counts, m: Counts) -> NDArray[np.bool_]:
    return np.asarray((n > 0) & (m > 0))


def _each(asked: Metric, reference: Counts, production: Counts) -> Floats:
    """Any metric of bins, one histogram at a time. (c, k) -> (c,)."""
    found = np.full(len(reference), np.nan)
    for i in np.flatnonzero(_filled(reference.sum(axis=1), production.sum(axis=1))):
        kept = (reference[i] + production[i]) > 0
        labels = ("",) * int(kept.sum())
        found[i] = asked.compute(Histogram(labels, reference[i, kept], production[i, kept])).value
    return found


def _rates(sides: tuple[Counts, Counts], whole: tuple[Counts, Counts], excess: float) -> Scores:
    """Shares of rows without a usable value; crosstabs count type errors with them."""
    hits, more = sides[0][:, -1], sides[1][:, -1]
    n, m = sides[0].sum(axis=1), sides[1].sum(axis=1)
    all_hits, all_more, all_n, all_m = int(whole[0][-1]), int(whole[1][-1]), int(whole[0].sum()), int(whole[1].sum())
    rest = all_m - m
    with np.errstate(all="ignore"):
        x, y, without = hits / n, more / m, (all_more - more) / rest
    a, b = all_hits / max(all_n, 1), all_more / max(all_m, 1)
    w, v = n / max(all_n, 1), m / max(all_m, 1)
    first, second = np.where(n > 0, x, y), np.where(m > 0, y, x)  # as split_mean does
    mix, behaviour = (v - w) * ((first + second) / 2 - (a + b) / 2), (w + v) / 2 * (second - first)
    with np.errstate(invalid="ignore"):
        moved, whole_moved = risen(x, y), float(risen(np.array(a), np.array(b)))
    nothing = np.zeros(len(n))
    return Scores(
        y, x, b, a, without, mix, behaviour, n, m, moved, whole_moved, sides, (nothing, nothing), excess
    )  # fmt: skip

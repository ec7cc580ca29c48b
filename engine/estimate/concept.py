"""Concept drift: whether the same scores, or the same values of a feature, come true more often than before.

The rate of the target is compared bin by bin, and its change is split in two: the rates inside the bins changed
(behaviour: P(y given x) is another), or there are more rows in some bins (mix: P(x) is another). Sources: Kitagawa
(1955) Journal of the American Statistical Association 50, by engine.cohorts.mix; Fisher (1935) for the floors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cohorts.mix import split_mean
from engine.noise.rows import rate_limit
from engine.summaries import Counts, Floats

ALPHA = 0.05  # of all bins together: when nothing changed, one question in twenty shows any bin beyond


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What happened to the rate of the target in k bins. Rates and differences are shares in [-1, 1], not points.

    reference, production: (k,) rates, NaN where that side has no row in the bin. error: (k,) standard error of their
    difference. low, high: (k,) limits that production's rate stays within by chance. beyond: (k,) whether it does not.
    mix, behaviour: (k,) parts of the change of the rate; they sum to change. unexpected: (k,) production's share of
    rows × the difference of rates, 0 in a bin that one side lacks: summed, how far the rate lies from what the
    reference's rates give on production's own bins. That is what an estimate from scores cannot see.
    rates: of reference and production over all bins.
    """

    reference: Floats
    production: Floats
    error: Floats
    low: Floats
    high: Floats
    beyond: NDArray[np.bool_]
    mix: Floats
    behaviour: Floats
    unexpected: Floats
    rates: tuple[float, float]

    @property
    def change(self) -> float:
        """Production's rate less the reference's, over all bins."""
        return self.rates[1] - self.rates[0]

    def words(self, outcome: str = "The target's rate", of: str = "score") -> str:
        """Two sentences for a reader. outcome: what the rate is called; of: what the bins are of.

        >>> n = np.array([100, 100])
        >>> found = change(n, np.array([10, 40]), n, np.array([40, 70]))
        >>> print(found.words("The share of late flights"))  # doctest: +NORMALIZE_WHITESPACE
        The share of late flights rose from 25 % to 55 %: +30 points at the same score, 0 from another mix of rows.
        2 of 2 bins changed beyond chance.
        """
        before, after = self.rates
        first, last = f"{100 * before:.3g} %", f"{100 * after:.3g} %"
        moves = f"{'rose' if after > before else 'fell'} from {first} to {last}"
        moves = moves if first != last else f"stayed at {last}"
        inside, moved = points(float(self.behaviour.sum())), points(float(self.mix.sum()))
        compared = int(np.isfinite(self.low).sum())
        return (
            f"{outcome} {moves}: {inside} points at the same {of}, "
            f"{moved} from another mix of rows. "
            f"{int(self.beyond.sum())} of {compared} bins changed beyond chance."
        )


def change(n: Counts, positives: Counts, m: Counts, positives_production: Counts, alpha: float = ALPHA) -> Change:
    """What happened to the rate of the target, from counts alone.

    n, m: (k,) labelled rows of reference and production per bin of the score (equal mass on the reference, as
    reliability.cuts gives) or of a feature; positives, positives_production: (k,) of them. alpha: probability that
    chance alone shows any bin beyond, shared by the bins. Rows count as independent: rows of one week are not, so read
    single bins beside weeks before. Raises UnusableData where a side has no labelled row.
    """
    found = split_mean(n, positives.astype(np.float64), m, positives_production.astype(np.float64))
    both = (n > 0) & (m > 0)
    x, y = _rates(positives, n), _rates(positives_production, m)
    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    for at in np.flatnonzero(both).tolist():
        hits, rows = int(positives[at]), int(n[at])
        more, rows_production = int(positives_production[at]), int(m[at])
        low[at], high[at] = _limits(hits, rows, more, rows_production, alpha / (2 * int(both.sum())))
    # half a row of each outcome keeps the error of a rate of 0 or 1 from being 0
    smooth = [(hits + 0.5) / (rows + 1) for hits, rows in ((positives, n), (positives_production, m))]
    with np.errstate(divide="ignore"):
        error = np.sqrt(smooth[0] * (1 - smooth[0]) / n + smooth[1] * (1 - smooth[1]) / m)
    return Change(
        x,
        y,
        np.where(both, error, np.nan),
        low,
        high,
        both & ((y < low) | (y > high)),
        found.mix,
        found.behaviour,
        np.where(both, m / m.sum() * (y - x), 0.0),
        (float(positives.sum() / n.sum()), float(positives_production.sum() / m.sum())),
    )


def _limits(hits: int, n: int, more: int, m: int, alpha: float) -> tuple[float, float]:
    """Between what rates chance leaves production's, each side at α: the upper floor of hits, and that of misses."""
    upper = rate_limit(hits, n, more, m, alpha).value
    return max(1 - rate_limit(n - hits, n, m - more, m, alpha).value, 0.0), min(upper, 1.0)


def _rates(hits: Counts, rows: Counts) -> Floats:
    return np.asarray(np.divide(hits, rows, out=np.full(len(rows), np.nan), where=rows > 0))


def points(share: float) -> str:
    """A share as points with its sign, none for zero.

    >>> points(0.123), points(-0.02), points(0.0001)
    ('+12.3', '-2', '0')
    """
    return f"{100 * share:+.1f}".removesuffix(".0") if abs(100 * share) >= 0.05 else "0"

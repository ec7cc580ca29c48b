"""Between which values a floor of PSI lies, of many histograms at once and without drawing one of them.

A map asks of hundreds of cells on which side of a threshold their floors lie. Where bins are filled the closed form
says it; where they are sparse the mean and variance that chance has there (engine.noise.discovery) do, but for as much
as draws were ever found to lie from them. What is still open has to be drawn (engine.noise.rows).
"""

import numpy as np
from scipy.special import chdtri

from engine.noise.discovery import null_psi, psi_level
from engine.noise.rows import FAR_BELOW, FILLED
from engine.summaries import Counts, Floats

# How far a drawn floor may lie from the level that moments give, by the rows of the smaller side. Found at most, over
# 6,390 sparse histograms of the demo and 30,000 made ones without a lone row: 1.16 times, 1.58 times, and 12 times of a
# single row. A bin of one row, of both sides together, may hold none or three in a draw; moments take that row as
# given. Where few rows lie beside the fullest bin, the tail is fitted to such draws alone: floors were then found up to
# 19 times above the level, otherwise within 1.6 times (of 40,000).
WELL, BINS, WITHIN = 100, 5, 1.25
FAIR, ABOUT = 30, 1.6
FEW = 18  # below FAIR rows by 1 + FEW / rows
LONE, ASIDE = 2.0, 30  # with a bin of one row; with fewer rows than ASIDE beside the fullest bin, nothing is told above


def psi_floors_between(
    reference: Floats | Counts, production: Floats | Counts, alpha: float, warning: float
) -> tuple[Floats, Floats]:
    """The least and the most that the row-wise floor of each histogram at α can be; the same where it needs no draws.

    reference, production: (c, k) rows per bin; a bin empty on both sides is none. warning: what PSI is judged by, since
    a closed form far below it is not drawn. The most is infinite where rows are too few to say, or where a lone row
    beside few others says it all. Shapes (c,), (c,).
    """
    both = reference + production
    n, m = reference.sum(axis=1), production.sum(axis=1)
    bins, least = (both > 0).sum(axis=1), np.minimum(n, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        closed = np.where(bins > 1, chdtri(np.maximum(bins - 1, 1), alpha) * (1 / n + 1 / m), 0.0)
        emptiest = np.where(both > 0, both, np.inf).min(axis=1)
        sparse = (bins > 1) & (emptiest / (n + m) * least < FILLED) & (closed * FAR_BELOW >= warning)
    low, high = closed.copy(), closed.copy()
    if sparse.any():
        level = psi_level(alpha, null_psi(reference[sparse], production[sparse]))
        few, wide = least[sparse], bins[sparse]
        off = np.where(few < FAIR, 1 + FEW / np.maximum(few, 1), ABOUT)
        off[(few >= WELL) & (wide >= BINS)] = WITHIN
        lone, aside = emptiest[sparse] == 1, both[sparse].sum(axis=1) - both[sparse].max(axis=1)
        off[lone] = np.maximum(off[lone], LONE)
        unknown = (few < FAIR) | (lone & (aside < ASIDE))
        low[sparse], high[sparse] = level / off, np.where(unknown, np.inf, level * off)
    return low, high

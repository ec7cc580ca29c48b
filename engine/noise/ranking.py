"""Floors of NDCG: how far the order of importances moves by chance, when both sides have the same ones.

By rows: importances are means, so both sides are drawn anew from normal distributions about what they have in common,
with the standard errors of as many rows (central limit theorem), and ranked; the tail of what is lost is a gamma
distribution fitted to the draws. By windows: how far each of the reference's own lies from the others, as
engine.noise.windows has it. NDCG falls when it gets worse: a floor is the value that no change stays above.
"""

from collections.abc import Sequence

import numpy as np

from engine.metrics.ndcg import ndcg_of_draws
from engine.noise.floor import Floor, FloorBasis
from engine.noise.rows import DRAWN, Limit, gamma_tail, rows_needed
from engine.noise.windows import WindowFloors, window_floors
from engine.ranking import Ranking
from engine.summaries import Floats

DRAWS = 2000
SHAPE = "ndcg"
KEY = ("", "ndcg")  # of the floors by window: importances belong to no one column


def ranking_floor(ranking: Ranking, alpha: float, warning: float | None = None, apart: float | None = None) -> Floor:
    """The floor of a ranking's NDCG at α. warning: to find the rows needed. apart: what windows lose by themselves.

    Seeded by the importances themselves: the same ranking has the same floor. In (-∞, 1]; 0 at least as a value.
    """
    lost = lost_by_chance(ranking, alpha)
    by_rows = max(1 - lost, 0.0)
    needed = None
    if warning is not None and 0 < 1 - warning <= lost:
        needed = rows_needed(Limit(lost, DRAWN, *ranking.rows, power=1.0), lost, 1 - warning)
    basis: FloorBasis = "reference windows" if apart is not None and apart > lost else DRAWN
    return Floor(max(1 - max(lost, apart or 0.0), 0.0), by_rows, basis, needed)


def lost_by_chance(ranking: Ranking, alpha: float) -> float:
    """What NDCG loses by chance with probability α at most, from 0 to about 1."""
    first, second = _draw(ranking)
    lost = 1 - ndcg_of_draws(first, second)
    return min(max(gamma_tail(lost, alpha), float(np.quantile(lost, max(1 - alpha, 0.0)))), 1.0)


def _draw(ranking: Ranking) -> tuple[Floats, Floats]:
    """Importances of both sides, drawn about their common value. Shapes (DRAWS, k), (DRAWS, k).

    Value and spread are pooled by rows, as if nothing changed: a small side without any variation is not without error.
    Its own error counts where it is larger: that of η² falls faster than with the root of the rows.
    """
    n, m = ranking.rows
    # cells and values give the same importances but for their last digit, which may not choose other draws
    both = [float(f"{one:.9g}") for side in (ranking.reference, ranking.production) for one in side]
    random = np.random.default_rng(np.random.SeedSequence(np.array(both, dtype="<f8").view(np.uint32).tolist()))
    common = (n * ranking.reference + m * ranking.production) / (n + m)
    spread = np.sqrt(((n * ranking.reference_error) ** 2 + (m * ranking.production_error) ** 2) / (n + m))
    errors = ((n, ranking.reference_error), (m, ranking.production_error))
    sides = [
        np.maximum(common + np.maximum(spread / np.sqrt(rows), own) * random.standard_normal((DRAWS, len(common))), 0.0)
        for rows, own in errors
    ]
    return sides[0], sides[1]


def window_losses(values: Sequence[float]) -> WindowFloors:
    """Floors, as a loss from 1, that NDCG between the reference's windows amounts to; none from fewer than six.

    values: of each complete window against the others.

    >>> found = window_losses([0.99, 0.99, 0.99, 0.99, 0.99, 0.98])
    >>> found.windows, round(found.floors[KEY], 6)
    (6, 0.023333)
    """
    lost = [max(1 - value, 0.0) for value in values]
    return window_floors({KEY: lost}, {KEY: SHAPE}) if any(lost) else WindowFloors(len(lost), {}, {})

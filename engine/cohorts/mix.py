"""Mix or behaviour: how much of a change is that there are more rows of a cohort, how much that its rows changed.

Both are exact: over the cohorts of a partition they add up to the PSI, or to the move of the mean.
"""

from dataclasses import dataclass

import numpy as np

from engine.errors import UnusableData
from engine.summaries import Counts, Floats

Rows = Counts | Floats


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What each cohort adds to a value by its size (mix) and by what is in it (behaviour); both may be negative.

    mix, behaviour: (c,), in the value's own unit; together they sum to value.
    """

    mix: Floats
    behaviour: Floats
    value: float


def split(reference: Counts, production: Counts) -> Split:
    """The PSI of a column as a sum over cohorts that share out all rows. reference, production: (c, k) rows per bin.

    With shares w, w' of the cohorts and p_c, q_c of the bins within one: mix_c = sum over bins of
    (w'_c - w_c) ((p_c + q_c) / 2 - (p + q) / 2) ln(q / p), behaviour_c of (w_c + w'_c) / 2 (q_c - p_c) ln(q / p). Mix
    is centred: a cohort that grows and is like all others adds nothing. The half row that PSI gives every bin is spread
    over the cohorts by their shares, so that they sum to it exactly. A cohort that one side lacks is taken to be there
    as it is on the other: all it adds is mix. Raises UnusableData where a side has no value at all.

    Source: Kitagawa (1955) Journal of the American Statistical Association 50, and Oaxaca (1973) International
    Economic Review 14, with symmetric weights, applied to each bin's share.

    >>> grown = split(np.array([[50, 50], [0, 100]]), np.array([[25, 25], [0, 150]]))  # more of the second, no other
    >>> [round(float(one), 3) for one in (*grown.mix, *abs(grown.behaviour), grown.value)]
    [0.065, 0.039, 0.0, 0.0, 0.104]
    """
    kept = (reference.sum(axis=0) + production.sum(axis=0)) > 0
    sides = reference[:, kept].astype(np.float64), production[:, kept].astype(np.float64)
    whole = sides[0].sum(axis=0), sides[1].sum(axis=0)
    _refuse_empty(whole[0].sum(), whole[1].sum())
    mix, behaviour = parts(*sides, *(np.broadcast_to(one, sides[0].shape) for one in whole))
    p, q = ((one + 0.5) / (one + 0.5).sum() for one in whole)
    return Split(mix, behaviour, float(((q - p) * np.log(q / p)).sum()))


def parts(reference: Rows, production: Rows, whole_r: Rows, whole_p: Rows) -> tuple[Floats, Floats]:
    """Mix and behaviour of cohorts, each of which may be one of another partition of the same rows. Shapes (c,), (c,).

    reference, production: (c, k) rows of the cohorts; whole_r, whole_p: (c, k) rows of all, over the same bins, none of
    which is empty on both sides – a row of zeros in whole_r and whole_p marks a bin that is no bin.
    """
    real = (whole_r + whole_p) > 0
    k = real.sum(axis=1, keepdims=True)
    n, m = whole_r.sum(axis=1, keepdims=True), whole_p.sum(axis=1, keepdims=True)
    n_c, m_c = reference.sum(axis=1, keepdims=True), production.sum(axis=1, keepdims=True)
    w, v = n_c / n, m_c / m
    p, q = (whole_r + 0.5) / (n + k / 2), (whole_p + 0.5) / (m + k / 2)
    p_c = np.divide(reference + w / 2, n_c + k * w / 2, out=np.zeros_like(p), where=(n_c > 0) & real)
    q_c = np.divide(production + v / 2, m_c + k * v / 2, out=np.zeros_like(q), where=(m_c > 0) & real)
    p_c, q_c = np.where(n_c > 0, p_c, q_c), np.where(m_c > 0, q_c, p_c)
    pull = np.where(real, np.log(q / p), 0.0)
    present = (n_c + m_c) > 0  # a cohort on neither side is no cohort
    mix = np.where(present, (v - w) * ((p_c + q_c) / 2 - (p + q) / 2), 0.0) * pull
    behaviour = (w + v) / 2 * (q_c - p_c) * pull
    return np.asarray(mix.sum(axis=1)), np.asarray(behaviour.sum(axis=1))


def split_mean(n: Counts, sums: Floats, m: Counts, sums_production: Floats) -> Split:
    """The move of a mean, production less reference, as a sum over cohorts: of a prediction, or of a rate.

    n, m: (c,) rows with a value of reference and production; sums, sums_production: (c,) of these values. With shares
    w, w' and means x_c, y_c: mix_c = (w'_c - w_c) ((x_c + y_c) / 2 - (x + y) / 2), behaviour_c = (w_c + w'_c) / 2
    (y_c - x_c). In the value's own unit. A cohort that one side lacks adds only mix. Raises UnusableData where a side
    has no value at all. Source: as of split.

    >>> moved = split_mean(np.array([50, 50]), np.array([50.0, 100.0]), np.array([50, 50]), np.array([50.0, 150.0]))
    >>> moved.behaviour.tolist(), moved.value
    ([0.0, 0.5], 0.5)
    """
    _refuse_empty(n.sum(), m.sum())
    w, v = n / n.sum(), m / m.sum()
    x, y = float(sums.sum() / n.sum()), float(sums_production.sum() / m.sum())
    x_c = np.divide(sums, n, out=np.zeros(len(n)), where=n > 0)
    y_c = np.divide(sums_production, m, out=np.zeros(len(m)), where=m > 0)
    x_c, y_c = np.where(n > 0, x_c, y_c), np.where(m > 0, y_c, x_c)
    mix = np.where((n > 0) | (m > 0), (v - w) * ((x_c + y_c) / 2 - (x + y) / 2), 0.0)
    return Split(mix, (w + v) / 2 * (y_c - x_c), y - x)


def _refuse_empty(n: float, m: float) -> None:
    if not n or not m:
        side = "production" if n else "reference"
        raise UnusableData(f"The {side} slice has no value of this column, so there is no change to split.")

"""Calibration: what a score meant on the reference, as a chance that the positive class comes true.

Isotonic: the chance rises with the score and has no other shape to be wrong about. Flat inside a block of scores,
linear between two blocks: so the chances of the reference still sum to its positives (lines through block middles
would not), and a score between two blocks takes neither side's word alone. Chances stay 1 / (N + 2) away from 0 and 1,
Laplace's rule of succession for N rows: nothing is impossible because N rows did not show it.
Sources: Zadrozny & Elkan (2002) KDD, for isotonic calibration and for one class against the rest, normalised.

>>> import numpy as np
>>> found = fit(np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), np.array([0, 1, 0, 0, 1, 1]))
>>> found(np.array([0.05, 0.3, 0.45, 0.9])).round(3).tolist()
[0.125, 0.333, 0.604, 0.875]
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnusableData
from engine.estimate.isotonic import isotonic
from engine.summaries import Floats

Ints = NDArray[np.integer]
FOLDS = 5
WINDOW_FOLDS = 10  # more would cost a fit each and leave out hardly less


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A rising line from score to chance. scores, chances: (k,) knots, ascending; rows: of the reference behind it.

    Called with scores of any shape, it returns chances in [1 / (rows + 2), 1 - 1 / (rows + 2)] of that shape.
    """

    scores: Floats
    chances: Floats
    rows: int

    def __call__(self, score: Floats) -> Floats:
        return np.asarray(np.interp(score, self.scores, self.chances))


def fit(score: Floats, happened: "Ints | Floats") -> Calibration:
    """The isotonic calibration of scores on rows whose outcome is known.

    score: (n,) finite numbers, not only probabilities; happened: (n,) of 0 and 1. Rows of one score are one point. A
    model that ranks the wrong way round gets one flat line: the base rate. Raises UnusableData when there is no row.
    """
    rows = len(score)
    if not rows:
        raise UnusableData("There is no row with both a score and a label to calibrate on.")
    order = np.argsort(score, kind="stable")
    ordered = np.asarray(score, dtype=np.float64)[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    each = ordered[starts]
    weights = np.diff(np.append(starts, rows)).astype(np.float64)
    hits = np.add.reduceat(np.asarray(happened, dtype=np.float64)[order], starts)
    fitted, blocks = isotonic(hits / weights, weights)
    firsts, lasts = blocks[:-1], blocks[1:] - 1
    knots = np.unique(np.concatenate((firsts, lasts)))  # a block of one score is one knot
    least = 1 / (rows + 2)
    return Calibration(each[knots], np.clip(fitted[knots], least, 1 - least), rows)


def fit_classes(scores: Floats, target: Ints) -> tuple[Calibration, ...]:
    """One calibration per class, each against the rest. scores: (n, k); target: (n,) codes of 0 … k-1."""
    return tuple(fit(scores[:, one], target == one) for one in range(scores.shape[1]))


def chances(calibrations: tuple[Calibration, ...], scores: Floats) -> Floats:
    """Chances of rows: (n,) of the positive class from (n,) scores, or (n, k) that sum to 1 from (n, k)."""
    if scores.ndim == 1:
        return calibrations[0](scores)
    raw = np.column_stack([one(scores[:, at]) for at, one in enumerate(calibrations)])
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def learn(scores: Floats, target: Ints) -> tuple[Calibration, ...]:
    """The calibrations of a reference: one for (n,) scores and a target of 0 and 1, k for (n, k) scores."""
    return (fit(scores, target),) if scores.ndim == 1 else fit_classes(scores, target)


def folds(rows: int, window: Ints | None = None) -> Ints:
    """Which fold each row lies in. Shape (rows,).

    Whole windows where there are any, since rows of one week are alike and would tell on each other; else by a seeded
    shuffle. Two windows at least are needed, else it is the shuffle again.
    """
    if window is not None:
        distinct, place = np.unique(window, return_inverse=True)
        if len(distinct) >= 2:
            return np.asarray(place % min(len(distinct), WINDOW_FOLDS))
    return np.asarray(np.random.default_rng(0).permutation(rows) % FOLDS)


def crossed(scores: Floats, target: Ints, fold: Ints) -> Floats:
    """Chances of the reference's own rows, each from calibrations that never saw its fold. Shape as scores."""
    found = np.empty(scores.shape, dtype=np.float64)
    for one in np.unique(fold):
        inside = fold == one
        found[inside] = chances(learn(scores[~inside], target[~inside]), scores[inside])
    return found

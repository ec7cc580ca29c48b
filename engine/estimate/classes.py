"""Expected performance of a model with several classes: each class against the rest, then the plain mean (macro).

The same formulas take calibrated chances (the estimate) and outcomes (the realized measure), as in expected.py. A class
without a row, expected or predicted, is left out of the mean; a class that is never predicted has precision 0 in it,
as in scikit-learn. Log loss and Brier score are of the whole row: -Σ c_k ln s_k, and Σ (s_k - y_k)² (not halved).
Nothing here depends on the order of rows.
"""

from dataclasses import dataclass

import numpy as np

from engine.estimate.calibrate import Ints
from engine.estimate.expected import (
    OF_RANKS,
    SMALLEST,
    Arranged,
    arrange,
    confusion,
    counts,
    expected,
    probabilities,
    ranks,
    ratio,
    summed,
)
from engine.summaries import Floats

MACRO = ("precision", "recall", "specificity", "f1")


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """Rows of a model with k classes. scores: (n, k); predicted: (n,) codes; each: k arrangements, one per class."""

    scores: Floats
    predicted: Ints
    each: tuple[Arranged, ...]


def sort(scores: Floats, predicted: Ints, window: Ints, windows: int) -> "Arranged | Sorted":
    """Rows made ready to be measured: scores (n,) of the positive class, or (n, k); predicted: (n,) codes."""
    if scores.ndim == 1:
        return arrange(scores, predicted, window, windows)
    each = (arrange(scores[:, one], predicted == one, window, windows) for one in range(scores.shape[1]))
    return Sorted(scores, predicted, tuple(each))


def measure(rows: "Arranged | Sorted", chance: Floats) -> dict[str, Floats]:
    """The measures of each window, from chances or outcomes of the shape of the scores. As expected.expected."""
    if isinstance(rows, Arranged):
        return expected(rows, chance)
    window, windows = rows.each[0].window, rows.each[0].windows
    n = np.bincount(window, minlength=windows).astype(np.float64)
    right = np.take_along_axis(chance, rows.predicted[:, None].astype(np.int64), axis=1)[:, 0]
    found = {"accuracy": ratio(summed(window, right, windows), n)}
    matrices = [counts(one, chance[:, at]) for at, one in enumerate(rows.each)]
    there = np.array([hits + false + missed > 0 for hits, false, missed, _ in matrices])
    per_class = [
        confusion(n, hits + missed, hits + false, hits) | ranks(one, chance[:, at])
        for at, (one, (hits, false, missed, _)) in enumerate(zip(rows.each, matrices, strict=True))
    ]
    for name in MACRO:
        values = np.array([np.nan_to_num(one[name]) for one in per_class])
        found[name] = ratio((values * there).sum(axis=0), there.sum(axis=0).astype(np.float64))
    for name in OF_RANKS:  # a class that cannot occur has no curve, and then there is no mean of curves
        found[name] = np.array([one[name] for one in per_class]).mean(axis=0)
    if probabilities(rows.scores):
        loss = -(chance * np.log(np.clip(rows.scores, SMALLEST, 1.0))).sum(axis=1)
        square = (chance * (1 - rows.scores) ** 2 + (1 - chance) * rows.scores**2).sum(axis=1)
        found["log_loss"] = ratio(summed(window, loss, windows), n)
        found["brier"] = ratio(summed(window, square, windows), n)
    return found


def outcomes(target: Ints, scores: Floats) -> Floats:
    """Known outcomes in the shape of chances: (n,) of 0 and 1, or (n, k) with a single 1 a row."""
    if scores.ndim == 1:
        return np.asarray(target, dtype=np.float64)
    return np.asarray(target[:, None] == np.arange(scores.shape[1]), dtype=np.float64)

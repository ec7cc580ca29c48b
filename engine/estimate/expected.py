"""Expected performance: every measure of a classifier when all that is known of a row's outcome is its chance.

One set of formulas for both sides: fed with calibrated chances it is the estimate (CBPE), fed with outcomes of 0 and 1
it is the realized measure exactly. Many windows are measured in one pass over rows sorted once.

The counts of a confusion matrix are sums of independent coin tosses, so their expectation is the sum of the chances.
Scores that rank or cost (ROC AUC, average precision, log loss, Brier) keep the model's *raw* score, since that is what
the realized measure uses; the chance only stands in for the outcome: expected log loss is -(c ln s + (1-c) ln(1-s)). A
model that has become overconfident therefore shows it in the estimate, where the loss of c itself would hide it.
Sources: NannyML (2023) "Estimation of performance of the monitored model" (CBPE); Fawcett (2006) Pattern Recognition
Letters 27 for the ROC curve and ties; definitions of the measures as scikit-learn's.

>>> import numpy as np
>>> rows = arrange(np.array([0.9, 0.6, 0.3]), np.array([1, 1, 0]), np.zeros(3, dtype=int), 1)
>>> found = expected(rows, np.array([0.8, 0.5, 0.2]))
>>> {name: round(float(found[name][0]), 3) for name in ("accuracy", "precision", "recall")}
{'accuracy': 0.7, 'precision': 0.65, 'recall': 0.867}
"""

from dataclasses import dataclass

import numpy as np

from engine.estimate.calibrate import Ints
from engine.summaries import Floats

OF_CLASSES = ("accuracy", "precision", "recall", "specificity", "f1")  # need the predicted class
OF_RANKS = ("roc_auc", "average_precision")
OF_PROBABILITIES = ("log_loss", "brier")  # need a score in [0, 1]
MEASURES = OF_CLASSES + OF_RANKS + OF_PROBABILITIES
SMALLEST = float(np.finfo(np.float64).eps)  # scores are clipped by it before a logarithm, as scikit-learn does

UNDEFINED = {
    "accuracy": "the window has no row",
    "precision": "no row was predicted positive",
    "recall": "no row can be positive",
    "specificity": "no row can be negative",
    "f1": "no row was predicted positive or can be",
    "roc_auc": "the window lacks one of the two outcomes",
    "average_precision": "no row can be positive",
    "log_loss": "the window has no row",
    "brier": "the window has no row",
}


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """Rows in the order of window and falling score. order: (n,); starts, at: (g,) first row and window of each group
    of rows that share window and score."""

    score: Floats
    predicted: Floats
    window: Ints
    windows: int
    order: Ints
    starts: Ints
    at: Ints


def arrange(score: Floats, predicted: Ints, window: Ints, windows: int) -> Arranged:
    """Sort rows once, for as many kinds of chances as wanted.

    score: (n,) finite; predicted: (n,) of 0 and 1; window: (n,) codes of 0 … windows-1.
    """
    score = np.asarray(score, dtype=np.float64)
    order = np.argsort(-score)
    # a stable sort of short whole numbers is a radix sort: the second key costs a tenth of the first
    short = window.astype(np.uint16) if windows < 2**16 else window
    order = order[np.argsort(short[order], kind="stable")]
    ranked, within = score[order], window[order]
    fresh = np.ones(len(score), dtype=bool)
    fresh[1:] = (ranked[1:] != ranked[:-1]) | (within[1:] != within[:-1])
    starts = np.flatnonzero(fresh)
    return Arranged(score, predicted.astype(np.float64), window, windows, order, starts, within[starts])


def expected(rows: Arranged, chance: Floats) -> dict[str, Floats]:
    """The measures of a two-class model in each window. chance: (n,) in [0, 1], or outcomes of 0 and 1.

    Returns name → (windows,); NaN where a measure is not defined there, which UNDEFINED puts into words. log_loss and
    brier are returned only when all scores lie in [0, 1]. A ratio of sums stands for the expected ratio, which is off
    by the order of 1 / rows, below the standard error.
    """
    sums = _sums(rows, chance)
    return confusion(*sums) | ranks(rows, chance) | costs(rows, chance, sums[0])


def _sums(rows: Arranged, chance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Rows, positives, rows predicted positive and those of them that are positive. Shapes (windows,)."""
    n = np.bincount(rows.window, minlength=rows.windows).astype(np.float64)
    flagged = summed(rows.window, rows.predicted, rows.windows)
    positives = summed(rows.window, chance, rows.windows)
    hits = summed(rows.window, chance * rows.predicted, rows.windows)
    return n, positives, flagged, hits


def counting(rows: Arranged, chance: Floats) -> dict[str, Floats]:
    """Share of a window's rows that a measure is a mean over, (windows,) in [0, 1]; none for measures over all rows.

    Precision over a hundred flagged rows of ten thousand is as uncertain as over a hundred rows. For ROC AUC, which
    counts pairs, it is p (1 - p), p the share of positives.
    """
    n, positives, flagged, _ = _sums(rows, chance)
    p, f = ratio(positives, n), ratio(flagged, n)
    return {
        "precision": f,
        "recall": p,
        "specificity": 1 - p,
        "f1": (f + p) / 2,
        "roc_auc": p * (1 - p),
        "average_precision": p,
    }


def counts(rows: Arranged, chance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Expected true positives, false positives, false negatives and true negatives. Shapes (windows,), in rows."""
    n, positives, flagged, hits = _sums(rows, chance)
    return hits, flagged - hits, positives - hits, n - flagged - positives + hits


def confusion(n: Floats, positives: Floats, flagged: Floats, hits: Floats) -> dict[str, Floats]:
    """What follows from the confusion matrix, given rows, positives, rows flagged and flagged positives."""
    rejected = n - flagged - positives + hits
    return {
        "accuracy": ratio(hits + rejected, n),
        "precision": ratio(hits, flagged),
        "recall": ratio(hits, positives),
        "specificity": ratio(rejected, n - positives),
        "f1": ratio(2 * hits, flagged + positives),
    }


def ranks(rows: Arranged, chance: Floats) -> dict[str, Floats]:
    """ROC AUC (trapezoids over tied scores) and average precision (a step per score).

    Both count pairs of rows, and no row is a pair with itself: c(1-c), which the sums over groups would count as if two
    rows had these chances, is taken out. It vanishes for outcomes of 0 and 1, and as 1 / rows.
    """
    nothing = np.full(rows.windows, np.nan)
    if not len(rows.order):
        return {"roc_auc": nothing, "average_precision": nothing}
    ordered = chance[rows.order]
    positives = np.add.reduceat(ordered, rows.starts)
    doubt = np.add.reduceat(ordered * (1 - ordered), rows.starts)
    size = np.diff(np.append(rows.starts, len(ordered))).astype(np.float64)

    def added(values: Floats) -> Floats:
        return summed(rows.at, values, rows.windows)

    def running(values: Floats, whole: Floats) -> Floats:
        before = np.cumsum(whole) - whole  # groups come window by window, so one running sum serves all
        return np.asarray(np.cumsum(values) - before[rows.at])

    total, n, self_pairs = added(positives), added(size), added(doubt)
    found, seen = running(positives, total), running(size, n)
    area = added((size - positives) * (found - positives / 2)) - self_pairs / 2
    pairs = total * (n - total) - self_pairs
    steps = added((positives * found + doubt) / seen)
    # a window without one of the outcomes has no pair; what rounding leaves of one is none either
    real = pairs > 1e-9 * np.maximum(n, 1.0)
    auc = np.divide(area, pairs, out=nothing.copy(), where=real)
    return {"roc_auc": np.clip(auc, 0.0, 1.0), "average_precision": np.minimum(ratio(steps, total), 1.0)}


def costs(rows: Arranged, chance: Floats, n: Floats) -> dict[str, Floats]:
    """Log loss (nats, scores clipped by SMALLEST) and Brier score of raw scores; nothing when one is no probability."""
    score = rows.score
    if not probabilities(score):
        return {}
    clipped = np.clip(score, SMALLEST, 1 - SMALLEST)
    loss = -chance * np.log(clipped) - (1 - chance) * np.log1p(-clipped)
    square = chance * (1 - score) ** 2 + (1 - chance) * score**2
    return {
        "log_loss": ratio(summed(rows.window, loss, rows.windows), n),
        "brier": ratio(summed(rows.window, square, rows.windows), n),
    }


def probabilities(score: Floats) -> bool:
    """Whether all scores lie in [0, 1]."""
    return not score.size or bool(score.min() >= 0 and score.max() <= 1)


def ratio(above: Floats, below: Floats) -> Floats:
    """One array by another, NaN where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))


def summed(window: Ints, values: Floats, windows: int) -> Floats:
    """Sum of the values in each window. Shape (windows,)."""
    return np.bincount(window, weights=values, minlength=windows).astype(np.float64, copy=False)

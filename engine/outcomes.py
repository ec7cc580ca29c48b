"""Predictions held against what came true, as counts and averages of both sides: never rows.

Only rows that have a label count; how many have none stands beside. Arrays of length k run over the classes in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.summaries import Counts, Floats

Task = Literal["classification", "regression"]
OUTCOMES = ("tp", "fp", "fn", "tn")
YES = ("true", "1", "yes", "y", "t", "positive", "1.0")  # classes that mean it happened, whatever the other one says
LARGEST = 1e75  # beyond it the square of a square, which errors of means rest on, is no number
SURE = 1e-3  # how far scores of all classes may sum from 1, by rounding


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms predictions are held against labels; None: found in the data.

    positive: the class that is predicted for, as text. threshold: a score from which on a row counts as predicted
    positive, where no column holds predictions. scores: class -> column of its scores, for several classes. worth: what
    one tp, fp, fn and tn is worth, in any unit.
    """

    task: Task | None = None
    positive: str | None = None
    threshold: float | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    worth: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of one number per row, with its variance (ddof 0). n: rows."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Floats) -> "Average":
        """Of at least one value, shape (n,).

        >>> Average.of(np.array([1.0, 3.0]))
        Average(n=2, mean=2.0, variance=1.0)
        """
        return cls(len(values), float(values.mean()), float(values.var()))

    @property
    def error(self) -> float | None:
        """One standard error of the mean: sqrt(variance / (n - 1)); None of a single row."""
        return float(np.sqrt(self.variance / (self.n - 1))) if self.n > 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Rows of one class and of all others per distinct score. scores: ascending; positives, negatives: (s,) rows.

    merged: (s,) whether rows of several scores stand as one; None where none do.
    """

    scores: Floats
    positives: Counts
    negatives: Counts
    merged: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, scores: Floats, positive: NDArray[np.bool_]) -> "Ranked":
        """From finite scores and whether each row is of the class. Shapes (n,), (n,).

        >>> found = Ranked.of(np.array([0.2, 0.9, 0.2]), np.array([True, True, False]))
        >>> found.scores.tolist(), found.positives.tolist(), found.negatives.tolist()
        ([0.2, 0.9], [1, 1], [1, 0])
        """
        both = np.sort(scores)
        distinct = both[np.concatenate([[True], both[1:] != both[:-1]])] if len(both) else both
        upto = np.searchsorted(np.sort(scores[positive]), distinct, side="right")
        whole = np.searchsorted(both, distinct, side="right")
        positives = np.diff(upto, prepend=0)
        return cls(distinct, positives, np.diff(whole, prepend=0) - positives)


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """One side of a classification. rows: of the slice; labelled: of them with a label.

    confusion: (k, k) labelled rows with a prediction, by class that came true and class predicted. curves: one for the
    positive class, or one per class where there are more than two; empty without scores. loss: of -ln of the score of
    the class that came true; square: of the squared distance of the scores from it; None where scores are none or no
    probabilities.
    """

    rows: int
    labelled: int
    confusion: Counts
    curves: tuple[Ranked, ...] = ()
    loss: Average | None = None
    square: Average | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """One side of a regression, e being prediction - target and y the target, over labelled rows with a prediction.

    signed: of e; absolute: of |e|; square: of e²; share: of |e / y|, None where some y is 0 (zeros: how many are).
    target: of y. unexplained: of (e² - r (y - ȳ)²), r being the mean of e² over that of (y - ȳ)²: what R² varies by;
    None where y does not vary. beyond: why nothing is computed of rows that there are.
    """

    rows: int
    labelled: int
    signed: Average | None = None
    absolute: Average | None = None
    square: Average | None = None
    share: Average | None = None
    target: Average | None = None
    unexplained: Average | None = None
    zeros: int = 0
    beyond: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """Both sides of a classification. classes: as text, in order; positive: which of two is predicted for, else None.

    worth: of one tp, fp, fn and tn, or None. no_prediction, no_score, no_probability: why there are none, or None.
    """

    reference: Classes
    production: Classes
    classes: tuple[str, ...]
    positive: int | None = None
    worth: tuple[float, float, float, float] | None = None
    no_prediction: str | None = None
    no_score: str | None = None
    no_probability: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """Both sides of a regression."""

    reference: Errors
    production: Errors


Outcomes = Classification | Regression


def classes_of(
    rows: int, target: NDArray[np.int64], predicted: NDArray[np.int64] | None, scores: Floats | None, k: int,
    positive: int | None, probable: bool,
) -> Classes:  # fmt: skip
    """One side of a classification from its rows.

    rows: of the slice; target: (n,) class of each labelled row; predicted: (n,), -1 where there is none; scores: (n, 1)
    of the positive class or (n, k) of all, not-a-number where there is none. probable: whether they are probabilities.
    """
    confusion = np.zeros((k, k), np.int64)
    if predicted is not None:
        known = predicted >= 0
        confusion = np.bincount(target[known] * k + predicted[known], minlength=k * k).reshape(k, k)
    if scores is None:
        return Classes(rows, len(target), confusion)
    scored = np.asarray(np.isfinite(scores).all(axis=1))
    if not scored.all():
        target, scores = target[scored], scores[scored]
    if not len(target):
        return Classes(rows, len(scored), confusion)
    wanted = [positive] if scores.shape[1] == 1 else list(range(k))
    curves = tuple(Ranked.of(scores[:, i], target == one) for i, one in enumerate(wanted))
    if not probable:
        return Classes(rows, len(scored), confusion, curves)
    least = np.finfo(np.float64).eps  # as scikit-learn clips
    if scores.shape[1] == 1:
        came_true = np.where(target == positive, scores[:, 0], 1 - scores[:, 0])
        square = (scores[:, 0] - (target == positive)) ** 2
    else:
        came_true = scores[np.arange(len(target)), target]
        square = ((scores - np.eye(k)[target]) ** 2).sum(axis=1)
    loss = -np.log(np.clip(came_true, least, 1 - least))
    return Classes(rows, len(scored), confusion, curves, Average.of(loss), Average.of(square))


def errors_of(rows: int, target: Floats, predicted: Floats | None) -> Errors:
    """One side of a regression from its rows. target: (n,) labelled; predicted: (n,), not-a-number where there is none.

    >>> found = errors_of(3, np.array([1.0, 2.0]), np.array([1.5, 1.0]))
    >>> found.absolute.mean, found.signed.mean, found.square.mean, found.share.mean
    (0.75, -0.25, 0.625, 0.5)
    """
    if predicted is None or not (known := np.isfinite(predicted)).any():
        return Errors(rows, len(target))
    with np.errstate(over="ignore", invalid="ignore"):
        y, error = target[known], predicted[known] - target[known]
        largest = float(np.max(np.abs([error, y])))
        if not (largest < LARGEST and (largest > 1 / LARGEST or not largest)):
            how = "large" if largest > 1 else "small"
            return Errors(rows, len(target), beyond=f"numbers as {how} as {largest:.0e} cannot be squared")
    square = error**2
    around = (y - y.mean()) ** 2
    spread = float(around.mean())
    varies = np.ptp(y) > 0 and square.mean() < LARGEST * spread
    zeros = int(np.count_nonzero(y == 0))
    with np.errstate(over="ignore", invalid="ignore"):  # shares of targets near 0 may be infinite, which MAPE tells
        share = None if zeros else Average.of(np.abs(error) / np.abs(y))
    return Errors(
        rows,
        len(target),
        Average.of(error),
        Average.of(np.abs(error)),
        Average.of(square),
        share,
        Average.of(y),
        Average.of(square - square.mean() / spread * around) if varies else None,
        zeros,
    )


def positive_of(classes: tuple[str, ...], given: str | None, rises_with: int | None = None) -> tuple[int | None, str]:
    """Which of two classes is predicted for, and why; (None, …) where there are not two.

    The one that is named; else one that says yes (true, 1, yes …); else the one that the score rises with; else the
    last in order, as scikit-learn takes it. A given one must be among the classes: the caller sees to it.

    >>> positive_of(("false", "true"), None), positive_of(("good", "bad"), "bad")[0]
    ((1, 'it says that it happened'), 1)
    """
    if len(classes) != 2:
        return None, f"{len(classes)} classes have no positive one"
    if given is not None:
        return classes.index(given), "it was named"
    yes = [i for i, one in enumerate(classes) if one.strip().lower() in YES]
    if len(yes) == 1:
        return yes[0], "it says that it happened"
    if rises_with is not None:
        return rises_with, "the score rises with it"
    return 1, "it is the last in order"

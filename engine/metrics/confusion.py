"""What the metrics of outcomes share: why there is no value, both sides side by side, and shares of predicted classes.

A score of predicted classes is a function of the confusion matrix that stays when all rows are doubled, so its variance
is the sum over cells of rows × gradient² (delta method for a multinomial: Agresti 2013, Categorical Data Analysis,
§ 16.1; of macro averages: Takahashi et al. 2022, Applied Intelligence 52). For one share that is p (1 - p) / rows.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from engine.errors import plain
from engine.metrics.metric import Reading
from engine.outcomes import Average, Classes, Classification, Errors, Ranked, Regression
from engine.summaries import Floats

Scored = tuple[float, float | None]  # a value, and one standard error of it
Side = TypeVar("Side", Classes, Errors)
Share = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]


def read(reference: Side, production: Side, score: Callable[[Side], Scored], missing: str | None) -> Reading:
    """Production's value beside the reference's own, each with its standard error. missing: why it has none."""
    value, error = score(production)
    if missing:
        return Reading(value, error=error)
    against, against_error = score(reference)
    return Reading(value, error=error, against=against, against_error=against_error)


# ---- predicted classes


def without_predictions(outcomes: Classification, side: Classes) -> str | None:
    """Why no metric of predicted classes can be read on a side, or None."""
    if why := outcomes.no_prediction or _without_labels(side.labelled):
        return why
    return None if side.confusion.any() else "no labelled row has a prediction"


def share_of(outcomes: Classification, share: Share, weight: float = 1.0) -> Reading:
    """A share of rows for the positive class, or its mean over the classes that a side holds (macro average).

    share: from which cells (true, predicted) are right, true and predicted of each class, (k, k, k) with the class
    first, to how often a row of a cell counts in the numerator and in the denominator. The value is weight × one over
    the other; in a mean a class without denominator counts 0, as in scikit-learn.
    """

    def score(side: Classes) -> Scored:
        confusion = side.confusion
        held = np.flatnonzero(confusion.sum(axis=0) + confusion.sum(axis=1))
        chosen = held if outcomes.positive is None else np.array([outcomes.positive])
        above, below = (part[chosen] for part in _cells(share, len(confusion)))
        rows = (confusion * below).sum(axis=(1, 2))
        some = np.where(rows > 0, rows, 1.0)
        values = weight * (confusion * above).sum(axis=(1, 2)) / some
        gradients = (weight * above - values[:, None, None] * below) / some[:, None, None]
        gradients[rows == 0] = 0.0
        return float(values.mean()), float(np.sqrt((confusion * gradients.mean(axis=0) ** 2).sum()))

    return read(outcomes.reference, outcomes.production, score, without_share(outcomes, outcomes.reference, share, ""))


def without_share(outcomes: Classification, side: Classes, share: Share, empty: str) -> str | None:
    """Why a share of predicted classes cannot be read on a side, or None. empty: what to say of the positive class."""
    if why := without_predictions(outcomes, side):
        return why
    if outcomes.positive is None:
        return None
    below = _cells(share, len(side.confusion))[1][outcomes.positive]
    return None if (side.confusion * below).any() else f"{empty} {plain(outcomes.classes[outcomes.positive])}".strip()


def _cells(share: Share, k: int) -> tuple[Floats, Floats]:
    """How often a row of a cell counts in numerator and denominator, per class. Shapes (k, k, k), (k, k, k)."""
    one = np.eye(k)
    true, predicted = np.broadcast_to(one[:, :, None], (k, k, k)), np.broadcast_to(one[:, None, :], (k, k, k))
    return share(true * predicted, true, predicted)


# ---- scores


def without_curves(outcomes: Classification, side: Classes) -> str | None:
    """Why no metric of the order of scores can be read on a side, or None."""
    if why := outcomes.no_score or _without_labels(side.labelled):
        return why
    if not side.curves:
        return "no labelled row has a score"
    whole = all(one.positives.any() and one.negatives.any() for one in side.curves)
    if len(side.curves) == 1:
        return None if whole else "all labelled rows are of one class"
    return None if whole else "a class has no labelled row"


def curves_mean(
    outcomes: Classification,
    score: Callable[[Ranked], tuple[float, float]],
    limits: Callable[[Ranked], tuple[float, float]],
) -> Reading:
    """A score of one ranked class, or its mean over all of them, one against the rest (macro average).

    limits: between which a score lies where rows of several scores stand as one.
    The standard error of a mean is the mean of the standard errors, which is the most it can be: how the classes vary
    together is not kept.
    """

    def of(side: Classes) -> Scored:
        found = np.array([score(one) for one in side.curves])
        return float(found[:, 0].mean()), float(found[:, 1].mean())

    found = read(outcomes.reference, outcomes.production, of, without_curves(outcomes, outcomes.reference))
    curves = outcomes.production.curves
    if all(one.merged is None or not one.merged.any() for one in curves):
        return found
    low, high = np.array([limits(one) for one in curves]).mean(axis=0).tolist()
    return replace(found, interval=(min(low, found.value), max(high, found.value)))


def without_probabilities(outcomes: Classification, side: Classes) -> str | None:
    """Why no metric of scores as probabilities can be read on a side, or None."""
    if why := outcomes.no_score or outcomes.no_probability or _without_labels(side.labelled):
        return why
    return None if side.loss else "no labelled row has a score"


def mean_over_rows(outcomes: Classification, of: Callable[[Classes], Average | None]) -> Reading:
    """The mean of something that every scored row has."""
    missing = without_probabilities(outcomes, outcomes.reference)
    return read(outcomes.reference, outcomes.production, lambda side: scored(of(side)), missing)


# ---- numbers


def without_errors(side: Errors) -> str | None:
    """Why no metric of a regression can be read on a side, or None."""
    if why := _without_labels(side.labelled) or side.beyond:
        return why
    return None if side.absolute else "no labelled row has a prediction"


def read_errors(
    outcomes: Regression, score: Callable[[Errors], Scored], missing: Callable[[Errors], str | None] = without_errors
) -> Reading:
    """A metric of a regression, production's value beside the reference's own."""
    return read(outcomes.reference, outcomes.production, score, missing(outcomes.reference))


def scored(found: Average | None) -> Scored:
    """A mean and its standard error."""
    assert found is not None, "whoever asks has asked before whether there is one"
    return found.mean, found.error


def _without_labels(labelled: int) -> str | None:
    return None if labelled else "no row has a label yet"

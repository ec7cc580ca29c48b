"""Predictions and labels of which no row is here: tallies of rows that are alike, and sums over each.

A tally of classes holds rows of one class that came true, one predicted class and scores that lie close together.
Counts and the mean costs of scores are exact; a curve of scores takes the rows of a tally for rows of their mean score.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.outcomes import LARGEST, Average, Classes, Errors, Ranked
from engine.summaries import Counts, Floats

COSTS = ("loss", "loss2", "square", "square2")  # sums over a tally of classes
# Sums over a tally of numbers: e prediction - target, a |e|, y the target, d its distance from a middle, q |e / y|.
SUMS = ("n", "e", "e2", "a", "e4", "d", "d2", "d3", "d4", "e2d", "e2d2", "q", "q2", "zeros")
RANGE = ("largest", "smallest", "low", "high")  # of |e| and |y| the largest and the least one beside 0; of y


@dataclass(frozen=True, slots=True, eq=False)
class Tallies:
    """What stands for rows. rows: (n,) of each tally; sums: (n, len(COSTS)) or (n, len(SUMS)); range: (n, len(RANGE))
    of numbers. middle: what distances of numbers are from. merged: (n,) whether rows of classes have several scores.
    """

    rows: Counts
    sums: Floats
    range: Floats | None = None
    middle: float = 0.0
    merged: NDArray[np.bool_] | None = None

    def some(self, chosen: "Counts | NDArray[np.bool_] | slice") -> "Tallies":
        """Some of them, by number, mask or slice."""
        ends = None if self.range is None else self.range[chosen]
        merged = None if self.merged is None else self.merged[chosen]
        return Tallies(self.rows[chosen], self.sums[chosen], ends, self.middle, merged)


def classes_of_tallies(
    tallies: Tallies, target: Counts, predicted: Counts | None, scores: Floats | None, k: int, positive: int | None,
    probable: bool,
) -> Classes:  # fmt: skip
    """As engine.outcomes.classes_of. target, predicted: (n,) classes, -1 for none; scores: (n, 1), means of a tally."""
    rows, labelled = int(tallies.rows.sum()), target >= 0
    each, target = tallies.some(labelled), target[labelled]
    confusion = np.zeros((k, k), np.int64)
    if predicted is not None:
        predicted = predicted[labelled]
        known = predicted >= 0
        pairs = target[known] * k + predicted[known]
        confusion = np.bincount(pairs, each.rows[known], k * k).astype(np.int64).reshape(k, k)
    count = int(each.rows.sum())
    if scores is None or positive is None:
        return Classes(rows, count, confusion)
    score = scores[labelled][:, 0]
    scored = np.isfinite(score)
    score, target, each = score[scored], target[scored], each.some(scored)
    if not len(score):
        return Classes(rows, count, confusion)
    distinct, place = np.unique(score, return_inverse=True)
    hits, both = (
        np.bincount(place, of, len(distinct)).astype(np.int64)
        for of in (each.rows * (target == positive), each.rows)
    )  # fmt: skip
    merged = np.bincount(place, each.merged, len(distinct)) > 0 if each.merged is not None else None
    curve = (Ranked(distinct, hits, both - hits, merged),)
    if not probable:
        return Classes(rows, count, confusion, curve)
    n, (loss, loss2, square, square2) = int(each.rows.sum()), each.sums.sum(axis=0)
    return Classes(rows, count, confusion, curve, _average(n, loss, loss2), _average(n, square, square2))


def _average(n: int, total: float, squares: float) -> Average:
    """Not-a-number or infinite where the numbers are too large for one: of a power of floats Python makes an error."""
    mean = float(total) / n
    variance = float(squares) / n - mean * mean
    return Average(n, mean, variance if np.isnan(variance) else max(variance, 0.0))


def errors_of_tallies(tallies: Tallies, labelled: Counts) -> Errors:
    """As engine.outcomes.errors_of. labelled: (n,) rows of each tally that have a label."""
    rows, known = int(tallies.rows.sum()), int(labelled.sum())
    said = dict(zip(SUMS, tallies.sums.sum(axis=0).tolist(), strict=True))
    n = int(said["n"])
    if not n or tallies.range is None:
        return Errors(rows, known)
    met = tallies.range[tallies.sums[:, 0] > 0]
    largest, low, high = float(met[:, 0].max()), float(met[:, 2].min()), float(met[:, 3].max())
    if not (largest < LARGEST and (largest > 1 / LARGEST or not largest)):
        how = "large" if largest > 1 else "small"
        return Errors(rows, known, beyond=f"numbers as {how} as {largest:.0e} cannot be squared")
    mean = {name: value / n for name, value in said.items()}
    off = mean["d"]  # the mean target lies so far from the middle
    spread = max(mean["d2"] - off**2, 0.0)
    unexplained = None
    if high > low and mean["e2"] < LARGEST * spread:
        r = mean["e2"] / spread
        around = mean["e2d2"] - 2 * off * mean["e2d"] + off**2 * mean["e2"]  # of e² (y - ȳ)²
        fourth = mean["d4"] - 4 * off * mean["d3"] + 6 * off**2 * mean["d2"] - 3 * off**4
        unexplained = Average(n, 0.0, max(mean["e4"] - 2 * r * around + r**2 * fourth, 0.0))
    zeros = int(said["zeros"])
    return Errors(
        rows,
        known,
        _average(n, said["e"], said["e2"]),
        _average(n, said["a"], said["e2"]),
        _average(n, said["e2"], said["e4"]),
        None if zeros else _average(n, said["q"], said["q2"]),
        Average(n, tallies.middle + off, spread),
        unexplained,
        zeros,
    )

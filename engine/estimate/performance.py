"""Estimated performance before labels: what a reference teaches once, and what it then says of any window (CBPE).

Learn from labelled rows, then estimate from scores alone. Rows without a score or a prediction take no part and are
counted. The assumption, which is shown wherever the numbers are, is ASSUMPTION.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import UnusableData
from engine.estimate.bands import Spread, band, spreads
from engine.estimate.calibrate import Calibration, Ints, chances, crossed, folds
from engine.estimate.calibrate import learn as calibrate
from engine.estimate.classes import MACRO, measure, outcomes, sort
from engine.estimate.expected import (
    MEASURES,
    OF_PROBABILITIES,
    OF_RANKS,
    UNDEFINED,
    Arranged,
    counting,
    probabilities,
)
from engine.estimate.reliability import Reliability, reliability
from engine.summaries import Counts, Floats

LEAST = 30  # labelled rows of a class, below which a calibration is mostly luck
LEARNED_ROWS = 1_000_000  # of a larger reference so many, evenly spaced: more would move no estimate by 0.001

ASSUMPTION = (
    "The estimate assumes that a score still means what it meant on the reference: P(y given score) has not changed. "
    "When the world changes and the scores do not, the estimate stays fine and reality does not; only labels show that."
)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What a reference taught: no rows, only knots and errors.

    calibrations: one, or one per class. spreads: by measure, how realized differs from estimated. because: measures
    that cannot be estimated at all, and why. rows: of the reference used. own: by measure, the estimate of the
    reference from calibrations that never saw the row; realized: what it was. before, after: reliability of raw scores
    and of such chances, per calibration. shares: by measure over some rows only, the reference's share of them.
    """

    calibrations: tuple[Calibration, ...]
    spreads: Mapping[str, Spread]
    because: Mapping[str, str]
    rows: int
    own: Mapping[str, float]
    realized: Mapping[str, float]
    before: tuple[Reliability, ...]
    after: tuple[Reliability, ...]
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One measure of one window: the value with its band, or because says why there is none.

    low, high: three standard errors about the value, within the measure's bounds; None when the error is unknown.
    """

    value: float | None
    low: float | None
    high: float | None
    rows: int
    because: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The measures of w windows. rows, left_out: (w,) rows used, and rows without a score or prediction.

    values, errors: by measure (w,), NaN where there is none; at() gives the reason.
    """

    rows: Counts
    left_out: Counts
    values: Mapping[str, Floats]
    errors: Mapping[str, Floats]
    because: Mapping[str, str]

    def at(self, name: str, window: int) -> Estimate:
        """One measure of one window, or why it has no value. Raises KeyError for a name not in MEASURES."""
        rows = int(self.rows[window])
        if not rows:
            return Estimate(None, None, None, 0, "the window has no row with a score and a prediction")
        if name in self.because:
            return Estimate(None, None, None, rows, self.because[name])
        value, error = float(self.values[name][window]), float(self.errors[name][window])
        if not np.isfinite(value):
            return Estimate(None, None, None, rows, UNDEFINED[name])
        if not np.isfinite(error):
            return Estimate(value, None, None, rows, "the reference is too small to tell the standard error")
        low, high = self.band(name)
        return Estimate(value, float(low[window]), float(high[window]), rows)

    def band(self, name: str) -> tuple[Floats, Floats]:
        """Lower and upper limits. Shapes (w,), (w,)."""
        return band(name, self.values[name], self.errors[name])


def learn(
    scores: Floats, predicted: Ints, target: Ints, window: Ints | None = None, names: Sequence[str] = ()
) -> Learned:
    """What a labelled reference teaches.

    scores: (n,) of the positive class, or (n, k) of k classes, NaN when missing; any number that rises with the chance
    will do, but log loss and Brier score need probabilities. predicted, target: (n,) codes (0 and 1, or 0 … k-1),
    negative when missing. window: (n,) codes of the reference's complete windows, negative outside; with six of them
    bands include what windows differ by. names: of the classes, by code; without, the codes. Raises UnusableData when
    fewer than two classes have 30 labelled rows.
    """
    kept = np.flatnonzero(_usable(scores, predicted) & (target >= 0))
    if len(kept) > LEARNED_ROWS:
        kept = kept[np.linspace(0, len(kept) - 1, LEARNED_ROWS).astype(np.int64)]
    scores, predicted, target = np.asarray(scores[kept], dtype=np.float64), predicted[kept], target[kept]
    window = None if window is None else window[kept]
    classes = 2 if scores.ndim == 1 else scores.shape[1]
    because = _refuse_small(np.bincount(target, minlength=classes), names or tuple(map(str, range(classes))))
    own_chances = crossed(scores, target, folds(len(target), window))
    known = outcomes(target, scores)

    def differ(rows: Ints, within: Ints, windows: int) -> dict[str, Floats]:
        arranged = sort(scores[rows], predicted[rows], within, windows)
        estimated, realized = measure(arranged, own_chances[rows]), measure(arranged, known[rows])
        return {name: realized[name] - estimated[name] for name in realized}

    if not probabilities(scores):
        because |= dict.fromkeys(OF_PROBABILITIES, "the scores are no probabilities: some lie outside 0 to 1")
    found = {name: one for name, one in spreads(differ, len(target), window).items() if name not in because}
    whole = sort(scores, predicted, np.zeros(len(target), dtype=np.int64), 1)
    columns = [one[:, None] if one.ndim == 1 else one for one in (scores, own_chances, known)]
    each = [tuple(one[:, at] for one in columns) for at in range(columns[0].shape[1])]
    return Learned(
        calibrate(scores, target),
        found,
        because,
        len(target),
        {name: float(value[0]) for name, value in measure(whole, own_chances).items() if name not in because},
        {name: float(value[0]) for name, value in measure(whole, known).items() if name not in because},
        tuple(reliability(raw, raw, happened) for raw, _, happened in each),
        tuple(reliability(own, own, happened) for _, own, happened in each),
        {name: float(one[0]) for name, one in counting(whole, known).items()} if isinstance(whole, Arranged) else {},
    )


def estimate(
    learned: Learned, scores: Floats, predicted: Ints, window: Ints | None = None, windows: int = 1
) -> Estimates:
    """The estimated measures of each window, or of any other slices that share out rows.

    scores, predicted: as in learn, without labels. window: (n,) codes of 0 … windows-1, negative for rows of none; None
    when all rows are one window. Raises UnusableData when the scores have another number of classes.
    """
    classes = 1 if scores.ndim == 1 else scores.shape[1]
    if classes != len(learned.calibrations):
        raise UnusableData(f"The reference has scores of {len(learned.calibrations)} classes, these rows of {classes}.")
    within = np.zeros(len(scores), dtype=np.int64) if window is None else window
    asked, usable = within >= 0, _usable(scores, predicted)
    left_out = np.bincount(within[asked & ~usable], minlength=windows)
    if not (asked & usable).all():
        kept = asked & usable
        scores, predicted, within = scores[kept], predicted[kept], within[kept]
    scores = np.asarray(scores, dtype=np.float64)
    arranged, chance = sort(scores, predicted, within, windows), chances(learned.calibrations, scores)
    values = measure(arranged, chance)
    because = dict(learned.because)
    missing = set(OF_PROBABILITIES) - set(values) - set(because)
    because |= dict.fromkeys(missing, "the scores are no probabilities: some lie outside 0 to 1")
    rows = np.bincount(within, minlength=windows)
    names = [name for name in MEASURES if name not in because]
    shares = counting(arranged, chance) if isinstance(arranged, Arranged) else {}
    errors = {}
    for name in names:
        # what the reference's n rows told holds for a window with as many of the rows that the measure is over
        like = rows * shares[name] / learned.shares[name] if learned.shares.get(name) else rows
        errors[name] = np.where(np.isnan(values[name]), np.nan, learned.spreads[name].error(like))
    return Estimates(rows, left_out, {name: values[name] for name in names}, errors, because)


def _usable(scores: Floats, predicted: Ints) -> "np.typing.NDArray[np.bool_]":
    finite = np.isfinite(scores)
    return np.asarray((finite if finite.ndim == 1 else finite.all(axis=1)) & (predicted >= 0))


def _refuse_small(labelled: Counts, names: Sequence[str]) -> dict[str, str]:
    """Measures that a class with too few rows forbids. Raises UnusableData when no two classes have enough."""
    small = np.flatnonzero(labelled < LEAST)
    if len(names) - len(small) < 2:
        listed = " and ".join(f"{labelled[code]} of class {names[code]}" for code in small.tolist())
        raise UnusableData(
            f"The reference has too few labelled rows to calibrate scores: {listed}; {LEAST} of each are needed.",
            hint="Performance is not estimated; take a longer reference.",
        )
    if not len(small):
        return {}
    why = f"class {names[small[0]]} has {labelled[small[0]]} labelled rows in the reference, fewer than {LEAST}"
    return dict.fromkeys((*MACRO, *OF_RANKS), why)

"""Estimated error of a regression before labels: how far off the model is on rows like these.

A linear model of |e| and of e² on the reference: an intercept, an effect for each bin of each feature, and for each
cell of the few pairs of features that add most (ridge.py). It is read as a mean over the window, where it is a sum of
bin shares times effects; the reference's own mean is kept exactly. A bin the reference never had has no effect: such
rows are taken as average. The mean error's sign and r2 are not estimated: a model of losses knows how far off rows are,
not to which side. Source: NannyML's documentation (2023), "Direct loss estimation", for learning the loss itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.errors import UnusableData
from engine.estimate.bands import Spread, band, with_between
from engine.estimate.calibrate import Ints, folds
from engine.estimate.performance import Estimate
from engine.estimate.ridge import COLUMNS, Terms, fitted, pairs
from engine.noise.windows import LEAST_WINDOWS
from engine.summaries import Counts, Floats

MEASURES = ("mae", "rmse")
LEAST = 100  # labelled rows, below which not even the mean error is well known
ROWS = 200_000  # of a larger reference so many, evenly spaced
AT_ONCE = 1_000_000  # rows of a window's estimate that are laid out together

ASSUMPTION = (
    "The estimate assumes that rows with these features are as hard to predict as they were on the reference. "
    "When what is predicted changes its ways and the features do not, only labels show it."
)


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """What a reference taught about errors. terms: what has effects; effects: per term (bins + 1, 2) for |e| and e².

    means: (2,) of |e| and e² on the reference. spreads: errors of their means over n rows. rows: of the reference used.
    explained: share of the variance of |e| that left-out folds were told right, at most 1; near 0 the estimate is the
    reference's mean, moved by nothing.
    """

    terms: Terms
    effects: tuple[Floats, ...]
    means: Floats
    spreads: tuple[Spread, Spread]
    rows: int
    explained: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """Estimated mae and rmse of w windows, in the target's unit. rows: (w,); values, errors: by measure (w,), NaN where
    a window has no row. unseen: (w,) share of codes that the reference never had."""

    rows: Counts
    values: Mapping[str, Floats]
    errors: Mapping[str, Floats]
    unseen: Floats = field(default_factory=lambda: np.empty(0))

    def band(self, name: str) -> tuple[Floats, Floats]:
        """Lower and upper limits, ±3 standard errors. Shapes (w,), (w,)."""
        return band(name, self.values[name], self.errors[name])

    def at(self, name: str, window: int) -> Estimate:
        """One measure of one window, or why it has no value. Raises KeyError for a name not in MEASURES."""
        rows = int(self.rows[window])
        if not rows:
            return Estimate(None, None, None, 0, "the window has no row with a prediction")
        value, error = float(self.values[name][window]), float(self.errors[name][window])
        if not np.isfinite(error):
            return Estimate(value, None, None, rows, "an error of 0 has no standard error")
        low, high = self.band(name)
        return Estimate(value, float(low[window]), float(high[window]), rows)


def learn(codes: Ints, bins: Sequence[int], error: Floats, window: Ints | None = None) -> Loss:
    """What a labelled reference teaches about errors.

    codes: (n, f) bin of each row and feature, 0 … bins-1 (uint8 or uint16; nulls are a bin of their own); bins: (f,);
    error: (n,) prediction less target, NaN where there is no label. window: (n,) codes of the reference's complete
    windows, negative outside: folds are then whole windows, and bands include what windows differ by. Raises
    UnusableData with fewer than 100 labelled rows, or more than 4,000 bins in all.
    """
    kept = np.flatnonzero(np.isfinite(error))
    if len(kept) < LEAST:
        raise UnusableData(
            f"The reference has {len(kept)} rows with a prediction and a target; {LEAST} are needed to learn errors.",
            hint="mae and rmse are not estimated; take a longer reference.",
        )
    if sum(bins) > COLUMNS:
        raise UnusableData(
            f"The features have {sum(bins)} bins, {COLUMNS} at most.", hint="Take about ten per feature."
        )
    if len(kept) > ROWS:
        kept = kept[np.linspace(0, len(kept) - 1, ROWS).astype(np.int64)]
    codes, window = codes[kept], None if window is None else window[kept]
    size = np.abs(error[kept])
    targets = np.column_stack((size, size**2))
    fold = folds(len(kept), window)
    alone = Terms(tuple(bins))
    terms = Terms(alone.bins, pairs(alone, codes, targets[:, 0]))
    found = fitted(terms, codes, targets, fold)
    missed = targets - found.crossed
    spreads = [
        Spread(np.array([1.0]), np.array([float(missed[:, at].std())]), len(kept)) for at in range(targets.shape[1])
    ]
    if window is not None:
        inside = window >= 0
        distinct, place = np.unique(window[inside], return_inverse=True)
        if len(distinct) >= LEAST_WINDOWS:
            n = np.bincount(place).astype(np.float64)
            for at in range(2):
                spreads[at] = with_between(spreads[at], n, np.bincount(place, weights=missed[inside, at]) / n)
    variance = float(targets[:, 0].var())
    explained = 1 - float((missed[:, 0] ** 2).mean()) / variance if variance > 0 else 0.0
    return Loss(terms, found.effects, found.means, (spreads[0], spreads[1]), len(kept), explained)


def estimate(loss: Loss, codes: Ints, window: Ints | None = None, windows: int = 1) -> Estimated:
    """Estimated mae and rmse of each window: from codes (n, f) alone, as in learn.

    window: (n,) codes of 0 … windows-1, negative for rows of none; None when all rows are one window. The standard
    error of rmse is that of the mean square, by the delta method.
    """
    within = np.zeros(len(codes), dtype=np.int64) if window is None else window
    if (within < 0).any():
        codes, within = codes[within >= 0], within[within >= 0]
    rows = np.bincount(within, minlength=windows)
    n = np.where(rows > 0, rows, np.nan)
    means = np.repeat(loss.means[None, :], windows, axis=0) + 0 * n[:, None]
    unseen = np.zeros(windows)
    held = [np.zeros((windows, len(effects))) for effects in loss.effects]
    for first in range(0, len(codes), AT_ONCE):
        some, where = codes[first : first + AT_ONCE], within[first : first + AT_ONCE]
        for column, into in zip(loss.terms.columns(some), held, strict=True):
            into += np.bincount(where * into.shape[1] + column, minlength=into.size).reshape(into.shape)
    for at, (into, effects) in enumerate(zip(held, loss.effects, strict=True)):
        shares = into / n[:, None]
        means += shares @ effects
        if at < len(loss.terms.bins):
            unseen += shares[:, -1] / len(loss.terms.bins)
    means = np.maximum(means, 0.0)  # a linear model may fall below on rows far from all it saw
    root = np.sqrt(means[:, 1])
    squares = loss.spreads[1].error(rows)
    slope = np.divide(squares, 2 * root, out=np.full(windows, np.nan), where=root > 0)
    return Estimated(
        rows, {"mae": means[:, 0], "rmse": root}, {"mae": loss.spreads[0].error(rows), "rmse": slope}, unseen
    )

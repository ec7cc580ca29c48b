"""Bands: how far realized may lie from estimated while nothing has changed, for a window of so many rows.

The difference realized - estimated is seen on the reference itself, with chances from calibrations that never saw the
row, in three parts: the luck of n rows (seeded draws of n rows, with replacement), the luck of the N rows that taught
the calibration (it passes to the mean as 1/N beside 1/n), and what windows differ by as wholes: rows of one week are
alike, so their luck is shared and no number of rows averages it away. The last part needs the reference's own windows,
six of them as everywhere; without it bands take rows as independent, and words say so.
Sources: Efron & Tibshirani (1993) An Introduction to the Bootstrap, ch. 6; for the part between windows the moment
estimate of DerSimonian & Laird (1986) Controlled Clinical Trials 7, with equal weights.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.estimate.calibrate import Ints
from engine.noise.windows import LEAST_WINDOWS
from engine.summaries import Counts, Floats

SIZES = (
    64,
    256,
    1024,
)  # rows drawn at a time; beyond the last, errors fall with the root of rows
DRAWS = 400
WIDTH = 3.0  # standard errors on each side of the estimate

Differences = Callable[[Ints, Ints, int], Mapping[str, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The standard error of one measure at any number of rows.

    sizes: (s,) rows; deviations: (s,) standard deviation of realized - estimated there, times the root of the rows.
    rows: of the reference. between: standard deviation between windows beyond that; windows: complete ones it rests on,
    0 when the reference has fewer than six and between is unknown, taken as 0.
    """

    sizes: Floats
    deviations: Floats
    rows: int
    between: float = 0.0
    windows: int = 0

    @property
    def words(self) -> str:
        """What a band of this measure promises, for a reader."""
        if not self.windows:
            return (
                "The band takes rows as independent, which real rows seldom are: the reference has fewer than "
                f"{LEAST_WINDOWS} complete windows to see what windows differ by."
            )
        return f"The band holds what {self.windows} windows of the reference differed by, beside the luck of the rows."

    def error(self, n: "Floats | Counts") -> Floats:
        """Standard error at n rows, of any shape; NaN where n is 0 or the draws could not tell."""
        at = np.asarray(n, dtype=np.float64)
        some = np.where(at > 0, at, np.nan)
        each = np.interp(np.log(np.maximum(at, 1.0)), np.log(self.sizes), self.deviations)
        wider = 1 + 1 / self.windows if self.windows else 0.0
        return np.asarray(np.sqrt(each**2 * (1 / some + 1 / self.rows) + self.between**2 * wider))


def spreads(differ: Differences, rows: int, window: Ints | None = None) -> dict[str, Spread]:
    """How far realized lies from estimated on the reference, per measure.

    differ: from row numbers (n,), their windows (n,) and the number of windows to name → (windows,) of realized -
    estimated. rows: of the reference. window: (rows,) codes of its windows, negative where a row is in no complete one.
    """
    random = np.random.default_rng(0)
    sizes = np.array([size for size in SIZES if size <= max(rows, SIZES[0])], dtype=np.float64)
    found: dict[str, list[float]] = {}
    for size in sizes.astype(int).tolist():
        drawn = random.integers(0, rows, DRAWS * size)
        for name, values in differ(drawn, np.repeat(np.arange(DRAWS), size), DRAWS).items():
            found.setdefault(name, []).append(_deviation(values) * np.sqrt(size))
    bare = {name: Spread(sizes, np.array(each), rows) for name, each in found.items()}
    return bare if window is None else _with_windows(bare, differ, window)


def _with_windows(bare: Mapping[str, Spread], differ: Differences, window: Ints) -> dict[str, Spread]:
    """Spreads with what the reference's windows differ by beyond their rows."""
    inside = np.flatnonzero(window >= 0)
    distinct, place = np.unique(window[inside], return_inverse=True)
    if len(distinct) < LEAST_WINDOWS:
        return dict(bare)
    n = np.bincount(place).astype(np.float64)
    missed = differ(inside, place, len(distinct))
    return {name: with_between(spread, n, missed[name]) for name, spread in bare.items()}


def with_between(spread: Spread, n: Floats, missed: Floats) -> Spread:
    """A spread with the part between windows. n, missed: (w,) rows of the reference's windows, realized - estimated.

    The part is the mean square of what was missed less what rows explain of it, 0 at least.
    """
    known = np.isfinite(missed)
    if known.sum() < LEAST_WINDOWS:
        return spread
    beyond = float(np.mean(missed[known] ** 2 - spread.error(n[known]) ** 2))
    between = np.sqrt(beyond) if beyond > 0 else 0.0
    return Spread(spread.sizes, spread.deviations, spread.rows, float(between), int(known.sum()))


def _deviation(values: Floats) -> float:
    """Standard deviation about 0 of the draws where the measure is defined; NaN when it is so in fewer than half."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if 2 * len(known) >= len(values) else float("nan")


def band(name: str, value: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Limits of ±3 standard errors, kept within what the measure can be: [0, 1], or [0, ∞) for losses."""
    highest = np.inf if name in ("log_loss", "mae", "rmse") else 1.0
    if name == "brier":
        highest = 2.0  # of several classes; of two it never comes near
    return np.maximum(value - WIDTH * error, 0.0), np.minimum(value + WIDTH * error, highest)

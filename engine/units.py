"""Whether the values look as if their unit had changed: production's quantiles are fitted on the reference's.

A row of UNIT_CHANGES is believed only if the fitted factor is the row's own, within what the rows allow; if undoing it
leaves next to nothing of the difference; and if the difference without it is far beyond what could be left.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.summaries import Floats

LEAST = 100  # values on each side: below, no factor can be told from its neighbours
DISTINCT = 5  # quantiles that differ, at least: four values fit too many factors
LEFT = 0.25  # units of the reference that may be left of the difference when a change is undone, and
OF_ALL = 0.1  # the share of the difference that may be left
FAR, MOST = 0.001, 1.0  # a drift of its own that may be left: a share of a difference of many units, up to so many
CLEAR = 0.5  # units that the two sides must be apart
PART, GRADES = 20, 200  # so many of the 199 quantiles must have changed, or not, to speak of a share of the rows
COARSE = 10  # a column whose values lie on a grid has to stay on it where a unit is under so many of its steps
FULL = 0.99  # share of the values on a grid that makes it theirs
PROOF = 0.8  # share of the quantiles that both sides have when a change is undone, and at most the rest before
TINY = 0.05  # of a unit: a grid finer than this moves no score
STEPS = tuple(sorted(digit * 10.0**power for power in range(-6, 7) for digit in (1.0, 5.0)))[::-1]
SECONDS = (1e9, 2.1e9)  # epoch seconds of the years 2001 to 2036
EPOCHS = (("seconds", 1.0), ("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9))


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A change production = offset + factor × reference, in words.

    tolerance: of the fitted factor, relative; left: units of the reference that may be left when it is undone, or far
    times the difference in units, which is most at most; share: of the rows that changed, 0 to 1.
    """

    words: str
    factor: float
    offset: float = 0.0
    tolerance: float = 0.04
    left: float = LEFT
    far: float = FAR
    most: float = MOST
    share: float = 1.0

    @property
    def sentence(self) -> str:
        """What a reader is told.

        >>> UnitChange("multiplied by 100", 100.0, share=0.48).sentence
        'About 48% of the values look as if they were multiplied by 100.'
        """
        whose = "The" if self.share == 1.0 else f"About {self.share:.0%} of the"
        return f"{whose} values look as if they were {self.words}."


# Nothing grows tenfold by itself, and no unit lies between 8.5 and 12 times another: drift beside it does not hide it.
TENS = {"tolerance": 0.17, "most": 3.0}
NEAR = {"tolerance": 0.015, "left": 0.1}  # factors as small as what seasons do: a real week in May is 1.6 × as warm

# Kelvin has no row: it is a shift like any other. Nor have pounds (2.2) and feet (3.3), too near to common growth.
UNIT_CHANGES: tuple[UnitChange, ...] = (
    *(UnitChange(f"multiplied by {10**power:,}", 10.0**power, **TENS) for power in range(1, 7)),
    *(UnitChange(f"divided by {10**power:,}", 10.0**-power, **TENS) for power in range(1, 7)),
    UnitChange("converted from inches to centimetres (× 2.54)", 2.54, **NEAR),
    UnitChange("converted from centimetres to inches (÷ 2.54)", 1 / 2.54, **NEAR),
    UnitChange("converted from miles to kilometres (× 1.609)", 1.609344, **NEAR),
    UnitChange("converted from kilometres to miles (÷ 1.609)", 1 / 1.609344, **NEAR),
    UnitChange("converted from °C to °F", 1.8, 32.0, tolerance=0.1),
    UnitChange("converted from °F to °C", 1 / 1.8, -32 / 1.8, tolerance=0.1),
    UnitChange("turned around in sign", -1.0),
)


def unit_change(reference: Floats, production: Floats, rows: tuple[int, int]) -> UnitChange | None:
    """The row of UNIT_CHANGES that explains the difference of two sides, for all rows or a share of them, or None.

    reference, production: (199,) quantiles at 1/200 … 199/200; rows: how many values they were taken from.

    >>> p = np.linspace(20.0, 80.0, 199)
    >>> unit_change(p, (p - 32) / 1.8, (5000, 5000)).words, unit_change(p, 7 * p, (5000, 5000))
    ('converted from °F to °C', None)
    """
    if min(rows) < LEAST or min(len(np.unique(side)) for side in (reference, production)) < DISTINCT:
        return None
    return _epochs(reference, production) or _whole(reference, production, rows) or _partly(reference, production, rows)


def _epochs(reference: Floats, production: Floats) -> UnitChange | None:
    """Moments as numbers, told by their size alone: time has moved on, so that no quantile can be fitted."""
    (old, first), (new, second) = (
        next((one for one in EPOCHS if SECONDS[0] <= side[0] / one[1] and side[-1] / one[1] <= SECONDS[1]), ("", 0.0))
        for side in (reference, production)
    )
    if not first or not second or first == second:
        return None
    factor = f"× {second / first:,.0f}" if second > first else f"÷ {first / second:,.0f}"
    return UnitChange(f"moments told in {new} since 1970, no longer in {old} ({factor})", second / first)


def _whole(reference: Floats, production: Floats, rows: tuple[float, float]) -> UnitChange | None:
    left = {one: _left(one, reference, production, rows) for one in UNIT_CHANGES}
    found = {one: rest for one, rest in left.items() if rest is not None}
    return min(found, key=lambda one: found[one], default=None)


def _left(change: UnitChange, reference: Floats, production: Floats, rows: tuple[float, float]) -> float | None:
    """What a change leaves of the difference, in units of the reference; None if it does not explain it."""
    unit = spread(reference)
    if unit == 0 or not _speaks(change, reference, unit):
        return None
    undone = np.sort((production - change.offset) / change.factor)
    left = float(np.abs(undone - reference).mean()) / unit
    apart = float(np.abs(production - reference).mean()) / unit / min(abs(change.factor), 1.0)
    proven = _shared(undone, reference) >= PROOF and _shared(production, reference) < 1 - PROOF
    most = LEFT if proven else max(change.left, min(change.far * apart, change.most))
    if apart < CLEAR or left > min(most, OF_ALL * apart):
        return None
    if proven:
        return left
    centres = (np.median(reference), np.median(undone)) if change.offset else (0.0, 0.0)
    p, q = reference - centres[0], undone - centres[1]
    size = np.abs(p)
    noise = 1.25 * float(size.std() / size.mean()) * float(np.sqrt(1 / rows[0] + 1 / rows[1]))
    if abs(slope(p, q) - 1) + noise > change.tolerance:
        return None
    step = step_of(reference)
    if step and unit < COARSE * step and share_on(undone, step) < 0.9:
        return None
    return left


def _shared(values: Floats, reference: Floats) -> float:
    """The share of values that the reference has too, give or take what single precision loses.

    Where values repeat, as prices and distances do, they are the same ones when their unit is.
    """
    at = np.searchsorted(reference, values).clip(1, len(reference) - 1)
    off = np.minimum(np.abs(values - reference[at]), np.abs(values - reference[at - 1]))
    return float((off <= 2e-7 * np.abs(values)).mean())


def _speaks(change: UnitChange, reference: Floats, unit: float) -> bool:
    """Whether a change could be told from a mere shift or widening of these values.

    Around zero, × 1.6 is a spread that grew; far from it, it moves the middle as well, and by a given amount. An offset
    that is small beside the spread says nothing.
    """
    if change.offset:
        return abs(change.offset / change.factor) >= unit
    one_sided = reference[0] >= 0 or reference[-1] <= 0
    return not 0.2 < abs(change.factor) < 5 or one_sided or abs(float(np.median(reference))) >= unit


def slope(p: Floats, q: Floats) -> float:
    """The b that makes the sum of abs(q - b p) least: the median of q / p, weighted by abs(p).

    >>> slope(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 6.0, 99.0]))
    2.0
    """
    kept = p != 0
    with np.errstate(over="ignore"):  # beside next to nothing, anything is infinite
        ratio, weight = q[kept] / p[kept], np.abs(p[kept])
    order = np.argsort(ratio)
    upto = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(upto, upto[-1] / 2)])


def spread(quantiles: Floats) -> float:
    """One unit of a side: interquartile range / 1.349, else the standard deviation of its quantiles."""
    low, high = np.quantile(quantiles, (0.25, 0.75))
    return float(high - low) / 1.349 or float(quantiles.std())


def _partly(reference: Floats, production: Floats, rows: tuple[int, int]) -> UnitChange | None:
    """A change of some rows only, where changed values cannot be mistaken for unchanged ones."""
    low, high = float(reference[0]), float(reference[-1])
    for change in UNIT_CHANGES:
        ends = sorted(change.offset + change.factor * end for end in (low, high))
        if ends[0] > high:
            changed = production > (ends[0] + high) / 2
        elif ends[1] < low:
            changed = production < (ends[1] + low) / 2
        else:
            continue
        share = float(changed.mean())
        if not PART <= int(changed.sum()) <= len(changed) - PART:
            continue
        rest, part = (_graded(reference, int(side.sum())) for side in (~changed, changed))
        same = np.abs(production[~changed] - rest).mean() <= LEFT * spread(reference)
        if same and _left(change, part, production[changed], (rows[0], rows[1] * share)) is not None:
            return replace(change, share=share)
    return None


def _graded(quantiles: Floats, count: int) -> Floats:
    """So many evenly spaced quantiles, from the 199."""
    at = np.arange(1, len(quantiles) + 1) / (len(quantiles) + 1)
    return np.interp((np.arange(count) + 0.5) / count, at, quantiles)


def share_on(values: Floats, step: float) -> float:
    """The share of values that are multiples of a step, give or take what single precision loses."""
    off = np.abs(values - np.round(values / step) * step)
    on: NDArray[np.bool_] = off <= np.minimum(2e-7 * np.abs(values), TINY * step)
    return float(on.mean())


def step_of(values: Floats) -> float:
    """The coarsest of 1, 5, 10, 50, … and 0.5, 0.1, … that the values are multiples of; 0 if there is none.

    >>> step_of(np.array([1.5, 3.0, 4.5])), step_of(np.array([20.0, 30.0])), step_of(np.array([0.1234567, 1.0]))
    (0.5, 10.0, 0.0)
    """
    return next((step for step in STEPS if share_on(values, step) >= FULL), 0.0)


def rounding(reference: Floats, production: Floats, rows: tuple[int, int]) -> str | None:
    """A sentence if the values of one side are rounded and those of the other are not. Quantiles as in unit_change."""
    if min(rows) < LEAST:
        return None
    for fine, coarse, said in (
        (reference, production, "The values are multiples of {step:g} now; {share:.0%} of the reference's are."),
        (production, reference, "The values are no longer multiples of {step:g}: {share:.0%} of them are."),
    ):
        step, unit = step_of(coarse), spread(coarse)
        if not step or len(np.unique(coarse)) < DISTINCT or len(np.unique(fine)) < DISTINCT or step < TINY * unit:
            continue
        finer = step_of(fine) / (spread(fine) or 1.0)
        if share_on(fine, step) < 0.5 and step / unit > 2 * finer:
            return said.format(step=step, share=share_on(fine, step))
    return None

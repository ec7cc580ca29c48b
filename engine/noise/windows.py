"""The reference-window floor: how far the reference's own windows lie from each other, when rows within one are alike.

Each complete window of the reference is read against the other ones, and each reading is divided by the mean of its
column's other readings. The largest such ratio of a window, over all columns, is what a run is judged by: a plain
largest reading per column would be exceeded by chance in 1 of W + 1 windows for every column anew. Ratios of one shape
(PSI, PSI of two bins, Wasserstein, a rate) are put on one scale by the mean and spread of their logarithms, since the
square of one number varies more than a sum of ten: without that, one binary column would blunt all the others.

A window that lies far out also moves what the others are held against, so that their readings grow with it and its own
ratio looks small; a window of production never stands in the reference. Of few windows each is therefore compared with
readings of the others that leave it out: else 23 instead of 14 of 100 unchanged runs alarm at six windows
(benchmarks/policy_alarms.py).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

LEAST_WINDOWS = 6
FEW_WINDOWS = 12  # from so many on, one window moves the others' reference too little to matter
OF_OUTCOMES = " Those of predictions held against labels have a rate of their own, the policy's false_alarms."
SMALLEST = 1e-3  # a ratio so many times below the largest says no more than that it is small


@dataclass(frozen=True, slots=True)
class WindowFloors:
    """Floors by (column, metric), as a displacement from the reference's own value.

    windows: complete ones of the reference. factors: by shape, what a column's mean reading is multiplied by.
    """

    windows: int
    floors: Mapping[tuple[str, str], float]
    factors: Mapping[str, float]

    @property
    def words(self) -> str:
        """What the floors promise, for a reader."""
        if not self.windows:
            return "Floors take rows as independent, which real rows seldom are."
        if self.windows < LEAST_WINDOWS:
            return (
                f"The reference has {self.windows} complete windows; {LEAST_WINDOWS} are needed to know how much "
                "windows differ by themselves. Floors take rows as independent, which real rows seldom are."
            )
        return (
            f"Floors rest on {self.windows} complete windows of the reference: when nothing changed, about 1 run in "
            f"{self.windows + 1} still raises something. More reference windows make it rarer."
        ) + (OF_OUTCOMES if any(not column and metric != "ndcg" for column, metric in self.floors) else "")


NO_WINDOWS = WindowFloors(0, {}, {})


def displacement(value: float, against: float | None) -> float:
    """How far a reading lies from what it is held against: a distance from 0, or two rates on the arcsine scale.

    There a rate varies as much near 0 as near a half, so that 1 % and 3 % in one column say nothing about 11 % and
    56 % in another (Anscombe 1948, Biometrika 35).
    """
    if against is None:
        return value
    return math.asin(math.sqrt(value)) - math.asin(math.sqrt(against))


def displaced(against: float | None, by: float) -> float:
    """The reading that lies so far from what it is held against.

    >>> round(displaced(0.2, displacement(0.5, 0.2)), 12), displaced(0.9, 9.0), displaced(None, 0.3)
    (0.5, 1.0, 0.3)
    """
    if against is None:
        return by
    return math.sin(min(math.asin(math.sqrt(against)) + by, math.pi / 2)) ** 2


def window_floors(
    readings: Mapping[tuple[str, str], Sequence[float]],
    shapes: Mapping[tuple[str, str], str],
    without: Mapping[tuple[str, str], Sequence[Sequence[float]]] | None = None,
) -> WindowFloors:
    """The floors that leave-one-out readings amount to; none from fewer than six windows.

    readings: (column, metric) -> one displacement per complete reference window, from the others' own value.
    shapes: (column, metric) -> which readings share a factor. without: (column, metric) -> per window, the readings of
    the other windows where this one is left out of what they are held against; where that is not known, readings stand.

    >>> x, y = ("x", "psi"), ("y", "psi")
    >>> found = window_floors({x: [1, 1, 1, 1, 1, 2], y: [3, 3, 3, 3, 3, 3]}, {x: "psi", y: "psi"})
    >>> found.windows, round(found.factors["psi"], 6), round(found.floors[y], 6)
    (6, 2.0, 6.0)
    """
    windows = min((len(values) for values in readings.values()), default=0)
    if windows < LEAST_WINDOWS:
        return WindowFloors(windows, {}, {})
    largest: dict[str, list[float]] = {}
    for key, values in readings.items():
        left_out = (without or {}).get(key, ())
        ratios = [_ratio(values, i, left_out[i] if left_out else ()) for i in range(windows)]
        so_far = largest.get(shapes[key], ratios)
        largest[shapes[key]] = [max(pair) for pair in zip(so_far, ratios, strict=True)]
    scales = {shape: _scale(values) for shape, values in largest.items()}
    furthest = max((far for _, _, far in scales.values()), default=0.0)
    factors = {shape: math.exp(mean + furthest * spread) for shape, (mean, spread, _) in scales.items()}
    floors = {key: factors[shapes[key]] * sum(values) / len(values) for key, values in readings.items()}
    return WindowFloors(windows, floors, factors)


def _ratio(values: Sequence[float], at: int, without: Sequence[float]) -> float:
    """A reading over the mean of the others; 0 where they are all 0. without: the others where this one is left out."""
    others = fmean(without) if without else (sum(values) - values[at]) / (len(values) - 1)
    return values[at] / others if others > 0 else 0.0


def _scale(ratios: Sequence[float]) -> tuple[float, float, float]:
    """Mean and standard deviation of the logarithms, and how many of these the largest lies above the mean."""
    least = max(ratios) * SMALLEST
    logs = [math.log(max(ratio, least)) if least > 0 else 0.0 for ratio in ratios]
    mean, spread = fmean(logs), stdev(logs)
    return mean, spread, (max(logs) - mean) / spread if spread > 0 else 0.0

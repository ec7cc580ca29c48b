"""The reference-window floor: how far the reference's own windows lie from each other, when rows within one are alike.

Each complete window of the reference is read against the other ones. A column's floor is c × its mean such reading,
c being the largest, over all columns and windows, of a reading over the mean of its column's other windows. The largest
plain reading per column would not do: chance exceeds it in 1 of W + 1 windows for every column anew. c is found for
readings of one shape at a time: one binary column, whose PSI is the square of one number, would blunt all the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_WINDOWS = 6


@dataclass(frozen=True, slots=True)
class WindowFloors:
    """Floors by (column, metric), as an amount above the reference's own value.

    windows: complete ones of the reference. factors: c of every shape of reading.
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
        )


NO_WINDOWS = WindowFloors(0, {}, {})


def window_floors(
    readings: Mapping[tuple[str, str], Sequence[float]], shapes: Mapping[tuple[str, str], str]
) -> WindowFloors:
    """The floors that leave-one-out readings amount to; none from fewer than six windows.

    readings: (column, metric) -> one reading per complete reference window, as an amount above the others' own value.
    shapes: (column, metric) -> which readings share a factor.

    >>> x, y = ("x", "psi"), ("y", "psi")
    >>> found = window_floors({x: [1, 1, 1, 1, 1, 2], y: [3, 3, 3, 3, 3, 3]}, {x: "psi", y: "psi"})
    >>> found.windows, found.factors, found.floors[y]
    (6, {'psi': 2.0}, 6.0)
    """
    windows = min((len(values) for values in readings.values()), default=0)
    if windows < LEAST_WINDOWS:
        return WindowFloors(windows, {}, {})
    factors: dict[str, float] = {}
    for key, values in readings.items():
        for value in values:
            others = (sum(values) - value) / (len(values) - 1)
            ratio = value / others if others > 0 else 0.0
            factors[shapes[key]] = max(factors.get(shapes[key], 0.0), ratio)
    floors = {key: factors[shapes[key]] * sum(values) / len(values) for key, values in readings.items()}
    return WindowFloors(windows, floors, factors)

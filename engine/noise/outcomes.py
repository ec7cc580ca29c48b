"""Floors of metrics of predictions held against labels: what no change stays under, by standard errors and by windows.

Under no change the difference of both sides is normal with the variance of both (central limit theorem; the metrics say
where their standard errors come from). Few rows may be far from normal, so theirs is Cantelli's inequality, which holds
whatever the distribution (Cantelli 1928, Atti del Congresso Internazionale dei Matematici 6). Windows of the reference
are taken as normal too: a next one stays within Student's t × their spread (Fisher 1935, Fiducial argument).
"""

from collections.abc import Mapping, Sequence
from math import ceil, hypot, sqrt

from scipy.special import stdtrit

from engine.metrics.metric import Metric, Reading
from engine.noise.floor import Floor, FloorBasis
from engine.noise.rows import normal_tail
from engine.noise.windows import LEAST_WINDOWS

FEW = 100  # rows of a side below which nothing is taken as normal


def outcome_floor(
    metric: Metric, reading: Reading, rows: tuple[int, int], alpha: float, warning: float | None, apart: float | None
) -> Floor | None:
    """The floor of a reading at α, in its own terms; None where the reference has no value or nobody knows its error.

    rows: labelled ones of reference and production. warning: to find the rows needed. apart: how far the reference's
    own windows lie apart (the window floor), or None. Either side's error is at least what the other's would be in so
    many rows: a window without a single miss is not without error.
    """
    n, m = rows
    if reading.against is None or reading.against_error is None or not n or not m:
        return None
    ours = max(reading.error or 0.0, reading.against_error * sqrt(n / m))
    theirs = ours * sqrt(m / n)
    tail = alpha / 2 if metric.two_sided else alpha
    z = normal_tail(tail) if min(n, m) >= FEW else sqrt(1 / tail - 1)
    falls = reading.value < reading.against if metric.two_sided else metric.worse == "lower"
    sign = -1.0 if falls else 1.0
    by_rows = z * hypot(ours, theirs)
    needed = None
    if warning is not None and 0 < abs(warning - reading.against) <= by_rows:
        room = ((warning - reading.against) / z) ** 2 - theirs**2
        needed = ceil(m * ours**2 / room) + 1 if room > 0 else None
    value = max(by_rows, apart or 0.0)
    basis: FloorBasis = "reference windows" if apart is not None and apart > by_rows else "closed form"
    against = reading.against
    return Floor(against + sign * value, against + sign * by_rows, basis, needed)


def apart_floors(moves: Mapping[str, Sequence[float]], alpha: float) -> dict[str, float]:
    """How far one window's metric lies from the others' by itself, but with probability α for all metrics together.

    moves: metric -> for each complete window of the reference its value less that of the windows it is held against,
    signed. Student's t with W - 1 degrees of freedom × the root of the mean square, W being the windows: a prediction
    interval for one more (within 2 % of the exact one at 6 windows). Empty from fewer than six.

    A largest reading times a factor, as drift has it, would not do: a distance from 0 has a smallest value that says
    something, a signed move lies near 0 in any calm week, and ratios of such would call almost anything noise.

    >>> round(apart_floors({"log_loss": [0.01, -0.01] * 4}, 0.05)["log_loss"], 4)
    0.0189
    """
    found = {}
    for key, values in moves.items():
        if len(values) >= LEAST_WINDOWS:
            t = float(stdtrit(len(values) - 1, 1 - alpha / len(moves)))
            found[key] = t * sqrt(sum(one * one for one in values) / len(values))
    return found

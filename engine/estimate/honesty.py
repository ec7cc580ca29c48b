"""How far off past estimates were: an estimate is worth what it was worth when labels came.

>>> import numpy as np
>>> found = honesty(np.array([0.5, 0.6]), np.array([0.4, 0.5]), np.array([0.6, 0.7]), np.array([0.52, 0.3]))
>>> print(found.words)
In 2 past windows the estimate was off by 0.16 on average; realized lay inside its band in 1.
"""

from dataclasses import dataclass

import numpy as np

from engine.summaries import Floats


@dataclass(frozen=True, slots=True)
class Honesty:
    """Past windows that have both an estimate and a realized value.

    windows: how many; off: mean of |realized - estimated|; lean: mean of realized - estimated, both in the measure's
    own unit and None without windows; inside: windows whose realized value lay inside the band; banded: windows that
    have a band.
    """

    windows: int
    off: float | None
    lean: float | None
    inside: int
    banded: int

    @property
    def words(self) -> str:
        """One sentence for a reader."""
        if self.off is None:
            return "No past window has both an estimate and a realized value, so nobody can tell how far off it is."
        count = "1 past window" if self.windows == 1 else f"{self.windows} past windows"
        average = "" if self.windows == 1 else " on average"
        start = f"In {count} the estimate was off by {short(self.off)}{average}"
        if not self.banded:
            return f"{start}."
        of = "" if self.banded == self.windows else f" of the {self.banded} that have one"
        return f"{start}; realized lay inside its band in {self.inside}{of}."


def honesty(estimated: Floats, low: Floats, high: Floats, realized: Floats) -> Honesty:
    """Past estimates held against what came true.

    All (w,), NaN where there is none: estimates, the limits of their bands, and realized values of the same rows. Held
    against a realized value of only a part of the window's rows, an estimate looks further off than it is.
    """
    known = np.isfinite(estimated) & np.isfinite(realized)
    banded = known & np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return Honesty(0, None, None, 0, 0)
    missed = realized[known] - estimated[known]
    # a realized value on the limit is inside, whatever the last digit says
    slack = 1e-12 * np.maximum(np.abs(realized), 1.0)
    inside = banded & (realized >= low - slack) & (realized <= high + slack)
    return Honesty(
        int(known.sum()), float(np.abs(missed).mean()), float(missed.mean()), int(inside.sum()), int(banded.sum())
    )


def short(value: float) -> str:
    """A number in two significant digits, without an exponent where it can be read without.

    >>> short(0.0312), short(0.3), short(1234.6), short(0.0), short(5.2e59)
    ('0.031', '0.3', '1235', '0', '5.2e+59')
    """
    if value and not 1e-6 <= abs(value) < 1e7:
        return f"{value:.2g}"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    places = max(0, 1 - int(np.floor(np.log10(abs(value)))))
    return f"{value:.{places}f}".rstrip("0").rstrip(".") if places else f"{value:.0f}"

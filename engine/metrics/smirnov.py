"""The exact chance that two samples of n and m rows lie as far apart as they do: counted paths on a lattice.

Of equal sides a closed form (Hodges 1958, Arkiv för Matematik 3(43), eq. 2.5), else scipy's count, which is compiled.
"""

from math import gcd

import numpy as np

from engine.compiled import compiled

ROUNDING = 1e-9  # by which certainty may come out as more


def exact(n: int, m: int, steps: int) -> float | None:
    """P(a gap of steps / lcm(n, m) or more), two-sided; None where it cannot be counted in doubles, or not here.

    n, m: rows, up to about 10,000; the time grows with steps × gcd(n, m).

    >>> exact(3, 3, 3), round(exact(4, 2, 4), 6)  # all apart: 2 of the 20, and of the 15, orders of the rows
    (0.1, 0.133333)
    """
    if not steps:
        return 1.0
    if n == m:
        found = _equal(n, steps)
    else:
        count = compiled("stats", "_stats_pythran", "_compute_outer_prob_inside_method")
        if count is None:
            return None
        found = float(count(n, m, gcd(n, m), steps))
    return min(found, 1.0) if 0 <= found < 1 + ROUNDING else None


def _equal(n: int, steps: int) -> float:
    """Two-sided, for n rows on both sides: 2 (A0 - A0 A1 + …), each A a product of shares, from the inside out."""
    at, found = np.arange(steps), 0.0
    for k in range(n // steps, -1, -1):
        found = float(np.prod((n - k * steps - at) / (n + k * steps + at + 1))) * (1.0 - found)
    return 2 * found

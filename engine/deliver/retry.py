"""When a try that failed is made again: exponential backoff with jitter, as late as the host asks, for some days."""

import random

FIRST, LONGEST = 30.0, 6 * 3600.0  # seconds before the second try; the longest pause
TRIES = 20  # after which a message is given up: two to three days
QUICK = (1.0, 3.0)  # seconds before the second and third try of one call: most failures are over by then


def pause(tries: int, after: float | None = None, chance: float | None = None) -> float | None:
    """Seconds until the next try after so many failed ones; None when it is given up.

    after: what the host asked for, which is never cut short. chance: 0 to 1, drawn by default: half of the pause is
    left to it, so that messages held back by one outage do not come back at once.

    >>> pause(1, chance=1), pause(2, chance=0), pause(1, after=600.0, chance=0), pause(TRIES)
    (30.0, 30.0, 600.0, None)
    """
    if tries >= TRIES:
        return None
    drawn = random.random() if chance is None else chance
    longest: float = min(FIRST * 2 ** min(tries - 1, 20), LONGEST)
    return max(longest * (0.5 + 0.5 * drawn), after or 0.0)

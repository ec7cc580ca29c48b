"""Whether the labels of a window have come: mature, still coming, or missing for good; and figures told anew.

Labels come late, so the last windows hold fewer of them than they will. A window is provisional while its share of
labelled rows, and that of every window after it, lies below what windows have that are done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

ENOUGH = 0.95  # of the usual share: a window that has so much of it has its labels
LEAST = 3  # windows that a usual share can be found in


class Maturity(StrEnum):
    """What the share of labels of a window says."""

    MATURE = "mature"
    PROVISIONAL = "provisional"
    INCOMPLETE = "incomplete"


def usual_share(labelled: Sequence[int], rows: Sequence[int], reference: float | None = None) -> float | None:
    """The share of labelled rows that windows have in the end.

    labelled, rows: per window, oldest first. It is the median of the older half of those that hold rows, which late
    labels have had most time to reach; with fewer than three of these the reference's share, or None.

    >>> usual_share([98, 99, 97, 98, 40, 0], [100] * 6)
    0.98
    """
    shares = [have / all_ for have, all_ in zip(labelled, rows, strict=True) if all_]
    older = shares[: (len(shares) + 1) // 2]
    return median(older) if len(older) >= LEAST else reference


def maturity(labelled: Sequence[int], rows: Sequence[int], reference: float | None = None) -> tuple[Maturity, ...]:
    """Of every window, oldest first, by its share of labelled rows; the same arguments as usual_share.

    A window below 0.95 of the usual share is provisional if no later window has reached it, for then labels may still
    come; else they went missing, and it is incomplete. A window without rows is as mature as it will be.

    >>> [str(one) for one in maturity([98, 50, 97, 98, 98, 40, 0], [100] * 7)]
    ['mature', 'incomplete', 'mature', 'mature', 'mature', 'provisional', 'provisional']
    """
    usual = usual_share(labelled, rows, reference)
    found: list[Maturity] = []
    done = False  # whether some later window has its labels
    for have, all_ in zip(reversed(labelled), reversed(rows), strict=True):
        reached = not all_ or (have > 0 and (usual is None or have / all_ >= ENOUGH * usual))
        if reached:
            found.append(Maturity.MATURE)
        else:
            found.append(Maturity.INCOMPLETE if done else Maturity.PROVISIONAL)
        done = done or (reached and all_ > 0)
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of one window as some run told it. at: when, ISO 8601; labelled, rows: it rested on and there were."""

    metric: str
    value: float | None
    labelled: int
    rows: int
    at: str


@dataclass(frozen=True, slots=True)
class Restated:
    """A figure that is told anew, with what it was."""

    was: Figure
    now: Figure

    @property
    def words(self) -> str:
        """What changed, in a sentence.

        >>> old = Figure("recall", 0.4, 50, 100, "2013-05-01")
        >>> restated(old, Figure("recall", 0.149, 98, 100, "2013-05-20")).words
        'recall 0.4 of 2013-05-01 rested on 50 of 100 labels; with 98 of 100 it is 0.149.'
        """
        said = ["not computed" if one.value is None else f"{one.value:.3g}" for one in (self.was, self.now)]
        return (
            f"{self.was.metric} {said[0]} of {self.was.at} rested on {self.was.labelled:,} of {self.was.rows:,} labels"
            f"; with {self.now.labelled:,} of {self.now.rows:,} it is {said[1]}."
        )


def restated(was: Figure, now: Figure) -> Restated | None:
    """The trace of a figure that came out otherwise than it was told, None if it did not; both are of one window."""
    same = (was.value, was.labelled, was.rows) == (now.value, now.labelled, now.rows)
    return None if same else Restated(was, now)

"""Whether scores still mean what they meant: reliability and concept drift of a slice, and estimates that failed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnknownName, UnusableData, plain
from engine.estimate.concept import Change, change
from engine.estimate.performance import Estimate
from engine.estimate.reliability import Reliability, reliability
from engine.explore.opened import Opened
from engine.explore.performance import PerformanceHistory
from engine.explore.predicted import Predictions, predictions, rows_for
from engine.findings import Finding, three
from engine.metrics import METRICS
from engine.outcomes import Classes, Classification, Regression
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.summaries import Counts, Floats
from engine.tables.cells import ALL


@dataclass(frozen=True, slots=True, eq=False)
class Reliabilities:
    """Both sides in the bins of what production is held against, and what happened to the rate inside these bins.

    name: what came true, as 'late = true'; score: the column. not_probable: why scores cannot be read as chances.
    """

    reference: Reliability
    production: Reliability
    change: Change
    name: str
    score: str
    not_probable: str | None = None

    @property
    def words(self) -> str:
        """How far scores lie from what came true, on both sides, and what the rate did at the same score."""
        return self.change.words(f"The share of {self.name}")


def reliabilities(opened: Opened, cut: Slice, against: str = SAME_COHORT, of: str | None = None) -> Reliabilities | str:
    """Of a slice and of what it is held against, or why there are none.

    of: the class, where there are more than two; without, the first. Raises UnknownName for one that there is not.
    """
    read = predictions(opened)
    if isinstance(read, str):
        return read
    asked = read.asked
    if asked.task != "classification":
        return "the target is a number: what comes true of a score is told of classes"
    if not asked.scores:
        return asked.no_score or "there are no scores"
    if of is not None and of not in asked.classes:
        raise UnknownName.of("class", of, asked.classes)
    at = asked.classes.index(of) if of is not None else asked.positive if asked.positive is not None else 0
    held = opened.held(cut, against)
    first = _scored(opened, read, held.side, held.cut, at)
    second = _scored(opened, read, "production", cut, at)
    for (score, _, _), side in ((first, "the reference slice"), (second, "the production slice")):
        if not len(score):
            return f"{side} has no labelled row with a score"
    before = reliability(first[0], first[0], first[1], each=first[2])
    now = reliability(second[0], second[0], second[1], before.edges, second[2])
    try:
        moved = change(before.rows, _positives(before), now.rows, _positives(now))
    except UnusableData as error:
        return error.message
    name = f"{plain(asked.target.name)} = {plain(asked.classes[at])}"
    return Reliabilities(before, now, moved, name, asked.scores[min(at, len(asked.scores) - 1)], asked.no_probability)


def _scored(
    opened: Opened, read: Predictions, side: str, cut: Slice, at: int
) -> tuple[Floats, NDArray[np.int64], Counts | None]:
    """Scores of a class and whether it came true, of labelled rows with a score. Shapes (n,), (n,).

    Last, how many rows each is of; None for one. Of rows in Spark, bins are as near as the means of tallies are.
    """
    rows, mine = rows_for(opened, side, cut)
    assert rows.scores is not None, "whoever asks has asked before whether there are scores"
    score = rows.scores[mine][:, min(at, rows.scores.shape[1] - 1)]
    target = rows.target[mine]
    usable = np.isfinite(score) & (target >= 0)
    each = None if rows.tallies is None else rows.rows_of(mine)[usable]
    return score[usable], (target[usable] == at).astype(np.int64), each


def _positives(found: Reliability) -> Counts:
    """Rows of a bin that came true, from their share."""
    return np.rint(np.nan_to_num(found.share) * found.rows).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Surprise:
    """A window whose realized value left the band of its estimate. better: on the side that is good news."""

    window: Window
    metric: str
    realized: float
    estimate: Estimate
    better: bool

    @property
    def words(self) -> str:
        """What was expected and what came, in a sentence."""
        one = self.estimate
        assert one.value is not None and one.low is not None and one.high is not None
        name = METRICS[self.metric].name
        name = name[:1].lower() + name[1:] if name[1:2].islower() else name
        knew = "features" if METRICS[self.metric].needs is Regression else "scores"
        how = f"better than the {knew} said" if self.better else f"outside. The {knew} did not know"
        said = self.window.words
        return (
            f"{said[:1].upper()}{said[1:]}: estimated {name} {three(one.value)} "
            f"({three(one.low)} to {three(one.high)}) of rows with a label, realized {three(self.realized)}: {how}."
        )


def surprises(opened: Opened, history: PerformanceHistory, cohort: Slice = ALL) -> tuple[Surprise, ...]:
    """The windows whose realized value left the estimate's band, furthest from it first.

    Both are of the rows that have a label, as in history.honesty, which counts them. cohort: that history is of.
    """
    if history.of_labelled is None:
        return ()
    found = []
    for window, came, told in zip(history.windows, history.found, history.of_labelled, strict=True):
        if not isinstance(came, Finding) or came.value is None or told.low is None or told.high is None:
            continue
        slack = 1e-12 * max(abs(came.value), 1.0)  # a value on the limit is inside, whatever the last digit says
        above, below = came.value - told.high, told.low - came.value
        if max(above, below) > slack:
            better = (above > 0) == (METRICS[history.metric].worse == "lower")
            found.append((max(above, below), Surprise(window, history.metric, came.value, told, better)))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One cell of both confusion matrices. came, predicted: classes; shares: of the side's labelled rows, 0 to 1."""

    came: str
    predicted: str
    reference: int
    production: int
    share_reference: float
    share_production: float


def confusion(found: Classification) -> tuple[Outcome, ...]:
    """Both confusion matrices cell by cell, the class that is predicted for first.

    >>> side = Classes(10, 10, np.array([[5, 1], [2, 2]]))
    >>> first = confusion(Classification(side, side, ("no", "yes"), positive=1))[0]
    >>> first.came, first.predicted, first.production, first.share_production
    ('yes', 'yes', 2, 0.2)
    """
    order = list(range(len(found.classes)))
    if found.positive is not None:
        order.sort(key=lambda i: i != found.positive)

    def cell(side: Classes, i: int, j: int) -> tuple[int, float]:
        rows = int(side.confusion[i, j])
        return rows, rows / max(int(side.confusion.sum()), 1)

    cells = []
    for i in order:
        for j in order:
            (before, was), (now, share) = cell(found.reference, i, j), cell(found.production, i, j)
            cells.append(Outcome(found.classes[i], found.classes[j], before, now, was, share))
    return tuple(cells)

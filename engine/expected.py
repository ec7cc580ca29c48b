"""What performance must be expected to be before labels come: learned from the reference, told of any rows.

Of classes from their scores (CBPE), of numbers from how far off the model was on rows with the same features.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.attribution import feature_names
from engine.columns import Column, Role
from engine.errors import UnusableData, plain
from engine.estimate import loss, performance
from engine.estimate.expected import MEASURES
from engine.estimate.loss import Estimated, Loss
from engine.estimate.performance import Estimate, Estimates, Learned
from engine.maturity import ENOUGH
from engine.outcomes import Outcomes
from engine.reference import complete_windows
from engine.slices import Slice
from engine.summaries import Counts, Floats
from engine.tables.cells import Cells
from engine.tables.count import count
from engine.tables.outcomes import OutcomeRows, read_outcomes, spaced, unfolded
from engine.tables.question import Question
from engine.tables.rows_binned import bin_counts, bins_of_rows, fresh_codes
from engine.tables.sources import Dataset
from engine.tables.supports import Support

Teacher = Learned | Loss
Told = Estimates | Estimated
Bins = Callable[[Counts | None], NDArray[np.uint8]]  # rows by number, ascending; None for all -> their bins, (n, f)
ESTIMATED = 4_000_000  # rows that tallies are taken for where they are estimated, all windows together
NOT_OF_NUMBERS = "how far off rows are says nothing about the side, nor about what they vary around"


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What is expected of a slice whose labels have not come. by: metric -> estimate; assumption: when it holds."""

    by: Mapping[str, Estimate]
    assumption: str


def teaching(columns: Iterable[Column], built: Mapping[str, Support]) -> tuple[str, ...]:
    """The columns that tell how far off a prediction is: the features, and the prediction itself."""
    known = tuple(columns)
    said = tuple(one.name for one in known if one.role is Role.PREDICTION)
    return tuple(name for name in (*feature_names(known), *said) if name in built)


def numbers(rows: OutcomeRows, cells: Cells, least: float) -> Counts:
    """Which of the complete windows of a reference each of its rows lies in, -1 for none. Shape (n,).

    cells: of the reference, counted in the windows of the rows. least: share of the median window's rows.
    """
    found = np.full(len(cells.windows) + 1, -1)  # the last stands for no window
    if cells.windows:
        complete = complete_windows(cells, np.ones(len(cells.window), dtype=bool), least)
        found[complete] = np.arange(len(complete))
    return np.asarray(found[rows.window])


def exact(
    reference: Dataset, production: Dataset, cut: Slice, asked: Question, columns: Iterable[Column],
    supports: Mapping[str, Support | str], unit: str, least: float,
) -> Expected | None:  # fmt: skip
    """What is expected of a slice of production, from the data themselves; None where nothing can be.

    unit: of the windows in which the reference is looked at. The same numbers as an opened monitor tells.
    """
    cells = count(reference, {}, unit if reference.timestamp else None)
    first, second = read_outcomes(reference, asked, None, cells.windows), read_outcomes(production, asked, cut)
    if first.tallies is not None or second.tallies is not None:
        if asked.task == "regression":
            return None
        first, _ = unfolded(first)
    built = {n: one for n, one in supports.items() if not isinstance(one, str) and production.has(n)}
    names = teaching(columns, built) if asked.task == "regression" else ()
    some = {name: built[name] for name in names}

    def bins_in(dataset: Dataset, one: Slice) -> Bins:
        return lambda chosen: bins_of_rows(fresh_codes(dataset, some, one), names, chosen)

    teacher = learned(first, numbers(first, cells, least), bins_in(reference, Slice()), bin_counts(some, names))
    if isinstance(teacher, str):
        return None
    return of_slice(teacher, second, np.arange(len(second.target)), bins_in(production, cut))


def learned(rows: OutcomeRows, number: Counts, bins: Bins | str, sizes: tuple[int, ...]) -> Teacher | str:
    """What the rows of a reference teach about performance, or why they teach nothing.

    number: (n,) which complete window each row lies in, -1 for none. bins: of the features, or why there are none;
    sizes: how many each has.
    """
    asked = rows.question
    try:
        if asked.task == "regression":
            if rows.predicted is None:
                return "no column has the role prediction"
            if isinstance(bins, str):
                return bins
            if not sizes:
                return "there are no features to learn from how far off predictions are"
            with np.errstate(over="ignore", invalid="ignore"):  # what is too large for a number is no error to learn
                error = rows.predicted.astype(np.float64) - rows.target.astype(np.float64)
                error = np.where(np.isfinite(error**2), error, np.nan)
            return loss.learn(bins(None), sizes, error, number)
        if rows.scores is None:
            return asked.no_score or "there are no scores to estimate from"
        if rows.predicted is None:
            return asked.no_prediction or "there are no predictions"
        said, came = _classes(rows, rows.predicted), _classes(rows, rows.target)
        return performance.learn(_scores(rows), said, came, number, _names(rows))
    except UnusableData as error:
        return error.message[:1].lower() + error.message[1:].rstrip(".")


def expected(
    teacher: Teacher, rows: OutcomeRows, chosen: Counts, window: Counts, windows: int, bins: Bins | str
) -> Told:
    """What is expected of some rows, window by window.

    chosen: (m,) their numbers, ascending; window: (m,) codes of 0 … windows-1. Rows without a prediction take no part.
    """
    assert rows.predicted is not None, "nothing is learned without predictions"
    if isinstance(teacher, Loss):
        assert not isinstance(bins, str)
        known = np.isfinite(rows.predicted[chosen].astype(np.float64))
        return loss.estimate(teacher, bins(chosen[known]), window[known], windows)
    if rows.tallies is not None:  # each stands for many rows
        by_score = np.lexsort((_scores(rows)[chosen], window))
        chosen, window = chosen[by_score], window[by_score]
        bounds = np.searchsorted(window, np.arange(windows + 1))
        room = ESTIMATED // max(windows, 1)  # for each: one that is small beside the others is estimated too
        spans = ((a, spaced(rows.tallies.rows[chosen[a:b]], room)) for a, b in pairwise(bounds.tolist()))
        each = np.concatenate([np.zeros(0, np.int64), *(a + some for a, some in spans)])
        chosen, window = chosen[each], window[each]
    predicted = _classes(rows, rows.predicted)[chosen]
    return performance.estimate(teacher, _scores(rows)[chosen], predicted, window, windows)


def assumption_of(teacher: Teacher) -> str:
    """When an estimate holds, in words that stand wherever one does."""
    return loss.ASSUMPTION if isinstance(teacher, Loss) else performance.ASSUMPTION


def why_not(teacher: Teacher | str, metric: str, name: str) -> str | None:
    """Why a metric has no estimate, or None where it has. name: what it is called."""
    if isinstance(teacher, str):
        return teacher
    measures = loss.MEASURES if isinstance(teacher, Loss) else MEASURES
    if metric in measures:
        return None
    return NOT_OF_NUMBERS if isinstance(teacher, Loss) else f"{name} has no estimate from scores alone"


def is_known(rows: OutcomeRows) -> NDArray[np.bool_]:
    """Whether each row has what realized performance is told of: a label, and of numbers a prediction. Shape (n,)."""
    if rows.question.task == "classification":
        return np.asarray(rows.target >= 0)
    assert rows.predicted is not None
    return np.isfinite(rows.target.astype(np.float64)) & np.isfinite(rows.predicted.astype(np.float64))


def awaited(found: Outcomes | str | None) -> bool:
    """Whether labels of production are awaited: fewer than 95 % of the share that the reference has are there."""
    if found is None or isinstance(found, str):
        return False
    before, now = found.reference, found.production
    return bool(now.rows and before.rows) and now.labelled / now.rows < ENOUGH * before.labelled / before.rows


def of_slice(teacher: Teacher, rows: OutcomeRows, chosen: Counts, bins: Bins | str) -> Expected:
    """All that is expected of one slice. chosen: numbers of its rows, ascending."""
    told = expected(teacher, rows, chosen, np.zeros(len(chosen), np.int64), 1, bins)
    measures = loss.MEASURES if isinstance(teacher, Loss) else MEASURES
    return Expected({name: told.at(name, 0) for name in measures}, assumption_of(teacher))


def _scores(rows: OutcomeRows) -> Floats:
    """Of the positive class (n,), or of all (n, k)."""
    assert rows.scores is not None
    return rows.scores[:, 0] if rows.scores.shape[1] == 1 else rows.scores


def _names(rows: OutcomeRows) -> tuple[str, ...]:
    """What the classes are called, by their numbers as estimates count them."""
    asked = rows.question
    names = tuple(plain(one) for one in asked.classes)
    return names if rows.scores is None or rows.scores.shape[1] > 1 or asked.positive == 1 else names[::-1]


def _classes(rows: OutcomeRows, codes: Counts | Floats) -> Counts:
    """Class numbers as estimates count them: of two, 1 is the one whose score there is, whatever their order."""
    found: Counts = codes.astype(np.int64)
    if rows.scores is None or rows.scores.shape[1] > 1:
        return found
    return np.where(found < 0, -1, found == rows.question.positive).astype(np.int64)

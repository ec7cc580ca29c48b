"""Did predictions come true, and would they: realized and estimated performance of a monitor, window by window."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnusableData
from engine.estimate.honesty import Honesty, honesty
from engine.estimate.performance import Estimate, Estimates, Learned, estimate, learn
from engine.explore.opened import Opened
from engine.findings import Finding, NotComputed
from engine.look import is_partial
from engine.maturity import Maturity, maturity
from engine.metrics import METRICS
from engine.noise import NO_WINDOWS, WindowFloors
from engine.outcomes import Classes, Classification, Errors
from engine.performance import Answer, OfWindows, of_windows, performance
from engine.signals import PERFORMANCE
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.tables.cells import ALL
from engine.tables.coded import rows_of
from engine.tables.outcomes import Chosen, OutcomeRows, held, outcomes, positions, read_outcomes
from engine.tables.question import Question, question

PREDICTIONS = "predictions"


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions and labels of both sides in the order of their rows. learned: what is estimated from, or why not."""

    asked: Question
    sides: Mapping[str, OutcomeRows]
    learned: Learned | str
    kept: dict[Slice, Classes | Errors] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PerformanceHistory:
    """One metric over windows. All sequences run over the windows.

    found: what came true, or why it cannot be told. estimates: before labels; None for a metric that is not estimated.
    labelled, rows: of production. honesty: how far off past estimates were, None without estimates.
    """

    metric: str
    windows: tuple[Window, ...]
    found: tuple[Finding | NotComputed, ...]
    estimates: tuple[Estimate, ...] | None
    labelled: tuple[int, ...]
    rows: tuple[int, ...]
    maturity: tuple[Maturity, ...]
    honesty: Honesty | None


def predictions(opened: Opened) -> Predictions | str:
    """Predictions and labels, read once and kept with the monitor; or why nothing can be asked of them."""
    if PREDICTIONS not in opened.kept:
        opened.kept[PREDICTIONS] = _read(opened)
    found: Predictions | str = opened.kept[PREDICTIONS]
    return found


def _read(opened: Opened) -> Predictions | str:
    if PERFORMANCE in opened.plan.off:
        return "the monitor turns model performance off"
    try:
        asked = question(opened.reference, opened.production, opened.plan.terms, opened.labels)
        if isinstance(asked, str):
            return asked
        sides = {
            name: read_outcomes(side.dataset, asked, None, side.cells.windows) for name, side in opened.sides.items()
        }
    except UnusableData as error:
        return f"predictions and labels cannot be read: {error.message}"
    return Predictions(asked, sides, _learned(opened, asked, sides["reference"]))


def _learned(opened: Opened, asked: Question, rows: OutcomeRows) -> Learned | str:
    """What the reference teaches about estimates, or why it teaches nothing."""
    if asked.task != "classification":
        return "the target is a number: its errors are estimated from features, which pages do not do yet"
    if rows.scores is None:
        return asked.no_score or "there are no scores to estimate from"
    if rows.predicted is None:
        return asked.no_prediction or "there are no predictions"
    cells = opened.sides["reference"].cells
    counted = np.bincount(rows.window[rows.window >= 0], minlength=len(cells.windows))
    volumes = {window: int(n) for window, n in zip(cells.windows, counted, strict=True) if n}
    whole = [cells.covers(one) and not is_partial(one, volumes, opened.monitor.window.least) for one in cells.windows]
    number = np.append(np.where(whole, np.cumsum(whole) - 1, -1), -1)  # the last stands for no window
    try:
        return learn(_scores(rows), rows.predicted.astype(np.int64), rows.target.astype(np.int64), number[rows.window])
    except UnusableData as error:
        return error.message


def _scores(rows: OutcomeRows) -> NDArray[np.float64]:
    assert rows.scores is not None
    return rows.scores[:, 0] if rows.scores.shape[1] == 1 else rows.scores


def chosen(opened: Opened, side: str, cut: Slice) -> Chosen:
    """The rows of a slice of one side, by number. Raises UnusableData where the data have no codes."""
    codes = opened.sides[side].codes
    if cut == ALL:
        return slice(None)
    if codes is None:
        raise UnusableData("There was no room to keep the data's codes, which tell rows apart.", where=side)
    return positions(codes.starts, rows_of(codes, cut))


def performance_of(opened: Opened, cut: Slice, against: str = SAME_COHORT) -> Answer:
    """Predictions and labels of a slice and of what it is held against; or why there are none."""
    found = predictions(opened)
    if isinstance(found, str):
        return Answer(found)
    other = opened.held(cut, against)
    first = _side(opened, found, other.side, other.cut)
    return Answer(held(found.asked, first, _side(opened, found, "production", cut)), found.asked)


def _side(opened: Opened, found: Predictions, side: str, cut: Slice) -> Classes | Errors:
    """The summary of a slice of one side; the reference's are kept, since every window is held against them."""
    if side == "reference" and cut in found.kept:
        return found.kept[cut]
    made = found.sides[side].side(chosen(opened, side, cut))
    if side == "reference":
        found.kept[cut] = made
        for old in list(found.kept)[:-32]:
            found.kept.pop(old, None)
    return made


def reference_windows(opened: Opened, base: Slice) -> OfWindows | None:
    """The reference's windows of a cohort held against each other, for floors; None where nothing is predicted."""
    found = predictions(opened)
    if isinstance(found, str) or not opened.sides["reference"].cells.windows:
        return None
    rows = found.sides["reference"]
    if base == ALL:
        return of_windows(rows)
    mine = chosen(opened, "reference", base)

    def pair(others: object, window: Window) -> Classification:
        masks = rows.of_windows(others)[mine], rows.of_windows([window])[mine]  # type: ignore[arg-type]
        numbers = np.arange(len(rows.target))[mine]
        return outcomes(rows, rows, (numbers[masks[0]], numbers[masks[1]]))  # type: ignore[return-value]

    return pair


def performance_history(
    opened: Opened, metric: str, cohort: Slice = ALL, against: str = SAME_COHORT, floors: WindowFloors = NO_WINDOWS
) -> PerformanceHistory | str:
    """One metric of predictions over all windows of a cohort, realized and estimated; or why there is none.

    floors: of the reference's windows, as floors_of gives them.
    """
    read = predictions(opened)
    if isinstance(read, str):
        return read
    production, timeless = read.sides["production"], Slice(cohort.cohort, None, cohort.without)
    mine = np.arange(len(production.target))[chosen(opened, "production", timeless)]
    window = production.window[mine]
    order = np.argsort(window, kind="stable")
    bounds = np.searchsorted(window[order], np.arange(len(opened.windows) + 1))
    plan, columns = opened.plan, opened.columns
    found: list[Finding | NotComputed] = []
    sides: list[Classes | Errors] = []
    for i, one in enumerate(opened.windows):
        cut = Slice(cohort.cohort, one, cohort.without)
        other = opened.held(cut, against)
        sides.append(production.side(mine[order[bounds[i] : bounds[i + 1]]]))
        both = held(read.asked, _side(opened, read, other.side, other.cut), sides[-1])
        seen, gaps = performance(both, columns, plan, floors, opened.partial(one))
        every: dict[str, Finding | NotComputed] = {**{gap.metric: gap for gap in gaps}, **{f.metric: f for f in seen}}
        missing = NotComputed("model_performance", None, metric, f"{METRICS[metric].name} does not fit this model")
        found.append(every.get(metric, missing))
    labelled, rows = tuple(one.labelled for one in sides), tuple(one.rows for one in sides)
    usual = read.sides["reference"].side()
    grown = maturity(labelled, rows, usual.labelled / usual.rows if usual.rows else None)
    told = _estimates(read, mine, len(opened.windows), metric)
    return PerformanceHistory(
        metric, opened.windows, tuple(found), told, labelled, rows, grown, _honesty(read, mine, told, found, metric)
    )


def _estimates(read: Predictions, mine: NDArray[np.int64], windows: int, metric: str) -> tuple[Estimate, ...] | None:
    """The estimates of a metric per window; None for one that is not estimated."""
    if isinstance(read.learned, str):
        return None
    made = _estimated(read, read.learned, mine, windows)
    if metric not in made.values and metric not in made.because:
        return None
    return tuple(made.at(metric, i) for i in range(windows))


def _estimated(read: Predictions, learned: Learned, mine: NDArray[np.int64], windows: int) -> Estimates:
    rows = read.sides["production"]
    assert rows.predicted is not None
    inside = mine[rows.window[mine] >= 0]
    predicted = rows.predicted[inside].astype(np.int64)
    return estimate(learned, _scores(rows)[inside], predicted, rows.window[inside], windows)


def _honesty(
    read: Predictions, mine: NDArray[np.int64], told: tuple[Estimate, ...] | None,
    found: list[Finding | NotComputed], metric: str,
) -> Honesty | None:  # fmt: skip
    """Past estimates held against what came true, both of the rows that got a label."""
    if told is None or isinstance(read.learned, str):
        return None
    labelled = mine[read.sides["production"].target[mine] >= 0]
    made = _estimated(read, read.learned, labelled, len(told))
    every = [made.at(metric, i) for i in range(len(told))]

    def values(picked: list[float | None]) -> NDArray[np.float64]:
        return np.array([np.nan if one is None else one for one in picked], dtype=np.float64)

    came = [one.value if isinstance(one, Finding) else None for one in found]
    return honesty(
        values([one.value for one in every]), values([one.low for one in every]),
        values([one.high for one in every]), values(came),
    )  # fmt: skip

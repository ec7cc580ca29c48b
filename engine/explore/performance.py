"""Did predictions come true, and would they: realized and estimated performance of a monitor, window by window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnusableData
from engine.estimate.honesty import Honesty, honesty
from engine.estimate.performance import Estimate
from engine.expected import Expected, Teacher, Told, assumption_of, expected, is_known, of_slice, why_not
from engine.explore.expected import bins_of, learned_of
from engine.explore.opened import Opened
from engine.findings import Finding, NotComputed
from engine.maturity import Maturity, maturity
from engine.metrics import METRICS
from engine.noise import NO_WINDOWS, WindowFloors
from engine.outcomes import Classes, Classification, Errors
from engine.performance import Answer, OfWindows, of_windows, performance
from engine.reference import complete_windows
from engine.signals import PERFORMANCE
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.tables.cells import ALL
from engine.tables.coded import rows_of
from engine.tables.outcomes import Chosen, OutcomeRows, held, outcomes, positions, read_outcomes
from engine.tables.question import Question, question

PREDICTIONS, ROWS = "predictions", "rows of cohorts"
ROWS_BYTES = 256e6  # of numbers of rows that are kept
KEPT = 32  # slices of the reference, and cohorts, whose summaries are kept


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions and labels of both sides in the order of their rows.

    learned: what is estimated from, or why not. kept, told: what was summed and expected lately.
    """

    asked: Question
    sides: Mapping[str, OutcomeRows]
    learned: Teacher | str
    kept: dict[Slice, Classes | Errors] = field(default_factory=dict)
    told: dict[Slice, tuple[Told, Told]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PerformanceHistory:
    """One metric over windows. All sequences run over the windows.

    found: what came true, or why it cannot be told. estimates: before labels; None for a metric that is not estimated.
    labelled, rows: of production. honesty: how far off past estimates were, None without estimates; of_labelled: what
    is estimated of the rows alone that got a label, to be held against found. because: why there are no estimates;
    assumption: when they hold.
    """

    metric: str
    windows: tuple[Window, ...]
    found: tuple[Finding | NotComputed, ...]
    estimates: tuple[Estimate, ...] | None
    labelled: tuple[int, ...]
    rows: tuple[int, ...]
    maturity: tuple[Maturity, ...]
    honesty: Honesty | None
    of_labelled: tuple[Estimate, ...] | None = None
    because: str | None = None
    assumption: str | None = None


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
    learned = learned_of(opened, sides["reference"])
    return Predictions(asked, sides, learned)


def chosen(opened: Opened, side: str, cut: Slice) -> Chosen:
    """The rows of a slice of one side, by number. Raises UnusableData where the data have no codes."""
    if cut == ALL:
        return slice(None)
    timeless = Slice(cut.cohort, None, cut.without)
    windows, read = opened.sides[side].cells.windows, predictions(opened)
    if isinstance(read, str) or not (cut.window is None or cut.window in windows):
        return _asked(opened, side, cut)
    window = read.sides[side].window
    mine = None if timeless == ALL else _of_all_time(opened, side, timeless, len(window))
    if cut.window is None:
        return slice(None) if mine is None else mine
    inside = windows.index(cut.window)
    return np.flatnonzero(window == inside) if mine is None else np.asarray(mine[window[mine] == inside])


def _of_all_time(opened: Opened, side: str, cut: Slice, rows: int) -> NDArray[np.int64]:
    """The rows of a cohort: asked of the data once, and cut into windows by what is known of every row."""
    known: dict[tuple[str, Slice], NDArray[np.int64]] = opened.kept.setdefault(ROWS, {})
    mine = known.pop((side, cut), None)
    if mine is None:
        mine = np.arange(rows)[_asked(opened, side, cut)]
    known[side, cut] = mine  # last, so that it is let go last
    room = ROWS_BYTES
    for key, one in reversed(list(known.items())):
        room -= one.nbytes
        if room < 0:
            known.pop(key, None)
    return mine


def _asked(opened: Opened, side: str, cut: Slice) -> Chosen:
    codes = opened.sides[side].codes
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
        for old in list(found.kept)[:-KEPT]:
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


def outcome_windows(opened: Opened, base: Slice) -> tuple[Window, ...]:
    """The reference's windows that hold enough rows of a cohort and that its data cover, by predictions read before."""
    read, cells = predictions(opened), opened.sides["reference"].cells
    if isinstance(read, str):
        return ()
    inside = read.sides["reference"].window[chosen(opened, "reference", base)]
    counts = np.bincount(inside[inside >= 0], minlength=len(cells.windows))
    each = replace(cells, window=np.arange(len(cells.windows)), rows=counts)  # a group for every window
    found = complete_windows(each, np.ones(len(cells.windows), dtype=bool), opened.monitor.window.least)
    return tuple(cells.windows[i] for i in found)


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
    alpha = plan.alpha(columns)
    found: list[Finding | NotComputed] = []
    sides: list[Classes | Errors] = []
    for i, one in enumerate(opened.windows):
        cut = Slice(cohort.cohort, one, cohort.without)
        other = opened.held(cut, against)
        sides.append(production.side(mine[order[bounds[i] : bounds[i + 1]]]))
        both = held(read.asked, _side(opened, read, other.side, other.cut), sides[-1])
        seen, gaps = performance(both, columns, plan, floors, opened.partial(one), metric, alpha)
        every: dict[str, Finding | NotComputed] = {**{gap.metric: gap for gap in gaps}, **{f.metric: f for f in seen}}
        missing = NotComputed("model_performance", None, metric, f"{METRICS[metric].name} does not fit this model")
        found.append(every.get(metric, missing))
    labelled, rows = tuple(one.labelled for one in sides), tuple(one.rows for one in sides)
    usual = read.sides["reference"].side()
    grown = maturity(labelled, rows, usual.labelled / usual.rows if usual.rows else None)
    parts = metric, opened.windows, tuple(found)
    because = why_not(read.learned, metric, METRICS[metric].name)
    if isinstance(read.learned, str) or because:
        return PerformanceHistory(*parts, None, labelled, rows, grown, None, because=because)
    told, of_labelled = (
        tuple(made.at(metric, i) for i in range(len(opened.windows)))
        for made in _told(opened, read, read.learned, timeless, mine)
    )
    return PerformanceHistory(
        *parts, told, labelled, rows, grown, _honesty(of_labelled, found), of_labelled,
        assumption=assumption_of(read.learned),
    )  # fmt: skip


def _told(
    opened: Opened, read: Predictions, learned: Teacher, timeless: Slice, mine: NDArray[np.int64]
) -> tuple[Told, Told]:
    """What is expected of a cohort in every window: of all its rows, and of those alone that got a label."""
    known = read.told.get(timeless)
    if known is None:
        rows, bins = read.sides["production"], bins_of(opened, "production")
        inside = mine[rows.window[mine] >= 0]
        some = inside[is_known(rows)[inside]]
        first, second = (
            expected(learned, rows, of, rows.window[of], len(opened.windows), bins) for of in (inside, some)
        )
        known = read.told[timeless] = first, second
        for old in list(read.told)[:-KEPT]:
            read.told.pop(old, None)
    return known


def _honesty(told: Sequence[Estimate], found: Sequence[Finding | NotComputed]) -> Honesty:
    """Past estimates held against what came true, both of the rows that got a label."""

    def values(picked: list[float | None]) -> NDArray[np.float64]:
        return np.array([np.nan if one is None else one for one in picked], dtype=np.float64)

    came = [one.value if isinstance(one, Finding) else None for one in found]
    return honesty(
        values([one.value for one in told]), values([one.low for one in told]),
        values([one.high for one in told]), values(came),
    )  # fmt: skip


def maturity_in(opened: Opened, window: Window) -> Maturity | None:
    """Whether the labels of a window have come, by those of all windows; None where none are known."""
    read = predictions(opened)
    if isinstance(read, str) or window not in opened.windows:
        return None
    found = []
    for rows in read.sides.values():
        known = rows.target >= 0 if read.asked.task == "classification" else np.isfinite(rows.target)
        inside, w = rows.window >= 0, len(rows.windows)
        found.append([np.bincount(rows.window[one], minlength=w) for one in (inside & known, inside)])
    usual = found[0][0].sum() / found[0][1].sum() if found[0][1].sum() else None
    labelled, rows = found[1][0].tolist(), found[1][1].tolist()
    return maturity(labelled, rows, usual)[opened.windows.index(window)]


def expected_in(opened: Opened, cut: Slice) -> Expected | None:
    """What is expected of a slice of production whose labels have not come; None where nothing can be estimated."""
    read = predictions(opened)
    if isinstance(read, str) or isinstance(read.learned, str):
        return None
    rows = read.sides["production"]
    mine = np.arange(len(rows.target))[chosen(opened, "production", cut)]
    return of_slice(read.learned, rows, mine, bins_of(opened, "production"))

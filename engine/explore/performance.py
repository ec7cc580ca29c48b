"""Did predictions come true, and would they: realized and estimated performance of a monitor, window by window."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.estimate.honesty import Honesty, honesty
from engine.estimate.performance import Estimate
from engine.expected import Expected, Teacher, Told, assumption_of, expected, is_known, of_slice, why_not
from engine.explore.expected import bins_of
from engine.explore.lately import lately
from engine.explore.opened import Opened
from engine.explore.predicted import KEPT, Predictions, predictions, rows_for
from engine.findings import Finding, NotComputed
from engine.maturity import Maturity, maturity
from engine.metrics import METRICS
from engine.noise import NO_WINDOWS, WindowFloors
from engine.outcomes import Classes, Classification, Errors
from engine.performance import Answer, OfWindows, of_windows, performance
from engine.reference import complete_windows
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.tables.cells import ALL
from engine.tables.outcomes import OutcomeRows, held, outcomes


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

    def summed() -> Classes | Errors:
        rows, mine = rows_for(opened, side, cut)
        return rows.side(mine)

    return lately(found.kept, cut, KEPT, summed) if side == "reference" else summed()


def reference_windows(opened: Opened, base: Slice) -> OfWindows | None:
    """The reference's windows of a cohort held against each other, for floors; None where nothing is predicted."""
    found = predictions(opened)
    if isinstance(found, str) or not opened.sides["reference"].cells.windows:
        return None
    rows, mine = rows_for(opened, "reference", base)
    if base == ALL or opened.reference.far:
        return of_windows(rows)

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
    rows, mine = rows_for(opened, "reference", base)
    inside = rows.window[mine]
    counts = np.bincount(inside[inside >= 0], rows.rows_of(mine)[inside >= 0], len(cells.windows)).astype(np.int64)
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
    timeless = Slice(cohort.cohort, None, cohort.without)
    production, some = rows_for(opened, "production", timeless)
    mine = np.arange(len(production.target))[some]
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
    grown = maturity(labelled, rows, _labelled_share(read.sides["reference"]))
    parts = metric, opened.windows, tuple(found)
    because = why_not(read.learned, metric, METRICS[metric].name)
    if isinstance(read.learned, str) or because:
        return PerformanceHistory(*parts, None, labelled, rows, grown, None, because=because)
    told, of_labelled = (
        tuple(made.at(metric, i) for i in range(len(opened.windows)))
        for made in _told(opened, read, read.learned, timeless, production, mine)
    )
    return PerformanceHistory(
        *parts, told, labelled, rows, grown, _honesty(of_labelled, found), of_labelled,
        assumption=assumption_of(read.learned),
    )  # fmt: skip


def _told(
    opened: Opened, read: Predictions, learned: Teacher, timeless: Slice, rows: OutcomeRows, mine: NDArray[np.int64]
) -> tuple[Told, Told]:
    """What is expected of a cohort in every window: of all its rows, and of those alone that got a label."""

    def found() -> tuple[Told, Told]:
        bins = bins_of(opened, "production")
        inside = mine[rows.window[mine] >= 0]
        some = inside[is_known(rows)[inside]]
        first, second = (
            expected(learned, rows, of, rows.window[of], len(opened.windows), bins) for of in (inside, some)
        )
        return first, second

    return lately(read.told, timeless, KEPT, found)


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
    if window not in opened.windows:
        return None
    if "maturities" not in opened.kept:
        opened.kept["maturities"] = _maturities(opened)
    every: Sequence[Maturity] = opened.kept["maturities"]
    return every[opened.windows.index(window)] if every else None


def _maturities(opened: Opened) -> Sequence[Maturity]:
    """As maturity_in, of all windows; of none where no labels are known."""
    read = predictions(opened)
    if isinstance(read, str):
        return ()
    rows = read.sides["production"]
    inside, w = rows.window >= 0, len(rows.windows)
    labelled, every = (np.bincount(rows.window[inside], of[inside], w) for of in (rows.labelled, rows.rows_of()))
    return maturity(labelled.tolist(), every.tolist(), _labelled_share(read.sides["reference"]))


def _labelled_share(rows: OutcomeRows) -> float | None:
    """How many of the rows have a label, as a share; None without rows."""
    every = int(rows.rows_of().sum())
    return int(rows.labelled.sum()) / every if every else None


def expected_in(opened: Opened, cut: Slice) -> Expected | None:
    """What is expected of a slice of production whose labels have not come; None where nothing can be estimated."""
    read = predictions(opened)
    if isinstance(read, str) or isinstance(read.learned, str):
        return None
    rows, some = rows_for(opened, "production", cut)
    mine = np.arange(len(rows.target))[some]
    return of_slice(read.learned, rows, mine, bins_of(opened, "production"))

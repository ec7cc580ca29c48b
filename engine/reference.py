"""The reference read against itself: how far its own complete windows lie from each other, as floors for production."""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from engine.assess import observe
from engine.columns import Column
from engine.metrics import METRICS, Metric
from engine.noise import NO_WINDOWS, WindowFloors, displacement, window_floors
from engine.noise.discovery import null_psi
from engine.noise.outcomes import apart_floors
from engine.noise.windows import FEW_WINDOWS, LEAST_WINDOWS
from engine.performance import OfWindows, moves
from engine.signals import Plan, pointless
from engine.slices import Slice
from engine.summaries import ColumnSummary, Floats, Histogram
from engine.tables.cells import Cells, summarize_cells
from engine.tables.stacked import STACKED, stack, stacked
from engine.tables.supports import Support

Key = tuple[str, str]  # column and metric


@dataclass(frozen=True, slots=True)
class Pair:
    """One window, by number, against some others. without: the place of the window that is left out of these."""

    window: int
    others: NDArray[np.int64]
    without: int | None = None


QUALITY = {one.key for one in METRICS.values() if one.signal == "data_quality"}
TWO_BINS = 4  # labels of a binary column: its two categories, other and unseen


def reference_floors(
    cells: Cells,
    base: Slice,
    supports: Mapping[str, Support | str],
    columns: Iterable[Column],
    plan: Plan,
    least: float,
    beside: int = 0,
    performance: OfWindows | None = None,
) -> WindowFloors:
    """Floors from the complete windows of the reference, each read against the others, for the slice it is held to.

    All metrics that are judged take part, since they share one rate of false alarms. least: share of the median
    window's rows that makes a window complete. One that the data begin or end in is not: a week without its Monday is
    far from all others. beside: each is read against only so many of the windows that follow it (the first follow the
    last), as a window of production is that is held against those before it; 0 for all the others. performance: the
    predictions and labels of some windows of the reference held against another; their floors stand under
    ("", metric), and share one rate of false alarms of their own.
    """
    kept = cells.groups(base)
    if kept is None or not cells.windows:
        return NO_WINDOWS
    complete = complete_windows(cells, kept, least)
    if not len(complete):
        return NO_WINDOWS
    judged = {key for keys in plan.judged.values() for key in keys} | QUALITY | (plan.metrics or set())
    kept = kept & np.isin(cells.window, complete)
    known = {name: one for name, one in supports.items() if not isinstance(one, str) and name in cells.counts}
    read = [column for column in columns if column.name in known]
    moved: dict[str, list[float]] = {}
    rest = [
        np.roll(complete, -i)[1 : beside + 1] if 0 < beside < len(complete) else complete[complete != window]
        for i, window in enumerate(complete)
    ]
    pairs = _pairs(complete, rest)
    found = _displacements(cells, kept, read, known, plan, judged, pairs)
    for window, others in zip(complete, rest, strict=True):
        if performance:
            for metric, move in moves(performance([cells.windows[i] for i in others], cells.windows[window]), plan):
                moved.setdefault(metric, []).append(move)
    whole, without = {}, {}
    for key, values in found.items():
        first = values[: len(complete)]
        if not np.isnan(first).any():
            whole[key] = first.tolist()
            without[key] = _without(pairs, values, len(complete))
    shapes = {(name, metric): _shape(known[name], metric) for name, metric in whole}
    floors = window_floors(whole, shapes, without if len(pairs) > len(complete) else {})
    of_outcomes = apart_floors({key: one for key, one in moved.items() if len(one) == len(complete)}, plan.false_alarms)
    return replace(floors, floors={**floors.floors, **{("", key): one for key, one in of_outcomes.items()}})


def _shape(support: Support, metric: str) -> str:
    """Which readings share a factor."""
    two = METRICS[metric].needs is Histogram and len(support.labels) <= TWO_BINS
    return f"{metric} of two bins" if two else metric


def _pairs(complete: NDArray[np.int64], rest: Sequence[NDArray[np.int64]]) -> list[Pair]:
    """What is read against what: each window against its others; where there are few, also without each of these.

    rest: of every window those that it is held against.
    """
    found = [Pair(int(window), others) for window, others in zip(complete, rest, strict=True)]
    if LEAST_WINDOWS <= len(complete) < FEW_WINDOWS:
        for i, left_out in enumerate(complete):
            for j, window in enumerate(complete):
                held = rest[j][rest[j] != left_out]
                if i != j and len(held):
                    found.append(Pair(int(window), held, i))
    return found


def _without(pairs: Sequence[Pair], values: Floats, windows: int) -> list[list[float]]:
    """Per window the others' readings without it, as window_floors takes them; those that cannot be read left out."""
    found: list[list[float]] = [[] for _ in range(windows)]
    for pair, value in zip(pairs[windows:], values[windows:].tolist(), strict=True):
        if not math.isnan(value) and pair.without is not None:
            found[pair.without].append(value)
    return found


def _displacements(
    cells: Cells,
    kept: NDArray[np.bool_],
    columns: Sequence[Column],
    supports: Mapping[str, Support],
    plan: Plan,
    judged: Container[str],
    pairs: Sequence[Pair],
) -> dict[Key, Floats]:
    """How far each pair lies apart, by column and metric, shape (pairs,); not-a-number where it cannot be read.

    What has a form for whole arrays is read in one go, the rest pair by pair.
    """
    members = np.zeros((len(pairs), len(cells.windows)))
    for i, pair in enumerate(pairs):
        members[i, pair.others] = 1.0
    at = np.array([pair.window for pair in pairs])
    found: dict[Key, Floats] = {}
    slow: list[tuple[Column, Metric]] = []
    for column in columns:
        by_name = [METRICS[key] for key in sorted(plan.metrics or ()) if column.kind in METRICS[key].kinds]
        asked = plan.computes(column) if plan.metrics is None else by_name
        asked = [one for one in asked if one.key in judged and not pointless(column, one)]
        quick = [one for one in asked if one.key in STACKED and not cells.rounded]
        slow += [(column, one) for one in asked if one not in quick]
        if not quick:
            continue
        each = stack(cells, column.name, kept, len(cells.windows))
        made = stacked(supports[column.name], each.joined(members), each.taken(at))
        for one in quick:
            if one.key in made:
                values, against = made[one.key].values, made[one.key].against
                moved = values if against is None else np.arcsin(np.sqrt(values)) - np.arcsin(np.sqrt(against))
                found[column.name, one.key] = np.abs(moved)
    wanted = {one.key for _, one in slow}
    read = list({column.name: column for column, _ in slow}.values())
    for i, pair in enumerate(pairs if slow else ()):
        sides = kept & np.isin(cells.window, pair.others), kept & (cells.window == pair.window)
        summaries = {one.name: summarize_cells(supports[one.name], cells, cells, sides) for one in read}
        for seen in observe(read, summaries, plan, wanted)[0]:
            key = seen.column, seen.metric.key
            if key not in found:
                found[key] = np.full(len(pairs), np.nan)
            found[key][i] = abs(displacement(seen.reading.value, seen.reading.against))
    return found


def window_excess(
    cells: Cells,
    base: Slice,
    supports: Mapping[str, Support | str],
    columns: Iterable[Column],
    least: float,
    key: str = "psi",
) -> dict[str, float]:
    """How much further than rows drawn singly the reference's complete windows lie from the others, on average.

    Per column, in PSI, at least 0; for null_rate the rate's own, 4 (difference of arcsines)². Empty from fewer than six
    complete windows, where nobody can tell. base, least: as of reference_floors. It widens probabilities (beyond in
    engine.noise.discovery): a cohort's rows are as alike within a week as all rows are.
    """
    kept = cells.groups(base)
    complete = complete_windows(cells, kept, least) if kept is not None else np.zeros(0, np.int64)
    if kept is None or len(complete) < LEAST_WINDOWS:
        return {}
    kept = kept & np.isin(cells.window, complete)
    found: dict[str, list[float]] = {}
    for column in columns:
        support = supports.get(column.name, "")
        if isinstance(support, str) or column.name not in cells.counts:
            continue
        for window in complete:
            sides = kept & (cells.window != window), kept & (cells.window == window)
            excess = _excess(summarize_cells(support, cells, cells, sides), key)
            if excess is not None:
                found.setdefault(column.name, []).append(excess)
    return {name: max(fmean(values), 0.0) for name, values in found.items()}


def _excess(summary: ColumnSummary, key: str) -> float | None:
    """What one window reads beyond what rows drawn singly would; None without a value on both sides."""
    if key == "null_rate":
        first, second = summary.quality.reference, summary.quality.production
        if not first.rows or not second.rows:
            return None
        return 4 * displacement(second.null_share, first.null_share) ** 2 - (1 / first.rows + 1 / second.rows)
    histogram = summary.histogram
    if histogram is None or not histogram.reference.sum() or not histogram.production.sum():
        return None
    mean, _ = null_psi(histogram.reference[None], histogram.production[None])
    return METRICS["psi"].compute(histogram).value - float(mean[0])


def complete_windows(cells: Cells, kept: NDArray[np.bool_], least: float) -> NDArray[np.int64]:
    """The windows, by number, that hold enough of the kept rows and that the data cover. kept: (g,) groups of cells.

    least: share of the median window's rows.
    """
    kept = kept & (cells.window >= 0)
    rows = np.bincount(cells.window[kept], cells.rows[kept])
    if not cells.windows or not rows.any():
        return np.zeros(0, np.int64)
    whole = np.array([cells.covers(window) for window in cells.windows[: len(rows)]])
    return np.flatnonzero(whole & (rows >= least * np.median(rows[rows > 0])) & (rows > 0))

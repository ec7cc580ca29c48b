"""A metric over all windows as a map shows it: verdicts without floors and sentences, which cost ten times as much.

Every verdict is that of the findings of engine.explore.history. Of PSI it is told from whole arrays wherever the limits
between which a floor lies (engine.noise.between) settle it; only what is still open is judged in full, floors drawn.
Rates have floors that cost little, and are told with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine.assess import judged, observe
from engine.columns import Column
from engine.explore.history import CohortHistory, Together, cohort_history, filters_of, history, together, values_of
from engine.explore.look import floors_of
from engine.explore.opened import Opened
from engine.findings import Finding, Glance, NotComputed, Observation, Severity, Threshold
from engine.metrics import METRICS
from engine.metrics.metric import Reading
from engine.noise import NO_WINDOWS, WindowFloors, displaced
from engine.noise.between import psi_floors_between
from engine.noise.rows import rate_limit
from engine.signals import pointless, signal_of
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT, defining
from engine.tables.cells import ALL, summarize_cells
from engine.tables.grid import in_bins
from engine.tables.stacked import joined, psi_of_bins, rated, stack

CALLS = (Severity.WARNING, Severity.CRITICAL)
RATES = ("null_rate", "type_error_rate", "out_of_bounds_rate")
QUICK = ("psi", *RATES)  # the metrics whose verdicts are told from whole arrays
CLOSE = 1e-9  # a value this near to a limit, as a share of it, is judged: arrays add up in another order

Seen = Glance | NotComputed


@dataclass(frozen=True, eq=False)
class Glances:
    """One metric of every column in every window. cells: (column, window index) -> verdict, or why there is none."""

    metric: str
    columns: tuple[str, ...]
    windows: tuple[Window, ...]
    cells: Mapping[tuple[str, int], Seen]

    @property
    def calling(self) -> list[frozenset[str]]:
        """By window, the columns that are at warning or beyond."""
        found: list[set[str]] = [set() for _ in self.windows]
        for (name, i), one in self.cells.items():
            if isinstance(one, Glance) and one.severity in CALLS:
                found[i].add(name)
        return [frozenset(names) for names in found]


def glances(opened: Opened, metric: str, cohort: Slice = ALL, against: str = SAME_COHORT) -> Glances:
    """As engine.explore.history.history, of every column that can be read; what cannot in any window is left out."""
    with opened.steadily():
        lines = _lines(opened, metric, opened.columns, cohort, against)
    read = {name: line for name, line in lines.items() if any(isinstance(one, Glance) for one in line.values())}
    cells = {(name, i): one for name, line in read.items() for i, one in line.items()}
    return Glances(metric, tuple(read), opened.windows, cells)


def cohort_glances(
    opened: Opened, by: str, metric: str, column: str, within: Slice = ALL, against: str = SAME_COHORT
) -> CohortHistory:
    """As engine.explore.history.cohort_history."""
    values, windows = values_of(opened, by), opened.windows or (None,)
    if not opened.windows:
        return cohort_history(opened, by, metric, column, within, against)
    cells: dict[tuple[int, int], Finding | Glance | NotComputed] = {}
    asked = [opened.reference.column(column)]
    with opened.steadily():
        for i, filters in enumerate(filters_of(by, values, within)):
            line = _lines(opened, metric, asked, Slice(filters), against).get(column, {})
            cells.update({(i, j): one for j, one in line.items()})
    return CohortHistory(metric, column, by, values, windows, cells)


def _lines(
    opened: Opened, metric: str, columns: Sequence[Column], cohort: Slice, against: str
) -> dict[str, dict[int, Seen]]:
    """By column, its windows by number. What is still open is judged together: it shares one rate of false alarms."""
    cuts = [Slice(cohort.cohort, window, cohort.without) for window in opened.windows]
    of = together(opened, cuts, against) if metric in QUICK and opened.plan.metrics is None else None
    floors = floors_of(opened, cuts[0], against) if of is not None else NO_WINDOWS  # the same for all windows
    alpha = opened.plan.alpha(opened.columns) if of is not None else 0.0
    found: dict[str, dict[int, Seen]] = {}
    full: dict[str, dict[int, Seen]] = {}
    seen: list[tuple[Observation, int]] = []
    for column in columns:
        support, asked = opened.supports[column.name], METRICS[metric]
        if of is None or isinstance(support, str) or column.name not in of.second.counts:
            cells = history(opened, metric, cohort, against, column.name).cells
            full[column.name] = {i: one.glance if isinstance(one, Finding) else one for (_, i), one in cells.items()}
            continue
        line: dict[int, Seen] = {}
        found[column.name] = line
        if asked not in opened.plan.computes(column):
            continue
        if why := pointless(column, asked):
            gap = NotComputed(signal_of(column, asked), column.name, metric, why)
            line.update(dict.fromkeys(range(len(cuts)), gap))
            continue
        told = _told if metric not in RATES else partial(_rates_told, metric)
        for i, one in enumerate(told(opened, column, of, floors, alpha)):
            if one is not None:
                line[i] = one
                continue
            sides = of.reference[i % len(of.reference)], of.production & (of.second.window == i)
            summary = summarize_cells(support, of.first, of.second, sides)
            readings, gaps = observe([column], {column.name: summary}, opened.plan, {metric})
            seen += [(reading, i) for reading in readings]
            line.update([(i, one) for one in gaps])
    judged_now = judged([one for one, _ in seen], opened.columns, opened.plan, floors)
    for finding, (_, i) in zip(judged_now, seen, strict=True):
        found[finding.column or ""][i] = finding.glance
    few = [opened.partial(window) and metric not in RATES for window in opened.windows]
    defines = [defining(cut, opened.held(cut, against)) for cut in cuts]
    settled = {
        name: {i: _settled(one, metric, few[i], name in defines[i]) for i, one in line.items()}
        for name, line in found.items()
    }
    return {one.name: (settled | full).get(one.name, {}) for one in columns}


def _settled(one: Seen, metric: str, few: bool, defines: bool) -> Seen:
    """As unjudged_if_partial and unjudged_if_defining of engine.assess have it. few: a partial window, of drift."""
    if not isinstance(one, Glance):
        return one
    if defines and not (metric == "type_error_rate" and one.severity is not Severity.OK):
        return Glance(one.value, Severity.NOT_JUDGED, one.threshold)
    if few and one.severity not in (Severity.NOT_JUDGED, Severity.OK):
        return replace(one, severity=Severity.INFO)
    return one


def _told(opened: Opened, column: Column, of: Together, floors: WindowFloors, alpha: float) -> Sequence[Glance | None]:
    """PSI of a column in every window with its verdict; None where it has no value or arrays leave the verdict open."""
    support = opened.supports[column.name]
    assert not isinstance(support, str)
    q = in_bins(stack(of.second, column.name, of.production, len(opened.windows)).counts, support)
    p = np.broadcast_to(in_bins(joined(of.first, column.name, of.reference).counts, support), q.shape)
    with np.errstate(divide="ignore", invalid="ignore"):  # a side without rows has no value
        values = psi_of_bins(p, q)
    limit = opened.plan.threshold(column, METRICS["psi"], Reading(0.0))
    if limit is None:
        return [None if np.isnan(value) else Glance(value, Severity.NOT_JUDGED) for value in values.tolist()]
    if limit.critical <= limit.warning:
        return [None] * len(values)
    low, high = psi_floors_between(p, q, alpha, limit.warning)
    above = floors.floors.get((column.name, "psi"), 0.0)
    rows = zip(values.tolist(), low.tolist(), high.tolist(), strict=True)
    return [_verdict(value, limit, least, most, above) for value, least, most in rows]


def _rates_told(
    metric: str, opened: Opened, column: Column, of: Together, floors: WindowFloors, alpha: float
) -> Sequence[Glance | None]:
    """As _told, of a rate: its row-wise floor is read in full."""
    support, windows = opened.supports[column.name], len(opened.windows)
    assert not isinstance(support, str)
    q = stack(of.second, column.name, of.production, windows).counts
    p = np.broadcast_to(joined(of.first, column.name, of.reference).counts, q.shape)
    counted = (*rated(support, p, q)[metric], p.sum(axis=1), q.sum(axis=1))
    above = floors.floors.get((column.name, metric))
    found: list[Glance | None] = []
    for hits, more, n, m in zip(*(np.broadcast_to(one, windows).astype(int).tolist() for one in counted), strict=True):
        if not n or not m:
            found.append(None)
            continue
        value, against = more / m, hits / n
        limit = opened.plan.threshold(column, METRICS[metric], Reading(value, against=against))
        if limit is None or limit.critical <= limit.warning:
            found.append(None if limit else Glance(value, Severity.NOT_JUDGED))
            continue
        rows = rate_limit(hits, n, more, m, alpha).value
        found.append(_verdict(value, limit, rows, rows, 0.0 if above is None else displaced(against, above)))
    return found


def _verdict(value: float, limit: Threshold, least: float, most: float, above: float) -> Glance | None:
    """As engine.findings.verdict, of a row-wise floor between two limits; None where these leave it open, or nearly.

    above: the floor of the reference's windows.

    >>> quick = Threshold(0.1, 0.25)
    >>> [_verdict(0.3, quick, low, 1.25 * low, 0.2).severity.value for low in (0.01, 0.2, 0.4)]
    ['critical', 'critical', 'not_enough_data']
    >>> _verdict(0.3, quick, 0.28, 0.35, 0.2), _verdict(0.3, quick, 0.05, 0.06, 0.31).within_noise
    (None, True)
    """
    if not value >= 0 or any(_near(value, one) for one in (limit.warning, limit.critical, above, least, most)):
        return None
    if _near(least, limit.warning) or _near(most, limit.warning):
        return None
    plain = limit.judge(value)
    if plain is not Severity.OK and value >= above:
        if value >= most:
            return Glance(value, plain, limit)
        if value >= least:
            return None
    if least >= limit.warning:
        return Glance(value, Severity.NOT_ENOUGH_DATA, limit)
    return Glance(value, Severity.OK, limit, plain is not Severity.OK) if most < limit.warning else None


def _near(value: float, limit: float) -> bool:
    return abs(value - limit) < CLOSE * limit < float("inf")

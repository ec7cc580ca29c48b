"""Metrics over all windows without their findings: values for small lines, and where something calls for somebody.

A finding has a floor, a sentence and parts, which cost more than its value: here only readings that reach a threshold
are judged. What is said is what the findings of engine.explore.history say.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine.assess import judged, observe, unjudged_if_defining, unjudged_if_partial
from engine.columns import Column
from engine.explore.glances import CALLS, CLOSE
from engine.explore.history import histories, history, together
from engine.explore.look import floors_of, summaries_of
from engine.explore.opened import Opened
from engine.findings import Finding, Observation
from engine.metrics import METRICS
from engine.metrics.metric import Reading
from engine.noise import NO_WINDOWS, WindowFloors, displaced
from engine.noise.rows import FLOORS
from engine.signals import pointless
from engine.slices import Slice
from engine.slices.against import SAME_COHORT, defining
from engine.tables.cells import ALL
from engine.tables.stacked import STACKED, Stacked, joined, stack, stacked


def traced(
    opened: Opened, metric: str, cohort: Slice = ALL, against: str = SAME_COHORT
) -> Mapping[str, Sequence[float | None]]:
    """The values of one metric over all windows, by column; None where it cannot be read."""
    found = _stacked(opened, (metric,), cohort, against)
    values: dict[str, Sequence[float | None]] = {}
    for column in opened.columns:
        if column.name not in found:
            values[column.name] = history(opened, metric, cohort, against, column.name).values(column.name)
        elif metric in found[column.name]:
            read = found[column.name][metric].values.tolist()
            values[column.name] = [None if math.isnan(value) else value for value in read]
        else:
            values[column.name] = [None] * len(opened.windows)
    return values


def called(
    opened: Opened, metrics: Sequence[str], cohort: Slice = ALL, against: str = SAME_COHORT
) -> dict[str, list[frozenset[str]]]:
    """By metric, the columns that are at warning or beyond in each window."""
    found = _stacked(opened, metrics, cohort, against)
    sets: dict[str, list[set[str]]] = {key: [set() for _ in opened.windows] for key in metrics}
    reaching: list[tuple[Observation, int]] = []
    cuts = [Slice(cohort.cohort, window, cohort.without) for window in opened.windows]
    with opened.steadily():
        floors = floors_of(opened, cuts[0], against) if cuts else NO_WINDOWS  # the same for every window of a unit
        for column in opened.columns:
            if column.name not in found:
                for key, read in histories(opened, metrics, cohort, against, column.name).items():
                    for (name, i), one in read.cells.items():
                        if isinstance(one, Finding) and one.severity in CALLS:
                            sets[key][i].add(name)
                continue
            for i, keys in _reaching(opened, column, found[column.name], floors).items():
                summaries = summaries_of(opened, cuts[i], against, column.name)
                reaching += [(one, i) for one in observe([column], summaries, opened.plan, keys)[0]]
        for one, i in _calling(opened, reaching, cuts, floors, against):
            sets[one.metric][i].add(one.column or "")
    return {key: [frozenset(one) for one in each] for key, each in sets.items()}


def _reaching(opened: Opened, column: Column, read: Mapping[str, Stacked], floors: WindowFloors) -> dict[int, set[str]]:
    """By window, the metrics whose value reaches its threshold and the reference's windows, or all but does."""
    found: dict[int, set[str]] = {}
    for key, one in read.items():
        against = None if one.against is None else np.broadcast_to(one.against, one.values.shape).tolist()
        for i, value in enumerate(one.values.tolist()):
            if not math.isnan(value):
                reading = Reading(value, against=None if against is None else against[i])
                limit = opened.plan.threshold(column, METRICS[key], reading)
                above = floors.floors.get((column.name, key)) if key in FLOORS else None
                least = 0.0 if above is None else displaced(reading.against, above)
                near = value * (1 + CLOSE)
                if limit is not None and (near >= max(limit.warning, least) or limit.critical <= limit.warning):
                    found.setdefault(i, set()).add(key)
    return found


def _calling(
    opened: Opened,
    reaching: Sequence[tuple[Observation, int]],
    cuts: Sequence[Slice],
    floors: WindowFloors,
    against: str,
) -> Iterator[tuple[Finding, int]]:
    """The findings of some readings that call for somebody, each with its window; all are judged together."""
    defines = [defining(cut, opened.held(cut, against)) for cut in cuts]
    found = judged([one for one, _ in reaching], opened.columns, opened.plan, floors)
    for one, (_, i) in zip(found, reaching, strict=True):
        settled = unjudged_if_defining(unjudged_if_partial(one, opened.partial(opened.windows[i])), defines[i])
        if settled.severity in CALLS:
            yield settled, i


def _stacked(opened: Opened, metrics: Sequence[str], cohort: Slice, against: str) -> dict[str, dict[str, Stacked]]:
    """By column, then metric; columns that cannot be read as whole arrays are left out, as all are of a free filter."""
    if not set(metrics) <= STACKED or not opened.windows or opened.plan.metrics is not None:
        return {}
    cuts = [Slice(cohort.cohort, window, cohort.without) for window in opened.windows]
    of = together(opened, cuts, against)
    if of is None:
        return {}
    found: dict[str, dict[str, Stacked]] = {}
    for column in opened.columns:
        support = opened.supports[column.name]
        if isinstance(support, str) or column.name not in of.second.counts:
            continue
        mine = stack(of.second, column.name, of.production, len(opened.windows))
        read = stacked(support, joined(of.first, column.name, of.reference), mine)
        asked = {one.key for one in opened.plan.computes(column) if not pointless(column, one)} & set(metrics)
        found[column.name] = {key: one for key, one in read.items() if key in asked}
    return found

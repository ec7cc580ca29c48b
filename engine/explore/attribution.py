"""Attribution drift of an opened monitor: of any slice at once, and of all windows, by what was logged or by codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.attribution import (
    NO_PREDICTION,
    Found,
    Totals,
    asked,
    attribution_findings,
    feature_names,
    notes_of,
    prediction_of,
    ranked,
    why_unread,
    window_floor,
)
from engine.errors import PlumblineError
from engine.explore.opened import Opened, cells_for
from engine.findings import Finding, NotComputed
from engine.noise import NO_WINDOWS, WindowFloors
from engine.ranking import LOGGED, SURROGATE, Ranking, Source
from engine.reference import complete_windows as complete
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.tables.attributions import Attributions, Prefixed, find_attributions, summed
from engine.tables.cells import ALL
from engine.tables.places import find_path
from engine.tables.surrogate import moments

TOTALS, ATTRIBUTION_FLOORS = "totals", "floors of attributions"
SLICES = 100  # of all time whose importances are kept: up to some hundred kB each


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Where a monitor's importances come from. logged: None where a surrogate stands in; features: that it is asked
    of; by: the prediction that a surrogate explains, or None; notes: for a reader.
    """

    features: tuple[str, ...]
    logged: Attributions | Prefixed | None
    by: str | None
    notes: tuple[str, ...]

    @property
    def source(self) -> Source:
        return SURROGATE if self.logged is None else LOGGED


def explained(opened: Opened, base: Path | None = None) -> Explained:
    """What a monitor's importances rest on: read once, asked for every slice. base: the folder of the monitor's file.

    A table that cannot be read is told in the notes, and the surrogate stands in.
    """
    features = tuple(name for name in feature_names(opened.columns) if opened.production.has(name))
    wanted = opened.monitor.columns.attributions
    why_not = None
    if wanted is not None:
        place = opened.monitor.hidden(find_path(wanted.path, base)) if wanted.path else None
        try:
            sides = opened.reference, opened.production
            named = wanted.path, wanted.id, wanted.prefix
            logged = find_attributions(*named, features, *sides, base, wanted.text, place)
            if logged is not None:
                return Explained(logged.features, logged, None, notes_of(logged))
        except PlumblineError as error:
            why_not = opened.monitor.hidden(why_unread(error, place))
    built = opened.built
    by = prediction_of(opened.columns)
    return Explained(
        tuple(name for name in features if name in built), None, by if by in built else None, notes_of(None, why_not)
    )


def explained_of(opened: Opened) -> Explained:
    """As explained, with the folder that the monitor was opened in: read once for all who ask."""
    if "explained" not in opened.kept:
        opened.kept["explained"] = explained(opened, opened.base)
    found: Explained = opened.kept["explained"]
    return found


def totals(opened: Opened, of: Explained, side: str, cut: Slice) -> Totals | str:
    """Importances of a slice of one side before they are averaged: per window, where the slice is of all time.

    Those of all time are kept: every window of a cohort is held against the same rows, and lies in the same ones.
    """
    if cut.window:
        return _totals(opened, of, side, cut)
    known: dict[tuple[str, Slice], tuple[object, Totals | str]] = opened.kept.setdefault(TOTALS, {})
    logged, found = known.get((side, cut), (None, None))
    if found is None or logged is not of.logged:
        found = _totals(opened, of, side, cut)
        known[side, cut] = of.logged, found
        for old in list(known)[:-SLICES]:
            known.pop(old, None)
    return found


def _totals(opened: Opened, of: Explained, side: str, cut: Slice) -> Totals | str:
    one = opened.sides[side]
    if of.logged is not None:
        return summed(of.logged, one.dataset, cut, () if cut.window else one.cells.windows)
    if of.by is None:
        return NO_PREDICTION
    if one.dataset.far:
        return "a surrogate needs codes of rows, and rows stay in Spark"
    if one.codes is None:
        return "a surrogate needs the data's codes, and there was no room to keep them"
    return moments(one.codes, cut, of.by, of.features)


def ranking_of(opened: Opened, of: Explained, cut: Slice, against: str = SAME_COHORT) -> Ranking | str:
    """Importances of a slice of production and of what it is held against, or why there are none."""
    held = opened.held(cut, against)
    whole = cut.window in opened.windows
    mine = Slice(cut.cohort, None, cut.without) if whole else cut
    first, second = totals(opened, of, held.side, held.cut), totals(opened, of, "production", mine)
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else str(second)
    return ranked(of.features, first, second, of.source, (None, _in(second, cut.window) if whole else None))


def _in(found: Totals, window: Window | None) -> NDArray[np.bool_]:
    """The groups of one window."""
    group = np.zeros(len(found.rows), dtype=bool)
    group[[i + 1 for i, mine in enumerate(found.windows) if mine == window]] = True
    return group


def attribution_floor(opened: Opened, of: Explained, cut: Slice, against: str = SAME_COHORT) -> WindowFloors:
    """The floor from the reference's own complete windows, for a slice of one window; kept, as totals are."""
    held = opened.held(cut, against)
    if cut.window not in opened.windows or (held.side == "production" and not held.windows):
        return NO_WINDOWS
    base = held.cut if held.side == "reference" else Slice(cut.cohort, None, cut.without)
    found = totals(opened, of, "reference", base)
    if isinstance(found, str):
        return NO_WINDOWS
    known: dict[tuple[Slice, int], tuple[object, WindowFloors]] = opened.kept.setdefault(ATTRIBUTION_FLOORS, {})
    made_of, floors = known.get((base, held.windows), (None, NO_WINDOWS))
    if made_of is not found:
        floors = window_floor(of.features, found, of.source, complete_windows(opened, base), held.windows)
        known[base, held.windows] = found, floors
        for old in list(known)[:-SLICES]:
            known.pop(old, None)
    return floors


def complete_windows(opened: Opened, base: Slice) -> tuple[Window, ...]:
    """The reference's windows that hold enough rows of a slice and that its data cover."""
    cells, groups = cells_for(opened, "reference", base)
    return tuple(cells.windows[i] for i in complete(cells, groups, opened.monitor.window.least))


def attribution_of(
    opened: Opened, of: Explained, cut: Slice, against: str = SAME_COHORT
) -> tuple[Found, Ranking | str]:
    """The finding of a slice, or why there is none, and the ranking that it rests on."""
    found = ranking_of(opened, of, cut, against)
    floors = attribution_floor(opened, of, cut, against)
    partial = cut.window is not None and cut.window in opened.windows and opened.partial(cut.window)
    return attribution_findings(found, opened.columns, opened.plan, floors, partial), found


@dataclass(frozen=True, slots=True, eq=False)
class AttributionHistory:
    """Every window's finding, or why there is none, and its ranking. All run over windows."""

    windows: tuple[Window, ...]
    findings: Mapping[int, Finding | NotComputed]
    rankings: tuple[Ranking | str, ...]


def attribution_history(
    opened: Opened, of: Explained, cohort: Slice = ALL, against: str = SAME_COHORT
) -> AttributionHistory:
    """Attribution drift over all windows of a cohort; counted once where all are held against the same rows."""
    timeless = Slice(cohort.cohort, without=cohort.without)
    second = totals(opened, of, "production", timeless)
    found: list[Ranking | str] = []
    findings: dict[int, Finding | NotComputed] = {}
    if not asked(opened.plan):
        return AttributionHistory((), {}, ())
    first: dict[Slice, Totals | str] = {}
    floors = NO_WINDOWS
    for i, window in enumerate(opened.windows):
        cut = Slice(cohort.cohort, window, cohort.without)
        held = opened.held(cut, against)
        if i == 0:
            floors = attribution_floor(opened, of, cut, against)
        if held.cut not in first:
            first = {held.cut: totals(opened, of, held.side, held.cut)}
        one = first[held.cut]
        if isinstance(one, str) or isinstance(second, str):
            found.append(one if isinstance(one, str) else str(second))
        else:
            found.append(ranked(of.features, one, second, of.source, (None, _in(second, window))))
        told, gaps = attribution_findings(found[-1], opened.columns, opened.plan, floors, opened.partial(window))
        findings[i] = told[0] if told else gaps[0]
    return AttributionHistory(opened.windows, findings, tuple(found))

"""Whether the drift of a slice matters, on an opened monitor: importances, the target in every bin, and performance."""

from collections.abc import Iterable

import numpy as np

from engine.attribution import feature_names
from engine.columns import Role
from engine.consequence import (
    ConceptDrift,
    Consequence,
    Tables,
    concept_drifts,
    concept_floors,
    consequences,
    performance_of,
)
from engine.errors import UnknownName
from engine.explore.attribution import complete_windows
from engine.explore.opened import Opened
from engine.findings import Finding
from engine.noise import NO_WINDOWS, WindowFloors
from engine.outcomes import positive_of
from engine.ranking import Ranking
from engine.slices import Slice
from engine.slices.against import SAME_COHORT
from engine.summaries import Counts, Floats
from engine.tables.codes import CODES
from engine.tables.crosstab import bins_of_codes
from engine.tables.supports import CategoricalSupport, Support
from engine.tables.surrogate import Moments, moments

BOTH = 2  # powers 0 and 1 of a target that is 0 or 1: rows, and positives


def target_by_bins(opened: Opened, cut: Slice, against: str = SAME_COHORT, positive: str | None = None) -> Tables | str:
    """Labelled rows and positives of both sides per bin of every feature and the score, or why there are none.

    The last bin of each is of rows without a value. positive: the class that is counted; without, the monitor's, or the
    one of two that says yes; of more than two one has to be named.
    """
    held = opened.held(cut, against)
    first, second = (
        _counted(opened, side, one, positive) for side, one in ((held.side, held.cut), ("production", cut))
    )
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else str(second)
    sides = _summed(first), _summed(second)
    return {name: (*sides[0][name], *sides[1][name]) for name in sides[0] if name in sides[1]}


def concept_of(
    opened: Opened, cut: Slice, against: str = SAME_COHORT, positive: str | None = None
) -> dict[str, ConceptDrift] | str:
    """What the target did at the same values of every feature and of the score, or why nobody can tell.

    A slice of one window is held against how far the reference's own complete windows lie apart, too.
    """
    tables = target_by_bins(opened, cut, against, positive)
    if isinstance(tables, str):
        return tables
    return concept_drifts(tables, _floors(opened, cut, against, positive))


def consequences_of(
    opened: Opened,
    findings: Iterable[Finding],
    ranking: Ranking | str,
    cut: Slice,
    against: str = SAME_COHORT,
    positive: str | None = None,
) -> tuple[Consequence, ...]:
    """Every feature of a run by what its drift amounts to. findings, ranking: of the same slice."""
    concept = concept_of(opened, cut, against, positive)
    told = tuple(findings)
    known = {} if isinstance(concept, str) else concept
    return consequences(told, None if isinstance(ranking, str) else ranking, known, performance_of(told))


def number_of_target(support: Support, positive: str | None = None) -> Floats | str:
    """1 for every code of the positive class, 0 for those of the others, not-a-number for none; or why it has none.

    Raises UnknownName for a positive class that the reference does not have.
    """
    if not isinstance(support, CategoricalSupport):
        values = len(support.labels) - 1 if support.unseen is not None else 0
        if values != 2:
            return "the target is a number: it has no rate of which a change could be told"
        bins = bins_of_codes(support)
        return np.where(bins == 0, 0.0, np.where(bins == 1, 1.0, np.nan))
    classes = support.categories
    if positive is not None and positive not in classes:
        raise UnknownName.of("class", positive, classes)
    if positive is None and len(classes) != 2:
        return f"the target has {len(classes)} classes: name the one whose rate is meant"
    at = classes.index(positive) if positive is not None else positive_of(classes, None)[0]
    found = np.full(CODES, np.nan)
    found[: len(classes) + bool(support.rarer)] = 0.0
    found[at] = 1.0
    return found


def _counted(opened: Opened, side: str, cut: Slice, positive: str | None) -> Moments | str:
    """The target by the bins of every feature and of the score, per window where the slice is of all time."""
    target = next((one.name for one in opened.columns if one.role is Role.TARGET), None)
    if target is None or target not in opened.built:
        return "no column of both sides has the role target"
    if opened.sides[side].dataset.far:
        return "it needs codes of rows, and rows stay in Spark"
    codes = opened.sides[side].codes
    if codes is None:
        return "it needs the data's codes, and there was no room to keep them"
    number = number_of_target(opened.built[target], positive or opened.plan.terms.positive)
    if isinstance(number, str):
        return number
    scores = [one.name for one in opened.columns if one.role is Role.SCORE]
    names = [name for name in (*feature_names(opened.columns), *scores) if name in opened.built]
    return moments(codes, cut, target, names, number, BOTH)


def _summed(found: Moments) -> dict[str, tuple[Counts, Counts]]:
    """Rows and positives of all groups, per bin."""
    sums = {name: np.rint(one.sum(axis=0)).astype(np.int64) for name, one in found.sums.items()}
    return {name: (one[:, 0], one[:, 1]) for name, one in sums.items()}


def _floors(opened: Opened, cut: Slice, against: str, positive: str | None) -> WindowFloors:
    held = opened.held(cut, against)
    if cut.window not in opened.windows or held.side == "production":
        return NO_WINDOWS
    found = _counted(opened, "reference", held.cut, positive)
    if isinstance(found, str):
        return NO_WINDOWS
    complete = set(complete_windows(opened, held.cut))
    groups = [i + 1 for i, one in enumerate(found.windows) if one in complete and found.rows[i + 1]]
    kept = {name: np.rint(one[groups]).astype(np.int64) for name, one in found.sums.items()}
    return concept_floors({name: (one[:, :, 0], one[:, :, 1]) for name, one in kept.items()})

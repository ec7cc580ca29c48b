"""Attribution drift: whether the model still decides by the same features, read on a slice, judged, put into words.

A ranking belongs to no column: its finding has none, like those of rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.assess import unjudged_if_partial
from engine.columns import Column, Role
from engine.errors import PlumblineError, UnreadableSource, UnusableData, plain, shown
from engine.findings import Finding, NotComputed, Part, Severity, Threshold, three, verdict, verdict_words
from engine.metrics import METRICS
from engine.noise import NO_WINDOWS, WindowFloors
from engine.noise.ranking import KEY, ranking_floor, window_losses
from engine.noise.windows import LEAST_WINDOWS
from engine.ranking import LOGGED, SURROGATE, Ranking, Source, ranking
from engine.signals import Plan
from engine.slices import Slice, Window
from engine.slices.against import Against
from engine.tables.attributions import Attributions, Prefixed, Sums, summed
from engine.tables.sources import Dataset
from engine.tables.supports import Support
from engine.tables.surrogate import Moments, fresh_moments

ATTRIBUTION = "attribution_drift"
NDCG = METRICS["ndcg"]
NO_PREDICTION = "no attributions are logged, and no column of both sides has the role score or prediction"
MOVED = 3  # features whose change of place a sentence names, at most
Found = tuple[list[Finding], list[NotComputed]]
Totals = Sums | Moments  # of one side: additive over windows


@dataclass(frozen=True, slots=True)
class RankChange:
    """One feature's place on both sides, 1 for the most important, and its share of all importance, 0 to 1."""

    feature: str
    place_reference: float
    place_production: float
    share_reference: float
    share_production: float

    @property
    def change(self) -> float:
        """How many places it rose; negative where it fell."""
        return self.place_reference - self.place_production


def rank_changes(found: Ranking) -> tuple[RankChange, ...]:
    """Every feature, the most important of production first."""
    columns = (*found.ranks, *found.shares)
    rows = [RankChange(name, *(float(one[i]) for one in columns)) for i, name in enumerate(found.features)]
    return tuple(sorted(rows, key=lambda row: (row.place_production, row.place_reference)))


def asked(plan: Plan) -> bool:
    """Whether attribution drift is computed: who asks for other metrics by name does not ask for it."""
    return plan.asks(ATTRIBUTION)


def ranked(
    features: tuple[str, ...],
    reference: Totals,
    production: Totals,
    source: Source,
    groups: tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None] = (None, None),
) -> Ranking | str:
    """Both sides' importances, of all their groups or of some, or why there are none."""
    return ranking(features, reference.of(groups[0]), production.of(groups[1]), source)


def exact_ranking(
    reference: Dataset,
    production: Dataset,
    held: Against,
    cut: Slice,
    supports: Mapping[str, Support | str],
    logged: Attributions | Prefixed | None = None,
) -> Ranking | str:
    """The ranking of a slice, from datasets that have no codes: one pass over the rows of each side.

    held: what the slice is held against. logged: without, a surrogate stands in, by the reference's score or else its
    prediction. Sums of attributions and of a yes or no are exact, scores are known within a sixteenth of a cell.
    """
    sides = (production if held.side == "production" else reference, held.cut), (production, cut)
    try:
        if logged is not None:
            first, second = (summed(logged, dataset, one) for dataset, one in sides)
            return ranked(logged.features, first, second, LOGGED)
        built = {n: one for n, one in supports.items() if not isinstance(one, str) and production.has(n)}
        by = prediction_of(reference.columns)
        if by is None or by not in built:
            return NO_PREDICTION
        names = tuple(name for name in feature_names(reference.columns) if name in built)
        third, fourth = (fresh_moments(dataset, built, one, by, names) for dataset, one in sides)
    except UnusableData as error:
        return f"attributions cannot be read: {error.message}"
    if isinstance(third, str) or isinstance(fourth, str):
        return third if isinstance(third, str) else str(fourth)
    return ranked(names, third, fourth, SURROGATE)


def attribution_findings(
    found: Ranking | str,
    columns: Iterable[Column],
    plan: Plan,
    windows: WindowFloors = NO_WINDOWS,
    partial: bool = False,
) -> Found:
    """The finding of a ranking, or the reason why there is none. columns: all that are judged in the same run.

    windows: the floor from the reference's own windows, as window_floor gives it. A partial window's is information.
    """
    if not asked(plan):
        return [], []
    reason = found if isinstance(found, str) else NDCG.undefined(found)
    if isinstance(found, str) or reason:
        return [], [NotComputed(ATTRIBUTION, None, NDCG.key, reason or "")]
    warning, critical = (level.at(1.0) for level in plan.levels("", NDCG))
    limit = Threshold(warning, critical)
    reading = NDCG.compute(found)
    alpha = plan.alpha(columns)
    floor = ranking_floor(found, alpha, limit.warning, windows.floors.get(KEY))
    severity, within_noise, rows_needed = verdict(reading.value, limit, floor)
    parts = zip(found.features, *(one.tolist() for one in found.shares), reading.parts or (), strict=True)
    finding = Finding(
        signal=ATTRIBUTION,
        column=None,
        kind=None,
        metric=NDCG.key,
        value=reading.value,
        severity=severity,
        sentence=f"{NDCG.name} ({found.source}) is {three(reading.value)}"
        f"{verdict_words(limit, severity, floor, within_noise)}; {_moves(found, severity)}.",
        floor=floor.value,
        floor_basis=floor.basis,
        threshold=limit,
        within_noise=within_noise,
        rows_needed=rows_needed,
        n_reference=found.rows[0],
        n_production=found.rows[1],
        parts=tuple(Part(*one) for one in parts),
    )
    return [unjudged_if_partial(finding, partial)], []


def logged_floor(
    logged: Attributions | Prefixed, reference: Dataset, base: Slice, windows: Sequence[Window],
    complete: Iterable[Window], beside: int = 0,
) -> WindowFloors:  # fmt: skip
    """The floor from the reference's own windows, of attributions that are logged. windows: all that base lies in."""
    try:
        sums = summed(logged, reference, base, windows)
    except UnusableData:  # the ranking says why
        return NO_WINDOWS
    return window_floor(logged.features, sums, LOGGED, complete, beside)


def _moves(found: Ranking, severity: Severity) -> str:
    """Which features changed place most, weighed by how much they count; in calm, that the order held."""
    rows = sorted(
        rank_changes(found), key=lambda row: -abs(row.change) * max(row.share_reference, row.share_production)
    )
    told = [
        f"{plain(row.feature)} {'rose' if row.change > 0 else 'fell'} from place {row.place_reference:g} to "
        f"{row.place_production:g}"
        for row in rows[:MOVED]
        if row.change
    ]
    if not told:
        return "all features keep their place"
    if severity in (Severity.WARNING, Severity.CRITICAL) or len(told) < MOVED:
        return ", ".join(told)
    return f"most moved {told[0]}" if severity is not Severity.OK else told[0]


def window_floor(
    features: tuple[str, ...], sums: Totals, source: Source, complete: Iterable[Window], beside: int = 0
) -> WindowFloors:
    """How far the reference's complete windows lie from each other by themselves, each read against the others.

    sums: of the reference, per window. complete: as engine.reference chooses them. beside: as of reference_floors.
    """
    wanted = set(complete)
    kept = [i for i, one in enumerate(sums.windows) if one in wanted and sums.rows[i + 1]]
    if len(kept) < LEAST_WINDOWS:
        return WindowFloors(len(kept), {}, {})
    values = []
    for at, i in enumerate(kept):
        others = [*kept[at + 1 :], *kept[:at]]
        others = others[:beside] if 0 < beside < len(kept) else others
        groups = np.zeros((2, len(sums.rows)), dtype=bool)
        groups[0, [one + 1 for one in others]] = True
        groups[1, i + 1] = True
        one = ranked(features, sums, sums, source, (groups[0], groups[1]))
        if not isinstance(one, str) and NDCG.undefined(one) is None:
            values.append(NDCG.compute(one).value)
    return window_losses(values)


def why_unread(error: PlumblineError, place: str | None) -> str:
    """Why logged attributions cannot be read, as a run tells it: alike wherever and from whichever folder it is asked.

    place: where they lie, as the run tells it; None where they stand beside the features.
    """
    if place is None:
        return str(error)
    hint = f" {error.hint}" if error.hint and not isinstance(error, UnreadableSource) else ""  # what lies there else
    return f"{shown(place)}: {error.message}{hint}"


def notes_of(logged: Attributions | Prefixed | None, why_not: str | None = None) -> tuple[str, ...]:
    """What a reader must know of where importances come from. why_not: what keeps logged ones from being read."""
    if logged is None:
        said = f"{why_not.rstrip('.')}, so a" if why_not else "none are logged, so a"
        return (
            f"attributions: {said} surrogate stands in: how much of the prediction each feature's bins tell alone "
            f"({SURROGATE}).",
        )
    if isinstance(logged, Prefixed):
        return (f"attributions: columns called {plain(logged.prefix)} and then as their feature.",)
    told = [f"attributions: {logged.fit.words}"]
    if logged.missing:
        told.append(f"attributions: nothing is said of {_listed(logged.missing)}.")
    if logged.others:
        told.append(f"attributions: {_listed(logged.others)} is no feature and left out.")
    return tuple(told)


def _listed(names: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(plain(name) for name in names[:most]) + more


def feature_names(columns: Iterable[Column]) -> tuple[str, ...]:
    """The names of the features among some columns."""
    return tuple(column.name for column in columns if column.role is Role.FEATURE)


def prediction_of(columns: Iterable[Column]) -> str | None:
    """The column that a surrogate explains: the score, else the prediction, else None."""
    roles = {column.role: column.name for column in reversed(tuple(columns))}
    return roles.get(Role.SCORE, roles.get(Role.PREDICTION))


def importance_shares(found: Ranking | str) -> Mapping[str, tuple[float, float]]:
    """Feature -> its share of all importance in reference and production; none where there is no ranking."""
    if isinstance(found, str):
        return {}
    first, second = found.shares
    return {name: (float(first[i]), float(second[i])) for i, name in enumerate(found.features)}

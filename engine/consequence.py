"""Does a drift matter? Each drifted column beside its importance, and beside what the target and performance did.

Verdicts are of going together, not of causes: a week of storms moves the weather, the model's errors and much else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from engine.errors import UnusableData, plain
from engine.estimate.concept import Change, change, points
from engine.findings import Finding, Severity, three
from engine.noise import NO_WINDOWS, WindowFloors, window_floors
from engine.noise.rows import normal_tail
from engine.ranking import Ranking
from engine.summaries import Counts

ALARM = (Severity.WARNING, Severity.CRITICAL)
LEAST = 0.02  # two points of the target's rate: smaller changes at the same values are no concept drift
ALPHA = 0.05  # of all columns together: when nothing changed, one question in twenty shows concept drift of any
HALF_NORMAL = float(np.sqrt(2 / np.pi))  # the mean of |z|
CONCEPT = "concept"

Tables = Mapping[str, tuple[Counts, Counts, Counts, Counts]]  # column -> rows and positives of both sides, per bin


class Verdict(StrEnum):
    """What a column's drift amounts to, least first."""

    NOISE = "noise"
    HARMLESS = "drifted, harmless"
    OPEN = "drifted, cost unknown"
    COSTLY = "drifted and costly"


@dataclass(frozen=True, slots=True, eq=False)
class ConceptDrift:
    """Whether the target's rate changed at the same values of a column. apart: the mean over production's rows of how
    far the rate of their bin moved, either way, 0 to 1. floor: what chance alone gives, the larger of rows and windows.
    """

    change: Change
    apart: float
    floor: float

    @property
    def beyond(self) -> bool:
        """Whether it moved further than chance takes it, and by two points at least."""
        return self.apart > self.floor and self.apart >= LEAST

    @property
    def unexpected(self) -> float:
        """What P(y given x) did to the target's rate, in [-1, 1]; the rest of its change is another mix of rows."""
        return float(self.change.unexpected.sum())

    @property
    def mix(self) -> float:
        """What the mix of rows did to the rate: production's rows at the reference's rates, less its rate."""
        return self.change.change - self.unexpected


@dataclass(frozen=True, slots=True)
class Consequence:
    """One column. ratio: its furthest judged reading over the warning threshold; share: of all importance, the larger
    of both sides, None where unknown; important: among the features that make up 80 % of it; goes_with: what else
    changed: "performance", "concept".
    """

    column: str
    verdict: Verdict
    metric: str
    value: float
    ratio: float
    severity: Severity
    share: float | None
    important: bool | None
    goes_with: tuple[str, ...]
    sentence: str

    @property
    def drifted(self) -> bool:
        """Whether a judged reading is warning or worse."""
        return self.severity in ALARM


def concept_drifts(tables: Tables, windows: WindowFloors = NO_WINDOWS) -> dict[str, ConceptDrift]:
    """Every column by what the target's rate did in its bins; those without labelled rows on a side are left out.

    windows: how far the reference's own windows lie apart, as concept_floors gives it.
    """
    found = {}
    z = normal_tail(ALPHA / max(len(tables), 1))
    for name, (n, hits, m, more) in tables.items():
        try:
            moved = change(n, hits, m, more, ALPHA / len(tables))
        except UnusableData:
            continue
        weighed = np.nan_to_num(m / m.sum() * moved.error)  # a bin that one side lacks has no error
        by_rows = HALF_NORMAL * weighed.sum() + z * np.sqrt((1 - HALF_NORMAL**2) * (weighed**2).sum())
        floor = max(float(by_rows), windows.floors.get((name, CONCEPT), 0.0))
        found[name] = ConceptDrift(moved, float(np.abs(moved.unexpected).sum()), floor)
    return found


def concept_floors(by_window: Mapping[str, tuple[Counts, Counts]]) -> WindowFloors:
    """How far the target's rates of each complete reference window lie from the others', per column.

    by_window: column -> (w, bins) labelled rows and positives of each window. None from fewer than six windows. Each
    column's floor is its own mean times one factor for all, as engine.noise.windows has it.
    """
    readings: dict[tuple[str, str], Sequence[float]] = {}
    for name, (rows, hits) in by_window.items():
        n, x = rows.sum(axis=0) - rows, hits.sum(axis=0) - hits
        m = rows.sum(axis=1, keepdims=True)
        both = (n > 0) & (rows > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.where(both, rows / m * (hits / rows - x / n), 0.0)
        readings[name, CONCEPT] = np.abs(moved).sum(axis=1).tolist()
    return window_floors(readings, dict.fromkeys(readings, CONCEPT))


def performance_of(findings: Iterable[Finding]) -> Severity | None:
    """The worst judged severity of model performance; None where no label says."""
    known = (Severity.OK, Severity.INFO, *ALARM)
    found = [one.severity for one in findings if one.signal == "model_performance" and one.severity in known]
    return max(found, key=lambda one: one.rank, default=None)


def consequences(
    findings: Iterable[Finding],
    ranking: Ranking | None,
    concept: Mapping[str, ConceptDrift] | None = None,
    performance: Severity | None = None,
) -> tuple[Consequence, ...]:
    """Every feature whose drift was judged, worst first: by verdict, then by ratio times share of importance.

    A column has drifted if a judged reading is warning or worse; where drift could not be read at all, as of a column
    that is all null, its quality readings stand in. It is costly if it is important too, and either the target's rate
    changed at the same values of it or performance got worse beyond its floor. performance: None where unknown.
    """
    concept = concept or {}
    features = {} if ranking is None else {name: i for i, name in enumerate(ranking.features)}
    judged: dict[str, dict[str, list[Finding]]] = {"data_drift": {}, "data_quality": {}}
    for one in findings:
        if one.column and one.signal in judged and one.severity is not Severity.NOT_JUDGED and _ratio(one) is not None:
            judged[one.signal].setdefault(one.column, []).append(one)
    calm = {name for name, of in judged["data_quality"].items() if all(one.severity not in ALARM for one in of)}
    instead = {name: of for name, of in judged["data_quality"].items() if name not in calm | set(judged["data_drift"])}
    rows = []
    for name, of in (judged["data_drift"] | instead).items():
        if ranking is not None and name not in features and name not in concept:
            continue  # a target or an id, no feature
        furthest = max(of, key=lambda one: (one.severity.rank, _ratio(one)))
        at = features.get(name)
        share = None if at is None or ranking is None else float(max(side[at] for side in ranking.shares))
        important = None if at is None or ranking is None else bool(ranking.important[at])
        rows.append(_consequence(furthest, share, important, concept.get(name), performance))
    order = list(Verdict)
    return tuple(sorted(rows, key=lambda row: (-order.index(row.verdict), -row.ratio * (row.share or 0.0), -row.ratio)))


def _consequence(
    furthest: Finding, share: float | None, important: bool | None, concept: ConceptDrift | None,
    performance: Severity | None,
) -> Consequence:  # fmt: skip
    drifted = furthest.severity in ALARM
    goes_with = ["performance"] if performance in ALARM else []
    goes_with += ["concept"] if concept is not None and concept.beyond else []
    if not drifted:
        verdict = Verdict.NOISE
    elif important is False:
        verdict = Verdict.HARMLESS
    elif important is None or (not goes_with and (performance is None or concept is None)):
        verdict = Verdict.OPEN  # one of both being calm does not tell that the other is
    else:
        verdict = Verdict.COSTLY if goes_with else Verdict.HARMLESS
    assert furthest.value is not None and furthest.column is not None
    said = _words(furthest, verdict, share, important, concept, performance)
    return Consequence(
        furthest.column, verdict, furthest.metric, furthest.value, _ratio(furthest) or 0.0, furthest.severity, share,
        important, tuple(goes_with), said,
    )  # fmt: skip


def _ratio(finding: Finding) -> float | None:
    """A reading over its warning threshold; None where that says nothing."""
    if finding.value is None or finding.threshold is None or finding.threshold.warning <= 0:
        return None
    return finding.value / finding.threshold.warning


def _words(
    furthest: Finding, verdict: Verdict, share: float | None, important: bool | None, concept: ConceptDrift | None,
    performance: Severity | None,
) -> str:  # fmt: skip
    name = plain(furthest.column or "")
    if verdict is Verdict.NOISE:
        if furthest.severity is Severity.NOT_ENOUGH_DATA:
            return f"{name} has too few rows to tell whether it drifted."
        if furthest.severity is Severity.INFO:
            return f"{name} was not judged: the window is partial."
        return f"{name} has not drifted."
    counts = "nobody knows how much it counts for the model" if share is None else f"it is {share:.0%} of importance"
    said = f"{name} drifted ({furthest.metric} {three(furthest.value or 0.0)}); {counts}"
    if important is False:
        return said + ", too little to matter."
    beside = []
    if concept is not None and concept.beyond:
        how = points(concept.unexpected)
        beside.append(f"at the same values of it the target's rate is another ({how} points over all)")
    if performance in ALARM:
        beside.append(f"performance is {performance}")
    said += "".join(f", and {one}" for one in beside)
    if verdict is Verdict.COSTLY:
        return said + ": it goes with a cost."
    if verdict is Verdict.HARMLESS:
        return said + ", but at the same values of it the target kept its rate, and performance held."
    if important is None:
        return said + "."
    missing = [
        what
        for what, known in (
            ("whether the target kept its rate at the same values", concept is not None),
            ("whether performance held", performance is not None),
        )
        if not known
    ]
    return said + f"; nobody can tell {' or '.join(missing)}."

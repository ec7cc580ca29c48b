"""How right predictions were: every metric of labels that came, read on a slice, judged, and put into words.

A metric of predictions belongs to no column: its findings have none, like those of rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.assess import unjudged_if_partial
from engine.columns import Column, Role
from engine.errors import UnusableData, plain
from engine.findings import Finding, NotComputed, Severity, Threshold, three, verdict, verdict_words
from engine.metrics import METRICS, Metric
from engine.metrics.metric import Reading
from engine.noise import NO_WINDOWS, Floor, WindowFloors
from engine.noise.outcomes import apart_floors, outcome_floor
from engine.outcomes import Classes, Classification, Errors, Outcomes
from engine.signals import PERFORMANCE, Plan
from engine.slices import Slice, Window
from engine.slices.against import Against
from engine.tables.late_labels import LabelTable
from engine.tables.outcomes import OutcomeRows, outcomes, read_outcomes
from engine.tables.question import Question, question
from engine.tables.sources import Dataset
from engine.tables.spellings import words_of

VALUE = "value_per_prediction"
OF_SCORES = ("log_loss", "brier", "roc_auc", "average_precision")
BAND = 3.0  # standard errors that a band reaches to either side
METRICS_OF_OUTCOMES = tuple(one for one in METRICS.values() if one.signal == PERFORMANCE)
Found = tuple[list[Finding], list[NotComputed]]
OfWindows = Callable[[Sequence[Window], Window], Outcomes]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one slice's predictions were worth: the summary of both sides, or why there is none.

    asked: None where nothing could be asked.
    """

    outcomes: Outcomes | str
    asked: Question | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of how labels were read."""
        if self.asked is None:
            return ()
        told = [f"labels: {self.asked.joined.match.words}"] if self.asked.joined else []
        if said := words_of(self.asked.spellings):
            told.append(f"labels: {said}")
        if self.asked.positive is not None:
            name = plain(self.asked.classes[self.asked.positive])
            told.append(f"labels: the positive class is {name}, because {self.asked.positive_because}")
        return tuple(told)


def answer(
    reference: Dataset,
    production: Dataset,
    held: Against,
    cut: Slice,
    plan: Plan,
    labels: LabelTable | None = None,
) -> Answer | None:
    """Predictions and labels of one slice, read exactly; None where nobody asks for a metric of them.

    Raises UnknownName for a positive class, or one with scores, that the labels do not have.
    """
    if not plan.asks(PERFORMANCE):
        return None
    try:
        asked = question(reference, production, plan.terms, labels)
        if isinstance(asked, str):
            return Answer(asked)
        first = read_outcomes(production if held.side == "production" else reference, asked, held.cut)
        second = read_outcomes(production, asked, cut)
    except UnusableData as error:
        return Answer(f"predictions and labels cannot be read: {error}")
    return Answer(outcomes(first, second), asked)


def of_windows(rows: OutcomeRows) -> OfWindows:
    """Windows of one side as summaries: production is the one window, reference the others."""
    return lambda others, window: outcomes(rows, rows, (rows.of_windows(others), rows.of_windows([window])))


def readings(
    found: Outcomes, plan: Plan, only: frozenset[str] | None = None
) -> Iterator[tuple[Metric, Reading | str]]:
    """Every metric that was asked of a summary, or why it has no value. only: keys of those that are wanted of them."""
    for one in METRICS_OF_OUTCOMES:
        if (plan.metrics is not None and one.key not in plan.metrics) or (only is not None and one.key not in only):
            continue
        if plan.metrics is None and one.key == VALUE and plan.terms.worth is None:
            continue  # who says what outcomes are worth asks for it
        if isinstance(found, one.needs):
            yield one, one.undefined(found) or one.compute(found)
        elif plan.metrics is not None:  # a metric of the other task is no gap unless it was asked for
            said = "classes" if isinstance(found, Classification) else "numbers"
            yield one, f"{one.name} is not defined for predictions of {said}"


def performance(
    found: Outcomes | str,
    columns: Iterable[Column],
    plan: Plan,
    windows: WindowFloors = NO_WINDOWS,
    partial: bool = False,
    only: str | None = None,
    alpha: float | None = None,
) -> Found:
    """Findings and gaps of a summary of predictions and labels. columns: all that are judged in the same run.

    windows: floors by ("", metric). A partial window's are information. only: the one metric that is wanted. alpha: of
    one reading, as plan.alpha(columns) has it, where many slices share it.
    """
    if PERFORMANCE in plan.off:
        return [], []
    if isinstance(found, str):
        keys = [PERFORMANCE] if plan.metrics is None else [m.key for m in METRICS_OF_OUTCOMES if m.key in plan.metrics]
        return [], [NotComputed(PERFORMANCE, None, key, found) for key in keys]
    known = tuple(columns)
    target = next((column.name for column in known if column.role is Role.TARGET), "")
    alpha = plan.alpha(known) if alpha is None else alpha
    findings, gaps = [], []
    for asked, reading in readings(found, plan, None if only is None else frozenset({only})):
        if isinstance(reading, str):
            gaps.append(NotComputed(PERFORMANCE, None, asked.key, reading))
            continue
        apart = windows.floors.get(("", asked.key))
        findings.append(unjudged_if_partial(_judged(found, asked, reading, plan, target, alpha, apart), partial))
    return findings, gaps


def rested_on(side: Classes | Errors, asked: Metric) -> int:
    """Labelled rows of a side that a metric is of: those that have a score, or a prediction."""
    if isinstance(side, Errors):
        return side.absolute.n if side.absolute else 0
    if asked.key in OF_SCORES:
        return int(side.curves[0].positives.sum() + side.curves[0].negatives.sum()) if side.curves else 0
    return int(side.confusion.sum())


def _judged(
    found: Outcomes, asked: Metric, reading: Reading, plan: Plan, target: str, alpha: float, apart: float | None
) -> Finding:
    limit = plan.limits(target, asked, reading) if plan.judges_outcomes(found, asked) else None
    rows = rested_on(found.reference, asked), rested_on(found.production, asked)
    floor = outcome_floor(asked, reading, rows, alpha, limit.warning if limit else None, apart)
    severity, within_noise, rows_needed = Severity.NOT_JUDGED, False, None
    if limit is not None:
        severity, within_noise, rows_needed = verdict(reading.value, limit, floor)
        if severity is Severity.NOT_ENOUGH_DATA and _clearly_better(reading, limit, floor):
            severity, rows_needed = Severity.OK, None
    shares = [1 - side.labelled / side.rows if side.rows else 0.0 for side in (found.reference, found.production)]
    words = "; not judged" if limit is None else verdict_words(limit, severity, floor, within_noise)
    return Finding(
        signal=PERFORMANCE,
        column=None,
        kind=None,
        metric=asked.key,
        value=reading.value,
        severity=severity,
        sentence=_read_words(found, asked, reading) + words + ".",
        floor=floor.value if floor else None,
        floor_basis=floor.basis if floor else None,
        threshold=limit,
        within_noise=within_noise,
        rows_needed=rows_needed,
        n_reference=rows[0],
        n_production=rows[1],
        null_share_reference=shares[0],
        null_share_production=shares[1],
        band=band(asked, reading),
        interval=reading.interval,
    )


def _clearly_better(reading: Reading, limit: Threshold, floor: Floor | None) -> bool:
    """Whether a value lies so far on the better side that chance cannot hide a breach: few rows can say that much."""
    if floor is None or reading.against is None:
        return False
    return not limit.reached(limit.warning, reading.value + (floor.rows - reading.against))


def band(asked: Metric, reading: Reading) -> tuple[float, float] | None:
    """The value and three standard errors to either side, within the metric's bounds; None without an error."""
    if reading.error is None:
        return None
    low, high = asked.bounds
    return max(low, reading.value - BAND * reading.error), min(high, reading.value + BAND * reading.error)


def _read_words(found: Outcomes, asked: Metric, reading: Reading) -> str:
    """What was read, of how many rows, against what."""
    side, used = found.production, rested_on(found.production, asked)
    but = "" if used == side.labelled else " with a score" if asked.key in OF_SCORES else " with a prediction"
    noun = "row" if used == 1 else "rows"
    of = f"the {used:,} labelled {noun}{but}" + (f" of {side.rows:,}" if used < side.rows else "")
    said = f"{asked.name} of {of} is {three(reading.value)}"
    if reading.error is not None:
        said += f" ± {three(BAND * reading.error)}"
    if reading.against is not None:
        said += f" (reference {three(reading.against)})"
    return said + (f", {reading.detail}" if reading.detail else "")


def outcome_floors(of: OfWindows, windows: Sequence[Window], plan: Plan, beside: int = 0) -> WindowFloors:
    """The floors of metrics of predictions from complete windows of the reference, each held against the others.

    beside: against only so many of those that follow it, as in engine.reference.reference_floors, which tells the same.
    """
    moved: dict[str, list[float]] = {}
    for i, window in enumerate(windows):
        others = [*windows[i + 1 :], *windows[:i]]
        for metric, move in moves(of(others[:beside] if beside else others, window), plan):
            moved.setdefault(metric, []).append(move)
    found = apart_floors({key: one for key, one in moved.items() if len(one) == len(windows)}, plan.false_alarms)
    return WindowFloors(len(windows), {("", key): one for key, one in found.items()}, {})


def moves(found: Outcomes, plan: Plan) -> Iterator[tuple[str, float]]:
    """How far each judged metric of a summary lies above the reference's own value, negative below it."""
    judged = frozenset(one.key for one in METRICS_OF_OUTCOMES if plan.judges_outcomes(found, one))
    for asked, reading in readings(found, plan, judged):
        if isinstance(reading, str) or reading.against is None:
            continue
        yield asked.key, reading.value - reading.against

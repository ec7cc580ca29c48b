"""What a run says: a reading held against a threshold and a noise floor, with what is needed to check it by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import PlumblineError, plain
from engine.metrics.metric import Metric, Reading
from engine.noise import Floor, FloorBasis
from engine.summaries import ColumnSummary, Histogram


class Severity(StrEnum):
    """What a finding calls for; in RANK from least to most."""

    OK = "ok"
    INFO = "info"
    NOT_ENOUGH_DATA = "not_enough_data"
    WARNING = "warning"
    CRITICAL = "critical"
    NOT_JUDGED = "not_judged"

    @property
    def rank(self) -> int:
        """Order of urgency; not judged comes first.

        >>> Severity.CRITICAL.rank > Severity.WARNING.rank > Severity.OK.rank > Severity.NOT_JUDGED.rank
        True
        """
        return RANK.index(self)


RANK = (
    Severity.NOT_JUDGED,
    Severity.OK,
    Severity.INFO,
    Severity.NOT_ENOUGH_DATA,
    Severity.WARNING,
    Severity.CRITICAL,
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Two limits on one metric; reaching a limit breaches it. Which way is worse follows from their order.

    >>> str(Threshold(warning=0.1, critical=0.25).judge(0.1)), str(Threshold(warning=0.9, critical=0.8).judge(0.85))
    ('warning', 'warning')
    """

    warning: float
    critical: float

    def __post_init__(self) -> None:
        if self.warning == self.critical:
            raise PlumblineError(f"Warning and critical are both {self.warning}; they must differ.")

    def reached(self, level: float, value: float) -> bool:
        """Whether a value lies at a level or beyond it, on the worse side."""
        return value >= level if self.critical > self.warning else value <= level

    def judge(self, value: float) -> Severity:
        """Critical, warning or ok, by the limits alone."""
        if self.reached(self.critical, value):
            return Severity.CRITICAL
        return Severity.WARNING if self.reached(self.warning, value) else Severity.OK

    def open_in(self, interval: tuple[float, float] | None) -> bool:
        """Whether a limit lies inside an interval, so that the verdict is not proven by it."""
        return interval is not None and self.judge(interval[0]) != self.judge(interval[1])


@dataclass(frozen=True, slots=True)
class Part:
    """One bin of a finding: shares of both sides, 0 to 1, and what it adds to the score (None if not additive)."""

    label: str
    reference: float
    production: float
    part: float | None


@dataclass(frozen=True, slots=True)
class Observation:
    """One metric read on one column, before it is judged."""

    signal: str
    column: str
    kind: str
    metric: Metric
    reading: Reading
    summary: ColumnSummary


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric of one column in one slice, read and judged. metric: its key; shares: 0 to 1; n: non-null rows.

    interval: proven limits of the value; band: it and three standard errors, where chance is what leaves it open.
    """

    signal: str
    column: str | None
    kind: str | None
    metric: str
    value: float | None
    severity: Severity
    sentence: str
    p_value: float | None = None
    statistic: float | None = None
    floor: float | None = None
    floor_basis: FloorBasis | None = None
    interval: tuple[float, float] | None = None
    threshold: Threshold | None = None
    within_noise: bool = False
    rows_needed: int | None = None
    n_reference: int | None = None
    n_production: int | None = None
    null_share_reference: float | None = None
    null_share_production: float | None = None
    parts: tuple[Part, ...] | None = None
    band: tuple[float, float] | None = None

    @property
    def urgency(self) -> tuple[int, float]:
        """Sorts findings worst first when reversed: by severity, then by value over warning threshold."""
        return _urgency(self.severity, self.value, self.threshold)

    @property
    def glance(self) -> "Glance":
        """What a map shows of it."""
        return Glance(self.value, self.severity, self.threshold, self.within_noise)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a map shows of a finding: its verdict without floor, sentence and parts, which cost more to make."""

    value: float | None
    severity: Severity
    threshold: Threshold | None = None
    within_noise: bool = False

    @property
    def urgency(self) -> tuple[int, float]:
        """As that of the finding."""
        return _urgency(self.severity, self.value, self.threshold)


def _urgency(severity: Severity, value: float | None, threshold: Threshold | None) -> tuple[int, float]:
    if threshold is None or value is None or threshold.warning == 0:
        return severity.rank, 0.0
    ratio = value / threshold.warning
    return severity.rank, ratio if threshold.critical > threshold.warning else -ratio


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A question that was asked and could not be answered, and why."""

    signal: str
    column: str | None
    metric: str
    because: str


def judge(seen: Observation, threshold: Threshold | None, floor: Floor | None = None) -> Finding:
    """The finding that an observation amounts to; without a threshold it is not judged."""
    reading, quality = seen.reading, seen.summary.quality
    severity, within_noise, rows_needed = Severity.NOT_JUDGED, False, None
    if threshold is not None:
        severity, within_noise, rows_needed = verdict(reading.value, threshold, floor)
    parts = parts_of(seen.summary.histogram, reading) if seen.metric.needs is Histogram else None
    return Finding(
        signal=seen.signal,
        column=seen.column,
        kind=seen.kind,
        metric=seen.metric.key,
        value=reading.value,
        severity=severity,
        sentence=sentence(seen, parts, threshold, severity, floor, within_noise),
        p_value=reading.p_value,
        statistic=reading.statistic,
        floor=float(floor.value) if floor else None,
        floor_basis=floor.basis if floor else None,
        interval=reading.interval,
        threshold=threshold,
        within_noise=within_noise,
        rows_needed=rows_needed,
        n_reference=quality.reference.values,
        n_production=quality.production.values,
        null_share_reference=quality.reference.null_share,
        null_share_production=quality.production.null_share,
        parts=parts,
    )


def verdict(value: float, threshold: Threshold, floor: Floor | None) -> tuple[Severity, bool, int | None]:
    """Severity, whether only noise held it back, and the rows needed; the order of the cases is the rule.

    >>> verdict(0.3, Threshold(0.1, 0.25), Floor(0.4, rows=0.05, basis="reference windows"))[:2]
    (<Severity.OK: 'ok'>, True)
    """
    plain = threshold.judge(value)
    if floor is None or (plain is not Severity.OK and threshold.reached(floor.value, value)):
        return plain, False, None
    if threshold.reached(threshold.warning, floor.rows):
        return Severity.NOT_ENOUGH_DATA, False, floor.rows_needed
    return Severity.OK, plain is not Severity.OK, None


def parts_of(histogram: Histogram | None, reading: Reading) -> tuple[Part, ...] | None:
    """The bins of a reading with both shares and what each adds."""
    if histogram is None or not histogram.reference.sum() or not histogram.production.sum():
        return None
    p, q = histogram.shares
    adds: tuple[float | None, ...] = reading.parts or (None,) * len(histogram.labels)
    rows = zip(histogram.labels, p.tolist(), q.tolist(), adds, strict=True)
    return tuple(Part(label, reference, production, part) for label, reference, production, part in rows)


def three(value: float) -> str:
    """A number with three significant digits, as readers see it everywhere.

    >>> three(0.30649), three(2158.4), three(0.0)
    ('0.306', '2160', '0')
    """
    return f"{value:.3g}" if abs(value) < 1000 or abs(value) >= 1e6 else f"{float(f'{value:.3g}'):.0f}"


def sentence(
    seen: Observation, parts: tuple[Part, ...] | None, threshold: Threshold | None, severity: Severity,
    floor: Floor | None, within_noise: bool,
) -> str:  # fmt: skip
    """One sentence that says what was read, against what, and what it comes from."""
    reading, metric = seen.reading, seen.metric
    said = f"{metric.name} of {plain(seen.column)} is {three(reading.value)}"
    if reading.against is not None:
        said += f" (reference {three(reading.against)})"
    if threshold is None:
        return said + "; not judged."
    said += verdict_words(threshold, severity, floor, within_noise)
    named = f"; {reading.detail}" if metric.signal == "data_quality" and reading.detail and reading.value else ""
    return said + _largest(seen.reading, parts) + named + "."


def verdict_words(
    threshold: Threshold, severity: Severity, floor: Floor | None, within_noise: bool,
    said: Callable[[float], str] = three,
) -> str:  # fmt: skip
    """How a value lies to its thresholds and floor, to follow what was read. said: a value with its unit."""
    match severity:
        case Severity.CRITICAL:
            return f", at or beyond the critical threshold {said(threshold.critical)}"
        case Severity.WARNING:
            return f", at or beyond the warning threshold {said(threshold.warning)}"
        case Severity.NOT_ENOUGH_DATA if floor:
            few = f"; with so few rows no change at all can read {said(floor.rows)}, so it cannot be judged"
            more = f"about {floor.rows_needed:,} would do" if floor.rows_needed else "no more of them would help"
            return f"{few}: {more}"
        case Severity.OK if within_noise and floor:
            return f", beyond the warning threshold {said(threshold.warning)} but within noise ({said(floor.value)})"
        case _:
            return f", within the warning threshold {said(threshold.warning)}"


def _largest(reading: Reading, parts: tuple[Part, ...] | None) -> str:
    """The bin that adds most to a breach, in words."""
    parts = parts if reading.parts else None
    total = sum(part.part or 0.0 for part in parts or ())
    if not parts or total <= 0 or not reading.value:
        return ""
    top = max(parts, key=lambda part: part.part or 0.0)
    share = (top.part or 0.0) / total
    return f"; {share:.0%} of it is {top.label} ({top.reference:.1%} → {top.production:.1%})"

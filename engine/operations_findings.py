"""How a model was served, judged: latency, errors and throughput of a slice against thresholds and the reference.

Floors come from the reference's own windows. Where it has too few, thresholds stand alone and the finding says so; an
error rate has a floor of its rows too (Fisher's test), since one failure of thirty requests says nothing.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median

from engine.assess import unjudged_if_partial
from engine.columns import Role
from engine.findings import Finding, NotComputed, Severity, three, verdict, verdict_words
from engine.metrics import METRICS, Metric
from engine.metrics.metric import Reading
from engine.noise import Floor, displaced, displacement, window_floors
from engine.noise.rows import rate_limit, rows_needed
from engine.noise.windows import LEAST_WINDOWS
from engine.operations import Operations, Served
from engine.signals import OPERATIONS, Plan
from engine.slices import Slice, Window, unit_of
from engine.slices.against import Against
from engine.tables.operations import operations, operations_by_window
from engine.tables.sources import Dataset

JUDGED = ("latency_p95", "error_rate")  # the others have no threshold unless a monitor sets one
METRICS_OF_OPERATIONS = tuple(one for one in METRICS.values() if one.needs is Operations)
Found = tuple[list[Finding], list[NotComputed]]


def operations_findings(
    reference: Dataset,
    production: Dataset,
    held: Against,
    cut: Slice,
    plan: Plan,
    partial: bool = False,
    least: float = 0.5,
) -> Found:
    """Findings and gaps of how a slice was served; nothing where no column has the role latency or error.

    A partial window's are information. least: share of the median window's rows that a whole one holds.
    """
    asked = [one for one in METRICS_OF_OPERATIONS if plan.metrics is None or one.key in plan.metrics]
    named = [production.with_role(role) for role in (Role.LATENCY, Role.ERROR)]
    if not asked or OPERATIONS in plan.off or (plan.metrics is None and not any(named)):
        return [], []
    side = production if held.side == "production" else reference
    latency, error = (None if column is None else column.name for column in named)
    found = Operations(operations(side, held.cut), operations(production, cut), latency, error)
    unit = unit_of(cut.window) if cut.window else None
    floors: dict[str, float] = {}
    if unit and held.side == "reference" and any(reference.with_role(role) for role in (Role.LATENCY, Role.ERROR)):
        floors = operations_floors(found, operations_by_window(reference, unit, held.cut), least)
    return judged_operations(found, plan, asked, plan.alpha(reference.columns), floors, partial)


def judged_operations(
    found: Operations,
    plan: Plan,
    asked: Sequence[Metric] = METRICS_OF_OPERATIONS,
    alpha: float = 0.05,
    floors: Mapping[str, float] | None = None,
    partial: bool = False,
) -> Found:
    """Findings and gaps of a summary. floors: by metric, in its own terms, from windows; alpha: of one reading."""
    findings: list[Finding] = []
    gaps: list[NotComputed] = []
    for one in asked:
        because = one.undefined(found)
        if because:
            gaps.append(NotComputed(OPERATIONS, column_of(found, one), one.key, because))
        else:
            finding = _judged(found, one, one.compute(found), plan, alpha, (floors or {}).get(one.key))
            findings.append(unjudged_if_partial(finding, partial))
    return findings, gaps


def column_of(found: Operations, asked: Metric) -> str | None:
    """The column that a metric is read on; none for throughput."""
    if asked.key.startswith("latency"):
        return found.latency
    return found.error if asked.key == "error_rate" else None


def is_judged(plan: Plan, asked: Metric) -> bool:
    """Whether a metric is judged: the usual two, what was asked for by name, and what has a threshold of its own."""
    if plan.metrics is not None:
        return asked.key in plan.metrics
    return asked.key in JUDGED or any(pattern.rpartition(".")[2] == asked.key for pattern in plan.thresholds)


def operations_floors(found: Operations, windows: Mapping[Window, Served], least: float = 0.5) -> dict[str, float]:
    """What each metric may read when nothing changed, by how far the reference's own windows lie from all of it.

    Latency and throughput differ by factors, error rates on the arcsine scale. None from fewer than six whole windows.
    The three are kept apart: an error rate of a few rows a window jumps, and must not blunt what is said of latency.
    """
    filled = [one for one in windows.values() if one.rows]
    usual = median([one.rows for one in filled]) if filled else 0
    whole = [one for one in filled if one.rows >= least * usual]
    moves: dict[tuple[str, str], list[float]] = {}
    for asked in METRICS_OF_OPERATIONS:
        sides = [Operations(found.reference, one, found.latency, found.error) for one in whole]
        if not any(asked.undefined(one) for one in sides):
            values = [(reading.value, reading.against) for reading in map(asked.compute, sides)]
            moves[("", asked.key)] = [_move(asked, value, against) for value, against in values]
    by: dict[tuple[str, str], float] = {}
    for family in ("latency", "error_rate", "throughput"):
        own = {key: values for key, values in moves.items() if key[1].startswith(family)}
        by |= window_floors(own, dict.fromkeys(own, family)).floors
    made = {}
    for (_, name), far in by.items():
        before = METRICS[name].compute(Operations(found.reference, found.reference, found.latency, found.error)).value
        if name == "error_rate":
            made[name] = displaced(before, far)
        else:
            made[name] = before * math.exp(far if METRICS[name].worse == "higher" else -far)
    return made


def _move(asked: Metric, value: float, against: float | None) -> float:
    """How far a window lies from the reference, whichever way."""
    if against is None:
        return 0.0
    if asked.key == "error_rate":
        return abs(displacement(value, against))
    return abs(math.log(value / against)) if value > 0 and against > 0 else 0.0


def _floor(found: Operations, asked: Metric, alpha: float, warning: float, apart: float | None) -> Floor | None:
    harmless = 0.0 if asked.worse == "higher" else math.inf  # latencies have no row-wise floor
    before, now = found.reference, found.production
    if asked.key == "error_rate" and before.told:
        limit = rate_limit(before.failed, before.told, now.failed, now.told, alpha)
        needed = rows_needed(limit, limit.value, warning) if 0 < warning <= limit.value else None
        if apart is None or apart <= limit.value:
            return Floor(limit.value, limit.value, limit.basis, needed)
        return Floor(apart, limit.value, "reference windows", needed)
    return None if apart is None else Floor(apart, harmless, "reference windows")


def _judged(
    found: Operations, asked: Metric, reading: Reading, plan: Plan, alpha: float, apart: float | None
) -> Finding:
    column = column_of(found, asked)
    limit = plan.limits(column or "", asked, reading) if is_judged(plan, asked) else None
    floor = None if limit is None else _floor(found, asked, alpha, limit.warning, apart)
    severity, within_noise, needed = Severity.NOT_JUDGED, False, None
    if limit is not None:
        severity, within_noise, needed = verdict(reading.value, limit, floor)
    words = "; not judged" if limit is None else verdict_words(
        limit, severity, floor, within_noise, lambda value: _said(asked, value)
    )  # fmt: skip
    if limit is not None and apart is None:
        words += f"; a threshold without a window floor, which takes {LEAST_WINDOWS} whole windows of the reference"
    return Finding(
        signal=OPERATIONS,
        column=column,
        kind=None,
        metric=asked.key,
        value=reading.value,
        severity=severity,
        sentence=f"{_read_words(found, asked, reading)}{words}.",
        floor=floor.value if floor else None,
        floor_basis=floor.basis if floor else None,
        threshold=limit,
        within_noise=within_noise,
        rows_needed=needed,
        n_reference=_counted(found.reference, asked),
        n_production=_counted(found.production, asked),
    )


def _counted(side: Served, asked: Metric) -> int:
    """Rows that a reading rests on."""
    if asked.key.startswith("latency"):
        return side.timed
    return side.told if asked.key == "error_rate" else side.rows


def _read_words(found: Operations, asked: Metric, reading: Reading) -> str:
    """What was read, of how many rows, against what."""
    rows = _counted(found.production, asked)
    before = "" if reading.against is None else f" (reference {_said(asked, reading.against)})"
    return f"{asked.name} of {rows:,} {'row' if rows == 1 else 'rows'} is {_said(asked, reading.value)}{before}"


def _said(asked: Metric, value: float) -> str:
    """A value, a threshold or a floor in one unit, so that all of a sentence can be compared."""
    if asked.key.startswith("latency"):
        return f"{three(value)} ms"
    return f"{three(100 * value)} %" if asked.key == "error_rate" else f"{three(value)} requests an hour"

"""Service-level objectives: which share of readings stayed where it was promised, and how fast the rest is used up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.findings import Severity, Threshold, three
from engine.metrics import metric
from engine.monitor import Monitor
from engine.monitor.policy import Objective
from engine.policy.columns import which
from engine.policy.judging import rejudged
from engine.policy.persist import AT_ONCE
from engine.record import Record

NEAR_ENOUGH = 1e-9  # 0.05 × 20 is one, whatever the last digit says


@dataclass(frozen=True, slots=True)
class Budget:
    """How a promise stands. readings: judged ones (column × window); bad: those beyond the level and beyond noise.

    unknown: those nobody can judge: partial windows, too few rows, not computed. allowed: how many may be bad, of as
    many readings; left: share of that which is not used up, negative where it is overdrawn. burn: how many times as
    fast as allowed the last window used it; None where that window has no judged reading.
    """

    objective: Objective
    readings: int
    bad: int
    unknown: int
    allowed: float
    left: float
    burn: float | None
    severity: Severity
    sentence: str


def budgets(line: Sequence[Record], monitor: Monitor, ranks: Sequence[str] = ()) -> tuple[Budget | str, ...]:
    """Every objective of a monitor over the windows up to the last one, or why it cannot be told."""
    return tuple(budget(line, one, ranks, monitor.policy.important) for one in monitor.policy.objectives)


def budget(
    line: Sequence[Record], asked: Objective, ranks: Sequence[str] = (), important: str | Sequence[str] = "top 5"
) -> Budget | str:
    """One objective over the windows that end within its time, or why it cannot be told.

    A reading counts as bad when it is at or beyond the level and beyond its noise floor; those that are not judged
    count as neither. line: one run a window, oldest first.
    """
    if not line or line[-1].window is None:
        return "no window was recorded"
    end = line[-1].window.end
    recent = [one for one in line if one.window is not None and one.window.end > end - asked.span]
    found = metric(asked.metric)
    names = {one.column for record in recent for one in record.findings if one.column}
    columns = which(asked.columns, names | {*ranks}, ranks, important)
    if isinstance(columns, str):
        return columns
    toward = asked.level + (1 if found.worse == "higher" else -1) * (abs(asked.level) or 1.0)
    limit = Threshold(asked.level, toward)
    per: list[tuple[int, int]] = []
    unknown = 0
    for record in recent:
        good = bad = 0
        for one in record.findings:
            if one.metric != found.key or (found.kinds and one.column not in columns) or one.value is None:
                continue
            severity = rejudged(one, limit) if one.severity is not Severity.NOT_JUDGED else limit.judge(one.value)
            if severity is Severity.NOT_ENOUGH_DATA or (record.partial and one.signal not in AT_ONCE):
                unknown += 1
            elif severity is Severity.OK:
                good += 1
            else:
                bad += 1
        unknown += sum(gap.metric == found.key and (not found.kinds or gap.column in columns)
                       for gap in record.not_computed)  # fmt: skip
        per.append((good + bad, bad))
    readings, bad = (sum(row[i] for row in per) for i in (0, 1))
    if not readings:
        return f"no reading of {found.key} could be judged in {len(recent)} windows"
    allowed = (1 - asked.share) * readings
    left = 1 - bad / allowed
    n, last = per[-1]
    burn = (last / n) / (1 - asked.share) if n else None
    severity = Severity.OK
    if left < -NEAR_ENOUGH:
        severity = Severity.CRITICAL
    elif bad and (left <= NEAR_ENOUGH or (burn or 0.0) > 1):
        severity = Severity.WARNING
    said = _words(asked, found.key, readings, bad, allowed, unknown, burn)
    return Budget(asked, readings, bad, unknown, allowed, left, burn, severity, said)


def _words(
    asked: Objective, key: str, readings: int, bad: int, allowed: float, unknown: int, burn: float | None
) -> str:
    side = "below" if asked.below is not None else "above"
    name = f"{asked.name}: " if asked.name else ""
    said = f"{name}{bad} of {readings} readings of {key} in {asked.of} did not stay {side} {three(asked.level)}; "
    whole = math.floor(allowed + NEAR_ENOUGH)
    said += f"{whole} may" if whole else f"at {asked.share:.4g} none may"
    if bad > whole:
        said += f", so the budget is overdrawn by {bad - whole}"
    elif whole:
        said += f", {whole - bad} left"
    if burn:
        said += f"; the last window used it {three(burn)} times as fast as allowed"
    if unknown:
        said += f"; {unknown} could not be judged and count as neither"
    return said + "."

"""The limits that a recorded reading would have had under other levels: relative ones need the reference's own value.

That value is not on record, but the limits are: what was added to it, or what share of it, is undone.
"""

from dataclasses import replace
from math import inf, isclose, nextafter

from engine.findings import Finding, Threshold
from engine.metrics.metric import Metric
from engine.signals import Level

Levels = tuple[Level, Level]  # warning, critical
CLOSE = 1e-9


def relimited(finding: Finding, asked: Metric, before: Levels, after: Levels) -> Threshold | None:
    """The limits of a recorded finding under other levels; None where nobody can tell what they are relative to.

    before: the levels that it is thought to have been judged by; where they do not give the limits that are on record,
    it was judged by others, and nothing relative can be told.

    >>> from engine.findings import Severity
    >>> from engine.metrics import metric
    >>> limits = Threshold(0.21, 0.25)
    >>> found = Finding("data_quality", "x", "numeric", "null_rate", 0.3, Severity.OK, "", threshold=limits)
    >>> relimited(found, metric("null_rate"), (Level(0.01, "+"), Level(0.05, "+")), (Level(0.05, "+"), Level(0.5)))
    Threshold(warning=0.25, critical=0.5)
    """
    limits = finding.threshold
    if limits is None:
        return None
    if asked.two_sided and limits.critical < limits.warning:  # the value had fallen
        before, after = _turned(before), _turned(after)
    against: float | None = None
    scale: float | None = None
    if any(level.relative for level in after):
        known = base(limits, before, asked)
        if known is None:
            return None
        against, scale = known
    warning, critical = (level.at(against or 0.0, scale) for level in after)
    if warning == critical:
        warning = nextafter(warning, inf if asked.worse == "higher" else -inf)
        critical = nextafter(warning, inf if asked.worse == "higher" else -inf)
    return Threshold(warning, critical)


def base(limits: Threshold, levels: Levels, asked: Metric) -> tuple[float, float] | None:
    """What limits are relative to: the reference's value, and what shares are of; None where they do not tell.

    >>> from engine.metrics import metric
    >>> base(Threshold(0.51, 0.525), (Level(0.02, "%"), Level(0.05, "%")), metric("log_loss"))
    (0.5, 0.5)
    """
    warning, critical = levels
    against: float | None = None
    if warning.relative == critical.relative == "%":
        scale = (limits.critical - limits.warning) / (critical.amount - warning.amount)
        against = limits.warning - scale * warning.amount
        own = asked.two_sided or isclose(scale, abs(against), rel_tol=1e-6, abs_tol=CLOSE)
        return (_tidy(against), _tidy(scale)) if own and scale >= 0 else None
    for level, limit in ((warning, limits.warning), (critical, limits.critical)):
        if level.relative == "+":
            against = limit - level.amount
    if against is None:
        return None
    again = tuple(level.at(against) for level in levels)
    same = all(
        isclose(one, two, abs_tol=CLOSE) for one, two in zip(again, (limits.warning, limits.critical), strict=True)
    )
    return (_tidy(against), abs(_tidy(against))) if same else None


def _turned(levels: Levels) -> Levels:
    return replace(levels[0], amount=-levels[0].amount), replace(levels[1], amount=-levels[1].amount)


def _tidy(value: float) -> float:
    """Without the last digits, which subtraction made up."""
    return float(f"{value:.12g}")

"""Thresholds of a monitor file that can be seen to be wrong without any data."""

from collections.abc import Iterator

from engine.metrics import Metric, metric
from engine.monitor.model import Limits, Monitor
from engine.signals import Level

Row = tuple[str, str, str | None, str]  # field, message, hint, severity


def limit_problems(monitor: Monitor) -> Iterator[Row]:
    """Thresholds that are equal, point the wrong way, or can never or always be reached."""
    for pattern, limits in monitor.thresholds.items():
        found = metric(pattern.rpartition(".")[2])
        warning, critical = Level.parse(limits.warning), Level.parse(limits.critical)
        if warning.relative == critical.relative:
            yield from _order(f"thresholds.{pattern}", found, warning, critical)
        yield from _reach(f"thresholds.{pattern}", found, limits)


def _order(field: str, found: Metric, warning: Level, critical: Level) -> Iterator[Row]:
    if warning.amount == critical.amount:
        yield field, "warning and critical are equal", "Critical must be the worse one.", "error"
    elif (critical.amount > warning.amount) != (found.worse == "higher"):
        worse = f"{found.name} is worse when it is {found.worse}"
        yield field, f"points the wrong way: {worse}", "Exchange the two limits.", "error"


def _reach(field: str, found: Metric, limits: Limits) -> Iterator[Row]:
    low, high = found.bounds
    for name in ("warning", "critical"):
        level = Level.parse(getattr(limits, name))
        if level.relative:
            continue
        if not low <= level.amount <= high:
            fires = "never" if level.amount > high else "always"
            said = f"{level.amount:g} lies outside {low:g} to {high:g}: it would {fires} fire"
            yield f"{field}.{name}", said, None, "error"
        elif level.amount == (low if found.worse == "higher" else high):
            yield f"{field}.{name}", f"{level.amount:g} always fires: no change reads so", None, "warning"

"""Limits moved to where they are quieter: all of them by one factor, or those of one finding above its readings."""

from collections.abc import Mapping

from engine.metrics import METRICS, Metric, metric
from engine.monitor import Monitor
from engine.monitor.edit import Written
from engine.policy.persist import AT_ONCE, FINE, UNKNOWN
from engine.policy.relimit import base
from engine.policy.tracks import Track
from engine.signals import PERFORMANCE, Level

USUAL = 0.5  # share of its windows from which on a finding is in alarm as a rule: then its limits are what is wrong
OFTEN = 0.9  # of such a finding's own readings, this share is to lie below its new warning
BEYOND = 1.05  # times those readings, so that they do not lie on it
ROOM = 0.95  # of a metric's range: limits do not go beyond, or nothing could reach them


def scaled(monitor: Monitor, known: Mapping[str, Track], factor: float) -> dict[str, Written]:
    """The limits of drift, performance and operations times a factor, by pattern as the monitor file has it.

    A limit moves away from what no change reads. known: findings that were judged; limits of metrics that none of them
    has are left alone, and so are those of data quality.
    """
    if factor == 1.0:
        return {}
    keys = {one.metric for one in known.values() if one.signal not in AT_ONCE and one.metric in METRICS}
    made: dict[str, Written] = {}
    for key in sorted(keys):
        mine = [pattern for pattern in monitor.thresholds if metric(pattern.rpartition(".")[2]).key == key]
        general = next((pattern for pattern in mine if "." not in pattern), key)
        for pattern in dict.fromkeys([general, *mine]):
            limits = monitor.thresholds.get(pattern)
            levels = (Level.parse(limits.warning), Level.parse(limits.critical)) if limits else _usual(METRICS[key])
            made[pattern] = _pair(METRICS[key], *(_moved(METRICS[key], level, factor) for level in levels))
    return made


def raised(monitor: Monitor, track: Track) -> Written | None:
    """Limits of its own for a finding that is in alarm as a rule, above most of its readings; None where it is not.

    Critical lies as many times further from no change as it did. None, too, where the record does not tell what its
    limits are relative to, or where its readings leave no room below the metric's bound.
    """
    judged = [i for i, level in enumerate(track.levels) if level != UNKNOWN]
    asked = METRICS.get(track.metric)
    if asked is None or sum(track.counts[i] > FINE for i in judged) <= USUAL * len(judged):
        return None
    target = monitor.columns.target if isinstance(monitor.columns.target, str) else ""
    levels = monitor.plan.levels(track.column or (target if track.signal == PERFORMANCE else ""), asked)
    away, against, sign = [], 0.0, 1 if asked.worse == "higher" else -1
    for i in judged:
        one = track.findings[i]
        if one is None or one.value is None or one.threshold is None:
            continue
        known = base(one.threshold, levels, asked) if levels[0].relative else (_best(asked), 1.0)
        if known is None or (levels[0].relative == "%" and not known[1]):
            return None
        against = max(against, known[0])
        moved = sign * (one.value - known[0])  # what reads better is no room that limits need
        away.append(
            (abs(moved) if asked.two_sided else max(moved, 0.0)) / (known[1] if levels[0].relative == "%" else 1.0)
        )
    if not away or levels[0].relative != levels[1].relative:
        return None
    away.sort()
    far = away[min(int(OFTEN * len(away)), len(away) - 1)]
    zero = 0.0 if levels[0].relative else _best(asked)
    steps = [abs(level.amount - zero) for level in levels]
    if not steps[0] or far <= steps[0]:
        return None
    near = far * BEYOND
    most = near * steps[1] / steps[0]
    if levels[0].relative == "+":
        room = ROOM * asked.bounds[1] - against
        if near >= ROOM * room:
            return None
        most = min(most, room)
    return _pair(asked, *(Level(zero + sign * one, levels[0].relative) for one in (near, most)))


def _usual(asked: Metric) -> tuple[Level, Level]:
    relative = ("%" if asked.by_share else "+") if asked.relative else ""
    return Level(asked.warning, relative), Level(asked.critical, relative)


def _best(asked: Metric) -> float:
    """What no change reads, where limits are levels: the better end of the metric's range."""
    low, high = asked.bounds
    return low if asked.worse == "higher" else high


def _moved(asked: Metric, level: Level, factor: float) -> Level:
    zero = 0.0 if level.relative else _best(asked)
    return Level(zero + (level.amount - zero) * factor, level.relative)


def _pair(asked: Metric, warning: Level, critical: Level) -> Written:
    """Two limits as a monitor file writes them, within what the metric can reach."""
    if not critical.relative and not warning.relative:
        low, high = asked.bounds
        worst, best = (high, low) if asked.worse == "higher" else (low, high)
        reach = abs(worst - best)
        if reach < float("inf"):
            sign = 1 if worst > best else -1
            far = min(abs(critical.amount - best), ROOM * reach)
            near = min(abs(warning.amount - best), ROOM * far)
            warning, critical = Level(best + sign * near), Level(best + sign * far)
    return _written(warning), _written(critical)


def _written(level: Level) -> float | str:
    """A level as a monitor file writes it, with three significant digits.

    >>> _written(Level(0.0512345, "%")), _written(Level(0.1, "+")), _written(Level(0.25))
    ('5.12 %', '+0.1', 0.25)
    """
    if level.relative == "%":
        return f"{100 * level.amount:.3g} %"
    return f"{level.amount:+.3g}" if level.relative else float(f"{level.amount:.3g}")

"""One verdict per baseline, and what they say together: other than training, or other than last week, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from engine.findings import Severity
from engine.monitor import Monitor
from engine.policy.case import baselines
from engine.policy.timeline import REFERENCE, counterpart
from engine.policy.verdict import TABLE, Action, Verdict, verdict
from engine.record import Decision, Record

URGENCY = tuple(dict.fromkeys(row.action for row in TABLE))
ALARMS = (Severity.WARNING, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Joint:
    """verdicts: baseline -> its verdict on its last window; missing: baselines of which no window was recorded.

    severity, action: the worst of all ("any"), or what all agree on at least ("all"), as policy.baselines says.
    """

    verdicts: dict[str, Verdict]
    missing: tuple[str, ...]
    severity: Severity
    action: Action
    sentence: str


def joint(
    records: Sequence[Record],
    monitor: Monitor,
    decisions: Sequence[Decision] = (),
    *,
    cohort: str = "",
    today: date | None = None,
    ranks: Sequence[str] = (),
    units: Sequence[str] = (),
) -> Joint | None:
    """The verdicts of all of a monitor's baselines on their last windows; None where none was recorded."""
    found = {
        name: one for name in baselines(monitor)
        if (one := verdict(records, monitor, decisions, against=name, cohort=cohort, today=today, ranks=ranks,
                           units=units)) is not None
    }  # fmt: skip
    if not found:
        return None
    missing = tuple(name for name in baselines(monitor) if name not in found)
    worst = max if monitor.policy.baselines == "any" else min
    severity = worst((one.severity for one in found.values()), key=lambda one: one.rank)
    places = [URGENCY.index(one.action) for one in found.values()]
    action = URGENCY[min(places) if monitor.policy.baselines == "any" else max(places)]
    return Joint(found, missing, severity, action, _words(found, missing))


def _words(found: dict[str, Verdict], missing: tuple[str, ...]) -> str:
    """What the verdicts say together, in one sentence, and what is missing in another."""
    bad = [name for name, one in found.items() if one.severity in ALARMS]
    good = [name for name in found if name not in bad]
    if not bad:
        said = f"In order against {' and '.join(good)}."
    elif not good:
        said = f"In alarm against {' and '.join(bad)}."
    else:
        said = f"In alarm against {' and '.join(bad)}, in order against {' and '.join(good)}"
        old = [counterpart(name) == REFERENCE for name in bad]
        if all(old):
            said += ": it is not what it was trained on, and has stopped moving."
        elif not any(old) and any(counterpart(name) == REFERENCE for name in good):
            said += ": it moves within what it was trained on."
        else:
            said += "."
    windows = {one.window for one in found.values()}
    if len(windows) > 1:
        said += f" They are about different windows: {', '.join(sorted(windows))}."
    return said + (f" Not recorded against {' and '.join(missing)}." if missing else "")

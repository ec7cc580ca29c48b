"""Persistence: what a finding counts as, when it must hold in k of the last w windows before it counts.

A window in which a finding could not be judged – too few rows, a partial window, not computed – neither confirms nor
clears it: it is not among the w. A finding that reads fine again is over at once, whatever the windows before.
"""

from collections.abc import Sequence

from engine.findings import Finding, Severity
from engine.record import Record

AT_ONCE = ("data_quality", "schema")  # what is broken is broken the first time, in a partial window too
UNKNOWN, FINE, WARNING, CRITICAL = -1, 0, 1, 2
LEVELS = {Severity.WARNING: WARNING, Severity.CRITICAL: CRITICAL, Severity.OK: FINE, Severity.INFO: FINE}
SEVERITIES = {
    UNKNOWN: Severity.NOT_ENOUGH_DATA,
    FINE: Severity.OK,
    WARNING: Severity.WARNING,
    CRITICAL: Severity.CRITICAL,
}


def counted(levels: Sequence[int], k: int, w: int) -> tuple[int, ...]:
    """What each window's level counts as: the highest that k of the last w judged windows reach, itself among them.

    >>> counted([CRITICAL, FINE, WARNING, CRITICAL, FINE], 2, 3)
    (0, 0, 1, 1, 0)
    >>> counted([WARNING, UNKNOWN, WARNING], 2, 2)
    (0, -1, 1)
    """
    found, judged = [], []
    for level in levels:
        if level == UNKNOWN:
            found.append(UNKNOWN)
            continue
        judged.append(level)
        last = sorted(judged[-w:], reverse=True)
        found.append(min(level, last[k - 1]) if len(last) >= k else FINE)
    return tuple(found)


def level_of(finding: Finding | None, record: Record) -> int:
    """How a finding reads in a run, as a level; unknown where it is not there or could not be judged."""
    if finding is None or finding.severity in (Severity.NOT_ENOUGH_DATA, Severity.NOT_JUDGED):
        return UNKNOWN
    if record.partial and finding.signal not in AT_ONCE:
        return UNKNOWN
    return LEVELS[finding.severity]

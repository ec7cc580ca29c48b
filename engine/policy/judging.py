"""Recorded readings held against other thresholds, without the data: the value and its floor are on record.

The rule is that of findings.verdict. A floor that rests on rows is on record as such; of one that rests on the
reference's windows only the larger part is, so whether too few rows or the windows' noise holds a reading back is known
only as far as the record tells. Neither is an alarm, so alarms are the same as a new run would give.
"""

from engine.findings import Finding, Severity, Threshold

BY_WINDOWS = "reference windows"


def rejudged(finding: Finding, threshold: Threshold) -> Severity:
    """The severity of a recorded reading under other limits; as it is where it has no value.

    >>> one = Finding("data_drift", "x", "numeric", "psi", 0.3, Severity.CRITICAL, "", floor=0.2, floor_basis="draws",
    ...               threshold=Threshold(0.1, 0.25))
    >>> [str(rejudged(one, limits)) for limits in (Threshold(0.1, 0.5), Threshold(0.4, 0.5), Threshold(0.1, 0.3))]
    ['warning', 'ok', 'critical']
    """
    if finding.value is None or finding.severity is Severity.NOT_JUDGED:
        return finding.severity
    plain, floor = threshold.judge(finding.value), finding.floor
    if floor is None or (plain is not Severity.OK and threshold.reached(floor, finding.value)):
        return plain
    return Severity.NOT_ENOUGH_DATA if _too_few(finding, threshold, floor) else Severity.OK


def _too_few(finding: Finding, threshold: Threshold, floor: float) -> bool:
    """Whether the floor of rows alone reaches the warning."""
    if finding.floor_basis != BY_WINDOWS:
        return threshold.reached(threshold.warning, floor)
    if not threshold.reached(threshold.warning, floor):
        return False  # the floor of rows is smaller still
    return finding.severity is Severity.NOT_ENOUGH_DATA

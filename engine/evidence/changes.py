"""What changed between two runs: findings that are new, worse, better, recovered, still there, or not judged now."""

from collections.abc import Mapping
from typing import Any

from engine.findings import Severity
from engine.look import PARTIAL
from engine.policy.persist import AT_ONCE

UNKNOWN = "cannot be judged now"
CHANGES = ("new", "worse", "persisting", "better", UNKNOWN, "recovered", "gone")  # in the order in which they are shown
NOT_JUDGED = (str(Severity.NOT_ENOUGH_DATA), str(Severity.NOT_JUDGED))
CALLS = (str(Severity.WARNING), str(Severity.CRITICAL))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a finding that was or is at warning or critical, in order of urgency. before, after: documents of runs.

    change: new, worse, better, persisting, recovered, gone (not asked or not computed any more), or cannot be judged
    now: of too few rows, or in a partial window, nothing recovers.

    >>> def run(severity):
    ...     found = {"signal": "data_drift", "column": "x", "metric": "psi", "value": 0.3, "severity": severity}
    ...     return {"findings": [found]}
    >>> [one["change"] for one in changes(run("warning"), run("critical"))]
    ['worse']
    """
    old, new = _named(before), _named(after)
    partial = PARTIAL in after.get("notes", ())
    found = []
    for key in sorted({*old, *new}, key=lambda one: tuple(part or "" for part in one)):
        first, second = old.get(key), new.get(key)
        was, now = (one is not None and one["severity"] in CALLS for one in (first, second))
        if not (was or now):
            continue
        found.append(
            {
                "signal": key[0],
                "column": key[1],
                "metric": key[2],
                "change": _change(first, second, partial),
                "before": _said(first),
                "after": _said(second),
            }
        )
    order = {name: i for i, name in enumerate(CHANGES)}
    return sorted(
        found, key=lambda one: (order[one["change"]], -_rank(new.get((one["signal"], one["column"], one["metric"]))))
    )


def _named(document: Mapping[str, Any]) -> dict[tuple[str, str | None, str], Mapping[str, Any]]:
    return {(one["signal"], one["column"], one["metric"]): one for one in document["findings"]}


def _rank(finding: Mapping[str, Any] | None) -> int:
    return -1 if finding is None else Severity(finding["severity"]).rank


def _change(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None, partial: bool) -> str:
    if second is None:
        return "gone"
    if second["severity"] not in CALLS:
        unjudged = partial and second["signal"] not in AT_ONCE
        return UNKNOWN if unjudged or second["severity"] in NOT_JUDGED else "recovered"
    if first is None or first["severity"] not in CALLS:
        return "new"
    step = _rank(second) - _rank(first)
    return "worse" if step > 0 else "better" if step < 0 else "persisting"


def _said(finding: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if finding is None else {"severity": finding["severity"], "value": finding["value"]}

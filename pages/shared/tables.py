"""Findings laid out for reading, a row a column or a row a metric; nothing is computed here."""

from collections.abc import Mapping
from typing import Any

from engine.findings import Finding, NotComputed, Severity
from engine.metrics import METRICS
from engine.run import Run
from pages.shared.attributed import consequences_in, verdict_of
from pages.shared.histories import traced_in
from pages.shared.view import View
from pages.shared.words import mark, number

CALLS = (Severity.CRITICAL, Severity.WARNING)  # severities that call for somebody
TRACED = 300  # columns up to which the metric over time stands beside each: of 2,000 it takes a minute to read
SHOWN = {  # column heading -> metric, in the order they are read
    "PSI": "psi",
    "Wasserstein": "wasserstein",
    "KS": "kolmogorov_smirnov",
    "JS": "jensen_shannon",
    "Null rate": "null_rate",
}


def worst_columns(run: Run, most: int) -> list[Finding]:
    """The worst finding of each column that calls for somebody, worst first."""
    found: dict[str, Finding] = {}
    for one in run.worst():
        if one.severity in CALLS and one.column:
            found.setdefault(one.column, one)
    return list(found.values())[:most]


def column_rows(view: View, run: Run, metric: str) -> list[dict[str, Any]]:
    """One row a column, worst first: what was read, and the history of one metric."""
    by_column: dict[str, list[Finding]] = {}
    for finding in run.worst():
        by_column.setdefault(finding.column or "", []).append(finding)
    lines = traced_in(view, metric) if view.opened.windows and len(view.opened.columns) <= TRACED else None
    amounts = {one.column: verdict_of(one) for one in consequences_in(view)}
    rows = []
    for column in view.opened.columns:
        mine = by_column.get(column.name, [])
        top = mine[0] if mine else None
        values = {one.metric: one.value for one in mine}
        row: dict[str, Any] = {
            "Column": column.name,
            "Status": mark(top.severity if top else Severity.NOT_JUDGED),
            "Kind": str(column.kind),
            "Role": str(column.role),
            "Amounts to": amounts.get(column.name, ""),
            **{heading: values.get(key) for heading, key in SHOWN.items()},
            "Worst": top.sentence if top and top.severity is not Severity.NOT_JUDGED else "",
        }
        if lines is not None:
            row["Weeks"] = [value or 0.0 for value in lines[column.name]]
        rows.append((top.urgency if top else (-1, 0.0), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0], reverse=True)]


def metrics_of(view: View, column: str) -> list[str]:
    """Keys of the metrics that fit a column, judged ones first."""
    kind = view.opened.reference.column(column).kind
    fit = [key for key, one in METRICS.items() if kind in one.kinds]
    return sorted(fit, key=lambda key: (key not in view.judged, METRICS[key].signal == "data_quality", key != "psi"))


def number_rows(findings: Mapping[str, Finding | NotComputed]) -> list[dict[str, object]]:
    """Every metric of one column, with what it was held against."""
    rows = []
    for key, one in findings.items():
        row: dict[str, object] = {"Metric": METRICS[key].name if key in METRICS else key.replace("_", " ")}
        if isinstance(one, Finding):
            limits = one.threshold
            row |= {
                "Value": number(one.value),
                "Interval": "exact" if one.interval is None else " – ".join(number(end) for end in one.interval),
                "Warning": number(limits.warning if limits else None),
                "Critical": number(limits.critical if limits else None),
                "Floor": number(one.floor),
                "Status": mark(one.severity),
                "In words": one.sentence,
            }
        else:
            row |= {"Value": "–", "Status": "– not computed", "In words": one.because}
        rows.append(row)
    return rows

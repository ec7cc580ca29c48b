"""Findings laid out for reading: per signal, per column, over windows. Nothing is computed here but counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.findings import Finding, NotComputed, Severity
from engine.metrics import METRICS
from engine.run import Run
from engine.signals import PERFORMANCE, SIGNALS, Signal, signal_of
from pages.shared.outcomes import judged_of_predictions, performance_over
from pages.shared.view import View
from pages.shared.words import mark, number

OF_METRICS = (PERFORMANCE, "attribution_drift", "operations")  # signals whose findings are of metrics, not of columns
CALLS = (Severity.CRITICAL, Severity.WARNING)  # severities that call for somebody
SHOWN = {  # column heading -> metric, in the order they are read
    "PSI": "psi",
    "Wasserstein": "wasserstein",
    "KS": "kolmogorov_smirnov",
    "JS": "jensen_shannon",
    "Null rate": "null_rate",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One signal on the overview. of: what it counts; over: those that call for somebody, per window, or None."""

    signal: Signal
    counts: dict[Severity, int]
    called: int
    columns: int
    over: list[int] | None
    of: str = "column"


def cards(view: View, run: Run) -> list[Card]:
    """One card a signal, in the order of the signals."""
    over = called_over_windows(view)
    found = []
    for key, signal in SIGNALS.items():
        mine = [one for one in run.findings if one.signal == key]
        judged = [one for one in mine if one.severity is not Severity.NOT_JUDGED]
        named = [one for one in judged if one.column]  # volume is of no column
        called = {one.column for one in named if one.severity in CALLS}
        columns = {one.column for one in named} if key != "schema" else {c.name for c in view.opened.columns}
        counts = Counter(one.severity for one in judged)
        if key in OF_METRICS:  # of no column: predictions, or requests
            called, columns = {one.metric for one in judged if one.severity in CALLS}, {one.metric for one in judged}
        of = "metric" if key in OF_METRICS else "column"
        found.append(Card(signal, dict(counts), len(called), len(columns), over.get(key), of))
    return found


def called_over_windows(view: View) -> dict[str, list[int]]:
    """Per signal, how many columns are at warning or beyond in each window."""
    windows = len(view.opened.windows)
    if not windows:
        return {}
    seen: dict[str, list[set[str]]] = {}
    columns = {column.name: column for column in view.opened.columns}
    for key in view.judged:
        cells = view.history(key).cells
        for (name, i), found in cells.items():
            signal = signal_of(columns[name], METRICS[key])
            each = seen.setdefault(signal, [set() for _ in range(windows)])
            if isinstance(found, Finding) and found.severity in CALLS:
                each[i].add(name)
    found = {signal: [len(names) for names in each] for signal, each in seen.items()}
    for metric in judged_of_predictions(view):
        history = performance_over(view, metric)
        if not isinstance(history, str):
            called = [isinstance(one, Finding) and one.severity in CALLS for one in history.found]
            before = found.get(PERFORMANCE, [0] * windows)
            found[PERFORMANCE] = [n + yes for n, yes in zip(before, called, strict=True)]
    return found


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
    history = view.history(metric) if view.opened.windows else None
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
            **{heading: values.get(key) for heading, key in SHOWN.items()},
            "Worst": top.sentence if top and top.severity is not Severity.NOT_JUDGED else "",
        }
        if history is not None:
            row["Weeks"] = [value or 0.0 for value in history.values(column.name)]
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

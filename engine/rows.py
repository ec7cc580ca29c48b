"""What is wrong with rows as such: ids that come twice, too many or too few rows in a window, and data that stopped.

Each check is a row of the run like any other finding; what it needs and does not find is told as not computed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from statistics import median

import numpy as np

from engine.columns import Role
from engine.findings import Finding, NotComputed, Severity, Threshold, three
from engine.slices import Slice, Window, moment_sql, quoted
from engine.tables.sources import Dataset

DUPLICATES = Threshold(0.001, 0.01)  # share of rows whose id another row of the slice has already
VOLUME = Threshold(1.0, 2.0)  # doublings or halvings of the usual number of rows: twice, four times
FRESHNESS = Threshold(0.25, 0.5)  # share of the window that has passed since the newest row

Rows = tuple[list[Finding], list[NotComputed]]


def row_findings(production: Dataset, cut: Slice, volumes: Mapping[Window, int], partial: bool) -> Rows:
    """Duplicates, volume and freshness of a slice. volumes: rows of all of production per calendar window."""
    found, gaps = _duplicates(production, cut)
    for more, missing in (_volume(cut, volumes, partial), _freshness(production, cut, partial)):
        found += more
        gaps += missing
    return found, gaps


def _duplicates(production: Dataset, cut: Slice) -> Rows:
    column = production.with_role(Role.ID)
    if column is None:
        return _not("duplicate_rate", "no column has the role id")
    condition, values = production.where(cut)
    name = quoted(column.name)
    sql = f"SELECT count({name}) AS n, count(DISTINCT {name}) AS ids FROM {production.scan} WHERE {condition}"
    row = production.query(sql, values).to_pylist()[0]
    if not row["n"]:
        return _not("duplicate_rate", "the production slice has no id")
    share = (row["n"] - row["ids"]) / row["n"]
    said = f"{row['n'] - row['ids']:,} of {row['n']:,} rows repeat an id of {column.name}"
    return [_judged("duplicate_rate", column.name, share, DUPLICATES, said, row["n"])], []


def _volume(cut: Slice, volumes: Mapping[Window, int], partial: bool) -> Rows:
    if cut.window is None or cut.window not in volumes:
        return _not("volume", "the slice is no calendar window of the data")
    rows = volumes[cut.window]
    usual = median([n for n in volumes.values() if n])
    doublings = abs(float(np.log2(rows / usual)))
    said = f"The window holds {rows:,} rows, the median window {usual:,.0f}"
    finding = _judged("volume", None, doublings, VOLUME, said, rows)
    return [_calm(finding) if partial else finding], []


def _freshness(production: Dataset, cut: Slice, partial: bool) -> Rows:
    if cut.window is None or production.timestamp is None:
        return _not("freshness", "no window that the newest row could be late for")
    condition, values = production.where(Slice((), cut.window))
    at = f"CAST({moment_sql(production.timestamp, production.columns)} AS TIMESTAMP)"
    sql = f"SELECT max({at}) AS newest FROM {production.scan} WHERE {condition}"
    newest: datetime | None = production.query(sql, values).to_pylist()[0]["newest"]
    if newest is None:
        return _not("freshness", "the window has no row")
    late = (cut.window.end - newest) / (cut.window.end - cut.window.start)
    said = f"The newest row is of {newest:%Y-%m-%d %H:%M}, {late:.0%} of the window before its end"
    finding = _judged("freshness", production.timestamp, late, FRESHNESS, said, None)
    return [_calm(finding) if partial else finding], []


def _judged(metric: str, column: str | None, value: float, limit: Threshold, said: str, rows: int | None) -> Finding:
    severity = limit.judge(value)
    level = {Severity.CRITICAL: limit.critical}.get(severity, limit.warning)
    relation = "within" if severity is Severity.OK else "at or beyond"
    sentence = f"{said}; {three(value)}, {relation} the {severity if severity is not Severity.OK else 'warning'} "
    return Finding(
        "data_quality",
        column,
        None,
        metric,
        value,
        severity,
        f"{sentence}threshold {three(level)}.",
        threshold=limit,
        n_production=rows,
    )


def _calm(finding: Finding) -> Finding:
    """The same as information, for a window that is known to be partial."""
    if finding.severity is Severity.OK:
        return finding
    return replace(finding, severity=Severity.INFO, sentence=f"{finding.sentence} Partial window: no alarm.")


def _not(metric: str, because: str) -> Rows:
    return [], [NotComputed("data_quality", None, metric, because)]

"""Data quality laid out for reading: the rates of every column, and what to do about rows and columns as such."""

from typing import Any

from engine.findings import Finding
from engine.metrics import METRICS
from engine.run import Run
from engine.summaries import ColumnSummary
from pages.shared.words import mark

RATES = ("null_rate", "type_error_rate", "out_of_bounds_rate")
COUNTS = {  # column heading -> field of the counts, as rows of production, and what it means
    "Rows": ("rows", "Rows of this view."),
    "Null": ("nulls", "Rows without a value."),
    "NaN": ("nans", "Rows whose value is not a number: a division of zero by zero, say. They count as null."),
    "±inf": ("infinite", "Rows whose value is infinite, or too large to be reckoned with."),
    "Type errors": ("type_errors", "Rows whose value cannot be read as the reference's type."),
    "Outside": ("out_of_bounds", "Rows whose value is out of bounds: out of range, or never seen before."),
}
ADVICE = {
    "missing_column": "Ask who delivers the data whether it was dropped or renamed; the model runs without it.",
    "new_column": "Nothing has to be done; monitor it by building a new reference that has it.",
    "renamed_column": "Confirm it with who delivers the data, then rename it back or in the reference.",
    "retyped_column": "Look at the type error rate of this column, and at the examples below.",
    "all_null": "The source has stopped delivering: mend it, and do not trust answers given meanwhile.",
    "constant": "Look whether a sensor is stuck or a default was filled in.",
    "duplicate_rate": "Look for a delivery that was loaded twice, or a join that multiplies rows.",
    "volume": "Look for a delivery that is missing or was loaded twice; a quiet week can be real.",
    "freshness": "Look whether the last delivery of this window is late or was cut off.",
}
OF_ROWS = ("duplicate_rate", "volume", "freshness")


def rate_findings(run: Run, rate: str) -> list[Finding]:
    """The findings of one rate, worst first."""
    return [one for one in run.worst() if one.metric == rate]


def rate_rows(run: Run, rate: str) -> list[dict[str, Any]]:
    """One row a column, worst first: the rate on both sides, its limits, and what its rows hold."""
    rows = []
    for one in rate_findings(run, rate):
        summary = run.summaries.get(one.column or "")
        if not isinstance(summary, ColumnSummary) or one.value is None:
            continue
        bounded = any(f.metric == "out_of_bounds_rate" and f.column == one.column for f in run.findings)
        limits = one.threshold
        row = {
            "Column": one.column,
            "Status": mark(one.severity),
            "Production": one.value,
            "Reference": reference_rate(summary, rate),
            "Warning": limits.warning if limits else None,
            "Critical": limits.critical if limits else None,
            "Floor": one.floor,
        }
        now = summary.quality.production
        row |= {heading: getattr(now, field) for heading, (field, _) in COUNTS.items()}
        row["Outside"] = now.out_of_bounds if bounded else None  # moments and ids leave any range by nature
        rows.append(row)
    return rows


def reference_rate(summary: ColumnSummary, rate: str) -> float | None:
    """What the reference itself reads."""
    part = summary.of(METRICS[rate].needs)
    return METRICS[rate].compute(part).against if part else None


def offending(run: Run) -> list[str]:
    """Columns with type errors or values out of bounds, worst first."""
    rates = ("type_error_rate", "out_of_bounds_rate")
    found = [one.column for one in run.worst() if one.metric in rates and one.value and one.column]
    return list(dict.fromkeys(found))

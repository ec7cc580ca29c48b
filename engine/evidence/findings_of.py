"""Findings of a document as a reader wants them: worst first, by column, with the names of their metrics."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.metrics import METRICS
from engine.store.findings import finding_of

__all__ = ["CALLS", "Row", "by_column", "finding_of", "name_of_metric", "of_signal", "read", "short_name", "worst"]
CALLS = ("critical", "warning")
Row = Mapping[str, Any]


def worst(rows: Iterable[Row]) -> list[Row]:
    """The most urgent first, then by value over threshold, then by name: as a run sorts its own."""
    by_name = sorted(rows, key=lambda one: (one["column"] or "", one["metric"]))
    return sorted(by_name, key=lambda one: finding_of({**one, "parts": None}).urgency, reverse=True)


def name_of_metric(key: str) -> str:
    """The name of a metric; what is no metric of a file, such as volume or a missing column, by its key."""
    return METRICS[key].name if key in METRICS else key.replace("_", " ").capitalize()


SHORT = {
    "psi": "PSI", "wasserstein": "Wasserstein", "kolmogorov_smirnov": "KS", "jensen_shannon": "Jensen-Shannon",
    "chi_squared": "Chi-squared", "null_rate": "Null rate", "out_of_bounds_rate": "Out of bounds",
    "type_error_rate": "Type errors",
}  # fmt: skip


def short_name(key: str) -> str:
    """A metric's name where there is little room."""
    return SHORT.get(key) or name_of_metric(key)


def by_column(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Findings per column, the column with the most urgent one first."""
    found: dict[str, list[Row]] = {}
    for one in worst(rows):
        if one["column"] is not None:
            found.setdefault(one["column"], []).append(one)
    return found


def read(rows: Sequence[Row], metric: str) -> Row | None:
    """The finding of a metric among those of one column, or None."""
    return next((one for one in rows if one["metric"] == metric), None)


def of_signal(rows: Iterable[Row], *signals: str) -> list[Row]:
    """Findings of some signals, worst first."""
    return worst(one for one in rows if one["signal"] in signals)

"""Moments and cohorts of rows as SQL: in which window a row lies, over what time all lie, what names a row's cohort."""

from collections.abc import Sequence
from datetime import datetime

from engine.columns import INTEGERS, Column
from engine.slices import (
    BELIEVED,
    FLOATS,
    SINCE_1970,
    UNITS,
    Window,
    is_number,
    moment_sql,
    quoted,
    since_1970_sql,
    window_of,
)
from engine.tables.sources import Dataset

PLAIN = INTEGERS - {"HUGEINT", "UHUGEINT"} | {"DECIMAL", "BOOLEAN", "VARCHAR", "ENUM"}  # types that Python has
YEARS = BELIEVED[0].year, BELIEVED[1].year


def named(stored: Column) -> str:
    """SQL for the value that names a row's cohort: what filters find again (engine.slices.stored).

    Not-a-number is missing, a number of single precision is its shortest decimal; types that no filter holds (BLOB,
    HUGEINT, TIME, spans, nanoseconds) are what they print.
    """
    name, base = quoted(stored.name), stored.base
    if base in FLOATS:
        value = name if base == "DOUBLE" else f"CAST(CAST({name} AS VARCHAR) AS DOUBLE)"
        return f"CASE WHEN {is_number(name)} THEN {value} END"
    plain = base in PLAIN or (base.startswith(("TIMESTAMP", "DATE")) and base != "TIMESTAMP_NS")
    return name if plain else f"CAST({name} AS VARCHAR)"


def moment(dataset: Dataset, timestamp: str) -> str:
    """SQL for a row's moment; infinite ones, and years that stand for "never", belong to no window."""
    at = f"CAST({moment_sql(timestamp, dataset.columns)} AS TIMESTAMP)"
    return f"CASE WHEN {at} >= TIMESTAMP '{BELIEVED[0]}' AND {at} < TIMESTAMP '{BELIEVED[1]}' THEN {at} END"


def start_of(dataset: Dataset, timestamp: str, unit: str) -> str:
    """SQL for the start of the calendar window that a row lies in; NULL for none."""
    return f"date_trunc('{UNITS[UNITS.index(unit)]}', {moment(dataset, timestamp)})"


def are_since_1970(dataset: Dataset, column: Column) -> bool:
    """Whether numbers can be moments: nearly all are of the years 1973 to 2099, in one unit or another since 1970."""
    if column.base not in SINCE_1970:
        return False
    at = since_1970_sql(quoted(column.name))
    within = f"count_if({at} >= TIMESTAMP '1973-03-04' AND {at} < TIMESTAMP '2100-01-01')"
    asked = f"SELECT {within} AS n, count({quoted(column.name)}) AS there FROM {dataset.scan}"
    row = dataset.query(asked).to_pylist()[0]
    return bool(row["there"]) and row["n"] >= 0.9 * row["there"]


def volumes(dataset: Dataset, unit: str) -> dict[Window, int]:
    """Rows of every calendar window that holds any; none without a timestamp."""
    if dataset.timestamp is None:
        return {}
    at = start_of(dataset, dataset.timestamp, unit)
    table = dataset.query(f"SELECT {at} AS start, count(*) AS n FROM {dataset.scan} GROUP BY 1")
    return {window_of(row["start"], unit): row["n"] for row in table.to_pylist() if row["start"] is not None}


def span_of(
    dataset: Dataset, condition: str = "true", values: Sequence[object] = ()
) -> tuple[datetime, datetime] | None:
    """The first and the last moment of a dataset's rows, or None if they have none."""
    if dataset.timestamp is None:
        return None
    at = moment(dataset, dataset.timestamp)
    asked = f"SELECT min({at}) AS first, max({at}) AS last FROM {dataset.scan} WHERE {condition}"
    span = dataset.query(asked, values).to_pylist()[0]
    return None if span["first"] is None else (span["first"], span["last"])

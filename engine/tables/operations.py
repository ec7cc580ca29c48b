"""Latency, errors and number of requests of a slice, or of every window of a dataset in one query; exact."""

import re
from datetime import datetime
from typing import Any

import pyarrow as pa

from engine.columns import NUMBERS, Column, Role
from engine.operations import QUANTILES, SAMPLE_RATE, Served
from engine.slices import UNITS, Slice, Window, is_number, moment_sql, quoted, window_of
from engine.tables.moments import YEARS
from engine.tables.sources import Dataset

# a latency's unit by the end of its name, as milliseconds; without one of these it is milliseconds
UNIT_ENDS = ((r"_(s|secs?|seconds?)$", 1e3), (r"_(us|µs|micros?|microseconds?)$", 1e-3), (r"_(ns|nanos?)$", 1e-6))
STATUS = re.compile(r"status|code", re.IGNORECASE)  # names of columns that hold an HTTP status
FAILED = 500  # the least HTTP status that is the server's fault
FINE = ("", "0", "0.0", "ok", "none", "no", "false", "success", "succeeded")  # texts that stand for no error
ALL = Slice()
NOBODY = Served(0, 0.0)


def milliseconds(name: str) -> float:
    """How many milliseconds one unit of a latency column is.

    >>> [milliseconds(name) for name in ("latency", "latency_ms", "latency_s", "took_us")]
    [1.0, 1.0, 1000.0, 0.001]
    """
    return next((factor for ending, factor in UNIT_ENDS if re.search(ending, name.lower())), 1.0)


def operations(dataset: Dataset, cut: Slice) -> Served:
    """How the requests of a slice were served; its hours are the window's, else from the first row to the last."""
    (found,) = _read(dataset, cut, "TIMESTAMP '1970-01-01'").values()
    if cut.window is None:
        return found
    return _over(found, (cut.window.end - cut.window.start).total_seconds() / 3600)


def operations_by_window(dataset: Dataset, unit: str, cut: Slice = ALL) -> dict[Window, Served]:
    """How the requests of every calendar window were served, in order of time; none without a timestamp."""
    if dataset.timestamp is None:
        return {}
    start = f"date_trunc('{UNITS[UNITS.index(unit)]}', {_moment(dataset)})"
    found = {window_of(at, unit): one for at, one in _read(dataset, cut, start).items() if at is not None and one.rows}
    return {
        window: _over(found[window], (window.end - window.start).total_seconds() / 3600)
        for window in sorted(found, key=lambda one: one.start)
    }


def _over(found: Served, hours: float) -> Served:
    return Served(
        found.rows, found.requests, hours, found.timed, found.latencies, found.told, found.failed, found.error_rate
    )


def _read(dataset: Dataset, cut: Slice, start: str) -> dict[datetime | None, Served]:
    condition, values = dataset.where(cut)
    columns = (
        f"{start} AS start, {_moment(dataset)} AS moment, {_latency(dataset.with_role(Role.LATENCY))} AS latency, "
        f"{_failed(dataset.with_role(Role.ERROR))} AS failed, {_weight(dataset)} AS weight"
    )
    rows = f"(SELECT {columns} FROM {dataset.scan} WHERE {condition})"
    shares = ", ".join(map(str, QUANTILES))
    # quantiles are no part of what Spark says alike: there, rows are weighed whatever they weigh
    quantiles = "" if dataset.far else f"quantile_disc(latency, [{shares}]) AS latencies, "
    table = dataset.query(
        "SELECT start, count(*) AS n, sum(weight) AS requests, min(weight) AS least, max(weight) AS most, "
        "min(moment) AS first, max(moment) AS last, count(latency) AS timed, "
        f"{quantiles}count(failed) AS told, "
        "count(*) FILTER (failed) AS failed, sum(weight) FILTER (failed) AS wrong, "
        f"sum(weight) FILTER (failed IS NOT NULL) AS judged FROM {rows} GROUP BY start",
        values,
    )
    weighed: dict[Any, tuple[float, float, float]] = {}
    if dataset.far or any(row["least"] != row["most"] for row in table.to_pylist()):
        weighed = _weighed(dataset.query(_weighed_sql(rows), values))
    found = {row["start"]: _served(row, weighed.get(row["start"])) for row in table.to_pylist()}
    return found or {None: NOBODY}


def _served(row: dict[str, Any], weighed: tuple[float, float, float] | None) -> Served:
    hours = (row["last"] - row["first"]).total_seconds() / 3600 if row["first"] is not None else 0.0
    return Served(
        rows=row["n"],
        requests=row["requests"],
        hours=hours or None,
        timed=row["timed"],
        latencies=(weighed or tuple(row["latencies"])) if row["timed"] else None,
        told=row["told"],
        failed=row["failed"],
        error_rate=(row["wrong"] or 0.0) / row["judged"] if row["told"] else None,
    )


def _weighed_sql(rows: str) -> str:
    """The same quantiles where rows weigh differently: the least latency at which weights so far reach the share."""
    reached = ", ".join(
        f"min(latency) FILTER (so_far >= {share} * total * (1 - 1e-12)) AS q{i}" for i, share in enumerate(QUANTILES)
    )
    each = f"SELECT start, latency, sum(weight) AS weight FROM {rows} WHERE latency IS NOT NULL GROUP BY start, latency"
    return (
        f"SELECT start, {reached} FROM (SELECT start, latency, "
        "sum(weight) OVER (PARTITION BY start ORDER BY latency) AS so_far, "
        f"sum(weight) OVER (PARTITION BY start) AS total FROM ({each})) GROUP BY start"
    )


def _weighed(table: pa.Table) -> dict[Any, tuple[float, float, float]]:
    return {row["start"]: (row["q0"], row["q1"], row["q2"]) for row in table.to_pylist()}


def _moment(dataset: Dataset) -> str:
    """SQL for a row's moment; one that stands for "never" is none."""
    if dataset.timestamp is None:
        return "CAST(NULL AS TIMESTAMP)"
    at = f"CAST({moment_sql(dataset.timestamp, dataset.columns)} AS TIMESTAMP)"
    return f"CASE WHEN {at} >= TIMESTAMP '{YEARS[0]}-01-01' AND {at} < TIMESTAMP '{YEARS[1]}-01-01' THEN {at} END"


def _latency(column: Column | None) -> str:
    """SQL for milliseconds; what is negative, infinite or no number is no latency."""
    if column is None:
        return "CAST(NULL AS DOUBLE)"
    value = _number(column)
    return f"CASE WHEN isfinite({value}) AND {value} >= 0 THEN {value} * {milliseconds(column.name)!r} END"


def _number(column: Column) -> str:
    """SQL for what a column holds as a number, NULL where it is none."""
    cast = "CAST" if column.base in NUMBERS else "TRY_CAST"
    return f"{cast}({quoted(column.name)} AS DOUBLE)"


def _failed(column: Column | None) -> str:
    """SQL for whether a request failed, NULL where the row does not say."""
    if column is None:
        return "CAST(NULL AS BOOLEAN)"
    name = quoted(column.name)
    if column.base == "BOOLEAN":
        return name
    number = _number(column)
    if STATUS.search(column.name):
        return f"CASE WHEN {is_number(number)} THEN {number} >= {FAILED} END"
    if column.base in ("VARCHAR", "ENUM"):  # a message; none is no error
        fine = ", ".join(f"'{word}'" for word in FINE)
        return f"lower(trim(coalesce(CAST({name} AS VARCHAR), ''))) NOT IN ({fine})"
    return f"CASE WHEN {is_number(number)} THEN {number} <> 0 END"


def _weight(dataset: Dataset) -> str:
    """SQL for how many requests a row stands for; 1 where no share that was kept is told."""
    found = next((column for column in dataset.columns if column.name.lower() == SAMPLE_RATE), None)
    if found is None:
        return "1.0::DOUBLE"
    rate = _number(found)
    return f"CASE WHEN {rate} > 0 AND {rate} <= 1 THEN 1 / {rate} ELSE 1.0::DOUBLE END"

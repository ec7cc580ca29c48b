"""Cells of rows that stay where they are: what engine/tables/count.py counts in one pass here, counted there.

A row of an answer is a group (window × cohort), a column and a code; no row of the data leaves.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import UnusableData
from engine.slices import Slice, Window, windows_between
from engine.summaries import Counts, Floats
from engine.tables.cells import ALL, Cells
from engine.tables.codes import CODES
from engine.tables.files.copies import Tell
from engine.tables.groups import GROUPS, too_many, too_many_values
from engine.tables.moments import named, span_of, start_of
from engine.tables.sources import Dataset
from engine.tables.spark.coding import TOGETHER, Sql, broken_of, category_code, double, number_code, read_as, spread
from engine.tables.supports import CategoricalSupport, NumericSupport, Support

Key = tuple[object, ...]


def count_there(
    dataset: Dataset,
    supports: Mapping[str, Support],
    unit: str | None = None,
    cohorts: Sequence[str] = (),
    progress: Tell | None = None,
    cut: Slice = ALL,
) -> Cells:
    """As engine.tables.count.count, some columns a pass."""
    condition, values = dataset.where(cut)
    timestamp = dataset.timestamp if unit else None
    span = span_of(dataset, condition, values) if timestamp else None
    windows = windows_between(*span, unit) if span and unit else ()
    keys = [f"{start_of(dataset, timestamp, unit)} AS w"] if timestamp and unit else []
    keys += [f"{named(dataset.column(name))} AS c{i}" for i, name in enumerate(cohorts)]
    names = [one.split(" AS ")[-1] for one in keys]
    by = f" GROUP BY {', '.join(names)} LIMIT {GROUPS + 1}" if names else ""
    asked = f"SELECT {', '.join([*names, 'count(*) AS n'])} FROM (SELECT {', '.join([*keys, '1 AS one'])} "
    found = dataset.query(f"{asked} FROM {dataset.scan} WHERE {condition}) AS r{by}", values)
    if len(found) > GROUPS:
        raise too_many()
    table = [(key, n) for key, n in zip(_keys(found, names), found["n"].to_pylist(), strict=True) if n]
    place = {key: i for i, (key, _) in enumerate(table)}
    groups = [key for key, _ in table]
    counts: dict[str, Counts] = {}
    gaps: dict[str, Floats] = {}
    there = [name for name in supports if dataset.has(name)]
    for first in range(0, len(there), TOGETHER):
        some = there[first : first + TOGETHER]
        sql, more = _asked(dataset, [supports[name] for name in some], keys, names, condition)
        answer = dataset.query(sql, [*more, *values])
        at = np.array([place.get(key, -1) for key in _keys(answer, names)], dtype=np.int64)
        if (at < 0).any():
            raise UnusableData("Rows were added while they were counted.", where=dataset.name, hint="Count them again.")
        _add(answer, at, [supports[name] for name in some], len(groups), counts, gaps)
        if progress:
            progress(len(counts) / len(there), f"counted {len(counts)} of {len(there)} columns in Spark")
    _hold_whole(dataset, counts, np.array([n for _, n in table], dtype=np.int64))
    return _cells(windows, groups, cohorts, bool(timestamp), counts, gaps, [n for _, n in table], span, cut)


def _asked(
    dataset: Dataset, supports: Sequence[Support], keys: Sequence[str], names: Sequence[str], condition: str
) -> Sql:
    """The question for some columns: rows, and sums of what lies between values and a middle, per group and code."""
    parts, values = [], []
    for i, support in enumerate(supports):
        broken = broken_of(dataset, support.column, i)
        if isinstance(support, CategoricalSupport):
            code, more = category_code(f"v{i}", broken, support)
            values += more
            inside = "0e0"
        else:
            code = number_code(f"v{i}", broken, support.edges)
            inside = f"CASE WHEN isfinite(v{i}) THEN v{i} - {double(middle_of(support))} ELSE 0e0 END"
        parts.append(f"{{'i': {i}, 'k': {code}, 'd': {inside}}}")
    read = ", ".join([*keys, *read_as(dataset, [one.column for one in supports])])
    inner = f"SELECT {read} FROM {dataset.scan} WHERE {condition}"
    by = [*names, "s.i", "s.k"]
    asked = ", ".join([*names, "s.i AS i", "s.k AS k", "count(*) AS n", "sum(s.d) AS d"])
    return f"SELECT {asked} FROM {spread(parts, names, inner)} GROUP BY {', '.join(by)}", values


def middle_of(support: NumericSupport) -> float:
    """What is subtracted from values before they are summed: far from zero, their own sums would cancel."""
    edges = support.edges
    middle = float(edges[len(edges) // 2])
    return 0.0 if abs(middle) <= edges[-1] - edges[0] else middle


def _add(
    answer: pa.Table,
    at: NDArray[np.int64],
    supports: Sequence[Support],
    groups: int,
    counts: dict[str, Counts],
    gaps: dict[str, Floats],
) -> None:
    """Answers as tables of groups × codes."""
    column, code = (answer[name].to_numpy().astype(np.int64) for name in ("i", "k"))
    rows, sums = answer["n"].to_numpy().astype(np.int64), answer["d"].to_numpy()
    for i, support in enumerate(supports):
        mine = column == i
        place = at[mine], code[mine]
        table = np.zeros((groups, CODES), dtype=np.int64)
        table[place] = rows[mine]
        counts[support.column.name] = table
        if isinstance(support, NumericSupport):
            inside = np.zeros((groups, CODES))
            inside[place] = sums[mine]
            gaps[support.column.name] = _gaps(support, table, inside)


def _gaps(support: NumericSupport, counts: Counts, sums: Floats) -> Floats:
    """The sums of (upper edge - value) of each cell from sums of (value - middle). Shape (groups, 256)."""
    size, middle = len(support.edges) + 1, middle_of(support)
    upper = np.append(support.edges, support.edges[-1]) - middle
    found = np.zeros(counts.shape)
    found[:, :size] = np.abs(counts[:, :size] * upper - sums[:, :size])
    atoms = np.flatnonzero(np.nextafter(support.edges[1:], -np.inf) <= support.edges[:-1]) + 1
    found[:, atoms] = 0.0  # an atom lies on its edge, whatever rounding says
    found[counts == 0] = 0.0
    return found


def _keys(table: pa.Table, names: Sequence[str]) -> list[Key]:
    """What names the group of every row of an answer."""
    try:
        columns = [table[name].to_pylist() for name in names]
    except (ValueError, OverflowError):
        raise UnusableData("A cohort column holds moments that no calendar has.", hint="Name another.") from None
    return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


def _hold_whole(dataset: Dataset, counts: Mapping[str, Counts], rows: Counts) -> None:
    """Raises UnusableData where passes did not count the same rows: the data changed between two of them."""
    if any(not np.array_equal(one.sum(axis=1), rows) for one in counts.values()):
        raise UnusableData(
            "The data changed while they were counted: two passes met different rows.",
            where=dataset.name,
            hint="Count them again.",
        )


def _cells(
    windows: tuple[Window, ...],
    groups: Sequence[Key],
    cohorts: Sequence[str],
    timed: bool,
    counts: Mapping[str, Counts],
    gaps: Mapping[str, Floats],
    rows: Sequence[int],
    span: tuple[datetime, datetime] | None,
    cut: Slice,
) -> Cells:
    order: dict[object, int] = {window.start: i for i, window in enumerate(windows)}
    window = np.array([order.get(key[0], -1) if timed else -1 for key in groups], dtype=np.int64)
    values: dict[str, tuple[object, ...]] = {}
    cohort = np.zeros((len(groups), len(cohorts)), dtype=np.int64)
    for i, name in enumerate(cohorts):
        said = [key[i + timed] for key in groups]
        if len(place := {value: j for j, value in enumerate(dict.fromkeys(said))}) > GROUPS:
            raise too_many_values(name)
        values[name] = tuple(place)
        cohort[:, i] = [place[value] for value in said]
    return Cells(windows, window, values, cohort, counts, gaps, np.array(rows, dtype=np.int64), span, cut)

"""Columns of rows that stay where they are, as the reference's kind: by ranks, by values and their rows, by cells."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.columns import ORDERED, Column, Kind
from engine.errors import UnusableData
from engine.slices import Slice, quoted
from engine.summaries import ColumnSummary, Histogram, QualityCounts
from engine.tables.cells import Cells, summarize_cells
from engine.tables.codes import BROKEN, HIGHEST, LOWEST, NAN, NULL
from engine.tables.exact import quality_only, summarize
from engine.tables.grid import in_bins
from engine.tables.ordered import Tallied
from engine.tables.sources import Dataset
from engine.tables.spark.cells import count_there
from engine.tables.spark.coding import CHANGED, broken_of, number_code, read_as
from engine.tables.spark.ranks import TABLE, numbers_there
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import Categories, Held, Uncounted, categories_of, there_sql, value_sql

MOST = 10_000  # categories that are counted by name at most
TOO_MANY = f"it has more than {MOST:,} categories, and its rows lie in Spark: so many are not fetched"
DAY = 86_400.0  # seconds

Read = Held | Categories | Uncounted


def read_there(dataset: Dataset, columns: Sequence[Column], cut: Slice) -> list[Read | str]:
    """The slice's values of each of these columns, or why one cannot be read.

    Raises UnusableData where the data change meanwhile: that is told of no column, as it would be kept.
    """
    ordered = [column for column in columns if column.kind in ORDERED]
    try:
        numbers = dict(zip((one.name for one in ordered), numbers_there(dataset, ordered, cut), strict=True))
    except UnusableData as error:
        if error.message == CHANGED:
            raise
        if len(columns) > 1:  # one that cannot be read takes no other with it
            return [one for column in columns for one in read_there(dataset, [column], cut)]
        return [f"its values cannot be read: {error.message}"]
    return [numbers.get(column.name) or _named(dataset, column, cut) for column in columns]


def _named(dataset: Dataset, column: Column, cut: Slice) -> Read | str:
    try:
        return _nested(dataset, column, cut) if column.kind is Kind.NESTED else categories_there(dataset, column, cut)
    except UnusableData as error:
        return f"its values cannot be read: {error.message}"


def _nested(dataset: Dataset, column: Column, cut: Slice) -> Categories:
    return Categories((), np.zeros(0, np.int64), _missing(dataset, quoted(column.name), quoted(column.name), cut))


def categories_there(dataset: Dataset, wanted: Column, cut: Slice) -> Categories | Uncounted:
    """Categories and their rows; where there are more than MOST, only how many rows hold none."""
    stored = dataset.column(wanted.name)
    value, there = value_sql(stored, wanted), there_sql(stored)
    condition, values = dataset.where(cut)
    table = dataset.query(
        f"SELECT name, count(*) AS rows, count(there) AS present FROM (SELECT {value} AS name, {there} AS there "
        f"FROM {dataset.scan} WHERE {condition}) AS r GROUP BY name LIMIT {MOST + 1}",
        values,
    )
    if len(table) > MOST:
        return Uncounted(TOO_MANY, _missing(dataset, value, there, cut))
    return categories_of(table)


def _missing(dataset: Dataset, value: str, there: str, cut: Slice) -> QualityCounts:
    condition, values = dataset.where(cut)
    asked = f"SELECT count(*) AS rows, count({there}) AS present, count({value}) AS read FROM {dataset.scan}"
    row = dataset.query(f"{asked} WHERE {condition}", values).to_pylist()[0]
    return QualityCounts(row["rows"], row["rows"] - row["present"], type_errors=row["present"] - row["read"])


def tallied(dataset: Dataset, column: Column, cut: Slice) -> Held | None:
    """Every value of a column with an order and its rows; None where it has more than TABLE values."""
    condition, values = dataset.where(cut)
    code = number_code("v0", broken_of(dataset, column, 0), np.zeros(0))
    read = f"SELECT {', '.join(read_as(dataset, [column]))} FROM {dataset.scan} WHERE {condition}"
    each = f"SELECT {code} AS k, v0 AS v FROM ({read}) AS r"
    table = dataset.query(
        f"SELECT k, CASE WHEN k = 0 THEN v END AS v, count(*) AS n FROM ({each}) AS coded "
        f"GROUP BY k, CASE WHEN k = 0 THEN v END LIMIT {TABLE + 6}",
        values,
    )
    codes, rows = (table[name].to_numpy().astype(np.int64) for name in ("k", "n"))
    held = codes == 0
    if held.sum() > TABLE:
        return None
    found = table["v"].to_numpy(zero_copy_only=False).astype(np.float64)[held] + 0.0  # -0 is 0
    order = np.argsort(found)
    n = {code: int(rows[codes == code].sum()) for code in (LOWEST, HIGHEST, NULL, NAN, BROKEN)}
    quality = QualityCounts(int(rows.sum()), n[NULL], n[NAN], n[LOWEST] + n[HIGHEST], n[BROKEN])
    return Held(Tallied(found[order], rows[held][order]), (n[LOWEST], n[HIGHEST]), quality)


def has_few_values(support: NumericSupport) -> bool:
    """Whether a column can have so few values that each is worth counting: by its cells, or its type and range."""
    edges, column = support.edges, support.column
    atoms = np.count_nonzero(np.nextafter(edges[1:], -np.inf) <= edges[:-1])
    if 2 * atoms >= len(edges) - 2:
        return True
    span = float(edges[-1] - edges[0])
    step = 1.0 if column.integer else DAY if column.base == "DATE" else None
    return step is not None and span / step <= TABLE


def summaries_there(
    reference: Dataset,
    production: Dataset,
    columns: Sequence[Column],
    supports: Mapping[str, Support | str],
    base: Slice,
    cut: Slice,
) -> dict[str, ColumnSummary | str]:
    """What the metrics need of some columns of two slices: exact where values are few, else from cells."""
    found: dict[str, ColumnSummary | str] = {}
    for column in columns:
        exact = _exactly(reference, production, column, supports[column.name], base, cut)
        if exact is not None:
            found[column.name] = exact
    rest = {name: one for column in columns if (name := column.name) not in found
            and not isinstance(one := supports[name], str)}  # fmt: skip
    if rest:
        try:
            sides = count_there(reference, rest, cut=base), count_there(production, rest, cut=cut)
        except UnusableData as error:
            return found | dict.fromkeys(rest, f"its values cannot be read: {error.message}")
        found |= {name: _of_cells(one, sides) for name, one in rest.items()}
    return found


def _exactly(
    reference: Dataset, production: Dataset, column: Column, support: Support | str, base: Slice, cut: Slice
) -> ColumnSummary | str | None:
    """The summary of a column whose values are few; None where they are many."""
    both = (reference, base), (production, cut)
    try:
        if isinstance(support, str):
            return quality_only(support, *(quality_there(side, column, one) for side, one in both))
        if isinstance(support, NumericSupport) and not has_few_values(support):
            return None
        read = categories_there if isinstance(support, CategoricalSupport) else tallied
        first, second = (read(side, column, one) for side, one in both)
    except UnusableData as error:
        return f"its values cannot be read: {error.message}"
    if first is None or second is None or isinstance(first, Uncounted) or isinstance(second, Uncounted):
        return None
    return summarize(support, first, second)


def quality_there(dataset: Dataset, column: Column, cut: Slice) -> QualityCounts:
    """What is wrong with the values of a column that has no support."""
    stored = dataset.column(column.name)
    if column.kind in ORDERED:
        (found,) = numbers_there(dataset, [column], cut, ahead=False)
        return found.quality
    if column.kind is Kind.NESTED:
        return _missing(dataset, quoted(stored.name), quoted(stored.name), cut)
    return _missing(dataset, value_sql(stored, column), there_sql(stored), cut)


def bins_there(support: Support, reference: Dataset, production: Dataset, name: str, cut: Slice) -> Histogram:
    """A column of the whole reference, and one of production that has another name, on the bins of the first."""
    other = replace(support, column=replace(support.column, name=name))
    first = count_there(reference, {support.column.name: support}).counts[support.column.name]
    second = count_there(production, {name: other}, cut=cut).counts[name]
    p, q = (in_bins(one.sum(axis=0)[None, :], support)[0].astype(np.int64) for one in (first, second))
    kept = np.flatnonzero(p + q)
    return Histogram(tuple(support.labels[i] for i in kept), p[kept], q[kept])


def _of_cells(support: Support, sides: tuple[Cells, Cells]) -> ColumnSummary:
    every = (np.ones(len(sides[0].rows), dtype=bool), np.ones(len(sides[1].rows), dtype=bool))
    return summarize_cells(support, *sides, every)

"""Codes as SQL: which cell a value lies in, as a tree of comparisons, and several columns asked in one pass.

Written for DuckDB, in what Spark says alike (translate.py). Numbers stand as doubles with an exponent; whatever comes
from data stands as a ? and a value.
"""

from collections.abc import Callable, Sequence
from typing import Any

from engine.columns import Column, Kind
from engine.errors import UnusableData
from engine.slices import quoted
from engine.summaries import Floats
from engine.tables.codes import BROKEN, HIGHEST, LOWEST, NAN, NULL, UNSEEN
from engine.tables.sources import Dataset
from engine.tables.supports import CategoricalSupport
from engine.tables.values import LARGEST, can_fail, there_sql, value_sql

Sql = tuple[str, list[Any]]  # with a ? for every value, and the values
CHANGED = "The data changed while they were read."
TOGETHER = 8  # columns of one pass: each has its tree in the question


def double(value: float) -> str:
    """A finite double as SQL, without loss: an exponent makes it one.

    >>> double(0.1), double(3.0), double(-1e300)
    ('1e-1', '3e0', '-1e300')
    """
    text = repr(float(value))
    digits, _, power = text.partition("e")
    whole, _, part = digits.partition(".")
    part = "" if part == "0" else part
    return f"{int(whole + part)}e{int(power or 0) - len(part)}"


def changed(dataset: Dataset) -> UnusableData:
    """The error for two questions that met different rows: what the first told does not hold for the second."""
    return UnusableData(CHANGED, where=dataset.name, hint="Read them again when nobody writes.")


def tree(value: str, edges: Floats, leaf: Callable[[int], str]) -> str:
    """SQL that says of a number which cell it lies in, the first that ends at or above it. leaf: what of a cell.

    >>> tree("v", [1.0, 2.0], str)
    'CASE WHEN v <= 2e0 THEN CASE WHEN v <= 1e0 THEN 0 ELSE 1 END ELSE 2 END'
    """

    def part(first: int, end: int) -> str:
        if first == end:
            return leaf(first)
        middle = (first + end) // 2
        below, above = part(first, middle), part(middle + 1, end)
        return f"CASE WHEN {value} <= {double(edges[middle])} THEN {below} ELSE {above} END"

    return part(0, len(edges))


def number_code(value: str, broken: str | None, edges: Floats, leaf: Callable[[int], str] = str) -> str:
    """SQL for the code of a number, as engine/tables/codes.py has it. broken: SQL for whether the row held anything."""
    gone = f"CASE WHEN {broken} THEN {BROKEN} ELSE {NULL} END" if broken else str(NULL)
    far = double(LARGEST)
    return (
        f"CASE WHEN {value} IS NULL THEN {gone} WHEN isnan({value}) THEN {NAN} WHEN {value} >= {far} THEN {HIGHEST} "
        f"WHEN {value} <= -{far} THEN {LOWEST} ELSE {tree(value, edges, leaf)} END"
    )


def category_code(
    value: str,
    broken: str | None,
    support: CategoricalSupport,
    leaf: Callable[[int], int] = int,
    unseen: int = UNSEEN,
    null: int = NULL,
) -> Sql:
    """SQL for the code of a category: a tree of comparisons, in the order of bytes that both databases have.

    leaf: what stands for a cell; unseen, null: for what has none.
    """
    names = sorted(support.index, key=lambda name: name.encode("utf-8", "surrogatepass"))
    values: list[Any] = []

    def part(first: int, end: int) -> str:
        if first == end:
            return str(unseen)
        middle = (first + end) // 2
        name = names[middle]
        values.append(name)
        same = f"WHEN {value} = ? THEN {leaf(support.index[name])}"
        if end - first == 1:
            return f"CASE {same} ELSE {unseen} END"
        values.append(name)
        below, above = part(first, middle), part(middle + 1, end)
        return f"CASE {same} WHEN {value} < ? THEN {below} ELSE {above} END"

    gone = f"CASE WHEN {broken} THEN {BROKEN} ELSE {null} END" if broken else str(null)
    return f"CASE WHEN {value} IS NULL THEN {gone} ELSE {part(0, len(names))} END", values


def read_as(dataset: Dataset, wanted: Sequence[Column]) -> list[str]:
    """What a pass reads of some columns: of column i the value as v{i}; as b{i} whether a row held anything, where
    that is not the same as that it can be read."""
    read = []
    for i, column in enumerate(wanted):
        stored = dataset.column(column.name)
        read.append(f"{value_sql(stored, column)} AS v{i}")
        if can_fail(stored, column):
            there = there_sql(stored) if column.kind is Kind.CATEGORICAL else quoted(stored.name)
            read.append(f"{there} IS NOT NULL AS b{i}")
    return read


def broken_of(dataset: Dataset, column: Column, at: int) -> str | None:
    """The name of what read_as tells of column i beside its value, or None."""
    return f"b{at}" if can_fail(dataset.column(column.name), column) else None


def spread(parts: Sequence[str], keys: Sequence[str], inner: str) -> str:
    """A table with a row for every row of another and each of these structures, s. keys: kept beside it."""
    kept = "".join(f"{one}, " for one in keys)
    return f"(SELECT {kept}unnest([{', '.join(parts)}]) AS s FROM ({inner}) AS r) AS spread"

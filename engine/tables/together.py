"""Many columns of a slice read in one query: what a wide table costs grows with its columns, not with their square.

For every query the database looks at all columns of a table; ten thousand queries would look at a hundred million.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import Column, Kind
from engine.errors import UnusableData
from engine.slices import Slice, quoted
from engine.summaries import QualityCounts
from engine.tables.sources import Dataset
from engine.tables.spark.reading import read_there
from engine.tables.values import (
    Categories,
    Held,
    Numbers,
    Uncounted,
    can_fail,
    categories_of,
    numbers_of,
    read,
    there_sql,
    value_sql,
)

NARROW = 64  # columns of a table up to which each is read by itself
MOST = 256  # columns of one query at most
VALUES = 1 << 20  # that are held at a time
SHARE = 256  # of the memory of DuckDB, one part at most
TURNS = 16  # part of the memory that sorted values may take while two columns are read at the same time
TEXT = 4  # numbers that take the room of a text
PARTS = 4  # groups of a wide table at least: each core has some, and progress is told now and then

Read = Numbers | Held | Categories | Uncounted


def at_once(rows: int, memory: int) -> int:
    """How many columns are sorted at the same time, both sides of each: two while that takes little of the memory.

    Of more rows it is one column, whose sides are read at the same time. memory: bytes, as of memory_of.

    >>> at_once(1_000_000, 4 << 30), at_once(30_000_000, 4 << 30), at_once(1_000_000, 256 << 20)
    (2, 1, 1)
    """
    return 2 if 4 * 8 * rows * TURNS <= memory else 1


def in_groups(columns: Sequence[Column], rows: int, wide: int, memory: int) -> list[tuple[Column, ...]]:
    """The columns in their order, in groups that are read together; each alone in a narrow table or with many rows.

    wide: how many columns the table has. memory: bytes; with little of it, groups are smaller.

    >>> from engine.columns import Column, Kind
    >>> columns = [Column(f"x{i}", "DOUBLE", Kind.NUMERIC) for i in range(300)]
    >>> [[len(group) for group in in_groups(columns, rows, 300, 4 << 30)][:4] for rows in (10, 20_000, 2_000_000)]
    [[75, 75, 75, 75], [52, 52, 52, 52], [1, 1, 1, 1]]
    """
    if wide <= NARROW:
        return [(column,) for column in columns]
    most = min(MOST, -(-len(columns) // PARTS))
    values = min(VALUES, memory // (8 * SHARE))
    found: list[list[Column]] = []
    room = 0
    for column in columns:
        takes = rows * (TEXT if column.kind is Kind.CATEGORICAL else 1)
        if not found or room < takes or len(found[-1]) == most:
            found.append([])
            room = values
        found[-1].append(column)
        room -= takes
    return [tuple(group) for group in found]


def read_each(dataset: Dataset, wanted: Sequence[Column], cut: Slice) -> list[Read | str]:
    """As read_together, or why a column cannot be read: it takes no other with it. Of rows in Spark, what tells of
    their values, which stay there."""
    if dataset.far:
        return [*read_there(dataset, wanted, cut)]
    try:
        return [*read_together(dataset, wanted, cut)]
    except UnusableData as error:
        if len(wanted) > 1:
            return [one for column in wanted for one in read_each(dataset, [column], cut)]
        return [f"its values cannot be read: {error.message}"]


def read_together(dataset: Dataset, wanted: Sequence[Column], cut: Slice) -> list[Numbers | Categories | Uncounted]:
    """The slice's values of each of these columns, as read gives them, by one query.

    Raises UnusableData where one of them cannot be read, without saying which.
    """
    if len(wanted) < 2:
        return [read(dataset, column, cut) for column in wanted]
    condition, values = dataset.where(cut)
    asked, broken = [], set()
    for i, column in enumerate(wanted):
        stored = dataset.column(column.name)
        name = quoted(stored.name)
        if column.kind is Kind.NESTED:
            asked.append(f"{name} IS NOT NULL AS v{i}")
            continue
        value = value_sql(stored, column)
        asked.append(f"{value} AS v{i}")
        if can_fail(stored, column):
            there = there_sql(stored) if column.kind is Kind.CATEGORICAL else name
            asked.append(f"{there} IS NOT NULL AND ({value}) IS NULL AS b{i}")
            broken.add(i)
    table = dataset.query(f"SELECT {', '.join(asked)} FROM {dataset.scan} WHERE {condition}", values)
    return [_made(table, column, f"v{i}", f"b{i}" if i in broken else None) for i, column in enumerate(wanted)]


def _made(table: pa.Table, column: Column, value: str, broken: str | None) -> Numbers | Categories:
    """What one column of the table that was read amounts to."""
    if column.kind is Kind.NESTED:
        there = int(pc.sum(table[value]).as_py() or 0)
        return Categories((), np.zeros(0, np.int64), QualityCounts(table.num_rows, table.num_rows - there))
    if column.kind is not Kind.CATEGORICAL:
        return numbers_of(table, value, broken)
    counted = table[value].value_counts()
    names, rows = counted.field("values"), counted.field("counts")
    errors = int(pc.sum(table[broken]).as_py() or 0) if broken else 0
    present = pc.if_else(pc.is_null(names), errors, rows)
    return categories_of(pa.table({"name": names, "rows": rows, "present": present}))

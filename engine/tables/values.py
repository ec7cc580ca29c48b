"""One column of one slice, read as the reference's kind: sorted numbers, or counted categories."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import INTEGERS, ORDERED, Column, Kind, kind_of
from engine.slices import FLOATS, Slice, is_number, quoted
from engine.summaries import Counts, Floats, QualityCounts
from engine.tables.connection import memory_of
from engine.tables.mapped import upto
from engine.tables.ordered import Ordered, Sorted
from engine.tables.roomy import Sorting
from engine.tables.sources import Dataset
from engine.tables.watching import tick

STREAMED, BATCH = 1 << 20, 1 << 18  # rows from which a column goes into its array batch by batch, and rows of a batch
NAMES = 16  # of the memory, one part is what the names of a column's categories may take
NAME = 128  # bytes that each takes besides its letters
LARGEST = 1e150  # a number as far from zero counts as infinite: its square, summed, would be
EMPTY = pa.table({"name": pa.array([], pa.string()), "rows": pa.array([], "i8"), "present": pa.array([], "i8")})


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The values of a numeric slice. values: finite, ascending, float64; infinite: rows at -inf and at +inf."""

    values: Floats
    infinite: tuple[int, int]
    quality: QualityCounts

    @property
    def n(self) -> int:
        return len(self.values) + sum(self.infinite)

    @property
    def order(self) -> Ordered:
        return Sorted(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The values of a numeric slice whose rows are not here, but somewhere that tells ranks and tallies of them."""

    order: Ordered
    infinite: tuple[int, int]
    quality: QualityCounts

    @property
    def n(self) -> int:
        return len(self.order) + sum(self.infinite)


@dataclass(frozen=True, slots=True, eq=False)
class Uncounted:
    """A slice of which only the rows without a value are known, and why."""

    because: str
    quality: QualityCounts


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """The values of a categorical slice. names: distinct texts, most frequent first; counts: rows of each.

    rest: rows of categories that are not named, for there are too many; no support has one of them.
    """

    names: tuple[str, ...]
    counts: Counts
    quality: QualityCounts
    rest: int = 0

    @property
    def n(self) -> int:
        return int(self.counts.sum()) + self.rest


def value_sql(stored: Column, wanted: Column) -> str:
    """SQL that reads a stored column as the reference's kind: DOUBLE for what has an order, else VARCHAR.

    What cannot be read so becomes NULL, and is a type error if it was not NULL before. Times become seconds.

    >>> value_sql(Column("x", "VARCHAR", Kind.CATEGORICAL), Column("x", "DOUBLE", Kind.NUMERIC))
    'TRY_CAST("x" AS DOUBLE)'
    """
    name, base = quoted(stored.name), stored.base
    if wanted.kind is Kind.NUMERIC:
        if base in INTEGERS or base in ("FLOAT", "DECIMAL", "BOOLEAN", "BIGNUM"):
            return f"CAST({name} AS DOUBLE)"
        return name if base == "DOUBLE" else f"TRY_CAST({_as_text(name, base)} AS DOUBLE)"
    if wanted.kind is Kind.DATETIME:
        if kind_of(stored.type) is Kind.DATETIME:
            if stored.type.startswith("TIMESTAMP") and "ZONE" in stored.type:  # their epoch() is off by a digit
                name = f"CAST({name} AS TIMESTAMP)"
            return f"CAST(epoch({name}) AS DOUBLE)"
        return f"CAST(epoch(TRY_CAST({_as_text(name, base)} AS TIMESTAMP)) AS DOUBLE)"
    if base in FLOATS:  # not-a-number is missing here too, not a category
        return f"CASE WHEN {is_number(name)} THEN {_category_sql(name, base, wanted)} END"
    return _category_sql(name, base, wanted)


def _category_sql(name: str, base: str, wanted: Column) -> str:
    if base == wanted.base or base not in INTEGERS | {"FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"}:
        return _as_text(name, base)
    if wanted.integer and base not in INTEGERS and base != "BOOLEAN":  # 3.0 is the category 3, 3.5 is one of its own
        whole = f"CAST(TRY_CAST({name} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {name} = floor({name}) THEN {whole} ELSE CAST({name} AS VARCHAR) END"
    if wanted.base in ("FLOAT", "DOUBLE", "BOOLEAN") or (wanted.integer and base == "BOOLEAN"):
        return f"CAST(TRY_CAST({name} AS {wanted.base}) AS VARCHAR)"
    return f"CAST({name} AS VARCHAR)"


def _as_text(name: str, base: str) -> str:
    return name if base == "VARCHAR" else f"CAST({name} AS VARCHAR)"


def there_sql(stored: Column) -> str:
    """SQL for what a row of a category holds, readable or not; not-a-number is missing."""
    name = quoted(stored.name)
    return f"CASE WHEN {is_number(name)} THEN {name} END" if stored.base in FLOATS else name


def can_fail(stored: Column, wanted: Column) -> bool:
    """Whether reading the stored column as wanted can fail for a value, so that type errors must be counted."""
    return "TRY_CAST" in value_sql(stored, wanted)


def read_numbers(dataset: Dataset, wanted: Column, cut: Slice) -> Numbers:
    """The slice's values of a column with an order, sorted. Shape (n,), float64."""
    stored = dataset.column(wanted.name)
    condition, values = dataset.where(cut)
    value = value_sql(stored, wanted)
    broken = f", {quoted(stored.name)} IS NOT NULL AND ({value}) IS NULL AS broken" if can_fail(stored, wanted) else ""
    asked = f"SELECT {value} AS value{broken} FROM {dataset.scan} WHERE {condition}"
    if dataset.rows >= STREAMED:
        return _streamed(dataset, asked, values)
    return numbers_of(dataset.query(asked, values), "value", "broken" if broken else None)


def _streamed(dataset: Dataset, asked: str, values: Sequence[object]) -> Numbers:
    """As numbers_of, from batches that go into one array: the whole result would stand beside it, a second time."""
    rows = there = errors = 0
    with closing(Sorting(dataset.rows, memory_of(dataset.root), dataset.name)) as found:
        for batch in dataset.stream(asked, values, BATCH):
            column = batch.column(0)
            numbers = (column.drop_null() if column.null_count else column).to_numpy()
            found.add(numbers)
            rows, there = rows + len(column), there + len(numbers)
            errors += int(pc.sum(batch.column(1)).as_py() or 0) if batch.num_columns > 1 else 0
            tick(f"read {rows:,} of {dataset.rows:,} rows of one column of {dataset.name}")
        return _numbers(found.done(), rows, rows - there, errors)


def numbers_of(table: pa.Table, value: str, broken: str | None) -> Numbers:
    """A column of doubles that was read, sorted. broken: the column that says which values are type errors, if any."""
    column = table[value]
    errors = int(pc.sum(table[broken]).as_py() or 0) if broken else 0
    rows, missing = len(column), column.null_count
    found = (column.drop_null() if missing else column).to_numpy()
    found = found if found.flags.writeable else found.copy()  # what is writable is no longer the table's
    del table, column
    found.sort()
    return _numbers(found, rows, missing, errors)


def _numbers(found: Floats, rows: int, missing: int, errors: int) -> Numbers:
    """Sorted values, not-a-number last, after +inf. rows: of the slice; missing: of them without a number."""
    first, last = (int(one) for one in upto(found, np.array([-LARGEST, np.inf]), "right"))
    nans = len(found) - last
    end = int(upto(found, np.array([LARGEST]), "left")[0])
    infinite = (first, last - end)
    quality = QualityCounts(rows, missing - errors, nans, sum(infinite), errors)
    return Numbers(found[first:end], infinite, quality)


def read_categories(dataset: Dataset, wanted: Column, cut: Slice) -> Categories | Uncounted:
    """The slice's categories with their rows, most frequent first, ties in order of name.

    Uncounted where their names take too much memory; a column of ids shows in its first rows that they would.
    """
    stored = dataset.column(wanted.name)
    condition, values = dataset.where(cut)
    value, there = value_sql(stored, wanted), there_sql(stored)
    room = memory_of(dataset.root) // NAMES
    first = 2 * room // NAME
    if dataset.rows > first:
        some = f"SELECT {value} AS name FROM {dataset.scan} WHERE {condition} LIMIT {first}"
        asked = f"SELECT CAST(sum(strlen(name) + {NAME}) AS BIGINT) AS size FROM (SELECT DISTINCT name FROM ({some}))"
        if (dataset.query(asked, values)["size"][0].as_py() or 0) > room:
            return _too_many(dataset, wanted, cut, room)
    asked = (
        f"SELECT {value} AS name, count(*) AS rows, count({there}) AS present FROM {dataset.scan} "
        f"WHERE {condition} GROUP BY 1"
    )
    if dataset.rows <= room // NAME:
        return categories_of(dataset.query(asked, values))
    found = []
    for batch in dataset.stream(asked, values, BATCH):
        found.append(batch)
        room -= batch["name"].nbytes + NAME * batch.num_rows
        if room < 0:
            return _too_many(dataset, wanted, cut, memory_of(dataset.root) // NAMES)
    return categories_of(pa.Table.from_batches(found) if found else EMPTY)


def _too_many(dataset: Dataset, wanted: Column, cut: Slice, room: int) -> Uncounted:
    said = (
        f"it has too many categories: their names take more than {room / 1e6:,.0f} MB, one part in {NAMES} of "
        "PLUMBLINE_MEMORY; if it is an id or free text, ignore it"
    )
    return Uncounted(said, text_quality(dataset, wanted, cut))


def text_quality(dataset: Dataset, wanted: Column, cut: Slice) -> QualityCounts:
    """Rows, nulls and type errors of a slice of a column that is read as a category."""
    stored = dataset.column(wanted.name)
    condition, values = dataset.where(cut)
    value, there = value_sql(stored, wanted), there_sql(stored)
    asked = f"SELECT count(*) AS rows, count({there}) AS present, count({value}) AS read"
    row = dataset.query(f"{asked} FROM {dataset.scan} WHERE {condition}", values).to_pylist()[0]
    return QualityCounts(row["rows"], row["rows"] - row["present"], type_errors=row["present"] - row["read"])


def categories_of(table: pa.Table) -> Categories:
    """Categories from a table of name (NULL: what has none), its rows, and in how many of them something stands."""
    rows = int(pc.sum(table["rows"]).as_py() or 0)
    gone = table.filter(pc.is_null(table["name"]))
    missing = int(pc.sum(gone["rows"]).as_py() or 0)
    errors = int(pc.sum(gone["present"]).as_py() or 0)
    kept = table.filter(pc.is_valid(table["name"])).sort_by([("rows", "descending"), ("name", "ascending")])
    counts = kept["rows"].to_numpy().astype(np.int64)
    quality = QualityCounts(rows, missing - errors, type_errors=errors)
    return Categories(tuple(kept["name"].to_pylist()), counts, quality)


def missing(dataset: Dataset, wanted: Sequence[Column]) -> list[QualityCounts]:
    """Rows, nulls and type errors of many columns in one pass; not-a-number is not told from a value."""
    asked = ["count(*) AS rows"]
    for i, column in enumerate(wanted):
        stored = dataset.column(column.name)
        readable = value_sql(stored, column) if column.kind is not Kind.NESTED else quoted(stored.name)
        there = there_sql(stored) if column.kind is Kind.CATEGORICAL else quoted(stored.name)
        asked.append(f"count({there}) AS present{i}, count({readable}) AS read{i}")
    row = dataset.query(f"SELECT {', '.join(asked)} FROM {dataset.scan}").to_pylist()[0]
    counts = ((row[f"present{i}"], row[f"read{i}"]) for i in range(len(wanted)))
    return [QualityCounts(row["rows"], row["rows"] - n, type_errors=n - read) for n, read in counts]


def read(dataset: Dataset, wanted: Column, cut: Slice) -> Numbers | Categories | Uncounted:
    """The slice's values of a column, by its kind in the reference."""
    if wanted.kind is Kind.NESTED:
        return _read_nested(dataset, wanted, cut)
    return read_numbers(dataset, wanted, cut) if wanted.kind in ORDERED else read_categories(dataset, wanted, cut)


def _read_nested(dataset: Dataset, wanted: Column, cut: Slice) -> Categories:
    """Rows and nulls alone: lists, structs and maps have no order and no categories."""
    condition, values = dataset.where(cut)
    counted = f"SELECT count(*) AS rows, count({quoted(wanted.name)}) AS present FROM {dataset.scan} WHERE {condition}"
    row = dataset.query(counted, values).to_pylist()[0]
    return Categories((), np.zeros(0, np.int64), QualityCounts(row["rows"], row["rows"] - row["present"]))

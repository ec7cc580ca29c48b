"""The rows of a text file as Parquet: read by what the first rows suggest, again where a later one says otherwise."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.slices import quoted
from engine.tables.connection import DuckDBPyConnection
from engine.tables.literals import file_literal, quotes_doubled, scan_of
from engine.tables.text.decided import Decided, decide, either_way
from engine.tables.text.quotes import Unclosed
from engine.tables.text.rejects import LINE_LIMIT, SCHEMA, STRAY, TOO_LONG, collected, with_more
from engine.tables.text.sniff import Sniffed
from engine.tables.text.text_format import TextFormat
from engine.tables.text.text_types import TEXT, Reading, broken_sql, strict_sql, value_sql

BROKEN = "__broken__"
CELLS = 4_000_000  # that are held at once
GROUP = 122_880  # rows of a Parquet row group, fewer where there are many columns

Tell = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read: rows, what columns hold, and the rows that were left out, with all the lines that they take.

    ambiguous: columns whose days and months could be told either way. more: lines that rows take which are too long.
    """

    rows: int
    decided: Decided
    ambiguous: tuple[str, ...]
    rejects: pa.Table
    rejected: int
    lines: int
    more: int = 0


def reader_sql(path: Path, text: TextFormat, width: int, start: int) -> str:
    """SQL of the rows of a text file, all columns as text, named c0, c1 …; rows that do not fit are stored aside."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    quote = text.quote or ""
    escape = (text.escape or quote) if quote else ""
    signs = ("\t" if text.delimiter == " " else text.delimiter or ","), quote, escape
    delim, quote, escape = ("'" + sign.replace("'", "''") + "'" for sign in signs)
    return (
        f"read_csv({file_literal(path)}, auto_detect = false, columns = {{{columns}}}, header = false, skip = {start}, "
        f"delim = {delim}, quote = {quote}, escape = {escape}, store_rejects = true, "
        f"rejects_line_size_limit = {LINE_LIMIT}, "
        "encoding = 'utf-8')"
    )


def read_rows(cursors: Callable[[], DuckDBPyConnection], read: Path, seen: Sniffed, target: Path, tell: Tell) -> Rows:
    """Write the rows of a UTF-8 file to a Parquet file, every column as all of its rows allow.

    A column that a later row shows to be of another kind is read again as text and decided by all its values.
    """
    readings, unsure = list(seen.readings), set(seen.unsure)
    for turn in range(4):
        if turn == 3:  # columns that hide behind each other
            unsure |= {i for i, one in enumerate(readings) if one.type != "VARCHAR"}
            readings = [TEXT if i in unsure else one for i, one in enumerate(readings)]
        tell(0.1 + 0.2 * turn, "Reading rows" if not turn else "Reading rows again: some are of other kinds")
        cursor = cursors()
        try:
            broken = _copied(cursor, read, seen, readings, target, strict=turn == 0)
            if not broken:
                rejects = collected(cursor, read, seen.names)
                break
        finally:
            cursor.close()
        unsure |= broken
        readings = [TEXT if i in broken else one for i, one in enumerate(readings)]
    cursor = cursors()
    try:
        tell(0.8, "Deciding what columns hold")
        decided = decide(cursor, target, seen, readings, unsure)
        if turn or decided.values or decided.names != seen.names:
            tell(0.9, "Writing the table")
            named = [f"{decided.values.get(name, quoted(name))} AS {quoted(name)}" for name in decided.names]
            again = target.with_suffix(".again")
            try:
                _write(cursor, f"SELECT {', '.join(named)} FROM {scan_of(target)}", again, len(named))
                again.replace(target)
            finally:
                again.unlink(missing_ok=True)
        rows = int((cursor.execute(f"SELECT count(*) FROM {scan_of(target)}").fetchone() or (0,))[0])
        either = tuple(either_way(cursor, target, seen, decided))
    finally:
        cursor.close()
    return Rows(rows, decided, either, *rejects)


def with_stray(rows: Rows, stray: Unclosed, numbered: bool) -> Rows:
    """The rows that were read, and among those left out the lines on which a stray quote opens.

    numbered: whether the lines that were read have the numbers that they have in the file.
    """
    table, opened = rows.rejects, [number for number, _ in stray.opened]
    if not numbered and table.num_rows:
        at = [_before(opened, line) for line in table["line"].to_pylist()]
        table = table.set_column(0, SCHEMA.field(0), pa.array(at, pa.int64()))
    at_line = zip(table["line"].to_pylist(), table["reason"].to_pylist(), strict=True)
    more = sum(stray.long.get(line, 1) - 1 for line, reason in at_line if reason == TOO_LONG)
    table = with_more(table, stray.opened, STRAY)
    n = len(stray.opened)
    return replace(rows, rejects=table, rejected=rows.rejected + n, lines=rows.lines + n, more=more)


def _before(gone: Sequence[int], line: int) -> int:
    """The number that a line has in a file of which these lines are gone.

    >>> [_before([2, 3], line) for line in (1, 2, 3)]
    [1, 4, 5]
    """
    for one in gone:
        line += one <= line
    return line


def _copied(
    cursor: DuckDBPyConnection, read: Path, seen: Sniffed, readings: Sequence[Reading], target: Path, strict: bool
) -> set[int]:
    """Write the rows, and tell the columns that hold a text which does not fit; strict stops at the first such text."""
    columns = list(enumerate(zip(seen.names, readings, strict=True)))
    rows = reader_sql(read, seen.text, len(columns), seen.start)
    if strict:
        named = [f"{strict_sql(f'c{i}', one, f'{BROKEN}{i} ')} AS {quoted(name)}" for i, (name, one) in columns]
        try:
            _write(cursor, f"SELECT {', '.join(named)} FROM {rows}", target, len(columns))
        except duckdb.Error as error:
            if found := re.search(rf"{BROKEN}(\d+) ", str(error)):
                return {int(found[1])}
            raise
        return _not_numbers(cursor, target, seen, readings)
    named = [f"{value_sql(f'c{i}', one)} AS {quoted(name)}" for i, (name, one) in columns]
    tests = [f"WHEN {broken_sql(f'c{i}', one)} THEN {i}" for i, (_, one) in columns if one.type != "VARCHAR"]
    flags = [f"CASE {' '.join(tests[i : i + 50])} END" for i in range(0, len(tests), 50)]  # long ones are slow to plan
    flag = f"coalesce({', '.join(flags)})" if flags else "NULL"
    named.append(f"CAST({flag} AS INTEGER) AS {quoted(BROKEN)}")
    _write(cursor, f"SELECT {', '.join(named)} FROM {rows}", target, len(columns))
    rows_of = cursor.execute(f"SELECT DISTINCT {quoted(BROKEN)} FROM {scan_of(target)}").fetchall()
    return {int(row[0]) for row in rows_of if row[0] is not None}


def _not_numbers(cursor: DuckDBPyConnection, target: Path, seen: Sniffed, readings: Sequence[Reading]) -> set[int]:
    """Columns of numbers that hold not-a-number, which is a word for missing where no words were chosen."""
    asked = [i for i, one in enumerate(readings) if one.type == "DOUBLE"]
    if not asked or seen.given.nulls is not None:
        return set()
    found = set[int]()
    with pq.ParquetFile(target) as file:  # a query of ten thousand counts would be planned in minutes
        for group in range(file.num_row_groups):
            about = file.metadata.row_group(group)
            open_ = [i for i in asked if _may_hold_nan(about.column(i).statistics, about.num_rows)]
            together = max(1, CELLS // max(about.num_rows, 1))
            for at in range(0, len(open_), together):
                some = open_[at : at + together]
                table = file.reader.read_row_group(group, some)
                found |= {i for i, one in zip(some, table.columns, strict=True) if pc.any(pc.is_nan(one)).as_py()}
    return found


def _may_hold_nan(about: pq.Statistics | None, rows: int) -> bool:
    """Whether numbers of a group may hold not-a-number: where they do, DuckDB writes neither a least nor a greatest."""
    return about is None or not (about.has_min_max or about.null_count == rows)


def _write(cursor: DuckDBPyConnection, query: str, target: Path, width: int) -> None:
    group = max(2048, min(GROUP, CELLS // max(width, 1)))
    cursor.execute(
        f"COPY ({query}) TO '{quotes_doubled(target)}' (FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {group})"
    )

"""Tables and views of files of SQLite and DuckDB become Parquet: read only, a batch at a time."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from engine.errors import UnreadableSource, nearest, plain, shown
from engine.slices import quoted
from engine.tables.connection import closed
from engine.tables.files.arrow_files import cast, plain_field
from engine.tables.files.copies import Tell, Told, write_parquet
from engine.tables.texts import MOSTLY, reason

BATCH = 50_000  # rows read at a time
READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def copy_sqlite(path: Path, table: tuple[str, ...], target: Path, where: str, tell: Tell) -> Told:
    """Write a table or view of an SQLite file as Parquet. A column's type is that of its values."""
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
        name = _named(table, names, "main", where)
        connection.set_authorizer(lambda deed, *_: sqlite3.SQLITE_OK if deed in READS else sqlite3.SQLITE_DENY)
        source = f"main.{quoted(name)}"
        columns = [row[0] for row in connection.execute(f"SELECT * FROM {source} LIMIT 0").description]
        total = connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
        fields, numeric, notes = [], set[str](), list[str]()
        for i, column in enumerate(columns):
            tell(0.3 * i / len(columns), f"looking at {plain(column)}")
            kind, mostly, note = _kind(connection, source, column)
            fields.append(pa.field(column, kind))
            if mostly:
                numeric.add(column)
            if note:
                notes.append(f"{shown(column)}: {note}")
        schema = pa.schema(fields)
        batches = _sqlite_batches(connection, source, schema, total, tell)
        rows = write_parquet(batches, schema, target, where)
    except (sqlite3.Error, OverflowError) as error:
        raise UnreadableSource(f"SQLite said: {plain(str(error), 200)}.", where=where) from None
    finally:
        if connection is not None:
            connection.close()
    return Told(f"table {plain(name)} of SQLite, {rows:,} rows", frozenset(numeric), tuple(notes))


def _kind(connection: sqlite3.Connection, source: str, column: str) -> tuple[pa.DataType, bool, str | None]:
    """The type that holds a column's values; whether most of its texts are numbers; and what is told about it."""
    asked = f"SELECT typeof({quoted(column)}), count(*) FROM {source} GROUP BY 1"
    counts = {str(kind): int(n) for kind, n in connection.execute(asked) if kind != "null"}
    kinds, total = set(counts), sum(counts.values())
    if not kinds:
        return pa.null(), False, None
    if kinds == {"integer"}:
        return pa.int64(), False, None
    if kinds <= {"integer", "real"}:
        return pa.float64(), False, None
    if kinds == {"blob"}:
        return pa.int64(), False, "bytes, as how many there are"
    if kinds == {"text"}:
        where = f"{quoted(column)} IS NOT NULL"
        dated = f"{quoted(column)} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"
        moments = (
            f"SELECT count(*) FROM {source} WHERE {where} AND NOT ({dated}"
            f" AND length({quoted(column)}) <= 32 AND strftime('%s', {quoted(column)}) IS NOT NULL)"
        )
        if connection.execute(moments).fetchone()[0] == 0:
            return pa.timestamp("us"), False, "texts that are moments (UTC where they name a zone), as such"
        return pa.string(), False, None
    numbers = counts.get("integer", 0) + counts.get("real", 0)
    others = ", ".join(f"{n:,} {kind}" for kind, n in sorted(counts.items()))
    return pa.string(), numbers / total >= MOSTLY, f"its values are of several types ({others}), read as text"


def _sqlite_batches(
    connection: sqlite3.Connection, source: str, schema: pa.Schema, total: int, tell: Tell
) -> Iterator[pa.RecordBatch]:
    asked = [_asked(field) for field in schema]
    cursor, done = connection.execute(f"SELECT {', '.join(asked)} FROM {source}"), 0
    while rows := cursor.fetchmany(BATCH):
        columns = [_array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)]
        done += len(rows)
        tell(0.3 + 0.7 * done / max(total, 1), f"copied {done:,} of {total:,} rows")
        yield pa.record_batch(columns, schema=schema)


def _asked(field: pa.Field) -> str:
    name = quoted(field.name)
    if pa.types.is_integer(field.type):
        return f"CASE typeof({name}) WHEN 'blob' THEN length({name}) ELSE {name} END"
    if pa.types.is_timestamp(field.type):
        return f"strftime('%Y-%m-%dT%H:%M:%f', {name})"
    return f"CASE typeof({name}) WHEN 'blob' THEN hex({name}) ELSE {name} END"


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if one is None else str(one) for one in values], kind)
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)


def copy_duckdb(path: Path, table: tuple[str, ...], target: Path, where: str, tell: Tell) -> Told:
    """Write a table or view of a DuckDB file as Parquet, on a connection of its own that can read nothing else."""
    connection: Any = None
    try:
        connection = closed(path)
        rows = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database()"
        ).fetchall()
        schema = table[0] if len(table) == 2 else "main"
        name = _named(table, [row[1] for row in rows if row[0] == schema], schema, where)
        source = f"{quoted(schema)}.{quoted(name)}"
        total = int(connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])
        columns = connection.execute(f"DESCRIBE {source}").fetchall()
        spans = [str(row[0]) for row in columns if row[1] == "INTERVAL"]  # Parquet holds none
        as_seconds = ", ".join(f"epoch({quoted(one)}) AS {quoted(one)}" for one in spans)
        asked = f"* REPLACE ({as_seconds})" if spans else "*"
        reader = connection.sql(f"SELECT {asked} FROM {source}").to_arrow_reader(BATCH)
        kept = pa.schema([plain_field(field) for field in reader.schema])
        count = write_parquet(_cast(reader, kept, total, tell), kept, target, where)
    except (duckdb.Error, pa.ArrowException) as error:
        raise UnreadableSource(f"DuckDB said: {reason(error)}", where=where) from None
    finally:
        if connection is not None:
            connection.close()
    notes = tuple(f"{shown(one)}: intervals, as seconds" for one in spans)
    return Told(f"table {plain(schema)}.{plain(name)} of DuckDB, {count:,} rows", notes=notes)


def _cast(reader: Any, schema: pa.Schema, total: int, tell: Tell) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in reader:
        done += batch.num_rows
        tell(done / max(total, 1), f"copied {done:,} of {total:,} rows")
        arrays = [cast(one, field.type) for one, field in zip(batch.columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _named(table: tuple[str, ...], names: Sequence[str], schema: str, where: str) -> str:
    """The table of that name, as the file writes it."""
    found = [one for one in names if one.lower() == table[-1].lower()]
    if not found or (len(table) == 2 and table[0] != schema):
        hint = nearest(table[-1], names)
        raise UnreadableSource(f"There is no table {shown('.'.join(table))}.", where=where, hint=hint)
    return table[-1] if table[-1] in found else found[0]

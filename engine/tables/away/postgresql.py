"""A table or view of PostgreSQL becomes Parquet: in one read-only transaction, by COPY, a piece at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import Cancelled, UnreadableSource, nearest, plain, shown
from engine.slices import quoted
from engine.tables.connection import cache_folder, connect
from engine.tables.files.copies import Tell, Told
from engine.tables.literals import file_literal
from engine.tables.texts import literal, reason

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

SAFE_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "options", "target_session_attrs")
PIECE = 64 << 20  # bytes of text that are turned into columns at a time
NULL = "\\N"  # a null in the text; a value that is written so stands in quotes

# How a type is read: what the database is asked for, as what it is kept, and what is told about it.
# {c} is the column's name, quoted by the driver. The first row whose type fits a name wins.
TYPES: tuple[tuple[str, str, str, str | None], ...] = (
    (r"smallint", "{c}", "SMALLINT", None),
    (r"integer", "{c}", "INTEGER", None),
    (r"bigint|oid", "{c}", "BIGINT", None),
    (r"real", "{c}", "FLOAT", None),
    (r"double precision", "{c}", "DOUBLE", None),
    (r"numeric(\(.*\))?|money", "{c}::numeric", "DOUBLE", "numbers of any length, as doubles (15 digits)"),
    (r"boolean", "{c}", "BOOLEAN", None),
    (r"date", "{c}", "DATE", None),
    (r"timestamp(\(\d\))? without time zone", "{c}", "TIMESTAMP", None),
    (r"timestamp(\(\d\))? with time zone", "{c}", "TIMESTAMPTZ", None),
    (r"time(\(\d\))? without time zone", "{c}", "TIME", None),
    (r"interval.*", "extract(epoch from {c})", "DOUBLE", "intervals, as seconds"),
    (r"jsonb?", "{c}::text", "VARCHAR", "JSON, as text"),
    (r"bytea", "octet_length({c})", "BIGINT", "bytes, as how many there are"),
    (r".*\[\]", "array_to_json({c})::text", "VARCHAR", "lists, as text"),
    (r".*", "{c}::text", "VARCHAR", None),
)


def copy_postgresql(address: str, table: tuple[str, ...], target: Path, where: str, tell: Tell) -> Told:
    """Write a table or view as Parquet. Held at once: one piece of text, and the columns made of it."""
    sql = _driver(where).sql
    with _connected(address, where) as connection:
        schema, name, expected = _found(connection, table, where)
        columns = _columns(connection, schema, name)
        if not columns:
            raise UnreadableSource("The table has no column.", where=where)
        asked, kinds, notes = [], {}, list[str]()
        for column, kind in columns:
            _, template, kept, note = next(row for row in TYPES if re.fullmatch(row[0], kind))
            if (exact := re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)) and int(exact[1]) <= 38:
                kept, note = f"DECIMAL({exact[1]},{exact[2]})", None
            before, _, after = template.partition("{c}")
            asked.append(sql.SQL(before) + sql.Identifier(column) + sql.SQL(after))
            kinds[column] = kept
            if note is not None:
                notes.append(f"{shown(column)}: {note}")
        source = sql.Identifier(schema, name)
        told = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, NULL {}, ENCODING 'UTF8')").format(
            sql.SQL(", ").join(asked), source, sql.Literal(NULL)
        )
        rows = _streamed(connection, told, kinds, expected, target, where, tell, notes)
    return Told(f"table {plain(schema)}.{plain(name)} of PostgreSQL, {rows:,} rows", notes=tuple(notes))


def unchanged(address: str, table: tuple[str, ...], where: str) -> str | None:
    """What tells a table's state by its key column: rows and the greatest value; None where no key is named."""
    key = next((value for name, value in parse_qsl(urlsplit(address).query) if name == "key"), None)
    if key is None:
        return None
    sql = _driver(where).sql
    with _connected(address, where) as connection:
        schema, name, _ = _found(connection, table, where)
        known = [column for column, _ in _columns(connection, schema, name)]
        if key not in known:
            raise UnreadableSource(f"The table has no column {shown(key)}.", where=where, hint=nearest(key, known))
        asked = sql.SQL("SELECT count(*), max({})::text FROM {}").format(
            sql.Identifier(key), sql.Identifier(schema, name)
        )
        row = connection.execute(asked).fetchone() or (0, None)
    return f"{row[0]} rows up to {row[1]}"


def _driver(where: str) -> Any:
    """The driver, which only who reads tables of PostgreSQL needs."""
    try:
        import psycopg
        import psycopg.sql
    except ImportError:
        raise UnreadableSource(
            "PostgreSQL needs a driver that is not installed.", where=where,
            hint="Run pip install -r requirements-postgresql.txt -c constraints.txt.",
        ) from None  # fmt: skip
    return psycopg


@contextmanager
def _connected(address: str, where: str) -> Iterator[Connection[Any]]:
    """A connection in one transaction that can only read, and sees one moment."""
    psycopg = _driver(where)
    parts = urlsplit(address)
    options = {name: value for name, value in parse_qsl(parts.query) if name in SAFE_OPTIONS}
    told: dict[str, Any] = {"host": parts.hostname, "port": parts.port, "user": unquote(parts.username or "") or None}
    told |= {"password": unquote(parts.password or "") or None, "dbname": unquote(parts.path.lstrip("/")) or None}
    told |= {"connect_timeout": 10, "application_name": "plumbline", **options}
    try:
        with psycopg.connect(**{name: one for name, one in told.items() if one is not None}) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            settings = "TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'"
            connection.execute(f"SET {settings}; SET extra_float_digits = 1")
            yield connection
            connection.rollback()
    except psycopg.Error as error:
        raise _refused(error, parts.password, where) from None


def _refused(error: Exception, password: str | None, where: str) -> UnreadableSource:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = plain(lines[-1] if "connection" in lines[0] and len(lines) > 1 else lines[0], 300) if lines else "no reason"
    for secret in {password, unquote(password or "")} - {None, ""}:
        said = said.replace(str(secret), "…")
    hint = None
    if "does not exist" in said and "database" in said:
        hint = "The part behind the host is the database."
    elif "refused" in said or "timeout" in said or "resolve" in said:
        hint = "Is the server running, and its name and port right?"
    elif "permission denied" in said:
        hint = "The user needs SELECT on it, and USAGE on its schema."
    return UnreadableSource(f"PostgreSQL said: {said.rstrip('.')}.", where=where, hint=hint)


def _found(connection: Connection[Any], table: tuple[str, ...], where: str) -> tuple[str, str, int]:
    """The schema and name of a table, view or foreign table, and about how many rows it has."""
    known = connection.execute(
        "SELECT n.nspname, c.relname, greatest(c.reltuples, 0)::bigint, pg_table_is_visible(c.oid) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND "
        "c.relname = %s AND (%s::text IS NULL OR n.nspname = %s) ORDER BY 4 DESC",
        (table[-1], *(2 * (table[0] if len(table) == 2 else None,))),
    ).fetchall()
    visible = [row for row in known if len(table) == 2 or row[3]]
    if visible:
        return str(visible[0][0]), str(visible[0][1]), int(visible[0][2])
    rows = connection.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') "
        "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1 LIMIT 1000"
    ).fetchall()
    names = [str(row[0]) for row in rows]
    wanted = ".".join(table) if len(table) == 2 else f"public.{table[0]}"
    raise UnreadableSource(f"There is no table {shown('.'.join(table))}.", where=where, hint=nearest(wanted, names))


def _columns(connection: Connection[Any], schema: str, name: str) -> list[tuple[str, str]]:
    """The columns and their types in words; of a domain, the type that it is made from."""
    rows = connection.execute(
        "SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), "
        "CASE WHEN t.typbasetype = 0 THEN a.atttypmod ELSE t.typtypmod END) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_type t ON t.oid = a.atttypid "
        "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        (schema, name),
    ).fetchall()
    return [(str(column), str(kind)) for column, kind in rows]


def _streamed(
    connection: Connection[Any], asked: Composed, kinds: dict[str, str], expected: int, target: Path, where: str,
    tell: Tell, notes: list[str],
) -> int:  # fmt: skip
    """The rows of a COPY as Parquet, a piece of whole rows at a time: the server sends one row a message."""
    spool, rows = target.with_name("piece.csv"), 0
    loose: dict[str, int] = {}
    root = connect([cache_folder()])
    writer: pq.ParquetWriter | None = None

    def flush() -> None:
        nonlocal rows, writer
        table = _as_table(root, spool, kinds, loose, where)
        if writer is None:
            writer = pq.ParquetWriter(target, table.schema, compression="zstd")
        writer.write_table(table)
        rows += table.num_rows
        share = rows / expected if expected else 0.0
        tell(min(share, 1.0), f"copied {rows:,} rows" + (f" of about {expected:,}" if expected else ""))

    try:
        with connection.cursor() as cursor, cursor.copy(asked) as copy:
            size, stream = 0, spool.open("wb")
            try:
                for row in copy:
                    size += len(row)
                    stream.write(row)
                    if size >= PIECE:
                        stream.close()
                        flush()
                        size, stream = 0, spool.open("wb")
            finally:
                stream.close()
            flush()
    except Cancelled:
        connection.cancel()
        raise
    finally:
        if writer is not None:
            writer.close()
        spool.unlink(missing_ok=True)
        root.close()
    notes += [f"{shown(name)}: {n:,} values no {kinds[name]} can hold are missing" for name, n in loose.items()]
    return rows


def _as_table(root: Any, spool: Path, kinds: dict[str, str], loose: dict[str, int], where: str) -> pa.Table:
    """A piece of text as columns of their types; what does not fit, as NaN of a decimal, is counted and missing."""
    texts = ", ".join(f"{literal(f'c{i}')}: 'VARCHAR'" for i in range(len(kinds)))
    options = (
        f"columns = {{{texts}}}, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = {literal(NULL)}"
    )
    options += ", auto_detect = false, allow_quoted_nulls = false, strict_mode = true, max_line_size = 67108864"
    asked = ", ".join(f"TRY_CAST(c{i} AS {kind}) AS {quoted(name)}" for i, (name, kind) in enumerate(kinds.items()))
    lost = ", ".join(f"count(c{i}) - count(TRY_CAST(c{i} AS {kind}))" for i, kind in enumerate(kinds.values()))
    source = f"read_csv({file_literal(spool)}, {options})"
    if not spool.stat().st_size:
        source = f"(SELECT {', '.join(f'NULL::VARCHAR AS c{i}' for i in range(len(kinds)))} WHERE false)"
    # materialized: else the database moves the casts into the reader, where what does not fit is an error
    piece = f"WITH piece AS MATERIALIZED (SELECT * FROM {source})"
    try:
        counts = root.execute(f"{piece} SELECT {lost} FROM piece").fetchall()[0]
        table = root.sql(f"{piece} SELECT {asked} FROM piece").to_arrow_table()
    except duckdb.Error as error:
        raise UnreadableSource(f"What PostgreSQL sent cannot be read: {reason(error)}", where=where) from None
    for name, n in zip(kinds, counts, strict=True):
        if n:
            loose[name] = loose.get(name, 0) + int(n)
    return table

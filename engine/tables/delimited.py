"""CSV becomes Parquet once: sniffed over the whole file, kept under its fingerprint, its odd rows counted and shown."""

import codecs
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from engine.errors import UnreadableSource
from engine.slices import quoted
from engine.tables.connection import HOME, DuckDBPyConnection, cache_folder

READER = 2  # goes up when the same bytes are read in another way
MOSTLY = 0.9  # share of a text column's values that must be numbers for it to be a number column with type errors


@dataclass(frozen=True, slots=True)
class Ingested:
    """A CSV file as Parquet. how: the dialect in words; numeric: text columns that are mostly numbers."""

    parquet: Path
    how: str
    numeric: frozenset[str]
    notes: tuple[str, ...]


def ingest(path: Path, root: DuckDBPyConnection) -> Ingested:
    """Read a CSV file and write it as Parquet into the cache; the same bytes are converted once.

    Types are decided by every row, not by a sample. Rows that do not fit the table are left out, counted and told in
    notes. Raises UnreadableSource for an empty file or one that is no table.
    """
    if path.stat().st_size == 0:
        raise UnreadableSource("The file is empty.", where=str(path))
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    target = cache_folder() / f"{digest}-{READER}.parquet"
    told = target.with_suffix(".json")  # written last: where it stands, the Parquet file is whole
    if told.is_file():
        kept = json.loads(told.read_text(encoding="utf-8"))
        return Ingested(target, kept["how"], frozenset(kept["numeric"]), tuple(kept["notes"]))
    encoding = encoding_of(path)
    options = f"{file_literal(path)}, sample_size = -1, store_rejects = true, encoding = '{encoding}'"
    partial = target.with_suffix(f".{os.getpid()}.part")
    cursor = root.cursor()
    try:
        found = cursor.execute(f"SELECT * FROM sniff_csv({options})").fetchone()
        dialect = dict(zip([item[0] for item in cursor.description or []], found or (), strict=False))
        reader = f"read_csv({options}, normalize_names = false)"
        cursor.execute(f"COPY (SELECT * FROM {reader}) TO '{_text(partial)}' (FORMAT parquet, COMPRESSION zstd)")
        rejects = cursor.execute(
            "SELECT line, any_value(error_message) FROM reject_errors GROUP BY line ORDER BY line LIMIT 5"
        ).fetchall()
        count = (cursor.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchone() or (0,))[0]
        rows = (cursor.execute(f"SELECT count(*) FROM read_parquet('{_text(partial)}')").fetchone() or (0,))[0]
        partial.replace(target)
        numeric = _mostly_numbers(cursor, target)
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and "write" in str(error):
            said = f"Its copy cannot be written to {target.parent}."
            hint = f"Free some space, or name another folder in {HOME}."
            raise UnreadableSource(said, where=str(path), hint=hint) from None
        raise UnreadableSource(f"It is neither Parquet nor a CSV table: {reason(error)}", where=str(path)) from None
    finally:
        partial.unlink(missing_ok=True)
        cursor.close()
    notes = [f"line {line}: {str(why).splitlines()[0]}" for line, why in rejects]
    if count > rows:
        raise UnreadableSource(
            f"It is no CSV table: {count:,} of {count + rows:,} rows do not fit the others.",
            where=str(path),
            hint=notes[0] + ".",
        )
    if count:
        were = "row does not fit the table and was" if count == 1 else "rows do not fit the table and were"
        notes.insert(0, f"{count:,} {were} left out")
    how = _said(dialect, encoding)
    told.write_text(json.dumps({"how": how, "numeric": sorted(numeric), "notes": notes}), encoding="utf-8")
    return Ingested(target, how, numeric, tuple(notes))


def encoding_of(path: Path) -> str:
    """How the text of a file is written: utf-8, utf-16 if it says so itself, else latin-1, which every byte fits."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    with path.open("rb") as stream:
        if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        stream.seek(0)
        try:
            while part := stream.read(1 << 20):
                decode(part)
            decode(b"", final=True)
        except UnicodeDecodeError:
            if b"\0" in part:
                raise UnreadableSource("It is neither Parquet nor text.", where=str(path)) from None
            return "latin-1"
    return "utf-8"


def _said(dialect: dict[str, Any], encoding: str) -> str:
    delimiter = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}.get(str(dialect.get("Delimiter")), "other")
    header = "with" if dialect.get("HasHeader") else "without"
    strange = f", read as {encoding}" if encoding != "utf-8" else ""
    return f"CSV, {delimiter}-separated, {header} header{strange}"


def reason(error: Exception) -> str:
    """What DuckDB says was wrong, in one line: of a CSV error, the line and the reason that stand apart."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0]
    rest = [line for line in lines[1:] if not line.startswith(("Original Line", "Possible", "LINE"))]
    if "CSV Error" in said and rest:
        said += f", {rest[0]}"
    return said if len(said) <= 200 else f"{said[:200]}…"


def _mostly_numbers(cursor: DuckDBPyConnection, parquet: Path) -> frozenset[str]:
    """Text columns of which most values, not all, are numbers: a few bad words must not make a category of a number."""
    table = f"read_parquet('{_text(parquet)}')"
    described = cursor.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    names = [row[0] for row in described if row[1] == "VARCHAR"]
    if not names:
        return frozenset()
    shares = ", ".join(f"count(TRY_CAST({quoted(n)} AS DOUBLE)) / nullif(count({quoted(n)}), 0)" for n in names)
    row = cursor.execute(f"SELECT {shares} FROM {table}").fetchone() or ()
    return frozenset(name for name, share in zip(names, row, strict=True) if share and MOSTLY <= share < 1)


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def file_literal(path: Path) -> str:
    """A path as an SQL string that means this one file: quotes doubled, glob signs bracketed."""
    text = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    return "'" + text.replace("'", "''") + "'"

"""CSV becomes Parquet once: sniffed over the whole file, kept under its fingerprint, its odd rows counted and shown."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.errors import UnreadableSource
from engine.slices import quoted
from engine.tables.connection import DuckDBPyConnection, cache_folder

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
    target = cache_folder() / f"{digest}.parquet"
    told = target.with_suffix(".json")  # written last: where it stands, the Parquet file is whole
    if told.is_file():
        kept = json.loads(told.read_text(encoding="utf-8"))
        return Ingested(target, kept["how"], frozenset(kept["numeric"]), tuple(kept["notes"]))
    text = str(path).replace("'", "''")
    cursor = root.cursor()
    try:
        found = cursor.execute(f"SELECT * FROM sniff_csv('{text}', sample_size = -1)").fetchone()
        dialect = dict(zip([item[0] for item in cursor.description or []], found or (), strict=False))
        reader = f"read_csv('{text}', sample_size = -1, store_rejects = true, normalize_names = false)"
        partial = target.with_suffix(".part")
        cursor.execute(f"COPY (SELECT * FROM {reader}) TO '{_text(partial)}' (FORMAT parquet, COMPRESSION zstd)")
        rejects = cursor.execute(
            "SELECT line, any_value(error_message) FROM reject_errors GROUP BY line ORDER BY line LIMIT 5"
        ).fetchall()
        count = (cursor.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchone() or (0,))[0]
        partial.replace(target)
        numeric = _mostly_numbers(cursor, target)
    except duckdb.Error as error:
        raise UnreadableSource(
            f"It is neither Parquet nor a CSV table: {str(error).splitlines()[0]}", where=str(path)
        ) from None
    finally:
        cursor.close()
    delimiter = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}.get(str(dialect.get("Delimiter")), "other")
    header = "with" if dialect.get("HasHeader") else "without"
    notes = [f"line {line}: {str(why).splitlines()[0]}" for line, why in rejects]
    if count:
        notes.insert(0, f"{count:,} rows do not fit the table and were left out")
    how = f"CSV, {delimiter}-separated, {header} header"
    told.write_text(json.dumps({"how": how, "numeric": sorted(numeric), "notes": notes}), encoding="utf-8")
    return Ingested(target, how, numeric, tuple(notes))


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

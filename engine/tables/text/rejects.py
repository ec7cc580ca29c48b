"""Rows of a text file that do not fit its table: counted all, kept with line and reason up to a bound."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.spreadsheet import as_csv

KEPT = 10_000  # rows that are kept; all are counted
LINE_LIMIT = 2000  # bytes of a rejected row that DuckDB is asked to keep
LENGTH = 500  # characters of each that are kept
SCHEMA = pa.schema([("line", pa.int64()), ("column", pa.string()), ("reason", pa.string()), ("text", pa.string())])
REASONS = {
    "MISSING COLUMNS": "it has {found} of {expected} fields",
    "TOO MANY COLUMNS": "it has {found} fields, not {expected}",
    "UNQUOTED VALUE": "a quote is not closed, or text follows it",
    "LINE SIZE OVER MAXIMUM": "it is longer than 2,000,000 bytes",
    "INVALID ENCODING": "it holds bytes that are not UTF-8",
}
TOO_LONG = REASONS["LINE SIZE OVER MAXIMUM"]
STRAY = "a quote is opened on it and not closed; the lines after it are read as rows"


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rows that were left out. count: all of them; path: a Parquet file of the first KEPT: line, column, reason, text.

    lines: how many lines of the file they take, where a quote that is not closed took more than one. parts: of several
    files, those of each under its name.
    """

    count: int = 0
    path: Path | None = None
    lines: int = 0
    parts: tuple[tuple[str, "Rejects"], ...] = ()

    def rows(self, most: int = KEPT) -> list[dict[str, object]]:
        """The first of them, in order of their lines; of several files each row tells its file."""
        if self.path is None:
            each = ({"file": name, **row} for name, one in self.parts for row in one.rows(most))
            return list(islice(each, most))
        found: list[dict[str, object]] = pq.read_table(self.path).slice(0, most).to_pylist()
        return found

    @property
    def kept(self) -> int:
        """How many of them are kept: of every file the first KEPT."""
        return sum(one.kept for _, one in self.parts) if self.parts else min(self.count, KEPT)


def of_files(each: Iterable[tuple[str, Rejects | None]]) -> Rejects | None:
    """Those of several files as one; None where none of them is text."""
    known = tuple((name, one) for name, one in each if one is not None)
    if not known:
        return None
    left = tuple((name, one) for name, one in known if one.count)
    return Rejects(sum(one.count for _, one in left), None, sum(one.lines for _, one in left), left)


def as_sheet(sides: Iterable[tuple[str, Rejects | None]]) -> str:
    """The kept rows of some sides as CSV that no spreadsheet runs: side, file, line, column, reason, text."""
    rows = ({"side": side, **row} for side, one in sides if one is not None for row in one.rows(one.kept))
    return as_csv(rows, ("side", "file", *SCHEMA.names))


def collected(cursor: duckdb.DuckDBPyConnection, read: Path, names: tuple[str, ...]) -> tuple[pa.Table, int, int]:
    """What a reading that stored its rejects left out: the first rows as SCHEMA has it, all rows, and all their lines.

    A line is told by its place in the file that was read: DuckDB counts records, and one may take several lines.
    """
    count = int((cursor.execute("SELECT count(DISTINCT line_byte_position) FROM reject_errors").fetchone() or (0,))[0])
    if not count:
        return SCHEMA.empty_table(), 0, 0
    first = ", ".join(
        f"arg_min({one}, coalesce(column_idx, 0))" for one in ("error_type", "error_message", "column_name")
    )
    found = cursor.execute(
        f"SELECT line_byte_position, {first}, left(any_value(csv_line), {LENGTH}) FROM reject_errors GROUP BY 1 "
        f"ORDER BY 1 LIMIT {KEPT}"
    ).fetchall()
    last = cursor.execute(
        "SELECT error_type, csv_line FROM reject_errors ORDER BY line_byte_position DESC, error_type DESC LIMIT 1"
    ).fetchone() or ("", "")
    swallowed = str(last[1] or "") if last[0] == "UNQUOTED VALUE" else ""
    to_end = len(swallowed.encode()) >= LINE_LIMIT  # what DuckDB cut may run to the end of the file
    lines, taken = _lines(read, [int(row[0]) for row in found], to_end)
    taken = taken if to_end else swallowed.rstrip("\r\n").count("\n") + 1
    rows = []
    for line, (_, kind, said, column, text) in zip(lines, found, strict=True):
        counts = re.search(r"Columns: (\d+) Found: (\d+)", said or "")
        words = REASONS.get(kind)
        reason = str(said).split("\n")[0]
        if words and ("{" not in words or counts):
            reason = words.format(expected=counts[1], found=counts[2]) if counts else words
        name = names[int(column[1:])] if column and column[1:].isdigit() and int(column[1:]) < len(names) else None
        rows.append({"line": line, "column": name, "reason": reason, "text": str(text or "").rstrip("\r\n")})
    return pa.Table.from_pylist(rows, SCHEMA), count, count - 1 + taken


def _lines(read: Path, places: list[int], to_end: bool) -> tuple[list[int], int]:
    """The lines of these places of a file, and how many lines there are from the last on, if it runs to the end."""
    found: list[int] = []
    line, offset, last, taken = 1, 0, b"", 1
    left = list(reversed(places))
    with read.open("rb") as stream:
        while part := stream.read(1 << 22):
            ends = b"\n" if b"\n" in part or last == b"\r" else b"\r"
            at = 0
            while left and left[-1] < offset + len(part):
                place = left.pop() - offset
                line += part.count(ends, at, place)
                at = place
                found.append(line)
            if not left and not to_end:
                break
            line += part.count(ends, at)
            offset, last = offset + len(part), part[-1:]
        if to_end and found:
            taken = max(line - (last in (b"\n", b"\r")) - found[-1] + 1, 1)
    found += [line] * (len(places) - len(found))
    return found, taken


def with_more(table: pa.Table, lines: Sequence[tuple[int, str]], reason: str) -> pa.Table:
    """The rows that were left out, and lines that no reader was given, for one reason; in their order."""
    more = [{"line": line, "column": None, "reason": reason, "text": text} for line, text in lines[:KEPT]]
    both = pa.concat_tables([table, pa.Table.from_pylist(more, SCHEMA)]).sort_by("line")
    return both.slice(0, KEPT)


def words(table: pa.Table, count: int, lines: int, shown: int = 5) -> list[str]:
    """What a reader of the run is told about the rows that were left out."""
    if not count:
        return []
    were = "row does not fit the table and was" if count == 1 else "rows do not fit the table and were"
    said = [f"{count:,} {were} left out"]
    said += [f"line {row['line']}: {row['reason']}" for row in table.slice(0, shown).to_pylist()]
    if lines > count:
        said.append(f"they take {lines:,} lines of the file, as a quote goes on over several")
    return said

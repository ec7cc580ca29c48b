"""CSV becomes Parquet once: read by choices that are sniffed or given, kept under its fingerprint, odd rows aside."""

import json
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow.parquet as pq

from engine.errors import UnreadableSource, plain
from engine.tables.cache import fingerprint, key_of
from engine.tables.connection import HOME, DuckDBPyConnection, cache_folder
from engine.tables.literals import file_literal
from engine.tables.text.decided import Decided
from engine.tables.text.mended import mended
from engine.tables.text.plain_text import (
    beginning,
    census,
    compression_of,
    head_of,
    rewritten,
    short_lines,
    text_of,
)
from engine.tables.text.quotes import closed, lines_of, unclosed, without
from engine.tables.text.rejects import TOO_LONG, Rejects, with_more, words
from engine.tables.text.sniff import MOMENTS, SAMPLE, Sniffed, described, refuse_others, sniffed
from engine.tables.text.text_format import TextFormat
from engine.tables.text.text_rows import Tell, read_rows, with_stray
from engine.tables.watching import heard

__all__ = ["Ingested", "file_literal", "ingest", "reason"]

READER = 5  # goes up when the same bytes are read in another way


@dataclass(frozen=True, slots=True)
class Ingested:
    """A CSV file as Parquet. how: the dialect in words; text: the choices in force.

    kinds: columns of text that are mostly numbers or moments, and which; numeric: those that are numbers.
    """

    parquet: Path
    how: str
    numeric: frozenset[str]
    notes: tuple[str, ...]
    text: TextFormat
    rejects: Rejects
    kinds: dict[str, str]


def ingest(path: Path, root: DuckDBPyConnection, text: TextFormat | None = None, tell: Tell | None = None) -> Ingested:
    """Read a CSV file, plain or compressed, and write it as Parquet into the cache; the same bytes are converted once.

    text: the choices that are not to be sniffed. Types are decided by every row, not by a sample. Rows that do not fit
    the table are left out, counted, kept aside and told in notes; values of another kind than their column stay and
    count as type errors. tell is told a share and a sentence, and may raise Cancelled. Raises UnreadableSource for a
    file that is empty or no table.
    """
    given = text or TextFormat()
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableSource("The file is empty.", where=str(path))
    packed = compression_of(path)
    refuse_others(path, head_of(path, packed))
    chosen = f"-{key_of(given.document())[:12]}" if given.chosen else ""
    target = cache_folder() / f"{fingerprint(path)}-{READER}{chosen}.parquet"
    told = target.with_suffix(".json")  # written last: where it stands, the Parquet file is whole
    if told.is_file() and target.is_file():
        return _kept(target, told)
    try:
        with TemporaryDirectory(prefix=".csv-", dir=target.parent) as folder, heard(tell) as on:
            return _ingested(path, packed, root, given, Path(folder), target, on)
    except OSError as error:
        said = f"Its copy cannot be written to {target.parent}: {error.strerror or error}."
        hint = f"Free some space, or name another folder in {HOME}."
        raise UnreadableSource(said, where=str(path), hint=hint) from None


def _ingested(
    path: Path, packed: str | None, root: DuckDBPyConnection, given: TextFormat, folder: Path, target: Path, tell: Tell
) -> Ingested:
    tell(0.0, f"Looking at {path.name}")
    found = census(path, given.encoding, packed)

    def looked(at: Path, encoding: str, packed: str | None = None) -> Sniffed:
        sample, whole = beginning(at, encoding, SAMPLE, packed)
        seen = sniffed(closed(sample, given), whole, replace(given, encoding=found.encoding), str(path))
        return replace(seen, given=given, text=replace(seen.text, why={**seen.text.why, "encoding": found.why}))

    seen = looked(path, found.encoding, packed)
    read, lines, notes = path, found.lines, list[str]()
    if found.mixed:
        notes.append("lines end in more than one way; all are read alike")
    if found.boms:
        notes.append("marks of byte order stand within the text, as after joining files, and are left out")
    if found.broken and given.encoding in (None, "utf-8") and found.encoding == "utf-8":
        notes.append(f"{found.broken:,} {'place is' if found.broken == 1 else 'places are'} not of the encoding utf-8")
    comments: list[int] = []
    long: list[tuple[int, str]] = []
    if packed or not found.plain or seen.text.comment or seen.text.delimiter == " ":
        tell(0.05, "Writing it as plain text")
        read = folder / "plain.csv"
        parts = text_of(path, found.encoding, packed)
        parts = short_lines(parts, len(seen.names) > 1, long)
        lines = rewritten(mended(parts, seen.text, seen.start, len(seen.names), comments), read)
    parquet = folder / "table.parquet"
    try:
        rows = read_rows(root.cursor, read, seen, parquet, tell)
        if lines - seen.start > rows.rows + rows.rejected and seen.text.quote:  # some row takes more than one line
            tell(0.85, "Looking for quotes that are not closed")
            numbered = len(seen.names) > 1  # a line that is left out leaves an empty one
            stray = unclosed(partial(lines_of, read), read.stat().st_size, seen)
            if stray.opened:
                healed = folder / "closed.csv"
                without(read, stray.opened, numbered, healed)
                if read is path or (not seen.text.comment and seen.text.delimiter != " "):
                    seen = looked(healed, "utf-8")  # the first rows may have been swallowed too
                read = healed
                rows = read_rows(root.cursor, read, seen, parquet, tell)
            rows = with_stray(rows, stray, numbered)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and "write" in str(error):
            raise OSError(None, "the disk is full or not to be written to") from None
        raise UnreadableSource(f"It cannot be read as a CSV table: {reason(error)}", where=str(path)) from None
    if long:
        table = with_more(rows.rejects, long, TOO_LONG)
        rows = replace(rows, rejects=table, rejected=rows.rejected + len(long), lines=rows.lines + len(long))
    if rows.lines > rows.rows:
        first = words(rows.rejects, rows.rejected, rows.lines)[1]
        raise UnreadableSource(
            f"It is no CSV table: {rows.lines:,} of {rows.lines + rows.rows:,} rows do not fit the others.",
            where=str(path),
            hint=f"Read as {described(seen.text)}; {first}. Other choices may read it.",
        )
    rows = replace(rows, lines=rows.lines + rows.more)
    notes = [*seen.notes, *notes]
    said = words(rows.rejects, rows.rejected, rows.lines)
    notes = [*said, *notes, *rows.decided.notes]
    if comments:
        were = "line is a comment and was" if len(comments) == 1 else "lines are comments and were"
        notes.append(f"{len(comments):,} {were} skipped")
    text = in_force(seen, rows.decided)
    for name in rows.ambiguous[:1]:
        form = text.dates or text.timestamps
        notes.append(
            f"{plain(name)}: read as {form}, and no day is above 12: choose the format if month and day are changed"
        )
    rejects = Rejects(rows.rejected, None, rows.lines)
    if rows.rejected:
        rejects = replace(rejects, path=target.with_name(f"rejects-{target.name}"))
        aside = folder / "rejects.parquet"
        pq.write_table(rows.rejects, aside)
        aside.replace(rejects.path or aside)
    made = Ingested(
        target, described(text), frozenset(name for name, kind in rows.decided.kinds.items() if kind == "numeric"),
        tuple(notes), text, rejects, rows.decided.kinds,
    )  # fmt: skip
    parquet.replace(target)
    document = {
        "how": made.how, "kinds": made.kinds, "notes": notes, "text": text.document(), "why": dict(text.why),
        "rejected": rejects.count, "lines": rejects.lines,
    }  # fmt: skip
    written = folder / "told.json"
    written.write_text(json.dumps(document), encoding="utf-8")
    written.replace(target.with_suffix(".json"))
    return made


def in_force(seen: Sniffed, decided: Decided) -> TextFormat:
    """The choices after all rows were read: words for missing and formats of moments that later rows told."""
    forms = [next((one.format for one in decided.readings if one.type == kind and one.format), "") for kind in MOMENTS]
    if "datetime" in decided.kinds.values():
        forms = [
            form or sniffed_ or ""
            for form, sniffed_ in zip(forms, (seen.text.dates, seen.text.timestamps), strict=True)
        ]
    given = seen.given
    dates, stamps = (
        one if one is not None else form for one, form in zip((given.dates, given.timestamps), forms, strict=True)
    )
    why = {name: said for name, said in seen.text.why.items() if name != "dates" or dates == seen.text.dates}
    return replace(seen.text, nulls=decided.nulls, dates=dates, timestamps=stamps, why=why)


def _kept(target: Path, told: Path) -> Ingested:
    """What was converted before."""
    kept = json.loads(told.read_text(encoding="utf-8"))
    os.utime(told)
    choices: dict[str, Any] = {n: tuple(one) if isinstance(one, list) else one for n, one in kept["text"].items()}
    aside = target.with_name(f"rejects-{target.name}")
    rejects = Rejects(kept["rejected"], aside if kept["rejected"] and aside.is_file() else None, kept["lines"])
    numeric = frozenset(name for name, kind in kept["kinds"].items() if kind == "numeric")
    text = TextFormat(**choices, why=kept["why"])
    return Ingested(target, kept["how"], numeric, tuple(kept["notes"]), text, rejects, kept["kinds"])


def reason(error: Exception) -> str:
    """What DuckDB says was wrong, in one line: of a CSV error, the line and the reason that stand apart."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = next(iter(lines), type(error).__name__)
    rest = [line for line in lines[1:] if not line.startswith(("Original Line", "Possible", "LINE"))]
    if "CSV Error" in said and rest:
        said += f", {rest[0]}"
    return said if len(said) <= 200 else f"{said[:200]}…"

"""The beginning of a text file as a table, by choices that can still be changed: little is read and nothing kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from engine.errors import UnreadableSource, shown
from engine.tables.connection import cache_folder, connect
from engine.tables.literals import scan_of
from engine.tables.text.mended import mended
from engine.tables.text.plain_text import beginning, census, compression_of, head_of, pieces, rewritten
from engine.tables.text.quotes import closed
from engine.tables.text.sniff import SAMPLE, refuse_others, sniffed
from engine.tables.text.text_format import TextFormat
from engine.tables.text.text_rows import read_rows
from engine.tables.texts import reason

PART = 64 << 20  # bytes up to which the encoding is looked for in all of a file


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows. types: DuckDB's, per column; rows: as texts, None for missing; rejects: as rejects.py keeps them.

    differences: what the file itself suggests otherwise, and what the rows say against the choices, in sentences.
    text: all choices in force, with why; whole: whether that was all of the file.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    rejects: tuple[Mapping[str, Any], ...]
    differences: tuple[str, ...]
    text: TextFormat = field(default_factory=TextFormat)
    notes: tuple[str, ...] = ()
    whole: bool = True


def preview_text(path: Path | str, text: TextFormat | None = None, rows: int = 50) -> Preview:
    """The first rows of a text file as it would be read by these choices, those that are None sniffed.

    At most 4 million characters are read as rows. Raises UnreadableSource where these choices find no table.
    """
    path, given = Path(path), text or TextFormat()
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableSource("The file is empty.", where=str(path))
    packed = compression_of(path)
    refuse_others(path, head_of(path, packed))
    with TemporaryDirectory(prefix=".csv-", dir=cache_folder()) as folder:
        part = Path(folder) / "part.csv"
        with part.open("wb") as stream:
            for piece in pieces(path, packed):
                stream.write(piece)
                if stream.tell() >= PART:
                    break
        found = census(part, given.encoding)
        sample, whole = beginning(part, found.encoding, SAMPLE)
        seen = sniffed(closed(sample, given), whole, replace(given, encoding=found.encoding), str(path))
        seen = replace(seen, given=given)
        own = seen.text if not given.chosen else _own(sample, whole, found.encoding, path)
        plain, written = Path(folder) / "plain.csv", Path(folder) / "table.parquet"
        rewritten(mended([sample], seen.text, seen.start, len(seen.names), []), plain)
        root = connect([folder])
        try:
            read = read_rows(root.cursor, plain, seen, written, lambda share, said: None)
            kept = root.execute(f"SELECT * FROM {scan_of(written)} LIMIT {int(rows)}")
            types = tuple(str(one[1]) for one in kept.description or ())
            values = tuple(tuple(None if one is None else str(one) for one in row) for row in kept.fetchall())
        except duckdb.Error as error:
            raise UnreadableSource(f"It cannot be read so: {reason(error)}", where=str(path)) from None
        finally:
            root.close()
    differences = [*_differences(given, own), *_against(given, seen.names, read.rows, read.rejected)]
    aside = tuple(read.rejects.slice(0, rows).to_pylist())
    told = replace(seen.text, nulls=read.decided.nulls, why={**seen.text.why, "encoding": found.why})
    notes = (*seen.notes, *read.decided.notes)
    return Preview(read.decided.names, types, values, aside, tuple(differences), told, notes, whole)


def _own(sample: str, whole: bool, encoding: str, path: Path) -> TextFormat | None:
    """What the file suggests by itself; None where it suggests nothing."""
    try:
        return sniffed(closed(sample, TextFormat()), whole, TextFormat(encoding=encoding), str(path)).text
    except UnreadableSource:
        return None


def _differences(given: TextFormat, own: TextFormat | None) -> list[str]:
    if own is None:
        return []
    asked = [name for name in given.chosen if name not in ("nulls", "encoding")]
    said = {name: (_said(getattr(given, name)), _said(getattr(own, name))) for name in asked}
    return [
        f"{name} is chosen as {one}; the file looks like {other}" for name, (one, other) in said.items() if one != other
    ]


def _against(given: TextFormat, names: tuple[str, ...], rows: int, rejected: int) -> list[str]:
    """What speaks against the choices: one column only, rows that do not fit, no row at all."""
    said = []
    if given.delimiter and len(names) == 1:
        said.append(f"by the delimiter {_said(given.delimiter)} there is one column")
    if rejected > rows:
        said.append(f"{rejected:,} of the first {rows + rejected:,} rows do not fit the others")
    elif not rows:
        said.append("no row is left")
    return said


def _said(value: object) -> str:
    return str(value) if isinstance(value, int) else "none" if value == "" else shown(str(value))


def unfit(path: Path | str, text: TextFormat) -> tuple[str, ...]:
    """What the written choices of a monitor do not fit in a file; nothing where they do."""
    return preview_text(path, text, rows=1).differences

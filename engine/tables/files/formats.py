"""What a file is, by its content and never by its name, and how it becomes Parquet: one row a format."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import UnreadableSource, shown
from engine.tables.cache import fingerprint, key_of
from engine.tables.connection import DuckDBPyConnection
from engine.tables.files.apart import copy_workbook
from engine.tables.files.archives import expanded, is_workbook, unzipped
from engine.tables.files.arrow_files import copy_arrow
from engine.tables.files.copies import Copy, Tell, Told, copied, silent
from engine.tables.files.json_lines import copy_json
from engine.tables.text.plain_text import head_of

HEAD = 4096  # bytes by which a format is told


@dataclass(frozen=True)
class Reading:
    """A file that is to be read. where: what it is called in errors; part: the sheet that was asked for."""

    path: Path
    root: DuckDBPyConnection
    where: str
    part: str | None = None
    tell: Tell = silent


@dataclass(frozen=True)
class Format:
    """One kind of file. begins: whether a file is one, by its first bytes; copy: how it becomes Parquet, if it must.

    holds: what is in it is another file, which is then looked at: the reading of that, in words how it was packed.
    """

    name: str
    begins: Callable[[bytes], bool]
    copy: Callable[[Reading, Path], Told] | None = None
    holds: Callable[[Reading], tuple[Path, str]] | None = None
    parts: bool = False


def _at(*marks: bytes, start: int = 0) -> Callable[[bytes], bool]:
    """Whether one of these marks stands at a place in a file."""
    return lambda head: head.startswith(marks, start)


def _workbook(head: bytes) -> bool:
    """Old Excel, or a ZIP that begins as Excel and OpenDocument write it."""
    names = (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/", b"mimetypeapplication/vnd.oasis.opendocument.spr")
    return head.startswith(b"\xd0\xcf\x11\xe0") or (head.startswith(b"PK\x03\x04") and head.startswith(names, 30))


def _json(head: bytes) -> bool:
    """A list or an object: no CSV begins with a brace and a quote, or with a bracket and a brace."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    after = text[1:].lstrip()[:1]
    return (text[:1] == b"{" and after in (b'"', b"}")) or (text[:1] == b"[" and after in (b"{", b"]"))


def _database(kind: str) -> Callable[[Reading, Path], Told]:
    def refuse(reading: Reading, target: Path) -> Told:
        path = reading.path
        hint = f"Write {kind.lower()}:///{str(path).lstrip('/')}?table=NAME, or table and connection in a monitor."
        raise UnreadableSource(
            f"It is a database of {kind}, and no table of it is named.", where=reading.where, hint=hint
        )

    return refuse


FORMATS: tuple[Format, ...] = (
    Format("Parquet", _at(b"PAR1")),
    Format(
        "Arrow", _at(b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"), lambda r, to: copy_arrow(r.path, to, r.where, r.tell)
    ),
    Format("Excel", _workbook, lambda r, to: copy_workbook(r.path, r.part, to, r.where, r.tell), parts=True),
    Format("ZIP", _at(b"PK\x03\x04", b"PK\x05\x06"), holds=lambda r: (unzipped(r.path, r.where, r.tell), "zipped")),
    Format("gzip", _at(b"\x1f\x8b"), holds=lambda r: (expanded(r.path, r.where, "gzip", r.tell), "gzip")),
    Format("zstd", _at(b"\x28\xb5\x2f\xfd"), holds=lambda r: (expanded(r.path, r.where, "zstd", r.tell), "zstd")),
    Format("SQLite", _at(b"SQLite format 3\0"), _database("SQLite")),
    Format("DuckDB", _at(b"DUCK", start=8), _database("DuckDB")),
    Format("JSON", _json, lambda r, to: copy_json(r.path, r.root, to, r.where, r.tell)),
)
PACKED = ("gzip", "zstd")
TEXT = Format("CSV", lambda head: True)  # what no other row knows


def format_of(path: Path, where: str) -> Format:
    """The row of the table that a file's first bytes belong to. Raises UnreadableSource where they cannot be read."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise UnreadableSource(f"The file cannot be read: {error.strerror}.", where=where) from None
    found = format_in(head)
    if found.name == "ZIP" and is_workbook(path):
        return next(one for one in FORMATS if one.parts)
    return found


def format_in(head: bytes) -> Format:
    """The row that first bytes belong to; text, where no other."""
    return next((one for one in FORMATS if one.begins(head)), TEXT)


def as_parquet(reading: Reading, text: Callable[[Path], Any]) -> tuple[str, Any]:
    """The name of a file's format, and its copy as Parquet; None for what is Parquet already.

    text: reads what is a table of text. Raises UnreadableSource for what is none of the formats or is broken, and for
    an archive in an archive.
    """
    found, packed = format_of(reading.path, reading.where), ""
    if found.name in PACKED and format_in(head_of(reading.path, found.name)) is TEXT:
        return TEXT.name, text(reading.path)  # is expanded as it is read
    if found.holds is not None:
        inner, packed = found.holds(reading)
        reading = Reading(inner, reading.root, reading.where, reading.part, reading.tell)
        found = format_of(inner, reading.where)
        if found.holds is not None:
            raise UnreadableSource("It is an archive in an archive.", where=reading.where, hint="Unpack it first.")
    if reading.part is not None and not found.parts:
        raise UnreadableSource(
            f"{found.name} has no sheets, and {shown(reading.part)} was asked for.", where=reading.where,
            hint="Leave out what follows the #.",
        )  # fmt: skip
    copy = found.copy
    if copy is None:
        if found is not TEXT:
            return found.name, Copy(reading.path, found.name + _packed(packed)) if packed else None
        return found.name, _called(reading, lambda: text(reading.path), packed)
    key = key_of(found.name, fingerprint(reading.path), reading.part)
    made = copied(key, reading.where, lambda target: copy(reading, target))
    return found.name, replace(made, how=made.how + _packed(packed))


def _called(reading: Reading, read: Callable[[], Any], packed: str) -> Any:
    """What a text was read as; its errors name the archive, not what it was unpacked to."""
    try:
        found = read()
    except UnreadableSource as error:
        if not packed:
            raise
        raise UnreadableSource(error.message, where=reading.where, hint=error.hint) from None
    return replace(found, how=found.how + _packed(packed)) if packed else found


def _packed(packed: str) -> str:
    return f", {packed}" if packed else ""

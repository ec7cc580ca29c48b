"""Files that are read as one table: each as Parquet, their partitions as columns, what differs between them told."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import UnreadableSource, plain, shown
from engine.tables import cache
from engine.tables.connection import DuckDBPyConnection
from engine.tables.files.alike import without_empty
from engine.tables.files.copies import Brought, Tell, no_room
from engine.tables.files.formats import Reading, as_parquet
from engine.tables.files.found import Found, partitions
from engine.tables.files.lacking import lacking, some
from engine.tables.literals import file_literal
from engine.tables.text.delimited import ingest
from engine.tables.text.rejects import Rejects, of_files
from engine.tables.text.text_format import TextFormat
from engine.tables.texts import reason


@dataclass(frozen=True)
class Gathered:
    """What stands after FROM, how it was read, and of which files. scanned: the Parquet behind each of files.

    kinds: columns of text and what most of their values are. partitions: of each file, "year=2013/month=4" or "".
    """

    scan: str
    how: str
    files: tuple[Path, ...]
    scanned: tuple[Path, ...]
    partitions: tuple[str, ...]
    kinds: Mapping[str, str]
    notes: tuple[str, ...] = ()
    first: Any = None  # how the first file was read, where it is not Parquet
    rejects: Rejects | None = None


def gather(found: Found, root: DuckDBPyConnection, name: str, tell: Tell, text: TextFormat | None = None) -> Gathered:
    """The files of a source as one table. name: what the source is called in errors.

    Raises UnreadableSource for a file that is broken, naming it; for files of different formats; and for what formats
    and readers refuse.
    """
    if isinstance(found, Brought) and found.copy is not None:
        reads: list[tuple[str, Any]] = [("table", found.copy)]
    else:
        reads = _read(found, root, name, tell, text)
    formats = {one for one, _ in reads}
    if len(formats) > 1:
        odd = next(i for i, (one, _) in enumerate(reads) if one != reads[0][0])
        said = f"Several files are read together only if all are of one format; the first is {reads[0][0]}"
        raise UnreadableSource(f"{said}, this is {reads[odd][0]}.", where=_called(found, odd, name))
    copies = [read for _, read in reads]
    scanned = tuple(file if read is None else read.parquet for file, read in zip(found.files, copies, strict=True))
    scanned = without_empty(found.files, scanned)
    parts = partitions(found.files, found.base)
    files = _laid_out(scanned, parts) if any(parts) and scanned != found.files else scanned
    options = [f"[{', '.join(file_literal(path) for path in files)}]"]
    options += ["union_by_name = true"] if len(files) > 1 else []
    options.append(f"hive_partitioning = {'true' if any(parts) else 'false'}")
    notes = [*_differences(found, scanned, name), *_partition_notes(parts, scanned)]
    notes += found.notes if isinstance(found, Brought) else ()
    for i, read in enumerate(copies):
        before = f"{plain(_called(found, i, name))}: " if len(copies) > 1 else ""
        notes += [f"{before}{note}" for note in (read.notes if read is not None else ())]
    first = copies[0]
    how = reads[0][0] if first is None else first.how
    how = f"{how}, {len(files):,} files" if len(files) > 1 else how
    how += f", {found.how}" if isinstance(found, Brought) and found.how else ""
    scan = f"read_parquet({', '.join(options)})"
    left = [getattr(read, "rejects", None) for read in copies]
    rejects = left[0] if len(left) == 1 else of_files((_called(found, i, name), one) for i, one in enumerate(left))
    return Gathered(scan, how, found.files, files, parts, _kinds(copies), tuple(notes), first, rejects)


def _read(
    found: Found, root: DuckDBPyConnection, name: str, tell: Tell, text: TextFormat | None
) -> list[tuple[str, Any]]:
    reads = []
    for i, path in enumerate(found.files):

        def on(share: float, said: str, i: int = i) -> None:
            tell((i + share) / len(found.files), said)

        called = _called(found, i, name)

        def text_of(one: Path, on: Tell = on) -> Any:
            return ingest(one, root, text, on)

        reads.append(as_parquet(Reading(path, root, called, found.part, on), text_of))
        if reads[-1][0] == "Parquet" and len(found.files) > 1:
            _whole(path, called)
    return reads


def _whole(path: Path, called: str) -> None:
    """Refuse a Parquet file whose end is not as it should be, by name: the database would not say which of many."""
    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        said = plain(reason(error).rstrip("."), 200)
        hint = "It may still be written, or was cut off; the other files are not to blame."
        raise UnreadableSource(f"It cannot be read as Parquet: {said}.", where=called, hint=hint) from None


def _called(found: Found, at: int, name: str) -> str:
    """What a file is called: the source's name where it is alone, else its own."""
    if len(found.files) == 1:
        return name
    path = found.files[at]
    return str(path.relative_to(found.base)) if isinstance(found, Brought) else str(path)


def _kinds(copies: Sequence[Any]) -> dict[str, str]:
    """Columns of text that are something else in most values, in every file that has any."""
    kinds: dict[str, str] = {}
    for read in copies:
        if read is not None:
            kinds |= getattr(read, "kinds", None) or dict.fromkeys(read.numeric, "numeric")
    return kinds


def _differences(found: Found, scanned: Sequence[Path], name: str) -> list[str]:
    """What is not alike in all files: columns that some lack, and columns of several types."""
    if len(scanned) < 2:
        return []
    schemas = [pq.read_schema(path) for path in scanned]
    types: dict[str, dict[str, int]] = {}
    for field in dict.fromkeys(field for schema in schemas for field in schema.names):
        for i, schema in enumerate(schemas):
            if field not in schema.names:
                continue
            kind = schemas[i].field(schemas[i].names.index(field)).type
            if not pa.types.is_null(kind):
                types.setdefault(field, {}).setdefault(str(kind), i)
    mixed = {field: kinds for field, kinds in types.items() if len(kinds) > 1}
    told = [
        f"{shown(field)} is "
        + " and ".join(f"{k} in {plain(_called(found, i, name))}" for k, i in list(kinds.items())[:3])
        for field, kinds in mixed.items()
    ]
    notes = lacking([schema.names for schema in schemas], lambda i: _called(found, i, name))
    return [*notes, *some(told, "columns of several types")]


def _partition_notes(parts: Sequence[str], scanned: Sequence[Path]) -> list[str]:
    if not parts or not parts[0]:
        return []
    keys = [one.partition("=")[0] for one in parts[0].split("/")]
    inside = [key for key in keys if key in pq.read_schema(scanned[0]).names]
    notes = [f"columns from the names of folders: {', '.join(map(shown, keys))}"]
    return notes + [f"{shown(key)} is told by the folder, and what the files say of it is not read" for key in inside]


def _laid_out(scanned: Sequence[Path], parts: Sequence[str]) -> tuple[Path, ...]:
    """Copies under folders named as their partitions are, since that is where the database reads those from."""
    about = [(path.parent.name, path.name, part) for path, part in zip(scanned, parts, strict=True)]
    key = cache.key_of("laid out", about, [cache.fingerprint(path) for path in scanned])

    def write(folder: Path) -> None:
        for i, (path, part) in enumerate(zip(scanned, parts, strict=True)):
            target = folder / part / f"{i:06d}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:
                shutil.copyfile(path, target)

    place = cache.recall("copied", key) or cache.keep("copied", key, write)
    if place is None:
        raise no_room("partitions")
    return tuple(place / part / f"{i:06d}.parquet" for i, part in enumerate(parts))

"""What is not Parquet becomes Parquet once: written whole or not at all, kept under what it was made from."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import UnreadableSource, plain
from engine.tables import cache
from engine.tables.connection import HOME, cache_folder
from engine.tables.files.found import Found

FORMAT = 3  # goes up when the same source is copied in another way
ROOM, DATA, ABOUT = "copied", "data.parquet", "about.json"
GROUP_ROWS, GROUP_BYTES = 122_880, 64 << 20  # of a row group: what the database works on at a time

Tell = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Told:
    """How a source was read, in words; numeric: text columns that are mostly numbers; notes: what is odd about it.

    sheet, sheets: of a workbook the one that was read, and all in their order.
    """

    how: str
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """A source as one Parquet file in the cache, and how it was read, as Told has it."""

    parquet: Path
    how: str
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brought(Found):
    """Files of another place, brought here. how: in words, behind how they are read; copy: a table of a database."""

    how: str = ""
    notes: tuple[str, ...] = ()
    copy: Copy | None = None


def silent(share: float, said: str) -> None:
    """Told how far something is, by who does not want to know."""


def copied(key: str, where: str, make: Callable[[Path], Told]) -> Copy:
    """The copy that is kept under a key, or else made: make writes Parquet to the path that it is given.

    where: what the source is called in errors. Raises UnreadableSource where there is no room, and what make raises.
    """
    key = cache.key_of(FORMAT, key)
    if (place := cache.recall(ROOM, key)) is not None and (known := _known(place)) is not None:
        return known
    failed: list[OSError] = []

    def write(folder: Path) -> None:
        try:
            told = make(folder / DATA)
            (folder / ABOUT).write_text(json.dumps(written(told)), encoding="utf-8")
        except OSError as error:
            failed.append(error)
            raise

    place = cache.keep(ROOM, key, write)
    known = _known(place) if place is not None else None
    if known is None:
        raise no_room(where, failed[0] if failed else None)
    return known


def written(told: Told) -> dict[str, Any]:
    """As it is kept, and handed from process to process."""
    return {**asdict(told), "numeric": sorted(told.numeric)}


def read_back(kept: Mapping[str, Any]) -> Told:
    """What was written. Raises KeyError for what is none of ours."""
    notes, sheets = tuple(kept["notes"]), tuple(kept["sheets"])
    return Told(kept["how"], frozenset(kept["numeric"]), notes, kept["sheet"], sheets)


def no_room(where: str, error: OSError | None = None) -> UnreadableSource:
    """The error of a copy that could not be written."""
    why = f": {error.strerror or error}" if error is not None else ""
    hint = f"Free some space, or name another folder in {HOME}."
    return UnreadableSource(f"Its copy cannot be written to {cache_folder()}{why}.", where=where, hint=hint)


def _known(place: Path) -> Copy | None:
    try:
        told = read_back(json.loads((place / ABOUT).read_text(encoding="utf-8")))
        return Copy(place / DATA, told.how, told.numeric, told.notes, told.sheet, told.sheets)
    except (OSError, ValueError, KeyError):
        return None


def write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, target: Path, where: str) -> int:
    """Write batches as one Parquet file, a row group at a time, and give the rows. Held at once: one row group."""
    rows = 0
    try:
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for table in _groups(batches, schema):
                rows += table.num_rows
                writer.write_table(table)
    except pa.ArrowNotImplementedError as error:
        raise UnreadableSource(f"One of its columns cannot be kept: {plain(str(error), 200)}", where=where) from None
    return rows


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(held, schema)
            held, rows, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held, schema)

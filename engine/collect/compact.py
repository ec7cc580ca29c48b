"""Many small files become few large ones, while others write to the folder and read it.

A reader that lists the folder gets all rows once. While names change it finds a file that is no table, and fails: told
to try again, rather than handed rows twice or not at all. A run that was killed is finished by the next.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from time import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.collect.files import NAMED, UNFINISHED, file_name, sync_folder, write_whole
from engine.collect.process import locked

SIGN = "files-are-being-joined-read-again.parquet"  # sorts after the names of our files, and is no Parquet
SAID = "Files of this folder are being joined. Read it again in a moment.\n"
SOURCES = b"plumbline.joined"
TYPES = (pa.null(), pa.bool_(), pa.int64(), pa.float64(), pa.string())  # each holds what stands before it


def compact(folder: str | Path, *, rows: int = 1_000_000, settled: float = 300.0) -> int:
    """Join files of a collector into files of up to so many rows, sorted by time. How many files went into others.

    settled: seconds since a file was written before it is touched. Files that no collector wrote are left alone. 0 when
    another process is at it. Raises OSError where the folder cannot be written.
    """
    folder = Path(folder)
    with _alone(folder) as alone:
        if not alone:
            return 0
        _finish(folder)
        joined = 0
        for group in _groups(folder, rows, settled):
            _join(folder, group)
            joined += len(group)
        return joined


def _groups(folder: Path, rows: int, settled: float) -> Iterator[list[Path]]:
    """Neighbours in time that together stay within the limit, two at least."""
    group: list[Path] = []
    total, before = 0, time() - settled
    for path in sorted(folder.glob("*.parquet")):
        if not NAMED.fullmatch(path.name) or path.stat().st_mtime > before:
            continue
        size = pq.read_metadata(path).num_rows
        if group and total + size > rows:
            if len(group) > 1:
                yield group
            group, total = [], 0
        group.append(path)
        total += size
    if len(group) > 1:
        yield group


def _join(folder: Path, group: Sequence[Path]) -> None:
    table = joined([pq.read_table(path) for path in group])
    names = json.dumps([path.name for path in group]).encode()
    table = table.sort_by("served_at").replace_schema_metadata({SOURCES: names})
    first = datetime.strptime(group[0].name.partition("Z")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    target = folder / file_name(f"joined-{token_hex(4)}", 0, first)  # a name that no file ever had
    ready = target.with_name(f"{target.name}.ready")
    write_whole(table, ready)
    half = folder / f"{SIGN}{UNFINISHED}"
    half.write_text(f"{SAID}{target.name}\n")
    half.replace(folder / SIGN)  # from here on, who lists the folder is told to read again
    ready.replace(target)
    _finish(folder)


def _finish(folder: Path) -> None:
    """The end of a join, also of one that was killed: sources go, then the sign."""
    for ready in folder.glob("*.parquet.ready*"):
        ready.unlink(missing_ok=True)
    if not (folder / SIGN).exists():
        return
    sync_folder(folder)  # the joined file's name is on disk before those of its sources go
    target = folder / (folder / SIGN).read_text().removeprefix(SAID).strip()
    if NAMED.fullmatch(target.name) and target.exists():
        for name in json.loads((pq.read_metadata(target).metadata or {}).get(SOURCES, b"[]")):
            if NAMED.fullmatch(name) and name != target.name:
                (folder / name).unlink(missing_ok=True)
    sync_folder(folder)
    (folder / SIGN).unlink()


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one under the other, columns by name without regard to case, each of a type that holds all of them.

    >>> joined([pa.table({"x": [1]}), pa.table({"X": [1.5], "y": [True]})]).to_pylist()
    [{'x': 1.0, 'y': None}, {'x': 1.5, 'y': True}]
    """
    spelled: dict[str, str] = {}
    types: dict[str, pa.DataType] = {}
    for table in tables:
        for field in table.schema:
            low = field.name.lower()
            spelled.setdefault(low, field.name)
            types[low] = _wider(types.get(low, pa.null()), field.type)
    parts = []
    for table in tables:
        here = {name.lower(): i for i, name in enumerate(table.column_names)}
        arrays = [
            _cast(table.column(here[low]), kind) if low in here else pa.nulls(table.num_rows, kind)
            for low, kind in types.items()
        ]
        parts.append(pa.table(arrays, names=[spelled[low] for low in types]))
    return pa.concat_tables(parts)


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or other == pa.null():
        return one
    if one == pa.null():
        return other
    if one in TYPES and other in TYPES:
        bools = pa.bool_() in (one, other) and pa.string() not in (one, other)
        return max(one, other, key=TYPES.index) if not bools else max(one, other, pa.int64(), key=TYPES.index)
    return pa.string()


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == pa.bool_() and kind == pa.float64():
        column = pc.cast(column, pa.int64())
    if column.type == pa.float64() and kind == pa.string():  # Arrow writes 1.0 as 1, who reads the folder as 1.0
        return pa.chunked_array([[None if one is None else repr(one) for one in column.to_pylist()]], kind)
    return column if column.type == kind else pc.cast(column, kind, safe=False)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other process joins files of this folder, which holds until the block ends."""
    opened = os.open(folder / "joining.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield locked(opened)
    finally:
        os.close(opened)

"""Arrow files become Parquet: Feather, IPC files and streams, a batch at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import UnreadableSource, plain, shown
from engine.tables.files.copies import Tell, Told, write_parquet
from engine.tables.frames import READABLE

SECONDS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def copy_arrow(path: Path, target: Path, where: str, tell: Tell) -> Told:
    """Write an Arrow file as Parquet. Columns that Parquet cannot hold are left out and told."""
    with _readable(where):
        stream = pa.memory_map(str(path))
        with stream:
            head = stream.read(6)
            stream.seek(0)
            if head.startswith(b"FEA1"):
                said = "It is Feather of version 1, which was given up in 2020."
                raise UnreadableSource(
                    said, where=where, hint="Write it again: pyarrow.feather.write_feather(table, path)."
                )
            how, schema, batches, count = _opened(stream, head.startswith(b"ARROW1"))
            fields, notes = [], []
            for i, field in enumerate(schema):
                if _can_be_kept(plain_field(field)):
                    fields.append((i, plain_field(field)))
                else:
                    notes.append(f"the column {shown(field.name)} is left out: {field.type} has no values to compare")
            kept = pa.schema([field for _, field in fields])
            rows = 0

            def plain_batches() -> Iterator[pa.RecordBatch]:
                nonlocal rows
                for n, batch in enumerate(batches()):
                    rows += batch.num_rows
                    tell((n + 1) / count if count else 0.0, f"read {rows:,} rows")
                    arrays = [cast(batch.column(i), field.type) for i, field in fields]
                    yield pa.RecordBatch.from_arrays(arrays, schema=kept)

            write_parquet(_read(plain_batches(), where), kept, target, where)
    return Told(how, notes=tuple(notes))


def _opened(stream: Any, is_file: bool) -> tuple[str, pa.Schema, Callable[[], Iterator[pa.RecordBatch]], int]:
    """How it is called, its schema, its batches, and how many there are (0: nobody knows)."""
    if is_file:
        file = pa.ipc.open_file(stream)
        n = file.num_record_batches
        return "Arrow file", file.schema, lambda: (file.get_batch(i) for i in range(n)), n
    reader = pa.ipc.open_stream(stream)
    return "Arrow stream", reader.schema, lambda: iter(reader), 0


def plain_field(field: pa.Field) -> pa.Field:
    """The field as the database can read it: durations as seconds, odd numbers as usual ones, own types as stored."""
    kind = field.type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_duration(kind):
        kind = pa.float64()
    elif pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    return pa.field(field.name, READABLE.get(kind.id, kind))


def cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Values of a batch in the type of plain_field."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_duration(values.type):
        return pc.divide(values.cast(pa.int64()).cast(pa.float64()), SECONDS[values.type.unit])
    if pa.types.is_run_end_encoded(values.type):
        values = pc.run_end_decode(values)
    return values if values.type == kind else values.cast(kind)


def _can_be_kept(field: pa.Field) -> bool:
    try:
        with pq.ParquetWriter(BytesIO(), pa.schema([field])):
            return True
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return False


def _read(batches: Iterator[pa.RecordBatch], where: str) -> Iterator[pa.RecordBatch]:
    with _readable(where):
        yield from batches


@contextmanager
def _readable(where: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        said = (str(error).splitlines() or ["it ends too early"])[0].rstrip(".")
        raise UnreadableSource(f"The Arrow file cannot be read: {plain(said, 200)}.", where=where) from None


FULL = (28, 122)  # no space, quota: what cannot be written is no fault of the file

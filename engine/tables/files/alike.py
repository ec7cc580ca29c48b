"""Copies of several files made alike: a column that holds nothing in one file takes its type from the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.tables.cache import fingerprint, key_of
from engine.tables.files.copies import Told, copied, write_parquet


def without_empty(files: Sequence[Path], scanned: Sequence[Path]) -> tuple[Path, ...]:
    """The files to read, those of our copies without columns that are empty there and of another type elsewhere.

    Read by name, such a column is then null where it is missing; else the database would read all of them as text.
    Files that are read where they lie are left as they are: their types are their owner's choice.
    """
    ours = [i for i, (file, copy) in enumerate(zip(files, scanned, strict=True)) if file != copy]
    if len(scanned) < 2 or not ours:
        return tuple(scanned)
    types: dict[str, set[str]] = {}
    for path in scanned:
        for field in pq.read_schema(path):
            types.setdefault(field.name, set()).add(str(field.type))
    mixed = {name for name, kinds in types.items() if len(kinds) > 1}
    found = list(scanned)
    for i in ours if mixed else ():
        if empty := mixed & _empty(scanned[i]):
            found[i] = _without(scanned[i], sorted(empty))
    return tuple(found)


def _empty(path: Path) -> set[str]:
    """The columns of a file without one value, as its statistics tell."""
    about = pq.read_metadata(path)
    found = set()
    for i in range(about.num_columns):
        groups = [about.row_group(j).column(i) for j in range(about.num_row_groups)]
        stats = [(one.statistics.null_count if one.statistics else None, one.num_values) for one in groups]
        if all(nulls == rows for nulls, rows in stats):
            found.add(about.schema.column(i).path)
    return found


def _without(path: Path, empty: list[str]) -> Path:
    def make(target: Path) -> Told:
        file = pq.ParquetFile(path)
        kept = pa.schema([field for field in file.schema_arrow if field.name not in set(empty)])

        def batches() -> Iterator[pa.RecordBatch]:
            yield from file.iter_batches(columns=kept.names)

        write_parquet(batches(), kept, target, str(path))
        return Told("")

    return copied(key_of("without", fingerprint(path), empty), str(path), make).parquet

"""A dataset counted part by part, each part kept: after a restart nothing is counted again, with a new file only that.

A part is a file, or as many files in a row as are small. Cells and codes stand as Arrow files, read without copying.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import UnusableData
from engine.slices import moment_sql, windows_between
from engine.tables import cache
from engine.tables.cells import Cells, merged
from engine.tables.coded import Coded, hides_rows
from engine.tables.codes import CODES
from engine.tables.count import count
from engine.tables.sources import Dataset
from engine.tables.supports import NumericSupport, Support
from engine.tables.values import value_sql
from engine.tables.watching import Progress, tick

FORMAT = 3  # goes up when the same rows are counted in another way
SMALL = 32 << 20  # bytes: smaller files are counted together

Part = tuple[Cells, list[pa.RecordBatch], list[int]]  # cells, codes, rows of each file


def counted(
    dataset: Dataset,
    supports: Mapping[str, Support],
    unit: str | None = None,
    cohorts: Sequence[str] = (),
    progress: Progress | None = None,
) -> tuple[Cells, Coded | None]:
    """The cells of a dataset and its codes; None for the codes where there is no room to keep them.

    unit, cohorts, progress: as in count. Raises UnusableData for too many groups.
    """
    tell = progress or (lambda share, said: None)
    if dataset.far:
        return _counted_there(dataset, supports, unit, cohorts, tell), None
    if dataset.frame is not None:
        codes: list[pa.RecordBatch] = []
        cells = count(dataset, supports, unit, cohorts, progress, keep=codes.append)
        return cells, _joined(dataset, supports, [(cells, codes, [dataset.rows])], cells)
    if hides_rows(dataset):
        return count(dataset, supports, unit, cohorts, progress), None
    recipe = _recipe(dataset, supports, unit, cohorts)
    states = tuple(cache.state(path) for path in dataset.scanned)
    parts: list[Part] = []
    chunks, done = _chunks(dataset.files), 0
    for files in chunks:
        key = cache.key_of(FORMAT, recipe, [dataset.prints[i] for i in files])
        place = cache.recall("counted", key)
        part = _read(place, dataset, supports, unit, cohorts) if place else None

        def on(share: float, said: str, done: int = done, files: Sequence[int] = files) -> None:
            tell((done + share * len(chunks) * len(files) / len(dataset.files)) / len(dataset.files), said)

        part = part or _count(key, dataset, supports, unit, cohorts, on, files if len(chunks) > 1 else None)
        parts.append(part)
        done += len(files)
        tell(done / len(dataset.files), f"counted {done} of {len(dataset.files)} files")
    cells = _together([part[0] for part in parts], unit)
    return cells, _joined(dataset, supports, parts, cells, states)


def _counted_there(
    dataset: Dataset, supports: Mapping[str, Support], unit: str | None, cohorts: Sequence[str], tell: Progress
) -> Cells:
    """The cells of rows that lie in Spark, a piece at a time: of these nothing is kept but cells."""
    recipe = _recipe(dataset, supports, unit, cohorts)
    pieces = dataset.pieces or ((dataset.scan, ""),)
    found: list[Cells] = []
    for i, (scan, told) in enumerate(pieces):
        key = cache.key_of(FORMAT, "there", recipe, told)
        place = cache.recall("counted", key) if told else None
        part = _read(place, dataset, supports, unit, cohorts) if place else None
        cells = part[0] if part else None

        def on(share: float, said: str, i: int = i) -> None:
            tell((i + share) / len(pieces), said)

        if cells is None:
            cells = count(replace(dataset, scan=scan), supports, unit, cohorts, on)
            if told:
                _keep_there(key, cells)
        found.append(cells)
        tell((i + 1) / len(pieces), f"counted {i + 1} of {len(pieces)} pieces in Spark")
    if (rows := sum(int(one.rows.sum()) for one in found)) != dataset.rows:
        raise UnusableData(
            f"The data changed while they were counted: {dataset.rows:,} rows were opened, their pieces hold {rows:,}.",
            where=dataset.name,
            hint="Count them again.",
        )
    return _together(found, unit)


def _keep_there(key: str, cells: Cells) -> None:
    def write(folder: Path) -> None:
        try:
            _write(folder, cells, [0])
        except (pa.ArrowException, OverflowError) as error:  # values that no column of a file can hold
            raise OSError(str(error)) from None

    cache.keep("counted", key, write)


def _together(parts: Sequence[Cells], unit: str | None) -> Cells:
    """The cells of all parts over all their windows."""
    spans = [part.span for part in parts if part.span]
    span = (min(one[0] for one in spans), max(one[1] for one in spans)) if spans else None
    return merged(parts, windows_between(*span, unit) if span and unit else ())


def _recipe(dataset: Dataset, supports: Mapping[str, Support], unit: str | None, cohorts: Sequence[str]) -> Any:
    """All that decides what is counted, besides the rows: how each column is read and cut, and into which groups."""
    stored = {name: dataset.column(name) for name in supports}  # a type decides how a value reads as text
    read = [
        [name, stored[name].type, value_sql(stored[name], one.column), one.digest] for name, one in supports.items()
    ]
    moment = moment_sql(dataset.timestamp, dataset.columns) if dataset.timestamp and unit else None
    return [read, unit, moment, list(cohorts), [dataset.column(name).type for name in cohorts]]


def _chunks(files: Sequence[Path]) -> list[list[int]]:
    """Files by position, in their order: a large one alone, small ones together."""
    found: list[list[int]] = []
    room = 0
    for i, file in enumerate(files):
        size = file.stat().st_size
        if not found or room < size:
            found.append([])
            room = SMALL
        found[-1].append(i)
        room -= size
    return found


def _count(
    key: str,
    dataset: Dataset,
    supports: Mapping[str, Support],
    unit: str | None,
    cohorts: Sequence[str],
    progress: Progress,
    files: Sequence[int] | None,
) -> Part:
    """Count a part and keep it; where there is no room, it is counted all the same."""
    found: list[Cells] = []
    wanted = range(len(dataset.scanned)) if files is None else files
    rows = [pq.read_metadata(dataset.scanned[i]).num_rows for i in wanted]

    def write(folder: Path) -> None:
        writer: list[pa.ipc.RecordBatchFileWriter] = []

        def keep(batch: pa.RecordBatch) -> None:
            if not writer:
                writer.append(pa.ipc.new_file(str(folder / "codes.arrow"), batch.schema))
            writer[0].write_batch(batch)

        try:
            found.append(count(dataset, supports, unit, cohorts, progress, files=files, keep=keep))
        finally:
            for one in writer:
                one.close()
        try:
            _write(folder, found[0], rows)
        except (pa.ArrowException, OverflowError) as error:  # values that no column of a file can hold
            raise OSError(str(error)) from None

    place = cache.keep("counted", key, write)
    part = _read(place, dataset, supports, unit, cohorts) if place else None
    if part:
        return part
    if not found:
        found.append(count(dataset, supports, unit, cohorts, progress, files=files))
    return found[0], [], rows


def _write(folder: Path, cells: Cells, rows: Sequence[int]) -> None:
    """Cells as a table, a row a group; what is no column of it stands in its metadata."""
    table: dict[str, pa.Array] = {"window": pa.array(cells.window), "rows": pa.array(cells.rows)}
    for i, values in enumerate(cells.values.values()):
        table[f"c{i}"] = _array([values[j] for j in cells.cohort[:, i]])
    for i, counts in enumerate(cells.counts.values()):
        table[f"n{i}"] = pa.FixedSizeListArray.from_arrays(pa.array(counts.reshape(-1)), CODES)
    for name, gaps in cells.gaps.items():
        at = list(cells.counts).index(name)
        table[f"g{at}"] = pa.FixedSizeListArray.from_arrays(pa.array(gaps.reshape(-1)), CODES)
    span = [one.isoformat() for one in cells.span] if cells.span else None
    about = {"span": span, "rows": list(rows), "columns": list(cells.counts)}
    whole = pa.table(table).replace_schema_metadata({"about": json.dumps(about)})
    with pa.ipc.new_file(
        str(folder / "cells.arrow"), whole.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
    ) as sink:
        sink.write_table(whole)


def _array(values: list[object]) -> pa.Array:
    """Values of a cohort column as Arrow infers their type, whole numbers beyond 64 bits with a sign included."""
    try:
        return pa.array(values)
    except OverflowError:
        return pa.array(values, pa.uint64())


def _read(
    place: Path, dataset: Dataset, supports: Mapping[str, Support], unit: str | None, cohorts: Sequence[str]
) -> Part | None:
    """A part as it was kept, or None if it cannot be read: then it is taken away, and counted again."""
    try:
        table = pa.ipc.open_file(pa.memory_map(str(place / "cells.arrow"))).read_all()
        about = json.loads(table.schema.metadata[b"about"])
        codes: list[pa.RecordBatch] = []
        if sum(about["rows"]):
            reader = pa.ipc.open_file(pa.memory_map(str(place / "codes.arrow")))
            for i in range(reader.num_record_batches):  # with little memory each is fetched from the disk again
                tick()
                codes.append(reader.get_batch(i))
        span = _span(about["span"])
        values: dict[str, tuple[object, ...]] = {}
        numbers = []
        for i, name in enumerate(cohorts):
            said = table[f"c{i}"].to_pylist()
            place_of = {value: j for j, value in enumerate(dict.fromkeys(said))}
            values[name] = tuple(place_of)
            numbers.append([place_of[value] for value in said])
        groups = table.num_rows
        cells = Cells(
            windows_between(*span, unit) if span and unit else (),
            table["window"].to_numpy(),
            values,
            np.array(numbers, dtype=np.int64).reshape(len(cohorts), groups).T,
            {name: _square(table, f"n{i}") for i, name in enumerate(about["columns"])},
            {
                name: _square(table, f"g{i}")
                for i, name in enumerate(about["columns"])
                if isinstance(supports[name], NumericSupport)
            },
            table["rows"].to_numpy(),
            span,
        )
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError):
        cache.forget(place)
        return None
    return cells, codes, about["rows"]


def _span(said: Sequence[str] | None) -> tuple[datetime, datetime] | None:
    return (datetime.fromisoformat(said[0]), datetime.fromisoformat(said[1])) if said else None


def _square(table: pa.Table, name: str) -> Any:
    return table[name].combine_chunks().flatten().to_numpy().reshape(-1, CODES)


def _joined(
    dataset: Dataset,
    supports: Mapping[str, Support],
    parts: Sequence[Part],
    cells: Cells,
    states: tuple[cache.State, ...] = (),
) -> Coded | None:
    """The codes of all parts in the order of the rows; None where some part has none."""
    batches, shifts = [], []
    order = {window: i for i, window in enumerate(cells.windows)}
    for part, codes, rows in parts:
        if sum(one.num_rows for one in codes) != sum(rows):
            return None
        shift = order[part.windows[0]] if part.windows else 0
        batches += codes
        shifts += [shift] * len(codes)
    starts = np.concatenate([[0], np.cumsum([one.num_rows for one in batches])]).astype(np.int64)
    firsts = np.concatenate([[0], np.cumsum([n for _, _, rows in parts for n in rows])]).astype(np.int64)[:-1]
    names = tuple(name for name in supports if dataset.has(name))
    shape = (starts, np.array(shifts, dtype=np.int64), firsts)
    return Coded(dataset, supports, names, tuple(batches), *shape, cells.windows, cells.span, states)

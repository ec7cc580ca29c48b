"""The cell tier is made here: one streaming pass codes every column of a dataset, and counts it per window × cohort."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.columns import Column, Kind
from engine.errors import UnusableData, shown
from engine.slices import Slice, quoted, windows_between
from engine.tables.cells import ALL, Cells
from engine.tables.codes import Tally, encoder, refine
from engine.tables.groups import Groups
from engine.tables.moments import moment, named, span_of
from engine.tables.sources import Dataset
from engine.tables.spark.cells import count_there
from engine.tables.supports import NumericSupport, Support
from engine.tables.values import can_fail, there_sql, value_sql
from engine.tables.watching import Progress, awaited

BATCH, VALUES = 1 << 16, 1 << 24  # rows read at a time, and values: of a wide table fewer rows
KEPT = 4  # batches whose codes are kept as one: of a byte or two each, they take little
LEAST = 2048  # rows read at a time of the widest
THREADS = 2

Keep = Callable[[pa.RecordBatch], None]


def count(
    dataset: Dataset,
    supports: Mapping[str, Support],
    unit: str | None = None,
    cohorts: Sequence[str] = (),
    progress: Progress | None = None,
    cut: Slice = ALL,
    files: Sequence[int] | None = None,
    keep: Keep | None = None,
) -> Cells:
    """One streaming pass over a dataset. unit: of the windows, None for one group of all time.

    cut: the rows that are counted. files: only these of the dataset's files, by position.
    keep: is given all rows as codes, some at a time and in their order: column i as "v{i}", refined where it has an
    order, and "window", 0 for none, then one on from the first.
    Of rows that lie in Spark (Dataset.far), neither files nor keep.
    progress is told the share done and may raise Cancelled. Raises UnusableData for too many groups.
    """
    nested = next((name for name in cohorts if dataset.column(name).kind is Kind.NESTED), None)
    if nested is not None:
        raise UnusableData(f"{shown(nested)} holds lists or structures and cannot name cohorts.", where=dataset.name)
    if dataset.far:
        return count_there(dataset, supports, unit, cohorts, progress, cut)
    condition, values = dataset.where(cut)
    if files is not None:
        condition = f"({condition}) AND file_index IN ({', '.join(str(int(one)) for one in files)})"
    timestamp = dataset.timestamp if unit else None
    span = span_of(dataset, condition, values) if timestamp else None
    windows = windows_between(*span, unit) if span and unit else ()
    starts = np.array([np.datetime64(one.start, "us").astype(np.int64) for one in windows], dtype=np.int64)
    names = [name for name in supports if dataset.has(name)]
    columns = [f'{value_sql(dataset.column(name), supports[name].column)} AS "v{i}"' for i, name in enumerate(names)]
    broken = {i: f"b{i}" for i, name in enumerate(names) if can_fail(dataset.column(name), supports[name].column)}
    columns += [f'{_there(dataset.column(names[i]), supports[names[i]])} AS "{b}"' for i, b in broken.items()]
    columns += [f'{named(dataset.column(name))} AS "c{i}"' for i, name in enumerate(cohorts)]
    columns.append(f'epoch_us({moment(dataset, timestamp)}) AS "at"' if timestamp else "1 AS one")
    encoders = [encoder(supports[name]) for name in names]
    fine = [refine(one) if isinstance(one := supports[name], NumericSupport) else None for name in names]
    groups = Groups(cohorts)
    tallies = [Tally() for _ in names]
    sql = f"SELECT {', '.join(columns)} FROM {dataset.scan} WHERE {condition}"
    done = 0
    codes: list[pa.RecordBatch] = []

    def coded(i: int, batch: pa.RecordBatch, group: NDArray[np.int64]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        valid = batch[broken[i]].to_numpy(zero_copy_only=False) if i in broken else None
        code, gap = encoders[i](batch[f"v{i}"], valid)
        tallies[i].add(group, code, gap, groups.size)
        refined = fine[i]
        return code if refined is None or gap is None or keep is None else refined(code, gap)

    batches = dataset.stream(sql, values, min(BATCH, max(VALUES // max(len(names), 1), LEAST)))
    with ThreadPoolExecutor(THREADS + 1) as pool:  # numpy and Arrow let go of the interpreter for most of this
        ahead = pool.submit(next, batches, None)
        while (batch := awaited(ahead)) is not None:
            ahead = pool.submit(next, batches, None)  # is read while this one is counted
            at = _window_index(batch["at"], starts) if timestamp else None
            group = groups.index(batch, at)
            coding = [pool.submit(coded, i, batch, group) for i in range(len(names))]
            found = [awaited(one) for one in coding]
            if keep:
                window = np.zeros(batch.num_rows, np.uint16) if at is None else (at + 1).astype(np.uint16)
                codes.append(pa.record_batch([*found, window], [*(f"v{i}" for i in range(len(names))), "window"]))
                if len(codes) == KEPT:
                    keep(pa.concat_batches(codes))
                    codes.clear()
            done += batch.num_rows
            if progress:
                progress(done / max(dataset.rows, 1), f"counted {done:,} of {dataset.rows:,} rows")
    if keep and codes:
        keep(pa.concat_batches(codes))
    return Cells(
        windows,
        groups.windows(),
        {name: tuple(groups.values[i]) for i, name in enumerate(cohorts)},
        groups.cohorts(),
        {name: tally.counts(groups.size) for name, tally in zip(names, tallies, strict=True)},
        {name: tally.gaps(groups.size) for name, tally in zip(names, tallies, strict=True) if _ordered(supports[name])},
        groups.rows(),
        span,
        cut,
    )


def _window_index(at: pa.Array, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The window of every row, -1 where there is no time. Shape (rows,)."""
    found = np.searchsorted(starts, at.fill_null(0).to_numpy(zero_copy_only=False), side="right") - 1
    return np.where(at.is_valid().to_numpy(zero_copy_only=False), found, -1)


def _ordered(support: Support) -> bool:
    return isinstance(support, NumericSupport)


def _there(stored: Column, support: Support) -> str:
    """SQL for whether a row holds anything, so that what cannot be read is told from what is missing."""
    there = there_sql(stored) if support.column.kind is Kind.CATEGORICAL else quoted(stored.name)
    return f"{there} IS NOT NULL"

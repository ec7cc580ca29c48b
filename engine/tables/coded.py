"""A dataset as codes, one or two bytes a value: any of its rows are counted again without reading the values.

The database only tells which rows: every filter over any column and any span of time is answered so.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import UnusableData, shown
from engine.slices import Slice, Window, quoted
from engine.summaries import Counts, Floats
from engine.tables.cache import State, state
from engine.tables.cells import Cells
from engine.tables.codes import CODES, FRACTIONS, cell_widths
from engine.tables.count import THREADS
from engine.tables.sources import Dataset
from engine.tables.supports import NumericSupport, Support

RESERVED = {"file_index", "file_row_number"}  # what the database calls a row's place; a column of that name hides it
SUMS = np.stack([np.ones(FRACTIONS), np.arange(FRACTIONS) + 0.5], axis=1)  # rows, and steps: a value lies amid its own


@dataclass(frozen=True, eq=False)
class Coded:
    """The codes of a dataset. batches: in the order of its rows, as count gives them to keep.

    names: column i of a batch stands as "v{i}". starts: (batches + 1,) the first row of each batch. shifts: (batches,)
    what is added to a batch's window numbers. files: (files,) the first row of every file. windows, span: as in Cells.
    states: of the files when they were counted.
    """

    dataset: Dataset
    supports: Mapping[str, Support]
    names: tuple[str, ...]
    batches: tuple[pa.RecordBatch, ...]
    starts: Counts
    shifts: Counts
    files: Counts
    windows: tuple[Window, ...]
    span: tuple[datetime, datetime] | None
    states: tuple[State, ...] = ()


Rows = list[tuple[int, "NDArray[np.int64] | slice"]]  # batch, and the rows within it


def hides_rows(dataset: Dataset) -> str | None:
    """The column that has the name by which the database tells a row's place, so that it cannot; None if none."""
    if dataset.frame is not None:
        return None
    return next((column.name for column in dataset.columns if column.name.lower() in RESERVED), None)


def no_codes(*sides: Dataset) -> UnusableData:
    """Why cohorts cannot be counted from codes: a column stands in their way, or there was no room to keep them."""
    for side in sides:
        if side.far:
            return UnusableData("This is counted from codes of rows, and the rows stay in Spark.", where=side.name)
        if name := hides_rows(side):
            return UnusableData(
                f"Cohorts cannot be counted: a column named {shown(name)} hides the places of the rows.",
                where=side.name,
                hint="Rename the column.",
            )
    return UnusableData(
        "Cohorts are counted from the rows' codes, and there was no room to keep them.",
        hint="Free some disk space, or point PLUMBLINE_HOME to a folder with room.",
    )


def rows_of(coded: Coded, cut: Slice) -> Rows:
    """The rows of a slice, batch by batch; all of a batch as a slice."""
    if cut == Slice():
        return [(i, slice(None)) for i in range(len(coded.batches))]
    dataset = coded.dataset
    condition, values = dataset.where(cut)
    _check(coded)
    if dataset.frame is not None:
        place = "row"
        while place in {column.name.lower() for column in dataset.columns}:
            place += "_"
        numbered = f"(SELECT *, row_number() OVER () - 1 AS {quoted(place)} FROM {dataset.scan})"
        found = dataset.query(f"SELECT {quoted(place)} AS at FROM {numbered} WHERE {condition}", values)[
            "at"
        ].to_numpy()
    elif len(coded.files) == 1:
        sql = f"SELECT file_row_number AS at FROM {dataset.scan} WHERE {condition}"
        found = dataset.query(sql, values)["at"].to_numpy()
    else:
        sql = f"SELECT file_index AS file, file_row_number AS at FROM {dataset.scan} WHERE {condition}"
        table = dataset.query(sql, values)
        found = coded.files[table["file"].to_numpy().astype(np.int64)] + table["at"].to_numpy()
    _check(coded)  # what was replaced while it was read is found out too
    if len(found) > 1 and not (found[1:] > found[:-1]).all():
        found = np.sort(found)
    bounds = np.searchsorted(found, coded.starts)
    cuts = [(i, found[a:b] - coded.starts[i]) for i, (a, b) in enumerate(pairwise(bounds)) if b > a]
    return [(i, slice(None) if len(rows) == coded.batches[i].num_rows else rows) for i, rows in cuts]


def _check(coded: Coded) -> None:
    """Refuse to tell rows of files that are not the ones that were counted: their codes would be other rows'."""
    if coded.states and tuple(state(path) for path in coded.dataset.scanned) != coded.states:
        raise UnusableData(
            "The data changed after they were opened.",
            where=coded.dataset.name,
            hint="Open them again to see them as they are.",
        )


def recount(coded: Coded, cut: Slice) -> Cells:
    """The cells of a slice's rows: one group per window, or a single one where the slice is of one span of time."""
    rows = rows_of(coded, cut)
    groups = 1 if cut.window else len(coded.windows) + 1
    window = [np.zeros(0, np.int64) if cut.window else _windows(coded, i, chosen) for i, chosen in rows]

    def offset(at: NDArray[np.int64], size: int) -> tuple[int, NDArray[np.int64] | None]:
        """Where in a column's table a batch begins, and what is added to each row's code there: rows lie in order of
        time as a rule, so that a batch fills a few windows only."""
        if groups == 1:
            return 0, None
        first = int(at.min()) * size
        return first, at * size - first

    offsets = {steps: [offset(at, CODES * steps) for at in window] for steps in (1, FRACTIONS)}

    def tally(i: int) -> tuple[Counts, Floats | None]:
        support = coded.supports[coded.names[i]]
        steps = FRACTIONS if isinstance(support, NumericSupport) else 1
        table = np.zeros(groups * CODES * steps, np.int64)
        for (batch, chosen), (first, after) in zip(rows, offsets[steps], strict=True):
            place = coded.batches[batch][f"v{i}"].to_numpy()[chosen].astype(np.int64)
            if after is not None:
                place += after
            found = np.bincount(place)
            table[first : first + len(found)] += found
        if not isinstance(support, NumericSupport):
            return table.reshape(groups, CODES), None
        both = table.reshape(-1, steps).astype(np.float64) @ SUMS
        inside = both[:, 1].reshape(groups, CODES) * (cell_widths(support) / FRACTIONS)
        return both[:, 0].astype(np.int64).reshape(groups, CODES), inside

    with ThreadPoolExecutor(THREADS) as pool:
        found = dict(zip(coded.names, pool.map(tally, range(len(coded.names))), strict=True))
    sizes = [len(range(coded.batches[b].num_rows)[c]) if isinstance(c, slice) else len(c) for b, c in rows]
    if cut.window:
        per_group = np.array([sum(sizes)], dtype=np.int64)
    else:
        per_group = np.zeros(groups, np.int64)
        for at in window:
            per_group += np.bincount(at, minlength=groups)
    return Cells(
        () if cut.window else coded.windows,
        np.arange(-1, groups - 1),
        {},
        np.zeros((groups, 0), np.int64),
        {name: counts for name, (counts, _) in found.items()},
        {name: gaps for name, (_, gaps) in found.items() if gaps is not None},
        per_group,
        coded.span,
        cut,
        rounded=True,
    )


def _windows(coded: Coded, batch: int, chosen: "NDArray[np.int64] | slice") -> NDArray[np.int64]:
    """The group of each row: 0 without a window."""
    at: NDArray[np.int64] = coded.batches[batch]["window"].to_numpy()[chosen].astype(np.int64)
    if shift := int(coded.shifts[batch]):
        at[at > 0] += shift
    return at

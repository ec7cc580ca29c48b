"""The cell tier: every column counted once per window × cohort on its support; any slice is then a sum.

Codes 0 to 249 are cells; the larger ones say why a row has none. Curves made of cells carry proven intervals.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.columns import WITHOUT_DRIFT, Kind
from engine.errors import UnusableData, shown
from engine.slices import UNITS, Filter, Slice, Window, moment_sql, quoted, window_of, windows_between
from engine.summaries import ColumnSummary, Counts, Curve, Floats, QualityCounts
from engine.tables.codes import BROKEN, HIGHEST, LOWEST, NAN, NULL, UNSEEN, Tally, encoder
from engine.tables.exact import held_against, histogram, with_infinite
from engine.tables.groups import Groups
from engine.tables.sources import Dataset
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import can_fail, value_sql

BATCH = 1 << 18  # rows read at a time
YEARS = 1678, 2262  # between these, moments are believed: what 64 bits of nanoseconds hold

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts and sums of one dataset per group (a window × one value of every cohort column) and cell.

    windows: in order; window: (g,) index into it, -1 without a timestamp. values: the distinct values of each cohort
    column; cohort: (g, cohort columns) index into them. counts: column -> (g, 256). gaps: numeric column -> (g, 256),
    as in Curve. rows: (g,). span: the first and the last moment.
    only: filters that every counted row had to pass.
    """

    windows: tuple[Window, ...]
    window: NDArray[np.int64]
    values: Mapping[str, tuple[object, ...]]
    cohort: NDArray[np.int64]
    counts: Mapping[str, Counts]
    gaps: Mapping[str, Floats]
    rows: Counts
    span: tuple[datetime, datetime] | None = None
    only: tuple[Filter, ...] = ()

    def covers(self, window: Window) -> bool:
        """Whether the data neither begin nor end inside a window, give or take a fourteenth of it."""
        if self.span is None:
            return False
        slack = (window.end - window.start) / 14
        return self.span[0] <= window.start + slack and self.span[1] >= window.end - slack

    def groups(self, cut: Slice) -> NDArray[np.bool_] | None:
        """The groups of a slice, shape (g,); None if the slice is not a union of groups."""
        if not set(self.only) <= set(cut.cohort):
            return None
        keep = np.ones(len(self.rows), dtype=bool)
        return self._narrowed(cut, keep if cut.window is None else self._spanned(cut.window, keep))

    def answers(self, one: Filter) -> bool:
        """Whether these cells can tell which rows pass a filter."""
        return one in self.only or (one.column in self.values and _kept(one, self.values[one.column]) is not None)

    def _spanned(self, window: Window, keep: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
        inside = [i for i, one in enumerate(self.windows) if one.start >= window.start and one.end <= window.end]
        partly = [one for one in self.windows if one.start < window.end and one.end > window.start]
        return keep & np.isin(self.window, inside) if len(inside) == len(partly) else None

    def _narrowed(self, cut: Slice, keep: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        for one in (one for one in cut.cohort if one not in self.only):
            position = list(self.values).index(one.column) if one.column in self.values else None
            kept = None if position is None else _kept(one, self.values[one.column])
            if kept is None or keep is None or position is None:
                return None
            keep = keep & kept[self.cohort[:, position]]
        return keep


def _kept(one: Filter, values: Sequence[object]) -> NDArray[np.bool_] | None:
    """Which values of a cohort column a filter keeps; None for a filter that only the database can answer."""
    tests: dict[str, Callable[[object], bool]] = {
        "eq": lambda value: value is not None and value == one.values[0],
        "ne": lambda value: value != one.values[0],
        "in": lambda value: value is not None and value in one.values,
        "not_in": lambda value: value is None or value not in one.values,
        "is_null": lambda value: value is None,
        "not_null": lambda value: value is not None,
    }
    test = tests.get(one.operator)
    if test is None or (one.values and not _alike([*one.values, *values])):
        return None
    return np.array([test(value) for value in values], dtype=bool)


def _alike(values: Iterable[object]) -> bool:
    """Whether Python compares these as the database does: all texts, all truth values, or all whole numbers.

    >>> _alike(["a", None]), _alike([1, 2]), _alike([1, "1"]), _alike([1, True]), _alike([0.1])
    (True, True, False, False, False)
    """
    found = {type(value) for value in values if value is not None}
    return len(found) < 2 and found <= {str, bool, int}


def count(
    dataset: Dataset,
    supports: Mapping[str, Support],
    unit: str | None = None,
    cohorts: Sequence[str] = (),
    progress: Progress | None = None,
    only: tuple[Filter, ...] = (),
) -> Cells:
    """One streaming pass over a dataset. unit: of the windows, None for one group of all time.

    only: filters that a row has to pass to be counted.
    progress is told the share done and may raise Cancelled. Raises UnusableData for too many groups.
    """
    nested = next((name for name in cohorts if dataset.column(name).kind is Kind.NESTED), None)
    if nested is not None:
        raise UnusableData(f"{shown(nested)} holds lists or structures and cannot name cohorts.", where=dataset.name)
    timestamp = dataset.timestamp if unit else None
    span = _span(dataset, timestamp)
    windows = windows_between(*span, unit) if span and unit else ()
    starts = np.array([np.datetime64(one.start, "us").astype(np.int64) for one in windows], dtype=np.int64)
    names = [name for name in supports if dataset.has(name)]
    columns = [f'{value_sql(dataset.column(name), supports[name].column)} AS "v{i}"' for i, name in enumerate(names)]
    broken = {i: f"b{i}" for i, name in enumerate(names) if can_fail(dataset.column(name), supports[name].column)}
    columns += [f'{quoted(names[i])} IS NOT NULL AS "{alias}"' for i, alias in broken.items()]
    columns += [f'{quoted(name)} AS "c{i}"' for i, name in enumerate(cohorts)]
    columns.append(f'epoch_us({_moment(dataset, timestamp)}) AS "at"' if timestamp else "1 AS one")
    encoders = [encoder(supports[name]) for name in names]
    groups = Groups(len(cohorts))
    tallies = [Tally() for _ in names]
    condition, values = dataset.where(Slice(only))
    sql = f"SELECT {', '.join(columns)} FROM {dataset.scan} WHERE {condition}"
    done = 0
    for batch in dataset.stream(sql, values, BATCH):
        group = groups.index(batch, _window_index(batch["at"], starts) if timestamp else None)
        for i, encode in enumerate(encoders):
            valid = batch[broken[i]].to_numpy(zero_copy_only=False) if i in broken else None
            code, gap = encode(batch[f"v{i}"], valid)
            tallies[i].add(group, code, gap, groups.size)
        done += batch.num_rows
        if progress:
            progress(done / max(dataset.rows, 1), f"counted {done:,} of {dataset.rows:,} rows")
    return Cells(
        windows,
        groups.windows(),
        {name: tuple(groups.values[i]) for i, name in enumerate(cohorts)},
        groups.cohorts(),
        {name: tally.counts(groups.size) for name, tally in zip(names, tallies, strict=True)},
        {name: tally.gaps(groups.size) for name, tally in zip(names, tallies, strict=True) if _ordered(supports[name])},
        groups.rows(),
        span,
        only,
    )


def _window_index(at: pa.Array, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The window of every row, -1 where there is no time. Shape (rows,)."""
    found = np.searchsorted(starts, at.fill_null(0).to_numpy(zero_copy_only=False), side="right") - 1
    return np.where(at.is_valid().to_numpy(zero_copy_only=False), found, -1)


def _ordered(support: Support) -> bool:
    return isinstance(support, NumericSupport)


def _moment(dataset: Dataset, timestamp: str) -> str:
    """SQL for a row's moment; infinite ones, and years that stand for "never", belong to no window."""
    at = f"CAST({moment_sql(timestamp, dataset.columns)} AS TIMESTAMP)"
    return f"CASE WHEN {at} >= TIMESTAMP '{YEARS[0]}-01-01' AND {at} < TIMESTAMP '{YEARS[1]}-01-01' THEN {at} END"


def volumes(dataset: Dataset, unit: str) -> dict[Window, int]:
    """Rows of every calendar window that holds any; none without a timestamp."""
    if dataset.timestamp is None:
        return {}
    at = f"date_trunc('{UNITS[UNITS.index(unit)]}', {_moment(dataset, dataset.timestamp)})"
    table = dataset.query(f"SELECT {at} AS start, count(*) AS n FROM {dataset.scan} GROUP BY 1")
    return {window_of(row["start"], unit): row["n"] for row in table.to_pylist() if row["start"] is not None}


def _span(dataset: Dataset, timestamp: str | None) -> tuple[datetime, datetime] | None:
    """The first and the last moment of a dataset, or None if it has none."""
    if timestamp is None:
        return None
    at = _moment(dataset, timestamp)
    span = dataset.query(f"SELECT min({at}) AS first, max({at}) AS last FROM {dataset.scan}").to_pylist()[0]
    return None if span["first"] is None else (span["first"], span["last"])


def summarize_cells(
    support: Support, reference: Cells, production: Cells, sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> ColumnSummary:
    """What the metrics need of one column of two slices, each given by its groups. Curves are as fine as the cells."""
    name = support.column.name
    both = list(zip((reference, production), sides, strict=True))
    counts = [cells.counts[name][groups].sum(axis=0) for cells, groups in both]
    sides_quality = [_quality(side) for side in counts]
    if isinstance(support, CategoricalSupport):
        size = len(support.categories) + 1
        quality = held_against(support, sides_quality[0], sides_quality[1], int(counts[1][UNSEEN]))
        return ColumnSummary(quality, histogram(support, *(np.append(side[:size], side[UNSEEN]) for side in counts)))
    size = len(support.edges) + 1
    drifts = support.column.role not in WITHOUT_DRIFT
    quality = held_against(support, sides_quality[0], sides_quality[1], _outside(support, counts[1]))
    ends = [(int(side[LOWEST]), int(side[HIGHEST])) for side in counts]
    bins = histogram(support, *(with_infinite(side[:size], end) for side, end in zip(counts, ends, strict=True)))
    gaps = [cells.gaps[name][groups].sum(axis=0)[:size] for cells, groups in both]
    curve = Curve(support.edges, counts[0][:size], counts[1][:size], gaps[0], gaps[1], support.scale, ends[0], ends[1])
    return ColumnSummary(quality, bins, curve if drifts else None)


def _outside(support: NumericSupport, codes: Counts) -> int:
    """Rows outside the bounds, infinite ones included where the reference has none."""
    first, last = support.inside
    found = codes[:first].sum() + codes[last + 1 : len(support.edges) + 1].sum()
    low, high = support.bounds
    return int(found) + int(codes[LOWEST]) * (low > -np.inf) + int(codes[HIGHEST]) * (high < np.inf)


def _quality(codes: Counts) -> QualityCounts:
    infinite = int(codes[LOWEST] + codes[HIGHEST])
    return QualityCounts(int(codes.sum()), int(codes[NULL]), int(codes[NAN]), infinite, int(codes[BROKEN]))

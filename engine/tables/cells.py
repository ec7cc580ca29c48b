"""Cells: rows and sums of one dataset per window × cohort and cell of every support; any slice of them is a sum.

Codes 0 to 249 are cells; the larger ones say why a row has none. Curves made of cells carry proven intervals.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from engine.columns import WITHOUT_DRIFT
from engine.slices import Filter, Slice, Window
from engine.summaries import ColumnSummary, Counts, Curve, Floats, QualityCounts
from engine.tables.codes import BROKEN, CODES, FRACTIONS, HIGHEST, LOWEST, NAN, NULL, UNSEEN
from engine.tables.exact import held_against, histogram, with_infinite
from engine.tables.groups import GROUPS, too_many
from engine.tables.supports import CategoricalSupport, NumericSupport, Support

ALL = Slice()


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts and sums of one dataset per group (a window × one value of every cohort column) and cell.

    windows: in order; window: (g,) index into it, -1 without a timestamp. values: the distinct values of each cohort
    column; cohort: (g, cohort columns) index into them. counts: column -> (g, 256). gaps: numeric column -> (g, 256),
    as in Curve. rows: (g,). span: the first and the last moment. only: the slice that every counted row lies in.
    rounded: gaps were added up from eighths of a cell, so that they are known within a sixteenth a row.
    """

    windows: tuple[Window, ...]
    window: NDArray[np.int64]
    values: Mapping[str, tuple[object, ...]]
    cohort: NDArray[np.int64]
    counts: Mapping[str, Counts]
    gaps: Mapping[str, Floats]
    rows: Counts
    span: tuple[datetime, datetime] | None = None
    only: Slice = ALL
    rounded: bool = False

    @property
    def size(self) -> int:
        """Bytes of all tables."""
        return sum(one.nbytes for table in (self.counts, self.gaps) for one in table.values())

    def covers(self, window: Window) -> bool:
        """Whether the data neither begin nor end inside a window, give or take a fourteenth of it."""
        if self.span is None:
            return False
        slack = (window.end - window.start) / 14
        return self.span[0] <= window.start + slack and self.span[1] >= window.end - slack

    def groups(self, cut: Slice) -> NDArray[np.bool_] | None:
        """The groups of a slice, shape (g,); None if the slice is not a union of groups."""
        keep = np.ones(len(self.rows), dtype=bool)
        if self.only.window:
            return keep if cut == self.only else None
        if self.only != ALL:
            if (cut.cohort, cut.without) != (self.only.cohort, self.only.without):
                return None
        else:
            inside = self._inside(cut.cohort)
            if inside is None:
                return None
            keep = ~inside if cut.without else inside
        return keep if cut.window is None else self._spanned(cut.window, keep)

    def _spanned(self, window: Window, keep: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
        inside = [i for i, one in enumerate(self.windows) if one.start >= window.start and one.end <= window.end]
        partly = [one for one in self.windows if one.start < window.end and one.end > window.start]
        return keep & np.isin(self.window, inside) if len(inside) == len(partly) else None

    def _inside(self, cohort: tuple[Filter, ...]) -> NDArray[np.bool_] | None:
        """The groups whose rows all pass some filters; None where a filter is not about the cohort columns' values."""
        keep = np.ones(len(self.rows), dtype=bool)
        for one in cohort:
            position = list(self.values).index(one.column) if one.column in self.values else None
            kept = None if position is None else _kept(one, self.values[one.column])
            if kept is None or position is None:
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
        beyond = int(counts[0][UNSEEN]), int(counts[1][UNSEEN])
        quality = held_against(support, sides_quality[0], sides_quality[1], beyond)
        return ColumnSummary(quality, histogram(support, *(np.append(side[:size], side[UNSEEN]) for side in counts)))
    size = len(support.edges) + 1
    drifts = support.column.role not in WITHOUT_DRIFT
    beyond = _outside(support, counts[0]), _outside(support, counts[1])
    quality = held_against(support, sides_quality[0], sides_quality[1], beyond)
    ends = [(int(side[LOWEST]), int(side[HIGHEST])) for side in counts]
    bins = histogram(support, *(with_infinite(side[:size], end) for side, end in zip(counts, ends, strict=True)))
    gaps = [cells.gaps[name][groups].sum(axis=0)[:size] for cells, groups in both]
    slack = sum(_slack(support, cells, side) for (cells, _), side in zip(both, counts, strict=True))
    curve = Curve(
        support.edges, counts[0][:size], counts[1][:size], gaps[0], gaps[1], support.scale, ends[0], ends[1], slack
    )
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


def _slack(support: NumericSupport, cells: Cells, codes: Counts) -> float:
    """How far the sums of a side can be off, as an area under its curve; infinite where a cell has no end."""
    if not cells.rounded:
        return 0.0
    widths, (low, high) = np.diff(support.edges), support.scale.clip
    counts = codes[: len(support.edges) + 1]
    if (low == -np.inf and counts[0]) or (high == np.inf and counts[-1]):
        return float("inf")
    kept = (support.edges[1:] > low) & (support.edges[:-1] < high)
    return float((counts[1:-1] * widths)[kept].sum()) / (2 * FRACTIONS) / max(int(counts.sum()), 1)


def merged(parts: Sequence[Cells], windows: tuple[Window, ...]) -> Cells:
    """The cells of several parts of one dataset, added up, over all its windows.

    Raises UnusableData for too many groups.
    """
    if len(parts) == 1:
        return parts[0]
    values = {name: tuple(dict.fromkeys(v for part in parts for v in part.values[name])) for name in parts[0].values}
    order = {one: i for i, one in enumerate(windows)}
    keys = []
    for part in parts:
        window = np.array([-1, *(order[one] for one in part.windows)], dtype=np.int64)[part.window + 1]
        found = [window]
        for i, (name, all_values) in enumerate(values.items()):
            place = {value: j for j, value in enumerate(all_values)}
            found.append(np.array([place[value] for value in part.values[name]], dtype=np.int64)[part.cohort[:, i]])
        keys.append(np.stack(found, axis=1))
    groups, where = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    if len(groups) > GROUPS:
        raise too_many()
    ends = np.cumsum([len(one) for one in keys])
    at = np.split(where.reshape(-1), ends[:-1])

    def added(tables: Sequence[NDArray], wide: int) -> NDArray:  # type: ignore[type-arg]
        total = np.zeros((len(groups), wide), dtype=tables[0].dtype)
        for table, rows in zip(tables, at, strict=True):  # the groups of one part are distinct
            total[rows] += table.reshape(len(rows), wide)
        return total

    spans = [part.span for part in parts if part.span]
    return Cells(
        windows,
        groups[:, 0],
        values,
        groups[:, 1:],
        {name: added([part.counts[name] for part in parts], CODES) for name in parts[0].counts},
        {name: added([part.gaps[name] for part in parts], CODES) for name in parts[0].gaps},
        added([part.rows for part in parts], 1)[:, 0],
        (min(one[0] for one in spans), max(one[1] for one in spans)) if spans else None,
    )

"""Logged attributions, how much each feature moved each prediction: read once, and summed for any slice of a side.

They stand in a table of their own, joined by id, or in columns with a prefix beside the features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.columns import Column, Kind, Role
from engine.errors import UnusableData, shown
from engine.ranking import Importance
from engine.slices import Slice, Window, moment_sql, quoted
from engine.summaries import Counts, Floats
from engine.tables.places import find_path
from engine.tables.sources import Dataset, open_dataset
from engine.tables.text.text_format import TextFormat
from engine.tables.values import value_sql

NUMBER = Column("", "DOUBLE", Kind.NUMERIC)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a table of attributions and the data fit. rows: of the table; empty: without an id; repeated: that say again
    what another one says; contradicted: whose id has other attributions too, all left out; orphans: that belong to no
    row of the data. reference, production: rows of each side, and those of them with attributions.
    """

    rows: int
    empty: int
    repeated: int
    contradicted: int
    orphans: int
    reference: tuple[int, int]
    production: tuple[int, int]

    @property
    def words(self) -> str:
        """How much is explained and what did not fit, for a reader.

        >>> Fit(100, 0, 2, 0, 1, (400, 40), (900, 57)).words
        '40 of 400 reference and 57 of 900 production rows are explained; of 100 rows 2 came twice, 1 has no row.'
        """
        said = []
        for n, one, many in (
            (self.empty, "has no id", "have no id"),
            (self.repeated, "came twice", "came twice"),
            (self.contradicted, "contradicts another", "contradict each other"),
            (self.orphans, "has no row", "have no row"),
        ):
            said += [f"{n:,} {one if n == 1 else many}"] if n else []
        told = f"; of {self.rows:,} rows {', '.join(said)}" if said else ""
        first, second = (f"{some:,} of {all_:,}" for all_, some in (self.reference, self.production))
        return f"{first} reference and {second} production rows are explained{told}."


@dataclass(frozen=True, slots=True, eq=False)
class Attributions:
    """A table of attributions, one row an id. values: (n, k) absolute, not-a-number for none; ids: (n,) as text.

    missing: features of the data that it says nothing about; others: its columns that are no feature.
    """

    features: tuple[str, ...]
    ids: pa.Array
    values: Floats
    key: Column
    fit: Fit
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Attributions in columns of the data: each is called as its feature, with a prefix."""

    features: tuple[str, ...]
    prefix: str


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Absolute attributions of one side, summed per group. windows: group i + 1 is window i, group 0 is of no window.

    rows: (g,) that have any attribution. n, total, square: (g, k) values, their sum, and the sum of their squares.
    """

    windows: tuple[Window, ...]
    rows: Counts
    n: Counts
    total: Floats
    square: Floats

    def of(self, groups: NDArray[np.bool_] | None = None) -> Importance:
        """The mean of the absolute attributions of some groups, with its standard error. groups: (g,), None for all."""
        kept = np.ones(len(self.rows), dtype=bool) if groups is None else groups
        n, total, square = (one[kept].sum(axis=0) for one in (self.n, self.total, self.square))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(n > 0, total / n, np.nan)
            error = np.sqrt(np.maximum(square / n - mean**2, 0.0) / np.maximum(n - 1, 1))
        return Importance(mean, error, int(self.rows[kept].sum()))


def read_attributions(
    table: Dataset, id: str, features: Sequence[str], reference: Dataset, production: Dataset
) -> Attributions:
    """One row of attributions for every id of a table, held against the ids of both datasets.

    A row that came twice and alike counts once; rows of one id that contradict each other are left out. Raises
    UnusableData where the data have no id, UnknownName where the table lacks the one that is named, and UnusableData
    where no column is called as a feature.
    """
    found = reference.with_role(Role.ID)
    if found is None:
        raise UnusableData(
            f"Attributions in {shown(table.name)} are joined by id, and no column has the role id.",
            where=reference.name,
            hint="Name it as columns.id in the monitor.",
        )
    key = found.as_kind(Kind.CATEGORICAL)
    identity = value_sql(table.column(id), key)
    known = tuple(name for name in features if name != id and table.has(name))
    if not known:
        raise UnusableData("No column is called as a feature.", where=table.name, hint="Name them as the features are.")
    asked = ", ".join(_absolute(table, name, f"v{i}") for i, name in enumerate(known))
    each = table.query(f"SELECT DISTINCT {identity} AS id, {asked} FROM {table.scan} WHERE {identity} IS NOT NULL")
    sized = table.query(
        f"SELECT count(id) AS n, count(DISTINCT id) AS ids FROM (SELECT {identity} AS id FROM {table.scan})"
    ).to_pylist()[0]
    contradicted = 0
    if len(each) > sized["ids"]:
        size = each.group_by("id").aggregate([("id", "count")])
        once = size.filter(pc.equal(size["id_count"], 1))["id"].combine_chunks()
        kept = each.filter(pc.is_in(each["id"], value_set=once))
        contradicted, each = len(each) - len(kept), kept
    each = each.sort_by("id")  # sums do not depend on the order in which the database found them
    ids = each["id"].combine_chunks()
    mine = [_ids(side, key, Slice()) for side in (reference, production)]
    sides = [(len(one), len(one) - pc.index_in(one, value_set=ids).null_count) for one in mine]
    met = pa.chunked_array([chunk for one in mine for chunk in one.chunks], pa.string())
    orphans = len(ids) - int(pc.sum(pc.is_in(ids, value_set=met.combine_chunks())).as_py() or 0)
    repeated = sized["n"] - len(ids) - contradicted
    fit = Fit(table.rows, table.rows - sized["n"], repeated, contradicted, orphans, sides[0], sides[1])
    values = np.stack([each[f"v{i}"].to_numpy() for i in range(len(known))], axis=1).astype(np.float64)
    missing = tuple(name for name in features if name not in known)
    others = tuple(one.name for one in table.columns if one.name not in (*known, id))
    return Attributions(known, ids, values, key, fit, missing, others)


def find_attributions(
    path: str | None, id: str | None, prefix: str | None, features: Sequence[str], reference: Dataset,
    production: Dataset, base: Path | None = None, text: TextFormat | None = None, name: str | None = None,
) -> Attributions | Prefixed | None:  # fmt: skip
    """The attributions of a table, or of columns with a prefix; None where neither is named. base: the folder that a
    path is told from. id: without, as the data call theirs. text: how a text file is written. name: of the table in
    errors, the path by default. Raises what opening and reading a table raises.
    """
    if (path or prefix) and (reference.far or production.far):
        raise UnusableData("Attributions are read row by row, and rows stay in Spark.", where=reference.name)
    if path is None:
        return prefixed(prefix, features, reference, production) if prefix else None
    table = open_dataset(find_path(path, base), name=name or path, text=text)
    key = reference.with_role(Role.ID)
    return read_attributions(table, id or (key.name if key else "id"), features, reference, production)


def prefixed(prefix: str, features: Sequence[str], reference: Dataset, production: Dataset) -> Prefixed:
    """The features whose attributions stand beside them on both sides. Raises UnusableData where there are none."""
    known = tuple(n for n in features if reference.has(prefix + n) and production.has(prefix + n))
    if not known:
        raise UnusableData(
            f"No column is called {shown(prefix)} and then as a feature, in both datasets.", where=reference.name
        )
    return Prefixed(known, prefix)


def summed(logged: Attributions | Prefixed, dataset: Dataset, cut: Slice, windows: Sequence[Window] = ()) -> Sums:
    """The attributions of a slice, per window. windows: that follow each other without a gap; none: one group."""
    if isinstance(logged, Prefixed):
        columns = [_absolute(dataset, logged.prefix + name, f"v{i}") for i, name in enumerate(logged.features)]
        table = _with_windows(dataset, columns, cut, windows)
        values = np.stack([table[f"v{i}"].to_numpy() for i in range(len(columns))], axis=1).astype(np.float64)
        group = _groups(table, windows)
    else:
        if not dataset.has(logged.key.name):
            raise UnusableData(f"There is no column {shown(logged.key.name)} to join by.", where=dataset.name)
        identity = value_sql(dataset.column(logged.key.name), logged.key)
        table = _with_windows(dataset, [f"{identity} AS id"], cut, windows)
        place = pc.index_in(table["id"], value_set=logged.ids)
        table = table.filter(place.is_valid())
        values, group = logged.values[place.drop_null().to_numpy()], _groups(table, windows)
    finite = np.isfinite(values)
    group, values, finite = _explained(group, values, finite)
    g, k = len(windows) + 1, values.shape[1]
    at = (group[:, None] * k + np.arange(k)).ravel()
    kept = np.where(finite, values, 0.0).ravel()
    n, total, square = (
        np.bincount(at, weights, minlength=g * k).reshape(g, k).astype(np.float64)
        for weights in (finite.ravel(), kept, kept * kept)
    )
    rows = np.bincount(group, minlength=g)
    return Sums(tuple(windows), rows, n.astype(np.int64), total, square)


def _explained(group: Counts, values: Floats, finite: NDArray[np.bool_]) -> tuple[Counts, Floats, NDArray[np.bool_]]:
    """Without the rows that have no attribution at all."""
    some = finite.any(axis=1)
    return (group, values, finite) if some.all() else (group[some], values[some], finite[some])


def _absolute(dataset: Dataset, name: str, alias: str) -> str:
    return f"abs({value_sql(dataset.column(name), NUMBER)}) AS {quoted(alias)}"


def _ids(dataset: Dataset, key: Column, cut: Slice) -> pa.ChunkedArray:
    """The ids of a slice as text; all missing where the dataset has no such column."""
    identity = value_sql(dataset.column(key.name), key) if dataset.has(key.name) else "CAST(NULL AS VARCHAR)"
    return _with_windows(dataset, [f"{identity} AS id"], cut, ())["id"]


def _with_windows(dataset: Dataset, columns: Sequence[str], cut: Slice, windows: Sequence[Window]) -> pa.Table:
    condition, values = dataset.where(cut)
    if windows and dataset.timestamp:
        at = f"CAST({moment_sql(dataset.timestamp, dataset.columns)} AS TIMESTAMP)"
        columns = [*columns, f"CASE WHEN {at} >= ? AND {at} < ? THEN epoch_us({at}) END AS at"]
        values = [windows[0].start, windows[-1].end, *values]
    return dataset.query(f"SELECT {', '.join(columns)} FROM {dataset.scan} WHERE {condition}", values)


def _groups(table: pa.Table, windows: Sequence[Window]) -> Counts:
    """The group of every row: 0 without a window."""
    if "at" not in table.column_names:
        return np.zeros(len(table), np.int64)
    starts = np.array([np.datetime64(one.start, "us").astype(np.int64) for one in windows])
    return np.asarray(np.searchsorted(starts, table["at"].fill_null(-(2**62)).to_numpy(), side="right"))

"""Crosstabs of rows that stay where they are: groups of bins by bins of other columns, counted there."""

from collections.abc import Collection, Sequence
from math import prod
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import UnusableData
from engine.slices import Slice
from engine.summaries import Counts
from engine.tables.crosstab import MISSING, Crosstab, Progress, block_by_block
from engine.tables.sources import Dataset
from engine.tables.spark.coding import TOGETHER, Sql, category_code, double, read_as, spread, tree
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import LARGEST


def crosstabs_there(
    reference: tuple[Dataset, Slice],
    production: tuple[Dataset, Slice],
    supports: dict[str, Support],
    by: Sequence[str],
    columns: Collection[str] | None = None,
    progress: Progress | None = None,
) -> list[Crosstab]:
    """As engine.tables.crosstab.crosstabs. supports: of the columns that both sides have."""
    names = [name for name in supports if columns is None or name in columns or name in by]
    sides = reference, production
    return block_by_block(supports, by, progress, lambda block, tell: _crosstab(sides, supports, block, names, tell))


def bin_code(value: str, support: Support) -> Sql:
    """SQL for the bin of a value; the number of bins for what has no usable value."""
    bins = len(support.labels)
    if isinstance(support, CategoricalSupport):
        size = len(support.categories) + 1
        places = support.bin_of[:size]
        return category_code(value, None, support, lambda cell: int(places[cell]), support.unseen, bins)
    assert isinstance(support, NumericSupport)
    turns = np.flatnonzero(np.diff(support.bin_of))  # where one bin ends and another begins
    ends, leaves = support.edges[turns], support.bin_of[np.append(turns, len(support.bin_of) - 1)]
    far, inner = double(LARGEST), tree(value, ends, lambda i: str(int(leaves[i])))
    sql = (
        f"CASE WHEN {value} IS NULL OR isnan({value}) THEN {bins} WHEN {value} >= {far} THEN {int(support.bin_of[-1])} "
        f"WHEN {value} <= -{far} THEN {int(support.bin_of[0])} ELSE {inner} END"
    )
    return sql, []


def _crosstab(
    sides: Sequence[tuple[Dataset, Slice]],
    supports: dict[str, Support],
    by: tuple[str, ...],
    names: Sequence[str],
    tell: Progress,
) -> Crosstab:
    sizes = [len(supports[name].labels) + 1 for name in by]
    dense = [_rows_of(dataset, cut, supports, by, sizes) for dataset, cut in sides]
    met = np.flatnonzero(dense[0] + dense[1])
    place = np.full(prod(sizes), -1)
    place[met] = np.arange(len(met))
    keys = np.stack(np.unravel_index(met, sizes), axis=1).astype(np.int64)
    keys[keys == np.array(sizes) - 1] = MISSING
    counts: list[dict[str, Counts]] = [{}, {}]
    for side, (dataset, cut) in enumerate(sides):
        for first in range(0, len(names), TOGETHER):
            some = names[first : first + TOGETHER]
            table = _asked(dataset, cut, supports, by, some)
            group = place[_key(table, sizes)]
            if (group < 0).any():
                raise UnusableData("Rows were added while they were counted.", where=dataset.name, hint="Try again.")
            for i, name in enumerate(some):
                mine = table["i"].to_numpy() == i
                found = np.zeros((len(met), len(supports[name].labels) + 1), np.int64)
                found[group[mine], table["k"].to_numpy()[mine]] = table["n"].to_numpy()[mine]
                counts[side][name] = found
            done = side * len(names) + first + len(some)
            tell(done / (2 * len(names)), f"counted {done} of {2 * len(names)} columns by {', '.join(by)} in Spark")
    return Crosstab(by, keys, counts[0], counts[1], (dense[0][met], dense[1][met]))


def _rows_of(
    dataset: Dataset, cut: Slice, supports: dict[str, Support], by: tuple[str, ...], sizes: Sequence[int]
) -> Counts:
    """Rows of every combination of bins. Shape (product of sizes,)."""
    inner, values = _keyed(dataset, cut, supports, by, [])
    named = ", ".join(f"g{i}" for i in range(len(by)))
    table = dataset.query(f"SELECT {named}, count(*) AS n FROM ({inner}) AS r GROUP BY {named}", values)
    found = np.zeros(prod(sizes), np.int64)
    found[_key(table, sizes)] = table["n"].to_numpy()
    return found


def _asked(
    dataset: Dataset, cut: Slice, supports: dict[str, Support], by: tuple[str, ...], names: Sequence[str]
) -> pa.Table:
    """Rows per combination, column and bin."""
    parts, more = [], []
    for i, name in enumerate(names):
        sql, said = bin_code(f"v{i}", supports[name])
        parts.append(f"{{'i': {i}, 'k': {sql}}}")
        more += said
    inner, values = _keyed(dataset, cut, supports, by, names)
    keys = [f"g{i}" for i in range(len(by))]
    asked = ", ".join([*keys, "s.i AS i", "s.k AS k", "count(*) AS n"])
    return dataset.query(
        f"SELECT {asked} FROM {spread(parts, keys, inner)} GROUP BY {', '.join([*keys, 's.i', 's.k'])}",
        [*more, *values],
    )


def _keyed(
    dataset: Dataset, cut: Slice, supports: dict[str, Support], by: tuple[str, ...], names: Sequence[str]
) -> Sql:
    """Rows as the bins of the cohort columns, g0, g1 …, beside the values of some others, v0, v1 …."""
    condition, wanted = dataset.where(cut)
    every = [supports[name].column for name in (*names, *by)]
    read = ", ".join(read_as(dataset, every))
    keys, values = [f"v{i}" for i in range(len(names))], []
    for i, name in enumerate(by):
        sql, said = bin_code(f"v{len(names) + i}", supports[name])
        keys.append(f"{sql} AS g{i}")
        values += said
    inner = f"SELECT {read} FROM {dataset.scan} WHERE {condition}"
    return f"SELECT {', '.join(keys)} FROM ({inner}) AS read", [*values, *wanted]


def _key(table: pa.Table, sizes: Sequence[int]) -> NDArray[np.int64]:
    """The combination of every row of an answer, as one number."""
    key: Any = 0
    for i, size in enumerate(sizes):
        key = key * size + table[f"g{i}"].to_numpy().astype(np.int64)
    return np.asarray(key)

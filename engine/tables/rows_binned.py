"""The bin of every row in some columns: what errors are learned from, row by row."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.slices import Slice
from engine.tables.coded import Coded
from engine.tables.count import count
from engine.tables.crosstab import bins_of_codes
from engine.tables.sources import Dataset
from engine.tables.supports import Support


def bins_of_rows(coded: Coded, names: Sequence[str], chosen: "NDArray[np.int64] | None" = None) -> NDArray[np.uint8]:
    """The bins of some rows, by number in ascending order, or of all. Shape (n, names); the last bin is of no value."""
    found = np.empty((int(coded.starts[-1]) if chosen is None else len(chosen), len(names)), dtype=np.uint8)
    bounds = coded.starts if chosen is None else np.searchsorted(chosen, coded.starts)
    for at, name in enumerate(names):
        table, i = bins_of_codes(coded.supports[name]).astype(np.uint8), coded.names.index(name)
        for b, batch in enumerate(coded.batches):
            here = slice(int(bounds[b]), int(bounds[b + 1]))
            codes = batch[f"v{i}"].to_numpy()
            found[here, at] = table.take(codes if chosen is None else codes[chosen[here] - coded.starts[b]])
    return found


def bin_counts(supports: Mapping[str, Support], names: Sequence[str]) -> tuple[int, ...]:
    """How many bins each column has, that of rows without a value included."""
    return tuple(len(supports[name].labels) + 1 for name in names)


def fresh_codes(dataset: Dataset, supports: Mapping[str, Support], cut: Slice) -> Coded:
    """The codes of a slice of a dataset that has none yet: one pass over its rows, without windows."""
    batches: list[pa.RecordBatch] = []
    count(dataset, supports, cut=cut, keep=batches.append)
    starts = np.cumsum([0, *(one.num_rows for one in batches)])
    none = np.zeros(max(len(batches), 1), np.int64)
    return Coded(dataset, supports, tuple(supports), tuple(batches), starts, none, none[:1], (), None)

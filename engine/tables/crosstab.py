"""Rows of both sides by the bins of a few cohort columns and of every other column: what cohorts are compared on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
from numpy.typing import NDArray

from engine.slices import Slice
from engine.summaries import Counts
from engine.tables.coded import Coded, Rows, rows_of
from engine.tables.codes import CODES, FRACTIONS, HIGHEST, LOWEST, UNSEEN
from engine.tables.count import THREADS
from engine.tables.supports import NumericSupport, Support

MISSING = -1  # the key of rows whose cohort column holds no usable value
MOST = 20_000  # combinations of bins in one crosstab at most

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Crosstab:
    """Counts of both sides per group, a combination of bins of the cohort columns that was met on either side.

    by: the cohort columns. keys: (g, len(by)) the bin of each, an index into its support's labels, or MISSING.
    reference, production: column -> (g, bins + 1) rows per bin of its support, the last being rows without a usable
    value. rows: (g,) of reference and production.
    """

    by: tuple[str, ...]
    keys: NDArray[np.int64]
    reference: Mapping[str, Counts]
    production: Mapping[str, Counts]
    rows: tuple[Counts, Counts]


def crosstabs(
    reference: tuple[Coded, Slice],
    production: tuple[Coded, Slice],
    by: Sequence[str],
    columns: Collection[str] | None = None,
    progress: Progress | None = None,
) -> list[Crosstab]:
    """Crosstabs of two slices in which every two of the cohort columns stand together at least once.

    columns: count these only. progress is told a share and a sentence, and may raise Cancelled.
    """
    supports = reference[0].supports
    known = [name for name in reference[0].names if name in production[0].names]
    names = [name for name in known if columns is None or name in columns or name in by]
    sides = [(coded, rows_of(coded, cut)) for coded, cut in (reference, production)]
    return block_by_block(supports, by, progress, lambda block, tell: _crosstab(sides, block, names, tell))


def block_by_block(
    supports: Mapping[str, Support],
    by: Sequence[str],
    progress: Progress | None,
    count: Callable[[tuple[str, ...], Progress], Crosstab],
) -> list[Crosstab]:
    """The crosstabs of the blocks that cover all pairs of some columns, each told as a part of the whole."""
    blocks = covering({name: len(supports[name].labels) + 1 for name in by})
    found = []
    for done, block in enumerate(blocks):

        def tell(share: float, said: str, done: int = done) -> None:
            if progress:
                progress((done + share) / len(blocks), said)

        found.append(count(block, tell))
    return found


def covering(sizes: Mapping[str, int], most: int = MOST) -> list[tuple[str, ...]]:
    """Blocks of names such that every two stand together in one, while the product of a block's sizes stays small.

    Two names whose product alone is too large share a block all the same.

    >>> covering({"a": 10, "b": 10, "c": 10}, most=1000), covering({"a": 10, "b": 10, "c": 10}, most=100)
    ([('a', 'b', 'c')], [('a', 'b'), ('a', 'c'), ('b', 'c')])
    """
    names = list(sizes)
    if len(names) == 1:
        return [(names[0],)]
    open_ = dict.fromkeys(combinations(names, 2))
    blocks = []
    while open_:
        block = list(next(iter(open_)))
        while True:
            size = prod(sizes[name] for name in block)
            room = [name for name in names if name not in block and size * sizes[name] <= most]
            gain = {one: sum((a, one) in open_ or (one, a) in open_ for a in block) for one in room}
            best = max(gain, key=lambda one: gain[one], default=None)
            if best is None or not gain[best]:
                break
            block.append(best)
        for pair in combinations(sorted(block, key=names.index), 2):
            open_.pop(pair, None)
        blocks.append(tuple(sorted(block, key=names.index)))
    return blocks


def bins_of_codes(support: Support) -> NDArray[np.int64]:
    """The bin of every code as it stands in a batch; the number of bins for what has no usable value."""
    bins = len(support.labels)
    found = np.full(CODES, bins, dtype=np.int64)
    if not isinstance(support, NumericSupport):
        size = len(support.categories) + 1
        found[:size] = support.bin_of[:size]
        found[UNSEEN] = support.unseen
        return found
    found[: len(support.bin_of)] = support.bin_of
    found[LOWEST], found[HIGHEST] = support.bin_of[0], support.bin_of[-1]
    return np.repeat(found, FRACTIONS)


def _crosstab(
    sides: Sequence[tuple[Coded, Rows]], by: tuple[str, ...], names: Sequence[str], tell: Progress
) -> Crosstab:
    supports = sides[0][0].supports
    sizes = [len(supports[name].labels) + 1 for name in by]
    dense = [_groups(coded, rows, by, sizes) for coded, rows in sides]
    filled = [
        sum((np.bincount(one, minlength=prod(sizes)) for one in groups), np.zeros(prod(sizes), np.int64))
        for groups in dense
    ]
    met = np.flatnonzero(filled[0] + filled[1])
    place = np.zeros(prod(sizes), dtype=np.int64)
    place[met] = np.arange(len(met))
    groups = [[place.take(one) for one in side] for side in dense]
    keys = np.stack(np.unravel_index(met, sizes), axis=1).astype(np.int64)
    keys[keys == np.array(sizes) - 1] = MISSING
    counts: list[dict[str, Counts]] = [{}, {}]
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for side, (coded, rows) in enumerate(sides):
            at = groups[side]
            tables = pool.map(lambda name, c=coded, r=rows, g=at: _table(c, r, g, name, len(met)), names)
            for name, table in zip(names, tables, strict=True):
                counts[side][name] = table
                done += 1
                tell(done / (2 * len(names)), f"counted {done} of {2 * len(names)} columns by {', '.join(by)}")
    return Crosstab(by, keys, counts[0], counts[1], (filled[0][met], filled[1][met]))


def _groups(coded: Coded, rows: Rows, by: Sequence[str], sizes: Sequence[int]) -> list[NDArray[np.int64]]:
    """The combination of bins of every row, batch by batch."""
    tables = [bins_of_codes(coded.supports[name]) for name in by]
    found = []
    for batch, chosen in rows:
        key: NDArray[np.int64] | None = None
        for name, table, size in zip(by, tables, sizes, strict=True):
            at = table.take(coded.batches[batch][f"v{coded.names.index(name)}"].to_numpy()[chosen])
            key = at if key is None else key * size + at
        assert key is not None
        found.append(key)
    return found


def _table(coded: Coded, rows: Rows, groups: Sequence[NDArray[np.int64]], name: str, met: int) -> Counts:
    """Rows of one column per group and bin. Shape (met, bins + 1)."""
    table, size = bins_of_codes(coded.supports[name]), len(coded.supports[name].labels) + 1
    i = coded.names.index(name)
    found = np.zeros(met * size, np.int64)
    for (batch, chosen), group in zip(rows, groups, strict=True):
        place = group * size
        place += table.take(coded.batches[batch][f"v{i}"].to_numpy()[chosen])
        found += np.bincount(place, minlength=len(found))
    return found.reshape(met, size)

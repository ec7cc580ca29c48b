"""The support of a column: the bins and fine cells that its whole reference fixes once, for every slice.

Bins are what binned metrics score and charts draw. Cells are finer and never cross a bin: curves are computed on them.
Both are right-closed; a cell between a double and the next smaller one holds that one value, and is an atom.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.columns import Column, Kind
from engine.summaries import Counts, Floats, Scale
from engine.tables.labels import category_labels, interval_labels
from engine.tables.ordered import Ordered, Side, Sorted
from engine.tables.values import Categories, Held, Numbers, Uncounted

POINT_MASS = 0.05  # a value this frequent in the reference is a bin of its own
BINS = 10  # a bin of the rest holds about so many-th of all values
FEW = 20  # up to so many distinct values, each is a bin
CELLS = 250  # cells of a column at most; larger codes mean what has no cell
DISTINCT = (CELLS - 4) // 2  # up to so many distinct values, each has a cell of its own, and so has each gap
QUANTILES = 216  # cells of equal mass for the rest of a numeric column
NAMED = 50  # categories with a bin of their own; the reference's others share one
QUARTILES = (0.25, 0.75)
IQRS = 10.0  # distances are clipped so many interquartile ranges beyond the quartiles


@dataclass(frozen=True, eq=False)
class NumericSupport:
    """Bins and cells of a column with an order.

    edges: (k-1,) of the k cells. bin_of: (k,) the bin of every cell. lows, highs: (b,) limits of the bins.
    unseen: the bin of all values that a reference of few distinct ones never had, or None. bounds: the reference's
    smallest and largest value. own: the share of its values that would be out of bounds if held against the others.
    """

    column: Column
    edges: Floats
    bin_of: NDArray[np.int64]
    labels: tuple[str, ...]
    lows: Floats
    highs: Floats
    unseen: int | None
    scale: Scale
    bounds: tuple[float, float]
    own: float

    @property
    def inside(self) -> tuple[int, int]:
        """The first and the last cell within the bounds: both ends of the range are edges of cells."""
        low, high = self.bounds
        first = 0 if low == -np.inf else int(np.searchsorted(self.edges, low))
        return first, len(self.edges) if high == np.inf else int(np.searchsorted(self.edges, high))

    def outside(self, numbers: Numbers | Held) -> int:
        """Values of a slice outside the bounds, infinite ones included."""
        low, high = np.array(self.bounds)
        within = numbers.order.upto(high, side="right") - numbers.order.upto(low, side="left")
        ends = (low > -np.inf) * numbers.infinite[0] + (high < np.inf) * numbers.infinite[1]
        return int(len(numbers.order) - within) + int(ends)

    @cached_property
    def digest(self) -> str:
        parts = (self.column.name.encode(), self.edges.tobytes(), self.bin_of.astype("<i8").tobytes())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def counts(self, numbers: Numbers | Held) -> Counts:
        """Finite values of a slice in each cell. Shape (k,)."""
        upto = numbers.order.upto(self.edges, side="right")
        return np.diff(np.concatenate([[0], upto, [len(numbers.order)]])).astype(np.int64)


@dataclass(frozen=True, eq=False)
class CategoricalSupport:
    """Bins and cells of a categorical column: cell i is category i, the last one all rarer categories together.

    categories: of the cells, most frequent first. rarer: the reference's other categories. own: the share of its
    values whose category stands once, and would be unseen if held against the others.
    """

    column: Column
    categories: tuple[str, ...]
    rarer: frozenset[str]
    labels: tuple[str, ...]
    own: float

    @property
    def unseen(self) -> int:
        """The bin of categories the reference never had: the last."""
        return len(self.labels) - 1

    @cached_property
    def index(self) -> dict[str, int]:
        """The cell of every category of the reference."""
        last = len(self.categories)
        return {name: i for i, name in enumerate(self.categories)} | dict.fromkeys(self.rarer, last)

    @cached_property
    def bin_of(self) -> NDArray[np.int64]:
        """The bin of every cell, the last cell being the unseen ones. Shape (categories + 2,)."""
        named = min(len(self.categories), NAMED)
        cells = np.minimum(np.arange(len(self.categories) + 2), named)
        cells[-1] = self.unseen
        return cells

    @cached_property
    def digest(self) -> str:
        names = [self.column.name, *self.categories, "", *sorted(self.rarer)]
        return hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()

    def counts(self, categories: Categories) -> Counts:
        """Rows of a slice in each cell, the last being the unseen ones. Shape (categories + 2,)."""
        unseen = len(self.categories) + 1
        names = categories.names
        cells = np.fromiter((self.index.get(name, unseen) for name in names), np.int64, len(names))
        found = np.bincount(cells, weights=categories.counts, minlength=unseen + 1).astype(np.int64)
        found[unseen] += categories.rest
        return found


Support = NumericSupport | CategoricalSupport


def build_support(column: Column, reference: Numbers | Held | Categories | Uncounted) -> Support | str:
    """The support that the reference fixes, or the reason why it fixes none."""
    if column.kind is Kind.NESTED:
        return "nested values have neither order nor categories; unnest them to monitor their parts"
    if isinstance(reference, Uncounted):
        return reference.because
    if reference.n == 0:
        return "the reference has no value" + (" that is a number" if reference.quality.type_errors else "")
    if isinstance(reference, Categories):
        return _categorical(column, reference)
    if len(reference.order) == 0:
        return "the reference has no finite value"
    return _numeric(column, reference)


def _categorical(column: Column, reference: Categories) -> CategoricalSupport:
    cells = CELLS - 2
    categories, rarer = reference.names[:cells], frozenset(reference.names[cells:])
    named = categories[:NAMED]
    own = int((reference.counts == 1).sum()) / reference.n
    return CategoricalSupport(column, categories, rarer, category_labels(named), own)


def _numeric(column: Column, reference: Numbers | Held) -> NumericSupport:
    values, (lowest, highest) = reference.order, reference.infinite
    smallest, largest = _at(values, 0), _at(values, len(values) - 1)
    scale = measure_scale(values)
    distinct = values.distinct(DISTINCT)
    few = distinct is not None and len(distinct) <= FEW
    bins = _atom_edges(distinct) if few and distinct is not None else _bin_edges(values)
    fine = _atom_edges(distinct) if distinct is not None else _quantile_edges(values, bins, scale)
    low, high = scale.clip
    limits = [limit for limit in (low, high) if np.isfinite(limit)]
    edges = np.unique(np.concatenate([fine, bins, limits]))
    lows, highs = np.concatenate([[-np.inf], bins]), np.concatenate([bins, [np.inf]])
    bin_of = np.searchsorted(bins, np.concatenate([edges, [np.inf]]), side="left")
    unseen = None
    if few:  # gap bins become one, the last
        atom = np.zeros(len(lows), dtype=bool)
        atom[1:-1] = np.nextafter(highs[1:-1], -np.inf) == lows[1:-1]
        unseen = int(atom.sum())
        bin_of = np.where(atom, np.cumsum(atom) - 1, unseen)[bin_of]
        lows, highs = np.append(lows[atom], -np.inf), np.append(highs[atom], np.inf)
    labels = interval_labels(lows, highs, column, unseen)
    bounds = (-np.inf if lowest else smallest, np.inf if highest else largest)
    alone = (not lowest and _upto(values, smallest, "right") == 1) + (
        not highest and _upto(values, largest, "left") == len(values) - 1
    )
    own = alone / reference.n
    return NumericSupport(column, edges, bin_of.astype(np.int64), labels, lows, highs, unseen, scale, bounds, own)


def measure_scale(reference: Floats | Ordered) -> Scale:
    """One unit of a sorted reference: IQR / 1.349, its standard deviation where the IQR is 0, else by its size.

    >>> measure_scale(np.array([0.0, 1.0, 2.0, 3.0, 4.0])).clip
    (-19.0, 23.0)
    """
    values = Sorted(reference) if isinstance(reference, np.ndarray) else reference
    q1, q3 = (_quartile(values, share) for share in QUARTILES)
    iqr = q3 - q1
    if iqr > 0 and np.isfinite(iqr):
        return Scale(iqr / 1.349, "IQR / 1.349", (q1 - IQRS * iqr, q3 + IQRS * iqr))
    everywhere = (-np.inf, np.inf)
    smallest, largest = _at(values, 0), _at(values, len(values) - 1)
    deviation = values.deviation() if len(values) > 1 and smallest < largest else 0.0
    if deviation > 0 and np.isfinite(deviation):
        return Scale(deviation, "standard deviation, as the IQR is 0", everywhere)
    size = max(abs(smallest), 1.0)
    return Scale(size * 1e-3, "a thousandth of its size, as the reference is constant", everywhere)


def _at(values: Ordered, rank: int) -> float:
    return float(values.at(np.array([rank]))[0])


def _upto(values: Ordered, value: float, side: Side) -> int:
    return int(values.upto(np.array([value]), side)[0])


def _quartile(values: Ordered, share: float) -> float:
    """Quantile by linear interpolation."""
    ranks, weight = around(len(values), share)
    low, high = values.at(ranks).tolist()
    return float(low + (high - low) * weight)


def _atom_edges(values: Floats) -> Floats:
    """Edges that give each of these values a cell of its own. Shape (2 × values,)."""
    return np.unique(np.concatenate([np.nextafter(values, -np.inf), values]))


def point_masses(reference: Floats | Ordered) -> Floats:
    """The values that hold at least 5 % of a sorted reference: each must stand at one of these positions."""
    values = Sorted(reference) if isinstance(reference, np.ndarray) else reference
    candidates = np.unique(values.at(mass_ranks(len(values))))
    counts = values.upto(candidates, "right") - values.upto(candidates, "left")
    heavy: Floats = candidates[counts >= POINT_MASS * len(values)]
    return heavy


def _bin_edges(values: Ordered) -> Floats:
    """Edges of the bins: point masses alone, what lies between them cut so that a bin holds about a tenth of all."""
    atoms = point_masses(values)
    edges = [_atom_edges(atoms)] if len(atoms) else []
    starts = [0, *values.upto(atoms, "right").tolist()]
    ends = [*values.upto(atoms, "left").tolist(), len(values)]
    for start, end in zip(starts, ends, strict=True):
        edges.append(_cuts(values, start, end, max(round(BINS * (end - start) / len(values)), 1)))
    return np.unique(np.concatenate(edges))


def _cuts(values: Ordered, start: int, end: int, cells: int) -> Floats:
    """Values that cut the ranks from start to end into so many cells of equal mass; the last cell is never empty."""
    if end == start:
        return np.zeros(0)
    at = np.arange(1, cells) * (end - start) // cells - 1
    cuts = np.unique(values.at(start + np.maximum(at, 0)))
    return np.asarray(cuts[cuts < _at(values, end - 1)])


def _quantile_edges(values: Ordered, bins: Floats, scale: Scale) -> Floats:
    """Cell edges of a reference with many values: quantiles, dyadic tail quantiles, heavy values, ends and bins."""
    n = len(values)
    smallest, largest = values.at(np.array([0, n - 1]))
    ends = np.concatenate([values.at(tail_ranks(n)), [np.nextafter(smallest, -np.inf), largest]])
    for cells in range(QUANTILES, 8, -8):
        cuts = values.at(quantile_ranks(n, cells))
        repeated = np.array([a for a, b in pairwise(cuts) if a == b])
        edges = np.unique(np.concatenate([cuts, np.nextafter(repeated, -np.inf), ends, bins]))
        if len(edges) + 2 < CELLS:
            return edges
    return np.union1d(bins, ends)


def quantile_ranks(n: int, cells: int) -> Counts:
    """The ranks that cut n values into so many cells of equal mass. Shape (cells - 1,)."""
    return np.arange(1, cells) * n // cells - 1


def tail_ranks(n: int) -> Counts:
    """The ranks beyond which 2⁻⁸, 2⁻⁹ … 2⁻¹⁸ of n values lie, as far as that is one, at both ends."""
    tails = np.array([n >> power for power in range(8, 19) if n >> power], dtype=np.int64)
    return np.concatenate([tails - 1, n - tails - 1])


def mass_ranks(n: int) -> Counts:
    """Ranks of which a value that holds POINT_MASS of n values stands at one at least."""
    return np.arange(0, n, max(int(n * POINT_MASS), 1))


def around(n: int, share: float) -> tuple[Counts, float]:
    """The two ranks between which a quantile of n values lies, and how far towards the second (numpy's default)."""
    at = share * (n - 1)
    below = int(at)
    return np.array([below, min(below + 1, n - 1)]), at - below


def wanted_ranks(n: int) -> Counts:
    """Nearly all ranks that a support of n values with many different ones asks for, so that they are read at once."""
    ends = np.array([0, n - 1])
    quartiles = [around(n, share)[0] for share in QUARTILES]
    quantiles = [quantile_ranks(n, cells) for cells in (BINS, QUANTILES, QUANTILES - 8)]
    some = np.concatenate([ends, *quartiles, tail_ranks(n), mass_ranks(n), *quantiles])
    return np.unique(np.clip(some, 0, n - 1))

"""What the engine keeps of two slices of one column: counts on a shared support, never rows.

A summary always holds both sides, since bins and cells must be shared to be compared. Arrays of length k run over
the bins or cells in order; counts are rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCKS = 96  # blocks of equal mass that pooled cells are joined into where floors are found, tails halved further
TAILS = 2.0 ** -np.arange(8, 15)
CUTS = np.unique(np.concatenate([np.arange(1, BLOCKS) / BLOCKS, TAILS, 1 - TAILS]))  # shares at which blocks begin


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Rows per bin of a support, bins that are empty on both sides left out.

    labels, reference, production: (k,). lows, highs: (k,) limits of each bin, right-closed, ±inf when open, equal for a
    point mass; None for categories. unseen: index of the bin of values the reference never had, or None.
    """

    labels: tuple[str, ...]
    reference: Counts
    production: Counts
    lows: Floats | None = None
    highs: Floats | None = None
    unseen: int | None = None

    @property
    def shares(self) -> tuple[Floats, Floats]:
        """Shares of reference and production per bin, each summing to 1. Shapes (k,), (k,)."""
        return self.reference / self.reference.sum(), self.production / self.production.sum()


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How a numeric reference is measured: one unit of it, and the limits that distances are clipped to.

    unit > 0, in the column's own unit; basis says how it was found; clip is (low, high), infinite when nothing is cut.
    """

    unit: float
    basis: str
    clip: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Both cumulative curves on shared cells, and where inside its cell the mass of each side lies.

    edges: (k-1,) ascending; cell i holds edges[i-1] < x <= edges[i], the first and last are open. reference,
    production: (k,) finite values per cell. reference_gap, production_gap: (k,) sums of (upper edge - x); in the last
    cell, which has none, of (x - lower edge). A cell that can hold one double only is an atom. *_infinite: values at
    -inf and +inf. slack: how much the gaps of both sides together, each over its values, can be off; 0 where exact.
    area: (k,) the integral of abs(F - G) over each cell, where every value was looked at; then nothing is open, and the
    curves lie furthest apart at an edge. known: of a thinned curve, the readings by metric and the spread that were
    taken before (engine/thinned.py).
    """

    edges: Floats
    reference: Counts
    production: Counts
    reference_gap: Floats
    production_gap: Floats
    scale: Scale
    reference_infinite: tuple[int, int] = (0, 0)
    production_infinite: tuple[int, int] = (0, 0)
    slack: float = 0.0
    area: Floats | None = None
    known: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Cells wide enough to hold more than one value. Shape (k,)."""
        wide = np.ones(len(self.edges) + 1, dtype=bool)
        wide[1:-1] = np.nextafter(self.edges[1:], -np.inf) > self.edges[:-1]
        return wide

    @property
    def signed(self) -> Floats:
        """The integral of F - G over each cell, exact from counts and gaps; both sides have a finite value. (k,)."""
        n, m = int(self.reference.sum()), int(self.production.sum())
        found = self.reference_gap / n - self.production_gap / m  # by where values lie in a cell
        found[-1] *= -1
        f, g = np.cumsum(self.reference), np.cumsum(self.production)
        found[1:-1] += (f[:-2] / n - g[:-2] / m) * np.diff(self.edges)
        return found


@dataclass(frozen=True, slots=True)
class Quality:
    """What is wrong with the values of one column, as rows, on both sides.

    rows: all of the slice; nulls: SQL NULL; nans: not-a-number; infinite: ±inf; type_errors: values that cannot be cast
    to the reference's type; out_of_bounds: values outside the reference's range or set – for the reference itself, as
    many as would be if each row were held against the others. limits says what the bounds are; unseen names up to ten
    categories that the reference never had, with their rows.
    """

    reference: "QualityCounts"
    production: "QualityCounts"
    limits: str = ""
    unseen: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class QualityCounts:
    """One side of Quality. All fields are rows."""

    rows: int
    nulls: int = 0
    nans: int = 0
    infinite: int = 0
    type_errors: int = 0
    out_of_bounds: int = 0

    @property
    def values(self) -> int:
        """Rows that hold a usable value."""
        return self.rows - self.nulls - self.nans - self.type_errors

    @property
    def null_share(self) -> float:
        """Share of rows that are NULL or not-a-number; 0 when there is no row."""
        return (self.nulls + self.nans) / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """Values of both sides at the shares 1/200 … 199/200: each is one of the column's own. Shapes (199,), (199,)."""

    reference: Floats
    production: Floats


Summary = Histogram | Curve | Quality


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSummary:
    """All that is kept of one column of two slices; a part that could not be made is None, and because says why.

    quantiles: of the exact tier only; cells cannot tell single values.
    """

    quality: Quality
    histogram: Histogram | None = None
    curve: Curve | None = None
    because: str | None = None
    quantiles: Quantiles | None = None

    def of(self, needs: type) -> Summary | None:
        """The part that a metric needs."""
        return next((part for part in (self.histogram, self.curve, self.quality) if isinstance(part, needs)), None)

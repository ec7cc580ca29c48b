"""Curves on fewer cells: what is kept of a long one once all that is exact about it was read.

Between sides that hardly differ the curves cross ten thousand times, and a cell for every value there is a second copy
of the column; a run of many columns cannot hold them all until it judges.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.metrics import METRICS
from engine.noise.spread import spread
from engine.summaries import ColumnSummary, Curve

LONG, KEPT = 1 << 14, 1 << 12  # edges from which a curve is thinned before it is judged, and cells that are left


def read_and_thinned(summary: ColumnSummary) -> ColumnSummary:
    """The summary with its long curve read by every metric of curves at once, and thinned: known holds what was read.

    Readings and floors are those of the long curve, to the last digit; charts draw fewer points than are left.
    """
    curve = summary.curve
    if curve is None or len(curve.edges) < LONG:
        return summary
    known: dict[str, object] = {"spread": spread(curve)}
    if curve.reference.sum() and curve.production.sum():
        known |= {key: one.compute(curve) for key, one in METRICS.items() if one.needs is Curve}
    return replace(summary, curve=replace(thinned(curve, KEPT), known=known))


def thinned(curve: Curve, cells: int) -> Curve:
    """The same curves on at most so many cells: a sum of neighbours, so counts and means stay what they were.

    Kept are the outermost edges, the one where the curves lie furthest apart, both edges of every cell that holds much,
    and edges at equal steps of both sides' mean share.

    >>> from engine.summaries import Scale
    >>> many = Curve(*(np.arange(k, dtype=float) for k in (9,)), *(np.ones(10, dtype=np.int64),) * 2,
    ...              *(np.zeros(10),) * 2, Scale(1.0, "", (-np.inf, np.inf)))
    >>> few = thinned(many, 5)
    >>> few.edges.tolist(), few.reference.tolist(), int(few.reference.sum())
    ([0.0, 3.0, 6.0, 8.0], [1, 3, 3, 2, 1], 10)
    """
    edges = len(curve.edges)
    if edges < cells:
        return curve
    shares = [side / max(side.sum(), 1) for side in (curve.reference, curve.production)]
    mass = (shares[0] + shares[1]) / 2
    below = np.cumsum(mass)[:-1]
    furthest = int(np.abs(np.cumsum(shares[0] - shares[1])[:-1]).argmax())
    keep = np.zeros(edges, dtype=bool)
    keep[[0, furthest, -1]] = True
    heavy = np.flatnonzero(mass > 2 / cells)
    heavy = heavy[np.argsort(-mass[heavy], kind="stable")[: max((cells - 4) // 4, 0)]]
    keep[np.clip(np.concatenate([heavy - 1, heavy]), 0, edges - 1)] = True
    spare = cells - 1 - int(keep.sum())
    keep[np.minimum(np.searchsorted(below, np.arange(1, spare + 1) / (spare + 1)), edges - 1)] = True
    return _merged(curve, np.flatnonzero(keep))


def _merged(curve: Curve, kept: NDArray[np.intp]) -> Curve:
    """The curve on some of its edges, the last among them: sums, with gaps measured from the edges that are left."""
    starts = np.concatenate([[0], kept + 1])
    upper = np.append(curve.edges, 0.0)  # the last cell has no upper edge, and stays as it is
    moved = np.repeat(np.append(curve.edges[kept], 0.0), np.diff(np.append(starts, len(upper)))) - upper
    counts = [np.add.reduceat(side, starts) for side in (curve.reference, curve.production)]
    gaps = [
        np.add.reduceat(gap + side * moved, starts)
        for gap, side in ((curve.reference_gap, curve.reference), (curve.production_gap, curve.production))
    ]
    area = None if curve.area is None else np.add.reduceat(curve.area, starts)
    rest = curve.scale, curve.reference_infinite, curve.production_infinite, curve.slack, area
    return Curve(curve.edges[kept], counts[0], counts[1], gaps[0], gaps[1], *rest)

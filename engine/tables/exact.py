"""The exact tier: one column of two slices becomes summaries whose every reading is exact, from sorted values."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from engine.columns import WITHOUT_DRIFT
from engine.errors import plain
from engine.summaries import (
    ColumnSummary,
    Counts,
    Histogram,
    Quality,
    QualityCounts,
    Quantiles,
)
from engine.tables.curves import curve, curve_of_few
from engine.tables.labels import say
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import Categories, Held, Numbers

NAMES = 10  # unseen categories that are named
GRADES = 200  # one value is kept at each of so many quantiles


def histogram(support: Support, reference: Counts, production: Counts) -> Histogram:
    """Counts per cell of both sides as a histogram on the scored bins, empty bins left out. Shapes (k,), (k,)."""
    size = len(support.labels)
    cells = (reference, production)
    sides = [np.bincount(support.bin_of, weights=side, minlength=size).astype(np.int64) for side in cells]
    keep = np.flatnonzero(sides[0] + sides[1])
    unseen = np.flatnonzero(keep == support.unseen)
    labels = tuple(support.labels[i] for i in keep)
    lows = support.lows[keep] if isinstance(support, NumericSupport) else None
    highs = support.highs[keep] if isinstance(support, NumericSupport) else None
    return Histogram(labels, sides[0][keep], sides[1][keep], lows, highs, int(unseen[0]) if len(unseen) else None)


def with_infinite(counts: Counts, infinite: Sequence[int]) -> Counts:
    """Counts per cell with the values at -inf in the first and those at +inf in the last."""
    counts = counts.copy()
    counts[0] += infinite[0]
    counts[-1] += infinite[1]
    return counts


def summarize(
    support: Support, reference: Numbers | Held | Categories, production: Numbers | Held | Categories
) -> ColumnSummary:
    """What the metrics need of one column of two slices; no curve for categories."""
    beyond = support_outside(support, reference), support_outside(support, production)
    quality = held_against(support, reference.quality, production.quality, beyond)
    if isinstance(support, CategoricalSupport):
        assert isinstance(reference, Categories) and isinstance(production, Categories)
        cells = [support.counts(side) for side in (reference, production)]
        new = ((name, int(rows)) for name, rows in zip(production.names, production.counts, strict=True))
        unseen = tuple(islice(((plain(name), rows) for name, rows in new if name not in support.index), NAMES))
        return ColumnSummary(replace(quality, unseen=unseen), histogram(support, *cells))
    assert not isinstance(reference, Categories) and not isinstance(production, Categories)
    cells = [with_infinite(support.counts(side), side.infinite) for side in (reference, production)]
    drifts = support.column.role not in WITHOUT_DRIFT
    made = curve_of_few if isinstance(reference, Held) else curve
    curves = made(reference, production, support.scale) if drifts else None  # type: ignore[arg-type]
    kept = quantiles(reference, production) if drifts else None
    return ColumnSummary(quality, histogram(support, *cells), curves, quantiles=kept)


def quantiles(reference: Numbers | Held, production: Numbers | Held) -> Quantiles | None:
    """What reasons are found in: 199 values of each side; None where a side has none."""
    sides = (reference.order, production.order)
    if not all(len(values) for values in sides):
        return None
    first, second = (values.at(np.arange(1, GRADES) * len(values) // GRADES) for values in sides)
    return Quantiles(first, second)


def support_outside(support: Support, side: Numbers | Held | Categories) -> int:
    """Rows of a side whose value the whole reference's bounds do not hold: none of the reference itself."""
    if isinstance(support, CategoricalSupport):
        assert isinstance(side, Categories)
        return int(support.counts(side)[-1])
    assert not isinstance(side, Categories)
    return support.outside(side)


def held_against(
    support: Support, reference: QualityCounts, production: QualityCounts, outside: tuple[int, int]
) -> Quality:
    """Quality of both sides with the values out of bounds, and the bounds in words. outside: rows of each side.

    What stands for the reference has some outside where it is production too, and beside them its own share.
    """
    if isinstance(support, CategoricalSupport):
        count = len(support.categories) + len(support.rarer)
        limits = f"outside the reference's {count:,} " + ("category" if count == 1 else "categories")
    else:
        low, high = (say(bound, support.column, 6) for bound in support.bounds)
        limits = f"outside the reference's range {low} to {high}"
    own = outside[0] + round(support.own * (reference.values - outside[0]))
    return Quality(replace(reference, out_of_bounds=own), replace(production, out_of_bounds=outside[1]), limits)


def quality_only(reason: str, reference: QualityCounts, production: QualityCounts) -> ColumnSummary:
    """The summary of a column without a support: rates of what is missing, and why there is nothing else."""
    return ColumnSummary(Quality(reference, production), because=reason)

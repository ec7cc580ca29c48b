"""A column of two slices in a few words: its means, or its most frequent category, side by side."""

from engine.columns import Column, Kind
from engine.findings import three
from engine.summaries import ColumnSummary, Counts, Curve, Floats


def gist(column: Column, summary: ColumnSummary | str) -> tuple[str, str]:
    """Of the reference's side and of production's; a dash where a side has no value to tell it by."""
    if isinstance(summary, str):
        return "–", "–"
    curve, bins = summary.curve, summary.histogram
    if column.kind is Kind.NUMERIC and curve is not None:
        sides = (
            _mean(curve, curve.reference, curve.reference_gap),
            _mean(curve, curve.production, curve.production_gap),
        )
        return sides[0], sides[1]
    if column.kind not in (Kind.DATETIME, Kind.NUMERIC) and bins is not None:
        return _top(bins.labels, bins.reference), _top(bins.labels, bins.production)
    return "–", "–"


def _mean(curve: Curve, counts: Counts, gap: Floats) -> str:
    """The mean of the finite values of one side: each cell's upper edge less the gaps, the last cell's lower one more.

    >>> import numpy as np
    >>> from engine.summaries import Scale
    >>> rows, gaps = np.array([0, 2, 1]), np.array([0.0, 3.0, 5.0])  # within (0, 10]: 8 and 9; beyond 10: 15
    >>> curve = Curve(np.array([0.0, 10.0]), rows, rows, gaps, gaps, Scale(1.0, "", (-np.inf, np.inf)))
    >>> _mean(curve, curve.reference, curve.reference_gap)
    'mean 10.7'
    """
    n = int(counts.sum())
    if not n or not len(curve.edges):
        return "–"
    upto = float((counts[:-1] * curve.edges).sum() - gap[:-1].sum())
    return f"mean {three((upto + float(counts[-1] * curve.edges[-1] + gap[-1])) / n)}"


def _top(labels: tuple[str, ...], counts: Counts) -> str:
    """The most frequent category and its share."""
    n = int(counts.sum())
    if not n:
        return "–"
    at = int(counts.argmax())
    return f"{labels[at]} {counts[at] / n:.0%}"

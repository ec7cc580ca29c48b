"""One column of many pairs of slices at once: PSI, Wasserstein and the rates as whole arrays, from cells.

What engine/metrics reads pair by pair, to the last digits but one. A floor from the reference's windows holds a hundred
pairs against each other, a map some forty: read one by one they cost a tenth of a millisecond each, and metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.columns import WITHOUT_DRIFT
from engine.summaries import Floats
from engine.tables.cells import Cells
from engine.tables.codes import BROKEN, CODES, HIGHEST, LOWEST, NAN, NULL, UNSEEN
from engine.tables.grid import in_bins
from engine.tables.supports import CategoricalSupport, NumericSupport, Support

STACKED = frozenset({"psi", "wasserstein", "null_rate", "type_error_rate", "out_of_bounds_rate"})  # keys of metrics


@dataclass(frozen=True, eq=False)
class Stack:
    """One column of one side in many slices. counts: (w, 256) rows by code; gaps: (w, 256) as in Curve, or None."""

    counts: Floats
    gaps: Floats | None

    def joined(self, members: Floats) -> "Stack":
        """Slices that are unions of these. members: (v, w), 1 where the first holds the second."""
        return Stack(members @ self.counts, None if self.gaps is None else members @ self.gaps)

    def taken(self, which: NDArray[np.int64]) -> "Stack":
        """Some of these slices, in an order of one's own, again and again if need be."""
        return Stack(self.counts[which], None if self.gaps is None else self.gaps[which])


@dataclass(frozen=True, eq=False)
class Stacked:
    """One metric of many pairs: values (w,), not-a-number where a pair cannot be read; against: as in Reading."""

    values: Floats
    against: Floats | None = None


def stack(cells: Cells, name: str, kept: NDArray[np.bool_], windows: int) -> Stack:
    """A column in each of the first so many windows, of the groups that are kept. kept: (g,)."""
    at = np.flatnonzero(kept & (cells.window >= 0))
    at = at[np.argsort(cells.window[at], kind="stable")]
    filled, starts = np.unique(cells.window[at], return_index=True)

    def added(table: NDArray) -> Floats:  # type: ignore[type-arg]
        total = np.zeros((windows, CODES))
        if len(at):
            total[filled] = np.add.reduceat(table[at], starts, axis=0)
        return total

    return Stack(added(cells.counts[name]), added(cells.gaps[name]) if name in cells.gaps else None)


def joined(cells: Cells, name: str, groups: Sequence[NDArray[np.bool_]]) -> Stack:
    """A column of slices that are unions of groups. groups: (g,) each."""
    counts = np.stack([cells.counts[name][one].sum(axis=0) for one in groups]).astype(np.float64)
    gaps = np.stack([cells.gaps[name][one].sum(axis=0) for one in groups]) if name in cells.gaps else None
    return Stack(counts, gaps)


def stacked(support: Support, reference: Stack, production: Stack) -> dict[str, Stacked]:
    """Every metric of STACKED that the column's kind allows, of pairs of slices. Both sides hold as many slices, or
    the reference one. Curves of rounded gaps (Cells) are none of its business: their values carry a slack."""
    p, q = reference.counts, production.counts
    rows, more = p.sum(axis=1), q.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {key: _rates(hits, rows, others, more) for key, (hits, others) in rated(support, p, q).items()}
        found["psi"] = Stacked(psi_of_bins(in_bins(p, support), in_bins(q, support)))
        if isinstance(support, NumericSupport) and support.column.role not in WITHOUT_DRIFT:
            found["wasserstein"] = Stacked(_wasserstein(support, reference, production))
    return found


def rated(support: Support, p: Floats, q: Floats) -> dict[str, tuple[Floats, Floats]]:
    """By rate, the rows of both sides that it counts, as engine/summaries.py has Quality. p, q: (w, 256) by code."""
    values = p.sum(axis=1) - p[:, NULL] - p[:, NAN] - p[:, BROKEN]
    beyond = _outside(support, p)
    own = beyond + np.round(support.own * (values - beyond))  # as held_against has it
    return {
        "null_rate": (p[:, NULL] + p[:, NAN], q[:, NULL] + q[:, NAN]),
        "type_error_rate": (p[:, BROKEN], q[:, BROKEN]),
        "out_of_bounds_rate": (own, _outside(support, q)),
    }


def _rates(hits: Floats, rows: Floats, more: Floats, others: Floats) -> Stacked:
    known = (rows > 0) & (others > 0)
    return Stacked(np.where(known, more / others, np.nan), np.where(known, hits / rows, np.nan))


def _outside(support: Support, codes: Floats) -> Floats:
    """Rows outside the bounds, infinite ones included where the reference has none. Shape (w,)."""
    if isinstance(support, CategoricalSupport):
        return codes[:, UNSEEN]
    first, last = support.inside
    low, high = support.bounds
    found = codes[:, :first].sum(axis=1) + codes[:, last + 1 : len(support.edges) + 1].sum(axis=1)
    return np.asarray(found + codes[:, LOWEST] * (low > -np.inf) + codes[:, HIGHEST] * (high < np.inf))


def psi_of_bins(p: Floats, q: Floats) -> Floats:
    """PSI of many pairs as engine/metrics/psi.py has it, over the bins that a side has rows in. p, q: (w, bins)."""
    n, m = p.sum(axis=1), q.sum(axis=1)
    used = (p + q) > 0
    half = used.sum(axis=1) / 2
    a = (p + 0.5) / (n + half)[:, None]
    b = (q + 0.5) / (m + half)[:, None]
    return np.where((n > 0) & (m > 0), np.where(used, (b - a) * np.log(b / a), 0.0).sum(axis=1), np.nan)


def _wasserstein(support: NumericSupport, reference: Stack, production: Stack) -> Floats:
    """As engine/metrics/wasserstein.py: the middle of what is proven, where curves can cross inside a cell."""
    size, edges = len(support.edges) + 1, support.edges
    assert reference.gaps is not None and production.gaps is not None
    p, q = reference.counts[:, :size], production.counts[:, :size]
    n, m = p.sum(axis=1, keepdims=True), q.sum(axis=1, keepdims=True)
    p_gaps, q_gaps = reference.gaps[:, :size] / n, production.gaps[:, :size] / m
    f, g = (np.concatenate([np.zeros((len(one), 1)), np.cumsum(one, axis=1)], axis=1) for one in (p, q))
    width, inner = np.diff(edges), slice(1, -1)
    level = (f[:, 1:-2] / n - g[:, 1:-2] / m) * width
    signed = p_gaps - q_gaps
    signed[:, -1] *= -1
    signed[:, 0] = p_gaps[:, 0] - q_gaps[:, 0]
    signed[:, inner] = level + p_gaps[:, inner] - q_gaps[:, inner]
    most, least = f[:, 1:] * m - g[:, :-1] * n, f[:, :-1] * m - g[:, 1:] * n
    wide = np.ones(size, dtype=bool)
    wide[inner] = np.nextafter(edges[1:], -np.inf) > edges[:-1]
    crossing = (most > 0) & (least < 0) & wide
    below = np.abs(signed)
    upper = p_gaps + q_gaps  # of the first and the last cell, where curves can cross there
    upper[:, inner] = np.minimum(np.maximum(most, -least)[:, inner] / (n * m) * width, np.abs(level) + upper[:, inner])
    above = np.maximum(np.where(crossing, upper, below), below)
    low, high = support.scale.clip
    uppers, lowers = np.concatenate([edges, [np.inf]]), np.concatenate([[-np.inf], edges])
    kept = (uppers > low) & (lowers < high)
    middle = (below[:, kept].sum(axis=1) + above[:, kept].sum(axis=1)) / 2 / support.scale.unit
    return np.where((n[:, 0] > 0) & (m[:, 0] > 0), middle, np.nan)

"""Every column read in every cell of window × cohort at once: PSI and the lower end of KS as whole arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.summaries import Counts, Floats
from engine.tables.cells import Cells
from engine.tables.codes import CODES, HIGHEST, LOWEST, UNSEEN
from engine.tables.supports import CategoricalSupport, NumericSupport, Support


@dataclass(frozen=True, eq=False)
class Grid:
    """One reading of every column in every group of production's cells, against the reference's same cohort.

    values: column -> (g,), not-a-number where a side has no value. reference, production: column -> (g,) rows with one.
    """

    values: Mapping[str, Floats]
    reference: Mapping[str, Counts]
    production: Mapping[str, Counts]


def psi_grid(reference: Cells, production: Cells, supports: Mapping[str, Support]) -> Grid:
    """PSI as engine/metrics/psi.py defines it, of all columns and groups."""
    cohorts = _cohorts(reference)
    at = _same_cohort(reference, production, cohorts[0])
    found: dict[str, tuple[Floats, Counts, Counts]] = {}
    for name, support in supports.items():
        if name not in production.counts:
            continue
        p, q = (
            in_bins(counts, support)
            for counts in (_per_cohort(reference.counts[name], cohorts), production.counts[name])
        )
        n, m = p.sum(axis=1)[at], q.sum(axis=1)
        p = p[at]
        used = (p + q) > 0
        k = used.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            a = (p + 0.5) / (n + k / 2)[:, None]
            b = (q + 0.5) / (m + k / 2)[:, None]
            value = np.where(used, (b - a) * np.log(b / a), 0.0).sum(axis=1)
        found[name] = (np.where((n > 0) & (m > 0), value, np.nan), n.astype(np.int64), m.astype(np.int64))
    return _grid(found)


def ks_grid(reference: Cells, production: Cells, supports: Mapping[str, Support]) -> Grid:
    """The largest distance between both cumulative curves at the edges of cells: where KS is proven to be at least."""
    cohorts = _cohorts(reference)
    at = _same_cohort(reference, production, cohorts[0])
    found: dict[str, tuple[Floats, Counts, Counts]] = {}
    for name, support in supports.items():
        if not isinstance(support, NumericSupport) or name not in production.counts:
            continue
        size = len(support.edges) + 1
        order = np.concatenate([[LOWEST], np.arange(size), [HIGHEST]])
        f = np.cumsum(_per_cohort(reference.counts[name], cohorts)[:, order], axis=1)
        g = np.cumsum(production.counts[name][:, order], axis=1)
        n, m = f[:, -1], g[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.abs((f / n[:, None])[at] - g / m[:, None]).max(axis=1)
        n = n[at]
        found[name] = (np.where((n > 0) & (m > 0), value, np.nan), n.astype(np.int64), m.astype(np.int64))
    return _grid(found)


def _grid(found: Mapping[str, tuple[Floats, Counts, Counts]]) -> Grid:
    return Grid(*({name: one[i] for name, one in found.items()} for i in range(3)))  # type: ignore[arg-type]


def _same_cohort(reference: Cells, production: Cells, known: list[list[int]]) -> Counts:
    """For each group of production the row of _per_cohort that is its cohort; the last, of no rows, if none is."""
    cohorts = {tuple(key): i for i, key in enumerate(known)}
    values = [(reference.values[name], production.values[name]) for name in production.values]
    keys = []
    for theirs, mine in values:
        place = {value: i for i, value in enumerate(theirs)}
        keys.append(np.array([place.get(value, -1) for value in mine], dtype=np.int64))
    columns = [key[production.cohort[:, i]] for i, key in enumerate(keys)]
    rows = np.stack(columns, axis=1) if columns else np.zeros((len(production.rows), 0), np.int64)
    return np.array([cohorts.get(tuple(row), len(cohorts)) for row in rows.tolist()], dtype=np.int64)


def _cohorts(reference: Cells) -> tuple[list[list[int]], Counts]:
    """The cohorts of the reference over all its windows, and which of them each of its groups is."""
    if not reference.values:
        return [[]], np.zeros(len(reference.rows), np.int64)
    distinct, which = np.unique(reference.cohort, axis=0, return_inverse=True)
    return distinct.tolist(), which.reshape(-1)


def _per_cohort(counts: Counts, cohorts: tuple[list[list[int]], Counts]) -> Floats:
    """Counts per cohort and code, all windows together, and a last row of zeros. Shape (cohorts + 1, 256)."""
    distinct, which = cohorts
    added = np.zeros((len(distinct) + 1, CODES))
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(distinct)))
    if len(order):
        added[:-1] = np.add.reduceat(counts[order], starts, axis=0)  # every cohort was met: no two starts are the same
    return added


def in_bins(counts: Floats | Counts, support: Support) -> Floats:
    """Counts per bin from counts per code. Shape (g, bins)."""
    if isinstance(support, CategoricalSupport):
        size = len(support.categories) + 1
        codes, bins = np.append(np.arange(size), UNSEEN), np.append(support.bin_of[:size], support.unseen)
    else:
        codes = np.concatenate([np.arange(len(support.bin_of)), [LOWEST, HIGHEST]])
        bins = np.concatenate([support.bin_of, [support.bin_of[0], support.bin_of[-1]]])
    order = np.argsort(bins, kind="stable")
    filled, starts = np.unique(bins[order], return_index=True)
    found = np.zeros((len(counts), len(support.labels)))
    found[:, filled] = np.add.reduceat(counts[:, codes[order]], starts, axis=1)
    return found

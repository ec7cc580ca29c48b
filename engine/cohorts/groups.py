"""The cohorts that crosstabs hold – single columns and pairs – and their counts, many at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.cohorts.keys import filters_of, label_of
from engine.slices import Filter
from engine.summaries import Counts
from engine.tables.crosstab import MISSING, Crosstab, covering
from engine.tables.supports import Support

SMALL = 1000  # combinations of bins: a larger crosstab is first summed to several smaller ones

Supports = Mapping[str, Support | str]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One cohort. bins: (column, bin) of one or two columns. cohort: its filters, or None where none can tell it.

    members: the rows of its crosstab that it is made of. rows: of reference and production.
    """

    bins: tuple[tuple[str, int], ...]
    cohort: tuple[Filter, ...] | None
    words: str
    members: NDArray[np.int64]
    rows: tuple[int, int]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.bins)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Some cohorts of one crosstab, so that their counts are one sum each."""

    tab: Crosstab
    groups: tuple[Group, ...]

    def counts(self, column: str, support: Support) -> tuple[Counts, Counts]:
        """Rows per bin and cohort of both sides, the last bin being rows without a value. Shapes (c, bins + 1)."""
        members = np.concatenate([group.members for group in self.groups])
        starts = np.cumsum([0, *(len(group.members) for group in self.groups[:-1])])
        sides = side_counts(self.tab, column, support)
        return np.add.reduceat(sides[0][members], starts, axis=0), np.add.reduceat(sides[1][members], starts, axis=0)


def side_counts(tab: Crosstab, column: str, support: Support) -> tuple[Counts, Counts]:
    """Counts per row of a crosstab; those of a cohort column itself follow from its keys. Shapes (g, bins + 1)."""
    if column in tab.reference:
        return tab.reference[column], tab.production[column]
    at = tab.keys[:, tab.by.index(column)]
    sides = np.zeros((2, len(at), len(support.labels) + 1), dtype=np.int64)
    sides[:, np.arange(len(at)), np.where(at == MISSING, len(support.labels), at)] = np.stack(tab.rows)
    return sides[0], sides[1]


def columns_of(tab: Crosstab, supports: Supports) -> list[str]:
    """The columns that a crosstab counts, its cohort columns among them."""
    return [name for name, one in supports.items() if not isinstance(one, str) and _has(tab, name)]


def _has(tab: Crosstab, column: str) -> bool:
    return column in tab.by or (column in tab.reference and column in tab.production)


def groups_by(tab: Crosstab, by: Sequence[str], supports: Supports, least: int = 0, share: float = 0.0) -> list[Group]:
    """The cohorts that some columns of a crosstab make, each named. by: one or two of its cohort columns.

    Kept are those with at least so many rows on both sides, and at least that share of the rows of one side: a cohort
    that was rare and is not any more counts as much as one that is rare now.
    """
    keys = tab.keys[:, [tab.by.index(name) for name in by]]
    distinct, which = np.unique(keys, axis=0, return_inverse=True)
    which = which.reshape(-1)
    n, m = (np.bincount(which, weights=side, minlength=len(distinct)).astype(np.int64) for side in tab.rows)
    big = (n >= share * max(n.sum(), 1)) | (m >= share * max(m.sum(), 1))
    kept = np.flatnonzero(big & (n >= least) & (m >= least) & (n + m > 0))
    order = np.argsort(which, kind="stable")
    ends = np.searchsorted(which[order], np.arange(len(distinct) + 1))
    found = []
    for i in kept:
        bins = tuple((name, int(key)) for name, key in zip(by, distinct[i], strict=True))
        known = [(support, at) for name, at in bins if not isinstance(support := supports[name], str)]
        filters = [filters_of(support, at) for support, at in known]
        words = ", ".join(label_of(support, at) for support, at in known)
        cohort = None if None in filters else tuple(one for some in filters if some for one in some)
        found.append(Group(bins, cohort, words, order[ends[i] : ends[i + 1]], (int(n[i]), int(m[i]))))
    return found


def narrowed(tab: Crosstab, supports: Supports, names: Collection[str] | None = None) -> list[Crosstab]:
    """The same counts in small crosstabs in which every two cohort columns still stand together.

    A crosstab of six columns is summed over fifteen pairs; summed to a few of four columns first, that takes a third.
    names: of these columns only.
    """
    sizes = {name: len(np.unique(tab.keys[:, i])) for i, name in enumerate(tab.by)}
    blocks = covering(sizes, SMALL)
    if len(tab.keys) <= SMALL or blocks == [tab.by]:
        return [tab]
    found = []
    for block in blocks:
        keys, which = np.unique(tab.keys[:, [tab.by.index(name) for name in block]], axis=0, return_inverse=True)
        order = np.argsort(which.reshape(-1), kind="stable")
        starts = np.searchsorted(which.reshape(-1)[order], np.arange(len(keys)))
        first, second = {}, {}
        for name in columns_of(tab, supports):
            support = supports[name]
            if not isinstance(support, str) and (names is None or name in names):
                first[name], second[name] = (
                    np.add.reduceat(counts.take(order, axis=0), starts, axis=0)
                    for counts in side_counts(tab, name, support)
                )
        rows = [np.add.reduceat(side[order], starts) for side in tab.rows]
        found.append(Crosstab(block, keys, first, second, (rows[0], rows[1])))
    return found


def all_groups(crosstabs: Sequence[Crosstab], supports: Supports, least: int, share: float) -> list[Cut]:
    """Every cohort of one column or two that filters can tell and that is large enough, each once."""
    seen: set[frozenset[str]] = set()
    found = []
    for tab in crosstabs:
        groups: list[Group] = []
        for by in (*combinations(tab.by, 1), *combinations(tab.by, 2)):
            if frozenset(by) not in seen:
                seen.add(frozenset(by))
                groups += groups_by(tab, by, supports, least, share)
        named = tuple(group for group in groups if group.cohort is not None)
        if named:
            found.append(Cut(tab, named))
    return found


def whole_counts(tab: Crosstab, column: str, support: Support) -> tuple[Counts, Counts]:
    """Rows per bin of all rows, on both sides. Shapes (bins + 1,)."""
    sides = side_counts(tab, column, support)
    return sides[0].sum(axis=0), sides[1].sum(axis=0)

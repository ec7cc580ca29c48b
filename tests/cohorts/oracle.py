"""Crosstabs made by brute force from columns of values: the oracle, and the tests' own way in."""

from itertools import combinations

import numpy as np

from engine.columns import Column, Kind
from engine.summaries import QualityCounts
from engine.tables.crosstab import MISSING, Crosstab
from engine.tables.supports import CategoricalSupport, build_support
from engine.tables.values import Categories, Numbers


def packed(values):
    """Values as the engine reads them from a table: NaN or None are missing."""
    if values.dtype.kind == "f":
        kept = np.sort(values[~np.isnan(values)])
        return Numbers(kept, (0, 0), QualityCounts(len(values), nulls=len(values) - len(kept)))
    known = np.array([one for one in values if one is not None], dtype=object)
    names, counts = np.unique(known.astype(str), return_counts=True)
    order = np.lexsort((names, -counts))
    quality = QualityCounts(len(values), nulls=len(values) - len(known))
    return Categories(tuple(names[order].tolist()), counts[order].astype(np.int64), quality)


def column_of(name, values, integer=False):
    if values.dtype.kind == "f":
        return Column(name, "INTEGER" if integer else "DOUBLE", Kind.NUMERIC)
    return Column(name, "VARCHAR", Kind.CATEGORICAL)


def supports_of(reference, integers=()):
    return {
        name: build_support(column_of(name, values, name in integers), packed(values))
        for name, values in reference.items()
    }


def bins_of(support, values):
    """The bin of every value, or MISSING, found the slow and plain way."""
    if isinstance(support, CategoricalSupport):
        cells = {name: support.bin_of[support.index[name]] for name in support.index}
        return np.array([MISSING if v is None else cells.get(str(v), support.unseen) for v in values], dtype=np.int64)
    found = support.bin_of[np.searchsorted(support.edges, np.nan_to_num(values), side="left")]
    return np.where(np.isnan(values), MISSING, found)


def crosstab(reference, production, supports, by):
    sides = [{n: bins_of(supports[n], side[n]) for n in supports} for side in (reference, production)]
    keys = [np.stack([side[name] for name in by], axis=1) for side in sides]
    distinct, which = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    which = which.reshape(-1)
    whose = which[: len(keys[0])], which[len(keys[0]) :]
    tables = []
    for side, group in zip(sides, whose, strict=True):
        table = {}
        for name, support in supports.items():
            width = len(support.labels) + 1
            at = np.where(side[name] == MISSING, width - 1, side[name])
            table[name] = np.bincount(group * width + at, minlength=len(distinct) * width).reshape(-1, width)
        tables.append(table)
    rows = tuple(np.bincount(group, minlength=len(distinct)) for group in whose)
    return Crosstab(tuple(by), distinct, tables[0], tables[1], rows)


def crosstabs(reference, production, supports, by):
    pairs = list(combinations(by, 2)) or [tuple(by)]
    return [crosstab(reference, production, supports, pair) for pair in pairs]

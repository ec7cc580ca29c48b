"""Ridge regression on bins: an effect for each bin of each feature, and for each cell of the pairs that add most.

The normal equations of indicator columns are counts of rows per pair of bins, so they are counted, a pair of columns at
a time, and rows times bins is never laid out. Bins are centred: the intercept is the mean, is not shrunk, and the mean
of the rows that taught is kept exactly. Source: Hoerl & Kennard (1970) Technometrics 12.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from engine.estimate.calibrate import Ints
from engine.summaries import Floats

COLUMNS = 4000  # effects of single features; their square is kept, 128 MB
ROOM = 1000  # effects beyond which no pair is added: solving costs their cube, thirty times over
A_CELL = 20  # rows that a cell of a pair holds on average, at least
USEFUL, PAIRS = 8, 6  # features whose pairs are tried, and pairs kept
PENALTIES = (3.0, 30.0, 300.0)  # in rows: a bin of so many rows keeps about half of its effect
SURE = 4.0  # standard deviations by which a pair must explain more than luck would


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Which columns of codes have effects. bins: (f,) bins per feature; pairs: pairs of features taken together."""

    bins: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...] = ()

    @property
    def sizes(self) -> list[int]:
        """Bins of each term: the features, then the pairs."""
        return [*self.bins, *(self.bins[one] * self.bins[two] for one, two in self.pairs)]

    def columns(self, codes: Ints) -> list[Ints]:
        """The bin of each row in each term; one past the last where the reference never had such a code."""
        found = []
        for at, size in enumerate(self.bins):
            found.append(np.minimum(codes[:, at].astype(np.int32), size))
        for one, two in self.pairs:
            known = (found[one] < self.bins[one]) & (found[two] < self.bins[two])
            cell = found[one] * self.bins[two] + found[two]
            found.append(np.where(known, cell, self.bins[one] * self.bins[two]).astype(np.int32))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A ridge regression of t targets. effects: per term (bins + 1, t), the last row for codes the reference never had;
    means: (t,) intercepts; crossed: (n, t) what each row is told by a fit that never saw its fold."""

    effects: tuple[Floats, ...]
    means: Floats
    crossed: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Normal equations of b bins and t targets, of which folds can be added and taken away.

    square: (b, b) rows per pair of bins; moments: (b, t) sums of targets per bin; totals: (t,) sums of targets.
    """

    square: Floats
    moments: Floats
    totals: Floats
    rows: int

    def without(self, other: "Sums") -> "Sums":
        """The sums of the rows that are not in other."""
        return Sums(
            self.square - other.square,
            self.moments - other.moments,
            self.totals - other.totals,
            self.rows - other.rows,
        )


def fitted(terms: Terms, codes: Ints, targets: Floats, fold: Ints) -> Fitted:
    """The regression at the penalty that served left-out folds best (by the first target).

    codes: (n, f); targets: (n, t); fold: (n,) with two folds at least.
    """
    columns, sizes = terms.columns(codes), terms.sizes
    each = [fold == at for at in np.unique(fold)]
    parts = [sums([one[inside] for one in columns], sizes, targets[inside]) for inside in each]
    whole = Sums(
        np.sum([one.square for one in parts], axis=0),
        np.sum([one.moments for one in parts], axis=0),
        np.sum([one.totals for one in parts], axis=0),
        len(targets),
    )
    tried = []
    for penalty in PENALTIES:
        told = np.empty_like(targets)
        for inside, part in zip(each, parts, strict=True):
            effects, means = solve(whole.without(part), sizes, penalty)
            told[inside] = means + _added(effects, [one[inside] for one in columns])
        tried.append((float(((targets[:, 0] - told[:, 0]) ** 2).mean()), penalty, told))
    _, penalty, told = min(tried, key=lambda one: one[0])
    return Fitted(*solve(whole, sizes, penalty), told)


def sums(columns: list[Ints], sizes: list[int], targets: Floats) -> Sums:
    """The normal equations of rows. columns: (n,) bins per term; a bin past the last of its term takes no part."""
    starts = np.concatenate(([0], np.cumsum(sizes)))
    square, moments = np.zeros((starts[-1], starts[-1])), np.zeros((starts[-1], targets.shape[1]))
    for i, one in enumerate(columns):
        here = slice(starts[i], starts[i + 1])
        for t in range(targets.shape[1]):
            moments[here, t] = np.bincount(one, weights=targets[:, t], minlength=sizes[i] + 1)[: sizes[i]]
        for j in range(i + 1):
            there, wide = slice(starts[j], starts[j + 1]), sizes[j] + 1
            cells = np.bincount(one * np.int64(wide) + columns[j], minlength=(sizes[i] + 1) * wide)
            square[here, there] = cells.reshape(sizes[i] + 1, wide)[: sizes[i], : sizes[j]]
            square[there, here] = square[here, there].T
    return Sums(square, moments, targets.sum(axis=0), len(targets))


def solve(found: Sums, sizes: list[int], penalty: float) -> tuple[tuple[Floats, ...], Floats]:
    """Effects per term, (bins + 1, t) each, and the means (t,). A bin without rows has the effect 0: an average row."""
    rows, means = np.diag(found.square).copy(), found.totals / found.rows
    centred = found.square - np.outer(rows, rows) / found.rows
    centred[np.diag_indices_from(centred)] += penalty
    from scipy.linalg import cho_factor, cho_solve  # imported where used: many runs have no attributions

    beta = cho_solve(cho_factor(centred, overwrite_a=True), found.moments - np.outer(rows, means))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    effects = []
    for start, end in pairwise(starts.tolist()):
        own = beta[start:end] - rows[start:end] @ beta[start:end] / found.rows  # about its mean over the rows
        own[rows[start:end] == 0] = 0.0
        effects.append(np.vstack((own, np.zeros((1, own.shape[1])))))
    return tuple(effects), np.asarray(means)


def _added(effects: tuple[Floats, ...], columns: list[Ints]) -> Floats:
    whole = np.zeros((len(columns[0]), effects[0].shape[1]))
    for table, one in zip(effects, columns, strict=True):
        whole += table[one]
    return whole


def pairs(terms: Terms, codes: Ints, target: Floats) -> tuple[tuple[int, int], ...]:
    """Pairs of the most useful features that explain, of what single features leave, more than luck would; best first.

    target: (n,). A feature is as useful as its bins explain of the target. Luck explains about one variance per cell,
    give or take the root of two per cell.
    """
    columns = terms.columns(codes)
    effects, means = solve(sums(columns, terms.sizes, target[:, None]), terms.sizes, PENALTIES[0])
    rest = target - means[0] - _added(effects, columns)[:, 0]
    useful = [_explained(one, target - target.mean()) for one in columns]
    order = sorted(range(len(columns)), key=lambda at: -useful[at][0])[:USEFUL]
    found = []
    for one, two in combinations(sorted(order), 2):
        cells = terms.bins[one] * terms.bins[two]
        if cells > min(ROOM, len(target) / A_CELL):
            continue
        gain, luck = _explained(columns[one] * np.int64(terms.bins[two] + 1) + columns[two], rest)
        if gain > luck:
            found.append((gain, cells, (one, two)))
    kept: list[tuple[int, int]] = []
    room = ROOM - sum(terms.bins)
    for _, cells, pair in sorted(found, reverse=True)[:PAIRS]:
        if cells <= room:
            kept.append(pair)
            room -= cells
    return tuple(kept)


def _explained(cell: Ints, values: Floats) -> tuple[float, float]:
    """What cells explain of values around 0 beyond luck, and how much of that may still be luck; sums of squares."""
    rows = np.bincount(cell)
    some = rows > 0
    square = np.bincount(cell, weights=values)[some] ** 2 / rows[some]
    variance, cells = float(values.var()), int(some.sum())
    return float(square.sum()) - cells * variance, SURE * float(np.sqrt(2 * cells)) * variance

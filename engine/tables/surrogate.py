"""A stand-in where no attributions are logged: how much of the prediction each feature's bins tell, from codes alone.

It is the correlation ratio η²: the variance of the prediction between the bins of a feature over all its variance,
here less what as many bins tell by chance (Kelley's ε²), since a column of fifty categories would otherwise count for
more in a week than in a quarter. It sees one feature at a time, whether the model uses it or something like it.
Sources: Pearson (1905) On the General Theory of Skew Correlation; Kelley (1935) PNAS 21(9).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.ranking import Importance
from engine.slices import Slice, Window
from engine.summaries import Counts, Floats
from engine.tables.coded import Coded, rows_of
from engine.tables.codes import CODES, FRACTIONS, HIGHEST, LOWEST, UNSEEN
from engine.tables.count import THREADS
from engine.tables.crosstab import bins_of_codes
from engine.tables.rows_binned import fresh_codes
from engine.tables.sources import Dataset
from engine.tables.supports import CategoricalSupport, NumericSupport, Support

POWERS = 5  # sums of the prediction's powers 0 to 4: the fourth is what a standard error rests on
MOST_CLASSES = 2  # a prediction of more classes has no one number


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums of powers of the prediction per group and bin of each feature. windows: group i + 1 is window i, group 0 is
    of no window. rows: (g,) with a prediction. sums: feature -> (g, bins + 1, 5), the last bin being rows without a
    value: that one is missing tells something too.
    """

    windows: tuple[Window, ...]
    rows: Counts
    sums: dict[str, Floats]

    def of(self, groups: NDArray[np.bool_] | None = None) -> Importance:
        """Each feature's η² in some groups, with its standard error. groups: (g,), None for all."""
        kept = np.ones(len(self.rows), dtype=bool) if groups is None else groups
        found = [correlation_ratio(one[kept].sum(axis=0)) for one in self.sums.values()]
        value, error = (np.array([one[i] for one in found]) for i in (0, 1))
        return Importance(value, error, int(self.rows[kept].sum()))


def correlation_ratio(sums: Floats) -> tuple[float, float]:
    """η² of a number by bins, less its bias, and one standard error. sums: (bins, 5) of its powers 0 to 4 per bin.

    The error is that of its influence function, and of χ² with as many degrees of freedom as chance has bins, without
    which a feature that tells nothing would seem sure of it; rows count as independent. Both are not-a-number of fewer
    than two rows more than bins, and of a prediction that does not vary.

    >>> two = np.array([[50, 0, 0, 0, 0], [50, 50, 50, 50, 50]], dtype=float)  # the prediction is the bin
    >>> correlation_ratio(two)
    (1.0, 0.0)
    """
    sums = sums[sums[:, 0] > 0]
    n, k = float(sums[:, 0].sum()), len(sums)
    if n < k + 2:
        return np.nan, np.nan
    mean = float(sums[:, 1].sum() / n)
    c0, c1, c2, c3, c4 = _around(sums, mean).T
    total = float(c2.sum() / n)
    if total <= 1e-12 * max(mean * mean, 1e-12):
        return np.nan, np.nan
    m = c1 / c0
    ratio = float((c0 * m * m).sum() / n / total)
    # influence of a row with centred value y in a bin of mean m: (2 m y - m² - ratio y²) / total, whose mean is 0
    a, b, c = -ratio, 2 * m, -m * m
    square = a * a * c4 + 2 * a * b * c3 + (b * b + 2 * a * c) * c2 + 2 * b * c * c1 + c * c * c0
    error = np.sqrt(max(float(square.sum()), 0.0) / total**2 + 2 * (k - 1) * (1 - ratio) ** 2) / n
    adjusted = 1 - (1 - ratio) * (n - 1) / (n - k)
    return float(np.clip(adjusted, 0.0, 1.0)), float(error)


def moments(
    coded: Coded,
    cut: Slice,
    by: str,
    features: Sequence[str],
    number: Floats | None = None,
    powers: int = POWERS,
) -> Moments | str:
    """The prediction of a slice by every feature's bins, or why it has no number. by: the column of the prediction.

    number: what each code of it stands for, where that is not numbers_of_codes; powers: how many are summed.

    A score is known within a sixteenth of its cell, which moves η² by less than a thousandth of itself; a yes or no is
    exact. Groups are the windows of the data, or a single one where the slice is of one span of time.
    """
    if number is None:
        usual = numbers_of_codes(coded.supports[by])
        if isinstance(usual, str):
            return usual
        number = usual
    rows = rows_of(coded, cut)
    at = coded.names.index(by)
    values: list[Floats] = []
    group: list[NDArray[np.int64]] = []
    kept: list[NDArray[np.bool_]] = []
    for i, chosen in rows:
        batch = coded.batches[i]
        found = number.take(batch[f"v{at}"].to_numpy()[chosen])
        known = np.isfinite(found)
        place = np.zeros(len(found), np.int64)
        if not cut.window:
            place = batch["window"].to_numpy()[chosen].astype(np.int64)
            place[place > 0] += int(coded.shifts[i])
        values.append(found[known])
        group.append(place[known])
        kept.append(known)
    windows = () if cut.window else coded.windows
    groups = len(windows) + 1
    raised = [[one**power for power in range(1, powers)] for one in values]

    def tally(name: str) -> Floats:
        table, size = bins_of_codes(coded.supports[name]), len(coded.supports[name].labels) + 1
        i = coded.names.index(name)
        sums = np.zeros((groups * size, powers))
        for (b, chosen), known, where, weights in zip(rows, kept, group, raised, strict=True):
            place = where * size
            place += table.take(coded.batches[b][f"v{i}"].to_numpy()[chosen][known])
            sums[:, 0] += np.bincount(place, minlength=len(sums))
            for power, weight in enumerate(weights, start=1):
                sums[:, power] += np.bincount(place, weight, minlength=len(sums))
        return sums.reshape(groups, size, powers)

    with ThreadPoolExecutor(THREADS) as pool:
        found_sums = dict(zip(features, pool.map(tally, features), strict=True))
    counted = sum((np.bincount(one, minlength=groups) for one in group), np.zeros(groups, np.int64))
    return Moments(tuple(windows), counted, found_sums)


def fresh_moments(
    dataset: Dataset, supports: Mapping[str, Support], cut: Slice, by: str, features: Sequence[str]
) -> Moments | str:
    """As moments, of a dataset that has no codes yet: one pass over the rows of a slice. All in one group."""
    usual = numbers_of_codes(supports[by])
    if isinstance(usual, str):
        return usual
    wanted = {name: supports[name] for name in (by, *features)}
    return moments(fresh_codes(dataset, wanted, cut), Slice(), by, features, usual)


def numbers_of_codes(support: Support) -> Floats | str:
    """The number that each code of a prediction stands for, in units of its spread; not-a-number where it has none.

    Of two classes one is 1 and the other 0, which gives the same η² whichever it is. More classes have no one number.
    """
    if isinstance(support, CategoricalSupport):
        if len(support.categories) > MOST_CLASSES or support.rarer:
            return "the prediction has several classes and no score, so it is no one number"
        found = np.full(CODES, np.nan)
        found[: len(support.categories)] = np.arange(len(support.categories))
        return found
    return _of_cells(support)


def _of_cells(support: NumericSupport) -> Floats:
    """The middle of every eighth of a cell; the open cells stand at their edge, an infinite value nowhere."""
    edges = support.edges
    upper = np.append(edges, edges[-1])
    width = np.append(np.diff(edges, prepend=edges[0]), 0.0)
    steps = (np.arange(FRACTIONS) + 0.5) / FRACTIONS
    atom = np.nextafter(upper, -np.inf) <= upper - width  # a cell of one double holds its upper edge alone
    inside = np.where(atom[:, None], upper[:, None], upper[:, None] - width[:, None] * steps)
    found = np.full((CODES, FRACTIONS), np.nan)
    found[: len(upper)] = (inside - float(np.median(edges))) / support.scale.unit
    found[[LOWEST, HIGHEST, UNSEEN]] = np.nan
    return found.ravel()


def _around(sums: Floats, mean: float) -> Floats:
    """Sums of powers about the mean, from those about 0. Shape (bins, 5)."""
    s0, s1, s2, s3, s4 = sums.T
    return np.stack(
        [
            s0,
            s1 - mean * s0,
            s2 - 2 * mean * s1 + mean**2 * s0,
            s3 - 3 * mean * s2 + 3 * mean**2 * s1 - mean**3 * s0,
            s4 - 4 * mean * s3 + 6 * mean**2 * s2 - 4 * mean**3 * s1 + mean**4 * s0,
        ],
        axis=1,
    )

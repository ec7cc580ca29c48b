"""Fairness: how far cohorts lie apart in what is found of them, wrongly said of them, and said of them at all.

A gap is the largest rate of any cohort less the smallest. Recall is over rows that came true, the false-positive rate
over rows that did not, the selection rate over all predictions, labelled or not. Gaps describe; whether one is unjust
is not for numbers to say. Sources: Hardt, Price and Srebro (2016) NeurIPS for recall and false positives; Dunn (1961)
Journal of the American Statistical Association 56 for the share of α of each pair; Yates (1934) for the correction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt

from engine.errors import plain
from engine.findings import Finding, NotComputed, Severity
from engine.noise.rows import normal_tail
from engine.performance import BAND
from engine.signals import PERFORMANCE

LEAST = 30  # relevant rows of a cohort, below which its rate is mostly luck
ALPHA = 0.05  # of all pairs together: when cohorts do not differ, one gap in twenty lies beyond its floor
RATES = {  # key -> name, and what its rows are
    "recall_gap": ("Recall", "rows that came true"),
    "false_positive_rate_gap": ("False-positive rate", "rows that did not come true"),
    "selection_rate_gap": ("Selection rate", "predictions"),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """One cohort's rate: hits of rows."""

    cohort: str
    hits: int
    rows: int

    @property
    def value(self) -> float:
        """The share of rows that are hits.

        >>> Rate("a", 1, 4).value
        0.25
        """
        return self.hits / self.rows

    @property
    def error(self) -> float:
        """One standard error, half a row of each outcome added, so that a rate of 0 or 1 is not without error."""
        smooth = (self.hits + 0.5) / (self.rows + 1)
        return sqrt(smooth * (1 - smooth) / self.rows)


@dataclass(frozen=True, slots=True)
class Gap:
    """The furthest two cohorts of a rate. key: of RATES; left_out: cohorts with too few rows; floor: by chance alone.

    rates: of all cohorts that count, largest first.
    """

    key: str
    rates: tuple[Rate, ...]
    left_out: int
    floor: float

    @property
    def value(self) -> float:
        """Largest rate less smallest, in [0, 1]."""
        return self.rates[0].value - self.rates[-1].value

    @property
    def error(self) -> float:
        """One standard error of the difference, that of two binomial rates."""
        return sqrt(self.rates[0].error ** 2 + self.rates[-1].error ** 2)

    @property
    def beyond(self) -> bool:
        """Whether cohorts that do not differ would not lie so far apart."""
        return self.value > self.floor

    @property
    def words(self) -> str:
        """Which cohorts, how far apart, and whether chance can be it."""
        name, _ = RATES[self.key]
        high, low = self.rates[0], self.rates[-1]
        chance = "beyond what chance gives" if self.beyond else "within what chance gives"
        few = "" if not self.left_out else f"; {self.left_out} with fewer than {LEAST} such rows left out"
        return (
            f"{name} is {high.value:.1%} of {plain(high.cohort)} and {low.value:.1%} of {plain(low.cohort)}: "
            f"{100 * self.value:.1f} ± {100 * BAND * self.error:.1f} points apart, {chance} "
            f"({100 * self.floor:.1f}) among {len(self.rates)} cohorts{few}."
        )


def gap(key: str, rates: Sequence[Rate], alpha: float = ALPHA) -> Gap | str:
    """The gap of a rate between cohorts, or why there is none.

    The floor is what the two cohorts would stay within, were all rates alike: a normal limit on the pooled rate at α
    shared by all pairs, with half a row of each side for what is lumpy about few rows. The furthest pair was picked
    from all pairs, so its limit is that of all of them.

    >>> gap("recall_gap", [Rate("a", 50, 100), Rate("b", 10, 100), Rate("c", 1, 3)]).words
    'Recall is 50.0% of a and 10.0% of b: 40.0 ± 17.6 points apart, beyond what chance gives (13.7) among 2 cohorts; 1 with fewer than 30 such rows left out.'
    """  # noqa: E501
    enough = sorted((one for one in rates if one.rows >= LEAST), key=lambda one: (-one.value, one.cohort))
    if len(enough) < 2:
        return f"fewer than two cohorts have {LEAST} {RATES[key][1]}"
    pooled = sum(one.hits for one in enough) / sum(one.rows for one in enough)
    each = 1 / enough[0].rows + 1 / enough[-1].rows
    z = normal_tail(alpha / (2 * comb(len(enough), 2)))
    floor = min(1.0, z * sqrt(pooled * (1 - pooled) * each) + each / 2)
    return Gap(key, tuple(enough), len(rates) - len(enough), floor)


def finding_of(found: Gap | str, key: str, by: str) -> Finding | NotComputed:
    """A gap as a reading like any other, shown and not judged: no threshold says which gap is unjust."""
    if isinstance(found, str):
        return NotComputed(PERFORMANCE, by, key, found)
    reach = BAND * found.error
    return Finding(
        PERFORMANCE, by, None, key, found.value, Severity.NOT_JUDGED, found.words, floor=found.floor,
        floor_basis="closed form", within_noise=not found.beyond,
        n_production=sum(one.rows for one in found.rates), band=(max(0.0, found.value - reach),
                                                                  min(1.0, found.value + reach)),
    )  # fmt: skip


def gaps(tables: Mapping[str, tuple[int, int, int, int, int, int]], alpha: float = ALPHA) -> dict[str, Gap | str]:
    """All three gaps. tables: cohort -> tp, fp, fn, tn of its labelled predictions; predictions, and positive ones.

    >>> found = gaps({"a": (40, 5, 10, 45, 100, 45), "b": (20, 30, 30, 20, 100, 50)})
    >>> [round(one.value, 3) for one in found.values()]
    [0.4, 0.5, 0.05]
    """
    rates: dict[str, list[Rate]] = {key: [] for key in RATES}
    for cohort, (tp, fp, fn, tn, predicted, selected) in tables.items():
        rates["recall_gap"].append(Rate(cohort, tp, tp + fn))
        rates["false_positive_rate_gap"].append(Rate(cohort, fp, fp + tn))
        rates["selection_rate_gap"].append(Rate(cohort, selected, predicted))
    return {key: gap(key, ones, alpha) for key, ones in rates.items()}

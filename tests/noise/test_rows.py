"""Row-wise floors keep their promise: readings of unchanged data pass them as often as α says, and hardly less."""

from functools import cache

import numpy as np
import pytest

from engine.columns import Column, Kind
from engine.findings import Severity, Threshold, verdict
from engine.metrics import METRICS
from engine.metrics.metric import Reading
from engine.noise import Floor, row_floor
from engine.noise.draws import drawn_of
from engine.noise.rows import FLOORS, rate_limit
from engine.summaries import Curve, Histogram, Quality, QualityCounts
from engine.tables.exact import summarize
from engine.tables.supports import build_support
from engine.tables.values import Categories, Numbers

BINNED = ("psi", "jensen_shannon", "hellinger", "chi_squared", "chebyshev")
CURVES = ("kolmogorov_smirnov", "wasserstein")
RATES = ("null_rate", "type_error_rate", "out_of_bounds_rate")
EVEN = np.full(10, 0.1)
SKEWED = 1 / np.arange(1, 9) / (1 / np.arange(1, 9)).sum()
SPARSE = np.array([0.5, 0.3, 0.1, 0.05, 0.02, 0.01, 0.01, 0.005, 0.003, 0.002])


def most(alpha: float, draws: int) -> float:
    """The largest share of floors passed that chance explains, three standard errors above α."""
    return alpha + 3 * float(np.sqrt(alpha * (1 - alpha) / draws))


def histogram(reference: np.ndarray, production: np.ndarray) -> Histogram:
    kept = (reference + production) > 0
    labels = tuple(f"b{i}" for i in np.flatnonzero(kept))
    return Histogram(labels, reference[kept].astype(np.int64), production[kept].astype(np.int64))


def passed(key: str, summary: object, alpha: float) -> bool:
    reading = METRICS[key].compute(summary)
    floor = row_floor(METRICS[key], summary, reading, alpha, None)
    assert floor is not None
    return reading.value >= floor.value


def test_every_metric_has_a_floor_that_is_tested_here():
    of_columns = {key for key, one in METRICS.items() if one.kinds}  # the others: test_outcomes.py, test_operations.py
    assert set(FLOORS) == of_columns == {*BINNED, *CURVES, *RATES}


@cache
def binned_passes(name: str, alpha: float, draws: int, n: int, m: int) -> dict[str, float]:
    shares = {"even": EVEN, "skewed": SKEWED, "sparse": SPARSE, "two": np.array([0.3, 0.7])}[name]
    random = np.random.default_rng([draws, n, m])
    count = dict.fromkeys(BINNED, 0)
    for reference, production in zip(
        random.multinomial(n, shares, draws), random.multinomial(m, shares, draws), strict=True
    ):
        made = histogram(reference, production)
        for key in BINNED:
            count[key] += passed(key, made, alpha)
    return {key: hits / draws for key, hits in count.items()}


@pytest.mark.parametrize("key", BINNED)
@pytest.mark.parametrize(
    ("shares", "n", "m"), [("even", 5000, 500), ("even", 1000, 1000), ("skewed", 5000, 1000), ("two", 3000, 300)]
)
def test_binned_floors_hold_where_bins_are_filled(key, shares, n, m):
    share = binned_passes(shares, 0.01, 2000, n, m)[key]
    assert share <= most(0.01, 2000)
    assert share >= 0.01 / 20, "a floor that nothing ever passes sees nothing"


@pytest.mark.parametrize("key", BINNED)
@pytest.mark.parametrize(("n", "m"), [(5000, 100), (300, 300), (60, 20)])
def test_binned_floors_hold_where_bins_are_sparse(key, n, m):
    assert binned_passes("sparse", 0.05, 300, n, m)[key] <= most(0.05, 300)


SHAPES = {
    "normal": lambda random, size: random.normal(size=size),
    "lognormal": lambda random, size: random.lognormal(0, 1, size),
    "atom": lambda random, size: np.where(random.random(size) < 0.3, 0.0, random.exponential(size=size)),
    "categories": lambda random, size: random.choice(8, size, p=SKEWED),
}


@cache
def column_passes(shape: str, n: int, m: int, alpha: float = 0.05, draws: int = 300) -> dict[str, float]:
    """Both sides drawn, bins and bounds fixed by the reference as for real data, every metric read."""
    random = np.random.default_rng([n, m, len(shape)])
    numeric = shape != "categories"
    column = Column("x", "DOUBLE", Kind.NUMERIC) if numeric else Column("x", "VARCHAR", Kind.CATEGORICAL)
    count: dict[str, int] = {}
    for _ in range(draws):
        sides = []
        for size in (n, m):
            values = SHAPES[shape](random, size)
            counts = QualityCounts(size)
            if numeric:
                sides.append(Numbers(np.sort(values), (0, 0), counts))
            else:
                rows = np.bincount(values, minlength=8)
                order = [i for i in np.argsort(-rows, kind="stable") if rows[i]]
                sides.append(Categories(tuple(f"c{i}" for i in order), rows[order], counts))
        summary = summarize(build_support(column, sides[0]), *sides)
        for key, metric in METRICS.items():
            part = summary.of(metric.needs)
            if part is not None and (metric.needs is not Curve or numeric):
                count[key] = count.get(key, 0) + passed(key, part, alpha)
    return {key: hits / draws for key, hits in count.items()}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("n", "m"), [(4000, 400), (500, 40)])
def test_floors_hold_on_columns_as_they_come(shape, n, m):
    shares = column_passes(shape, n, m)
    wrong = {key: share for key, share in shares.items() if share > most(0.05, 300)}
    assert not wrong
    if m == 400:
        wanted = {*BINNED, *(CURVES if shape != "categories" else ())} - {"chebyshev", "kolmogorov_smirnov"}
        assert all(shares[key] >= 0.05 / 20 for key in wanted), shares


@pytest.mark.parametrize("key", RATES)
@pytest.mark.parametrize(("rate", "n", "m"), [(0.05, 5000, 300), (0.3, 400, 400), (0.001, 5000, 100), (0.0, 50, 50)])
def test_the_floor_of_a_rate_holds(key, rate, n, m):
    random = np.random.default_rng([n, m])
    field = {"null_rate": "nulls", "type_error_rate": "type_errors", "out_of_bounds_rate": "out_of_bounds"}[key]
    hits = 0
    for a, b in zip(random.binomial(n, rate, 2000), random.binomial(m, rate, 2000), strict=True):
        sides = QualityCounts(n, **{field: int(a)}), QualityCounts(m, **{field: int(b)})
        hits += passed(key, Quality(*sides), 0.01)
    assert hits / 2000 <= most(0.01, 2000)
    if rate >= 0.05:
        assert hits / 2000 >= 0.01 / 20


def test_the_floor_of_a_rate_is_fishers_test():
    from scipy.stats import hypergeom

    for hits, n, more, m, alpha in [(5, 200, 9, 60, 0.01), (0, 5000, 3, 30, 0.001), (50, 100, 55, 100, 0.05)]:
        floor = rate_limit(hits, n, more, m, alpha).value
        least = int(np.ceil(floor * m))  # the first count of hits that the floor does not hold
        total = hits + more
        assert hypergeom.sf(least - 1, n + m, total, m) <= alpha < hypergeom.sf(least - 2, n + m, total, m)


def test_a_share_of_all_rows_is_beyond_no_floor_that_chance_reaches():
    for hits, n, more, m in [(575, 5000, 1, 1), (3500, 5000, 2, 2), (4990, 5000, 5000, 5000)]:
        floor = rate_limit(hits, n, more, m, 0.0005).value
        assert floor > 1 >= more / m  # one missing value where a tenth is missing is no alarm
    assert rate_limit(0, 5000, 1, 1, 0.0005).value < 1  # one where none was is


# ---- what a floor depends on


@pytest.mark.parametrize("key", BINNED)
@pytest.mark.parametrize("shares", [EVEN, SPARSE], ids=["filled", "sparse"])
def test_the_same_counts_have_the_same_floor(key, shares):
    def once() -> Floor | None:
        drawn_of.cache_clear()
        return row_floor(METRICS[key], histogram(shares * 4000, shares * 1000), Reading(0.0), 0.001, 0.1)

    assert once() == once()


def test_sparse_bins_are_drawn_and_filled_ones_are_not():
    basis = {
        name: row_floor(METRICS["psi"], histogram(shares * 4000, shares * m), Reading(0.0), 0.001, 0.1).basis
        for name, shares, m in (("filled", EVEN, 1000), ("sparse", SPARSE, 1000))
    }
    assert basis == {"filled": "closed form", "sparse": "draws"}


def curve_of(n: int, m: int) -> Curve:
    """Both sides of one shape at any number of rows: every grid value the same number of times."""
    grid = np.linspace(-3, 3, 20)
    sides = [Numbers(np.repeat(grid, rows // 20), (0, 0), QualityCounts(rows)) for rows in (n, m)]
    column = Column("x", "DOUBLE", Kind.NUMERIC)
    made = summarize(build_support(column, sides[0]), *sides).curve
    assert made is not None
    return made


def unchanged(key: str, n: int, m: int) -> object:
    """A summary of two sides of one distribution, at n and m rows."""
    if key in BINNED:
        return histogram(np.round(EVEN * n), np.round(EVEN * m))
    if key in CURVES:
        return curve_of(n, m)
    field = {"null_rate": "nulls", "type_error_rate": "type_errors", "out_of_bounds_rate": "out_of_bounds"}[key]
    return Quality(*(QualityCounts(rows, **{field: round(rows / 10)}) for rows in (n, m)))


def floor_of(key: str, n: int, m: int, warning: float | None = None) -> Floor:
    summary = unchanged(key, n, m)
    found = row_floor(METRICS[key], summary, METRICS[key].compute(summary), 0.001, warning)
    assert found is not None
    return found


@pytest.mark.parametrize("key", FLOORS)
def test_a_floor_falls_with_rows_on_either_side(key):
    more = [floor_of(key, 20_000, m).value for m in (100, 1000, 10_000)]
    assert more == sorted(more, reverse=True) and more[-1] < more[0]
    if key not in RATES:  # the floor of a rate is what chance puts into production of the hits on both sides
        other = [floor_of(key, n, 1000).value for n in (200, 2000, 20_000)]
        assert other == sorted(other, reverse=True) and other[-1] < other[0]


@pytest.mark.parametrize("key", FLOORS)
def test_a_floor_rises_as_fewer_false_alarms_are_wanted(key):
    summary = unchanged(key, 5000, 500)
    reading = METRICS[key].compute(summary)
    floors = [row_floor(METRICS[key], summary, reading, alpha, None).value for alpha in (0.05, 0.01, 1e-4, 1e-8)]
    assert floors == sorted(floors) and floors[0] < floors[-1]


@pytest.mark.parametrize("key", FLOORS)
def test_with_the_rows_that_are_needed_the_floor_is_below_the_warning(key):
    asked = METRICS[key]
    against = 0.1 if asked.relative else 0.0
    warning = asked.warning + against
    small = floor_of(key, 100_000, 100, warning)
    assert small.rows >= warning and small.rows_needed is not None
    rows = -(-small.rows_needed // 20) * 20
    assert floor_of(key, 100_000, rows, warning).rows < warning
    assert floor_of(key, 100_000, rows, warning).rows_needed is None
    assert floor_of(key, 100_000, max(rows // 40 * 20, 100), warning).rows >= warning, "half as many would not do"


@pytest.mark.parametrize("key", BINNED)
def test_where_the_reference_is_too_small_no_number_of_rows_is_named(key):
    found = floor_of(key, 100, 100, 0.01)
    assert found.rows >= 0.01 and found.rows_needed is None


def test_one_bin_has_no_noise():
    assert row_floor(METRICS["psi"], histogram(np.array([50]), np.array([9])), Reading(0.0), 0.01, 0.1).value == 0.0


# ---- the order of the verdicts

LIMITS = Threshold(0.1, 0.25)


@pytest.mark.parametrize(
    ("value", "rows", "floor", "expected"),
    [
        (0.30, 0.02, 0.02, (Severity.CRITICAL, False, None)),
        (0.30, 0.20, 0.29, (Severity.CRITICAL, False, None)),  # beyond its floor it counts, few rows or not
        (0.20, 0.15, 0.15, (Severity.WARNING, False, None)),
        (0.20, 0.21, 0.21, (Severity.NOT_ENOUGH_DATA, False, 900)),
        (0.30, 0.12, 0.40, (Severity.NOT_ENOUGH_DATA, False, 900)),
        (0.05, 0.12, 0.12, (Severity.NOT_ENOUGH_DATA, False, 900)),
        (0.30, 0.05, 0.40, (Severity.OK, True, None)),  # only the windows' floor held it
        (0.20, 0.05, 0.40, (Severity.OK, True, None)),
        (0.05, 0.05, 0.40, (Severity.OK, False, None)),
        (0.05, 0.02, 0.02, (Severity.OK, False, None)),
        (0.10, 0.05, 0.10, (Severity.WARNING, False, None)),  # reaching a limit breaches it
    ],
)
def test_verdicts_come_in_their_order(value, rows, floor, expected):
    basis = "closed form" if rows == floor else "reference windows"
    assert verdict(value, LIMITS, Floor(floor, rows, basis, rows_needed=900)) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.3, "critical"), (0.2, "warning"), (0.05, "ok")])
def test_without_a_floor_the_limits_decide(value, expected):
    assert str(verdict(value, LIMITS, None)[0]) == expected


def test_verdicts_of_a_metric_that_is_worse_when_lower():
    lower = Threshold(0.9, 0.8)
    assert verdict(0.7, lower, Floor(0.85, 0.95, "closed form"))[0] is Severity.CRITICAL
    assert verdict(0.88, lower, Floor(0.85, 0.95, "reference windows"))[:2] == (Severity.OK, True)
    assert verdict(0.95, lower, Floor(0.85, 0.85, "closed form"))[0] is Severity.NOT_ENOUGH_DATA

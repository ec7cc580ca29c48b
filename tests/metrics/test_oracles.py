"""The metrics against scipy, on the same rows: from one row to 300,000, from smooth to hostile."""

import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from engine.metrics import metric
from engine.metrics.kolmogorov_smirnov import FEW, STEPS, closed_form, p_value
from engine.metrics.smirnov import exact as exact_steps
from engine.slices import Slice
from engine.summaries import ColumnSummary, Histogram
from engine.tables.connection import connect
from engine.tables.exact import summarize
from engine.tables.sources import open_dataset
from engine.tables.supports import build_support
from engine.tables.values import read

ROOT = connect(())
TINY = 5e-324
NORMAL = np.finfo(float).smallest_normal
SAMPLES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 2, n),
    "ties": lambda rng, n: rng.integers(0, 6, n).astype(float),
    "zero-inflated": lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, rng.exponential(2, n)),
    "constant": lambda rng, n: np.full(n, 3.25),
    "two values": lambda rng, n: rng.choice([-1.0, 1e6], n),
    "far from zero": lambda rng, n: 1e12 + rng.normal(size=n),
    "signed zeros": lambda rng, n: rng.choice([0.0, -0.0, 1.0], n),
    "subnormal": lambda rng, n: rng.integers(0, 9, n) * TINY,
    "heavy tail": lambda rng, n: rng.standard_cauchy(n),
    "infinite": lambda rng, n: np.where(rng.random(n) < 0.1, rng.choice([-np.inf, np.inf], n), rng.normal(size=n)),
    "not-a-number": lambda rng, n: np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
}
CHANGES = {
    "none": lambda x: x,
    "shifted": lambda x: x + 0.3,
    "far away": lambda x: x + 100.0,
    "stretched": lambda x: x * 1.5,
}
SIZES = [(1, 1), (1, 5), (2, 3), (3, 1), (50, 70), (700, 40), (5000, 6000), (30_000, 9_000)]


def summarized(first: np.ndarray, second: np.ndarray) -> ColumnSummary | None:
    reference, production = (open_dataset(pa.table({"x": side}), ROOT) for side in (first, second))
    column = reference.column("x")
    whole = read(reference, column, Slice())
    support = build_support(column, whole)
    return None if isinstance(support, str) else summarize(support, whole, read(production, column, Slice()))


def unit_and_clip(finite: np.ndarray) -> tuple[float, float, float]:
    """The unit of the reference and the limits that values are clipped to, as methods say it."""
    q1, q3 = np.quantile(finite, [0.25, 0.75])
    if q3 > q1:
        return (q3 - q1) / 1.349, q1 - 10 * (q3 - q1), q3 + 10 * (q3 - q1)
    spread = finite.std(ddof=1) if len(set(finite.tolist())) > 1 else 0.0
    return (spread, -np.inf, np.inf) if spread > 0 else (max(abs(finite[0]), 1.0) * 1e-3, -np.inf, np.inf)


def hold_against_scipy(first: np.ndarray, second: np.ndarray) -> None:
    made = summarized(first, second)
    first, second = (side[~np.isnan(side)] for side in (first, second))
    finite = [side[np.isfinite(side)] for side in (first, second)]
    if made is None:
        assert not len(finite[0])
        return
    if made.curve is None or not all(len(side) for side in finite):
        return
    found = metric("kolmogorov_smirnov").compute(made.curve)
    with warnings.catch_warnings(record=True) as gave_up:
        warnings.simplefilter("always", RuntimeWarning)  # scipy says when it cannot be exact
        truth = ks_2samp(first, second)
    certain = bool(gave_up) and truth.pvalue > 0.99  # rounding made certainty more than 1, so scipy took another way
    assert found.interval is None
    assert found.value == pytest.approx(truth.statistic, rel=1e-12, abs=1e-15)
    effective = len(first) * len(second) / (len(first) + len(second))
    closed = effective >= FEW and found.value * len(first) * len(second) > STEPS
    if truth.pvalue > 1e-4:
        assert found.p_value == pytest.approx(1.0 if certain else truth.pvalue, rel=0.05 if closed else 1e-9)
    else:
        assert found.p_value < 2e-4
    unit, low, high = unit_and_clip(finite[0])
    moved = metric("wasserstein").compute(made.curve)
    with np.errstate(all="ignore"):
        distance = wasserstein_distance(*(np.clip(side, low, high) for side in finite))
    if unit >= NORMAL:  # a distance in units below it has no digits that could agree
        assert moved.interval is None
        assert moved.value == pytest.approx(distance / unit, rel=1e-9, abs=1e-12)
    hold_bins_against_scipy(made.histogram)


@pytest.mark.parametrize(
    ("n", "m", "within"),
    [
        (5368, 887, 0.001), (7455, 1141, 0.001), (6000, 1000, 0.001), (5000, 5000, 0.001), (10000, 9000, 0.004),
        (2242, 60, 0.007), (8000, 200, 0.004), (900, 600, 0.011), (1361, 1360, 0.041), (1130, 1129, 0.041),
    ],
)  # fmt: skip
def test_the_closed_form_of_a_gaps_p_value_lies_as_near_to_the_exact_one_as_its_manual_says(n, m, within):
    """Against scipy's exact sum over paths, at gaps from likely to one in ten thousand, and far beyond."""
    seen = []
    for z in (0.6, 1.0, 1.36, 1.7, 2.0, 2.2, 3.0, 5.0):
        i = round(n * min(z / np.sqrt(n * m / (n + m)), 0.9))  # i of n against none of m: a gap that can be
        gap = i / n
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            exact = ks_2samp(np.arange(n) >= i, np.ones(m), method="exact").pvalue
        found = closed_form(n, m, gap)
        if gap * n * m > STEPS:
            assert p_value(n, m, i, 0) == found
        if exact >= 1e-4:
            assert found == pytest.approx(exact, rel=within)
            seen.append(exact)
        assert np.log(found) == pytest.approx(np.log(exact), rel=0.007, abs=within)
    assert max(seen) > 0.8 and min(seen) < 1e-3


def test_the_closed_form_is_furthest_off_between_the_gaps_of_one_side():
    n, m = 1167, 1168
    steps = int(2.2 / np.sqrt(n * m / (n + m)) * n * m)
    off = closed_form(n, m, steps / (n * m)) / exact_steps(n, m, steps) - 1
    assert 0.045 < abs(off) < 0.05


def hold_bins_against_scipy(histogram: Histogram) -> None:
    p, q = histogram.shares
    found = metric("jensen_shannon").compute(histogram).value
    with np.errstate(invalid="ignore"):  # scipy takes the root of a rounding error below zero
        truth = np.nan_to_num(jensenshannon(p, q, base=2))
    assert found**2 == pytest.approx(truth**2, rel=1e-12, abs=1e-15)
    table = np.stack([histogram.reference, histogram.production])
    if table.shape[1] > 1:
        test = chi2_contingency(table, correction=False)
        if test.expected_freq.min() >= 5:
            reading = metric("chi_squared").compute(histogram)
            assert reading.statistic == pytest.approx(test.statistic, rel=1e-12, abs=1e-12)
            assert reading.p_value == pytest.approx(test.pvalue, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_size_of_a_sample(name, change):
    for seed, (n, m) in enumerate(SIZES):
        rng = np.random.default_rng([seed, *name.encode()])
        hold_against_scipy(SAMPLES[name](rng, n), CHANGES[change](SAMPLES[name](rng, m)))


@pytest.mark.parametrize("name", ["normal", "lognormal", "ties", "zero-inflated", "far from zero", "infinite"])
def test_many_rows(name):
    rng = np.random.default_rng(7)
    hold_against_scipy(SAMPLES[name](rng, 300_000), SAMPLES[name](rng, 120_000) * 1.01)


@pytest.mark.parametrize(("n", "m"), [(1, 300_000), (300_000, 2), (9_999, 10_001)])
def test_sides_of_very_different_size(n, m):
    rng = np.random.default_rng(n)
    hold_against_scipy(rng.normal(size=n), rng.normal(0.2, 1, m))


WILD = st.sampled_from(
    [
        0.0,
        -0.0,
        1.0,
        np.nextafter(1.0, 2),
        2.5,
        -3.0,
        TINY,
        -TINY,
        2.2e-308,
        1e12,
        1e12 + 1e-3,
        1e-30,
        np.inf,
        -np.inf,
        np.nan,
    ]
) | st.floats(-1e9, 1e9)


@settings(max_examples=100, deadline=None)
@given(st.lists(WILD, min_size=1, max_size=40), st.lists(WILD, min_size=1, max_size=40))
@example([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0, 1.0, 2.0, 3.5, 4.0, 5.0, 6.0])  # scipy rounds a certainty to 1 + ε
def test_any_few_numbers(first, second):
    hold_against_scipy(np.array(first), np.array(second))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4000)), min_size=2, max_size=30))
def test_any_few_bins(bins):
    table = np.array([one for one in bins if sum(one)]).reshape(-1, 2)
    if len(table) and table.sum(axis=0).all():
        hold_bins_against_scipy(Histogram(tuple(map(str, range(len(table)))), table[:, 0], table[:, 1]))


def test_psi_is_its_formula_on_counts_with_half_a_row_more():
    reading = metric("psi").compute(Histogram(("a", "b", "c"), np.array([10, 0, 5]), np.array([3, 4, 0])))
    p, q = np.array([10.5, 0.5, 5.5]) / 16.5, np.array([3.5, 4.5, 0.5]) / 8.5
    assert reading.value == pytest.approx(float(np.sum((q - p) * np.log(q / p))), rel=1e-14)


def test_rare_bins_are_pooled_for_the_test_and_not_for_the_value():
    counts = np.array([500, 400, 2, 1]), np.array([450, 460, 1, 2])
    reading = metric("chi_squared").compute(Histogram(("a", "b", "c", "d"), *counts))
    joined = chi2_contingency([[500, 403], [450, 463]], correction=False)  # c and d alone are still too rare
    assert reading.statistic == pytest.approx(joined.statistic, rel=1e-12)
    assert len(reading.parts) == 4

"""Probabilities for thousands of readings at once: as often exceeded as they say, and limits that find and spare."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, false_discovery_control, hypergeom

from engine.cohorts.score import psi_of
from engine.noise.discovery import beyond, limit, null_psi, psi_level, psi_tail, rate_level, rate_tail

DRAWS = 40_000


def drawn(k, n, m, seed=0):
    weights = 1 / np.arange(1, k + 1)
    random = np.random.default_rng(seed)
    return (random.multinomial(size, weights / weights.sum(), DRAWS) for size in (n, m))


@pytest.mark.parametrize("k", [2, 5, 12, 52])
@pytest.mark.parametrize(("n", "m"), [(100, 100), (430, 2560), (1000, 1000), (50_000, 300), (100, 3000)])
def test_chance_reads_as_far_as_it_is_said_to(k, n, m):
    """Down to 100 rows in 52 skewed bins, most of which hold a row or two. Where half a row a bin weighs more on one
    side than on the other, it is said to read further than it does."""
    first, second = drawn(k, n, m)
    null = null_psi(first, second)
    tails = psi_tail(psi_of(first, second), null)
    for level in (0.05, 0.01, 0.001):
        assert (tails <= level).mean() < 1.7 * level
    assert (tails <= 0.05).mean() > 0.5 * 0.05


def test_well_filled_bins_follow_chi_squared():
    counts = np.full((1, 10), 100_000), np.full((1, 10), 50_000)
    noise = 1 / 1_000_000 + 1 / 500_000
    tail = psi_tail(np.array([20 * noise]), null_psi(*counts))
    assert tail == pytest.approx(chi2.sf(20, 9), rel=1e-3)


def test_windows_that_differ_by_themselves_widen():
    counts = np.full((1, 10), 1000), np.full((1, 10), 1000)
    null, rows = null_psi(*counts), np.array([10_000])
    value = 4 * null[0]
    alone, wide = (psi_tail(value, beyond(null, rows, rows, excess, 0.0)) for excess in (0.0, null[0]))
    assert alone < 1e-3 < wide


def test_a_window_moves_a_column_as_a_whole():
    """Where windows differ far more than rows do, a reading is the square of one normal number."""
    counts = np.full((1, 10), 10**7), np.full((1, 10), 10**7)
    moments = beyond(null_psi(*counts), np.array([10**8]), np.array([10**8]), 0.1, 0.0)
    assert psi_tail(np.array([0.1 * chi2.isf(0.01, 1)]), moments) == pytest.approx(0.01, rel=0.01)


def test_a_sample_of_rows_that_moved_reads_no_further_than_said():
    """Rows of a cohort that moved as all others did: what they read beyond that is chance."""
    random = np.random.default_rng(3)
    p, q = np.full(8, 1 / 8), np.array([1, 2, 3, 4, 4, 3, 2, 1]) / 20
    known = float(((q - p) * np.log(q / p)).sum())
    first, second = random.multinomial(500, p, DRAWS), random.multinomial(800, q, DRAWS)
    moments = beyond(null_psi(first, second), np.full(DRAWS, 500), np.full(DRAWS, 800), 0.0, known)
    tails = psi_tail(psi_of(first, second), moments)
    assert psi_of(first, second).mean() == pytest.approx(moments[0].mean(), rel=0.03)
    for level in (0.05, 0.01, 0.001):
        assert 0.3 * level < (tails <= level).mean() < 2 * level


@given(st.floats(1e-8, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_the_level_is_where_the_tail_is(alpha, excess, known):
    null = null_psi(np.array([[50, 30, 2, 0], [5, 5, 0, 0]]), np.array([[40, 60, 0, 1], [9, 1, 0, 0]]))
    moments = beyond(null, np.array([82, 10]), np.array([101, 10]), excess, known)
    assert psi_tail(psi_level(alpha, moments), moments) == pytest.approx(np.full(2, alpha), rel=1e-6)


def test_one_bin_never_surprises():
    null = null_psi(np.array([[50, 0]]), np.array([[40, 0]]))
    assert psi_tail(np.zeros(1), null).tolist() == [1.0] and psi_level(0.1, null) == [0.0]


@pytest.mark.parametrize("rate", [0.002, 0.05, 0.5, 0.97, 1.0])
@pytest.mark.parametrize(("n", "m"), [(150, 150), (400, 5000), (50_000, 200)])
def test_a_rate_rises_by_chance_no_oftener_than_said(rate, n, m):
    random = np.random.default_rng(1)
    hits, more = random.binomial(n, rate, DRAWS), random.binomial(m, rate, DRAWS)
    ones = np.ones(DRAWS)
    tails = rate_tail(hits, (n * ones).astype(int), more, (m * ones).astype(int), np.zeros(DRAWS))
    for level in (0.05, 0.01, 0.001):
        assert (tails <= level).mean() < 1.7 * level


def test_a_rate_near_fishers_test():
    tail = rate_tail(*(np.array([x]) for x in (3, 500, 14, 400)), np.zeros(1))
    exact = hypergeom.sf(13, 900, 17, 400)
    assert exact <= tail[0] < 2 * exact


def test_the_level_of_a_rate_lies_above_the_references():
    level = rate_level(0.001, np.array([0, 50]), np.array([500, 500]), np.array([400, 400]), np.zeros(2))
    assert 0 < level[0] < 0.02 and 0.1 < level[1] < 0.2


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 0.2))
def test_the_limit_is_benjamini_and_hochbergs(values, rate):
    p_values = np.array(values)
    adjusted = false_discovery_control(p_values)
    assert np.array_equal(p_values <= limit(p_values, rate), adjusted <= rate) or np.isclose(adjusted, rate).any()


def test_no_test_no_harm():
    assert limit(np.zeros(0), 0.05) == 0.05

"""Concept drift from counts: the split is exact, floors hold, and the demo's furlough week shows it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UnusableData
from engine.estimate.concept import change
from engine.estimate.reliability import cuts

SIDE = st.tuples(st.integers(0, 400), st.integers(0, 100))


@given(st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=12))
def test_mix_and_behaviour_sum_to_the_change(bins):
    n, hits, m, more = (
        np.array(one) for one in zip(*[(a, a * x // 100, b, b * y // 100) for (a, x), (b, y) in bins], strict=True)
    )
    if not n.sum() or not m.sum():
        with pytest.raises(UnusableData, match="no value"):
            change(n, hits, m, more)
        return
    found = change(n, hits, m, more)
    assert float((found.mix + found.behaviour).sum()) == pytest.approx(found.change, abs=1e-12)
    both = (n > 0) & (m > 0)
    assert (np.isfinite(found.low) == both).all() and not found.beyond[~both].any()
    assert (found.low[both] <= found.high[both]).all() and found.words().endswith("beyond chance.")


def test_more_rows_of_a_bin_are_mix_and_other_rates_behaviour():
    n, hits = np.array([1000, 1000]), np.array([100, 500])
    moved = change(n, hits, np.array([500, 1500]), np.array([50, 750]))
    assert moved.behaviour == pytest.approx([0, 0]) and moved.mix.sum() == pytest.approx(0.1)
    assert moved.unexpected == pytest.approx([0, 0]) and not moved.beyond.any()
    other = change(n, hits, n, np.array([300, 700]))
    assert other.mix == pytest.approx([0, 0]) and other.behaviour.sum() == pytest.approx(0.2)
    assert other.unexpected.sum() == pytest.approx(0.2) and other.beyond.all()


def test_what_is_unexpected_is_the_rate_less_what_the_references_rates_give():
    n, hits, m, more = np.array([100, 300]), np.array([10, 90]), np.array([200, 100]), np.array([40, 45])
    expected = (m * hits / n).sum() / m.sum()
    assert change(n, hits, m, more).unexpected.sum() == pytest.approx(more.sum() / m.sum() - expected)


def test_nothing_changed_seldom_shows_a_bin_beyond():
    random = np.random.default_rng(1)
    n, m, rate = np.full(10, 800), np.full(10, 150), np.linspace(0.02, 0.6, 10)
    shown = [change(n, random.binomial(n, rate), m, random.binomial(m, rate)).beyond.any() for _ in range(600)]
    assert np.mean(shown) <= 0.07


def test_the_standard_error_is_that_of_the_difference():
    random = np.random.default_rng(2)
    n, m, rate = np.full(1, 800), np.full(1, 200), np.array([0.2])
    found = [change(n, random.binomial(n, rate), m, random.binomial(m, rate)) for _ in range(2000)]
    spread = np.std([one.production[0] - one.reference[0] for one in found])
    assert np.mean([one.error[0] for one in found]) == pytest.approx(spread, rel=0.06)


def test_the_furlough_week_is_another_meaning_of_the_score(demo_folder):
    import pandas as pd

    reference, production = (pd.read_parquet(demo_folder / f"{side}.parquet") for side in ("reference", "production"))
    week = production[
        (production.scheduled_departure >= "2013-04-22") & (production.scheduled_departure < "2013-04-29")
    ]
    edges = cuts(reference.late_probability.to_numpy(float))
    counts = []
    for side in (reference, week):
        known = side[side.late.notna()]
        at = np.searchsorted(edges, known.late_probability.to_numpy(float))
        counts += [np.bincount(at, minlength=10), np.bincount(at[known.late.astype(bool)], minlength=10)]
    found = change(*counts)
    assert found.rates[1] == pytest.approx(0.399, abs=0.001)
    assert found.behaviour.sum() > 0.15 and found.mix.sum() < 0 and found.beyond.sum() >= 9

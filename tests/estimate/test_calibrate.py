"""Calibration against scikit-learn's isotonic regression, and what a fold may not tell itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from engine.errors import UnusableData
from engine.estimate.calibrate import chances, crossed, fit, fit_classes, folds
from engine.estimate.reliability import cuts, reliability, wilson


@pytest.mark.parametrize("digits", [1, 3, 15], ids=["many ties", "ties", "no ties"])
def test_it_is_scikit_learns_isotonic_regression(digits):
    random = np.random.default_rng(2)
    score = random.random(2000).round(digits)
    happened = (random.random(2000) < score**2).astype(int)
    least = 1 / 2002
    truth = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(score, happened)
    asked = np.linspace(-0.1, 1.1, 500)
    assert fit(score, happened)(asked) == pytest.approx(truth.predict(asked), abs=1e-12)


def test_the_chances_of_the_reference_sum_to_its_positives():
    random = np.random.default_rng(4)
    score, happened = random.random(5000), random.integers(0, 2, 5000)
    assert fit(score, happened)(score).sum() == pytest.approx(happened.sum(), abs=2)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans()), min_size=1, max_size=60))
def test_chances_rise_with_the_score_and_never_reach_0_or_1(rows):
    score, happened = (np.array(one, dtype=float) for one in zip(*rows, strict=True))
    found = fit(score, happened)(np.sort(score))
    assert (np.diff(found) >= 0).all() and found.min() > 0 and found.max() < 1


def test_constant_scores_have_the_base_rate_and_a_wrong_ranking_too():
    assert fit(np.full(10, 0.4), np.arange(10) < 3)(np.array([0.1, 0.9])) == pytest.approx([0.3, 0.3])
    assert fit(np.array([0.1, 0.2, 0.8, 0.9]), np.array([1, 1, 0, 0]))(np.array([0.1, 0.9])) == pytest.approx(
        [0.5, 0.5]
    )


def test_nothing_cannot_be_calibrated():
    with pytest.raises(UnusableData, match="no row with both a score and a label"):
        fit(np.empty(0), np.empty(0))


def test_chances_of_several_classes_sum_to_one_and_follow_the_truth():
    random = np.random.default_rng(6)
    truth = random.dirichlet([2, 1, 1], 20000)
    target = (truth.cumsum(axis=1) < random.random((20000, 1))).sum(axis=1)
    bent = truth**2 / (truth**2).sum(axis=1, keepdims=True)  # overconfident
    found = chances(fit_classes(bent, target), bent)
    assert found.sum(axis=1) == pytest.approx(np.ones(20000))
    assert found.mean(axis=0) == pytest.approx(truth.mean(axis=0), abs=0.01)
    assert np.abs(found - truth).mean() < np.abs(bent - truth).mean() / 3


def test_a_fold_never_sees_itself():
    """Labels of pure luck: calibrations that saw them find order in them, others cannot."""
    random = np.random.default_rng(9)
    score, happened = random.random(300), random.integers(0, 2, 300)
    own, seen = crossed(score, happened, folds(300)), fit(score, happened)(score)
    assert np.corrcoef(seen, happened)[0, 1] > 0.1
    assert np.corrcoef(own, happened)[0, 1] < 0.1


def test_folds_are_whole_windows_where_there_are_any():
    window = np.repeat([3, 7, 9], 40)
    found = folds(120, window)
    assert [len(set(found[window == one])) for one in (3, 7, 9)] == [1, 1, 1] and len(set(found)) == 3
    assert len(set(folds(120, np.zeros(120, dtype=int)))) == 5  # one window has nothing to be held against


def test_bins_hold_equal_mass_and_one_score_stays_in_one_bin():
    score = np.concatenate((np.zeros(500), np.linspace(0.1, 1, 500)))
    found = reliability(score, score, np.zeros(1000))
    assert found.rows[0] == 500 and found.rows[1:] == pytest.approx(np.full(len(found.rows) - 1, 100), abs=1)
    assert len(cuts(np.full(10, 0.3))) == 0 and len(cuts(np.empty(0))) == 0


def test_the_calibration_error_of_a_right_score_is_its_noise():
    random = np.random.default_rng(12)
    errors, noises = [], []
    for _ in range(60):
        score = random.beta(1, 3, 2000)
        found = reliability(score, score, random.random(2000) < score)
        errors.append(found.error)
        noises.append(found.noise)
    assert np.mean(errors) == pytest.approx(np.mean(noises), rel=0.1)


def test_bins_of_the_reference_show_that_a_score_means_something_else():
    random = np.random.default_rng(13)
    score = random.beta(1, 3, 20000)
    before = reliability(score, score, random.random(20000) < score)
    after = reliability(score, score, random.random(20000) < np.sqrt(score), before.edges)
    assert after.edges is before.edges and after.error > 10 * before.error
    assert (after.low > before.high)[1:].all()


def test_a_slice_that_lacks_bins_says_nothing_of_them():
    edges = np.array([0.2, 0.4, 0.6, 0.8])
    found = reliability(np.array([0.3, 0.3]), np.array([0.3, 0.3]), np.array([0, 1]), edges)
    assert found.rows.tolist() == [0, 2, 0, 0, 0] and np.isnan(found.share[0]) and found.error == pytest.approx(0.2)
    assert np.isnan(reliability(np.empty(0), np.empty(0), np.empty(0), edges).error)


def test_wilson_covers():
    random = np.random.default_rng(14)
    hits = random.binomial(40, 0.1, 4000)
    low, high = wilson(hits / 40, np.full(4000, 40.0))
    assert 0.93 <= ((low <= 0.1) & (high >= 0.1)).mean() <= 0.98


def test_a_score_of_many_rows_is_as_many_scores():
    random = np.random.default_rng(11)
    score, each = random.random(300).round(2), random.integers(1, 40, 300)
    happened = random.integers(0, 2, 300)
    rows = np.repeat(np.arange(300), each)
    one, other = reliability(score[rows], score[rows], happened[rows]), reliability(score, score, happened, each=each)
    assert other.edges.tolist() == one.edges.tolist() and other.rows.tolist() == one.rows.tolist()
    for name in ("mean", "share", "low", "high", "error", "noise"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-12), name

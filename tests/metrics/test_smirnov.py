"""The exact p-value against scipy's own test."""

import warnings
from math import gcd

import numpy as np
import pytest
from scipy.stats import ks_2samp

from engine.metrics.smirnov import exact


@pytest.mark.parametrize("n", [1, 2, 7, 50, 400])
@pytest.mark.parametrize("m", [1, 3, 7, 50, 333, 400])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5, 1.0])
def test_it_is_that_of_scipy(n, m, share):
    i, j = n, round(m * (1 - share))
    lcm = n * m // gcd(n, m)
    steps = round(abs(i / n - j / m) * lcm)
    with warnings.catch_warnings(record=True) as gave_up:
        warnings.simplefilter("always", RuntimeWarning)
        truth = ks_2samp(np.arange(n) >= i, np.arange(m) >= j)
    assert steps / lcm == pytest.approx(truth.statistic, abs=1e-12)
    # where rounding makes certainty more than 1, scipy takes its asymptotic value
    assert exact(n, m, steps) == pytest.approx(1.0 if gave_up else truth.pvalue, rel=1e-9)


def test_scipys_own_works_beside_it():
    apart = ks_2samp(np.arange(5), np.array([1.5, 9, 9, 9]))
    assert exact(5, 4, round(20 * apart.statistic)) == pytest.approx(apart.pvalue)

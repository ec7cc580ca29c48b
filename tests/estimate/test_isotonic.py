"""Isotonic regression against scipy's own, whether its compiled part was found or not."""

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from engine.compiled import compiled
from engine.estimate import isotonic as at
from engine.estimate.isotonic import isotonic


def test_scipys_compiled_parts_are_where_they_are_looked_for():
    assert compiled("optimize", "_pava_pybind", "pava") is not None
    assert compiled("stats", "_stats_pythran", "_compute_outer_prob_inside_method") is not None
    assert compiled("optimize", "_pava_pybind", "none") is None


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 3, 10, 5_000])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_that_of_scipy_number_by_number(monkeypatch, found, rows, seed):
    if not found:
        monkeypatch.setattr(at, "compiled", lambda *_: None)
    random = np.random.default_rng(seed)
    values, weights = random.normal(size=rows).round(seed), random.integers(1, 9, rows).astype(float)
    kept = values.copy(), weights.copy()
    fitted, blocks = isotonic(values, weights)
    truth = isotonic_regression(values, weights=weights)
    assert fitted.tolist() == truth.x.tolist() and blocks.tolist() == truth.blocks.tolist()
    assert values.tolist() == kept[0].tolist() and weights.tolist() == kept[1].tolist(), "what was given stays"
    assert (np.diff(fitted) >= 0).all() and blocks[0] == 0 and blocks[-1] == rows

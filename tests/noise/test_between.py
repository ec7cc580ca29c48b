"""Floors of PSI lie between the values that are told without drawing them."""

import numpy as np
import pytest

from engine.noise.between import BINS, FAIR, WELL, psi_floors_between
from engine.noise.rows import FLOORS
from engine.summaries import Histogram

WARNING = 0.1


def histograms(seed, rows):
    """Sides of so many rows at most, over bins from even to very uneven, that changed or not."""
    rng = np.random.default_rng(seed)
    for _ in range(120):
        k = int(rng.choice([2, 3, 5, 8, 12, 20, 50]))
        shares = rng.dirichlet(np.full(k, rng.choice([0.1, 0.3, 1, 5])))
        other = shares if rng.random() < 0.6 else rng.dirichlet(np.full(k, 0.5))
        sides = [int(rows * 10 ** rng.uniform(0, 1.2)), int(rows * 10 ** rng.uniform(0, 0.7))]
        first, second = rng.multinomial(sides[0], shares), rng.multinomial(sides[1], other)
        yield first, second, 10 ** rng.uniform(-3.5, -1.5)


@pytest.mark.parametrize("rows", [1, 3, 8, 20, FAIR, WELL, 1000])
def test_a_floor_lies_between_what_is_told_of_it(rows):
    drawn, wide = 0, []
    for first, second, alpha in histograms(rows, rows):
        low, high = psi_floors_between(first[None], second[None], alpha, WARNING)
        kept = (first + second) > 0
        made = Histogram(tuple("x" * int(kept.sum())), first[kept], second[kept])
        found = FLOORS["psi"](made, alpha, WARNING)
        assert low[0] <= found.value <= high[0]
        if found.basis == "draws":
            drawn += 1
            well = min(first.sum(), second.sum()) >= WELL and kept.sum() >= BINS and (first + second)[kept].min() > 1
            wide.append((well, high[0] / max(low[0], 1e-9)))
        else:
            assert low[0] == pytest.approx(found.value, rel=1e-12) and high[0] == low[0]
    assert drawn > 5
    assert all(one < 1.6 for well, one in wide if well)


def with_lone_rows(seed, cases):
    """Sides of one to three bins that hold nearly all, and others of one row or few more."""
    rng = np.random.default_rng(seed)
    for _ in range(cases):
        sides = (10 ** rng.uniform(1.5, 3.5) * 10 ** np.array([0, rng.uniform(-0.7, 0.7)])).astype(int)
        shares = rng.dirichlet(np.full(int(rng.integers(1, 4)), 2.0))
        rare = np.r_[np.ones(int(rng.choice([1, 1, 2, 3, 10])), int), rng.integers(2, 9, int(rng.integers(0, 4)))]
        first = rng.binomial(rare, rng.choice([0.0, 0.5, 1.0]))
        full = [np.maximum((side * shares).astype(int), 1) for side in sides]
        yield np.r_[full[0], first], np.r_[full[1], rare - first], 10 ** rng.uniform(-6, -2)


MET = [  # found in a map that said ok where the finding said that data are not enough
    ([79, 0], [79, 1], 6e-4), ([49, 1], [48, 0], 5e-4), ([113, 0, 1], [94, 1, 0], 1.28e-3),
    ([326, 0], [302, 1], 2.6e-5), ([1488, 1, 1, 1, 1, 1, 2], [186, 0, 0, 0, 0, 0, 0], 1.04e-4),
]  # fmt: skip


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_lone_row_is_told_as_little_of_as_is_known(seed):
    drawn, settled = 0, 0
    cases = MET if seed is None else with_lone_rows(seed, 150)
    for first, second, alpha in cases:
        first, second = np.array(first), np.array(second)
        low, high = psi_floors_between(first[None], second[None], alpha, WARNING)
        found = FLOORS["psi"](Histogram(tuple("x" * len(first)), first, second), alpha, WARNING)
        assert low[0] <= found.value <= high[0], (first, second, alpha)
        drawn += found.basis == "draws"
        settled += found.basis == "draws" and (high[0] < WARNING or low[0] >= WARNING)
    assert drawn == len(MET) if seed is None else drawn > 25 and settled > 5


def test_many_are_told_as_each_alone():
    both = [(first, second) for first, second, _ in histograms(1, 100) if len(first) == 12]
    first, second = (np.stack([one[i] for one in both]) for i in (0, 1))
    together = psi_floors_between(first, second, 0.001, WARNING)
    for i in range(len(both)):
        alone = psi_floors_between(first[i : i + 1], second[i : i + 1], 0.001, WARNING)
        assert [one[i] for one in together] == pytest.approx([one[0] for one in alone], rel=1e-12)

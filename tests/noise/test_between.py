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
            wide.append((min(first.sum(), second.sum()) >= WELL and kept.sum() >= BINS, high[0] / max(low[0], 1e-9)))
        else:
            assert low[0] == pytest.approx(found.value, rel=1e-12) and high[0] == low[0]
    assert drawn > 5
    assert all(one < 1.6 for well, one in wide if well)


def test_many_are_told_as_each_alone():
    both = [(first, second) for first, second, _ in histograms(1, 100) if len(first) == 12]
    first, second = (np.stack([one[i] for one in both]) for i in (0, 1))
    together = psi_floors_between(first, second, 0.001, WARNING)
    for i in range(len(both)):
        alone = psi_floors_between(first[i : i + 1], second[i : i + 1], 0.001, WARNING)
        assert [one[i] for one in together] == pytest.approx([one[0] for one in alone], rel=1e-12)

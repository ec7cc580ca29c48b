"""Draws without random numbers: as a multinomial's, and the same in every process."""

import subprocess
import sys

import numpy as np
import pytest

from engine.noise.draws import DRAWS, draw
from engine.summaries import Histogram

CASES = [(30_000, 100, 10), (3000, 60, 11), (300, 300, 10), (30_000, 900, 30), (2000, 1500, 100)]


def histogram(n: int, m: int, bins: int) -> Histogram:
    random = np.random.default_rng(bins)
    shares = random.dirichlet(np.full(bins, 1.5))
    sides = [random.multinomial(rows, shares).astype(np.int64) for rows in (n, m)]
    return Histogram(tuple(f"bin {i}" for i in range(bins)), *sides)


@pytest.mark.parametrize(("n", "m", "bins"), CASES)
def test_draws_move_as_a_multinomial_does(n, m, bins):
    found = histogram(n, m, bins)
    pooled = (found.reference + found.production) / (n + m)
    for rows, side in zip((n, m), draw(found), strict=True):
        assert side.shape == (DRAWS, bins)
        assert side.sum(axis=1) == pytest.approx(np.full(DRAWS, rows))
        assert side.mean(axis=0) == pytest.approx(rows * pooled, rel=0.02, abs=0.02)
        wanted = rows * pooled * (1 - pooled)
        assert side.var(axis=0).sum() == pytest.approx(wanted.sum(), rel=0.06)
        both = np.corrcoef(side.T)[np.triu_indices(bins, 1)]
        assert abs(both.mean() + 1 / (bins - 1)) < 0.03  # what one bin gains the others lose


def test_the_two_sides_know_nothing_of_one_another():
    first, second = draw(histogram(300, 300, 10))
    assert abs(np.corrcoef(first[:, 0], second[:, 0])[0, 1]) < 0.08


def test_a_bin_that_is_empty_on_both_sides_stays_empty():
    sides = [np.array([5, 0, 3], dtype=np.int64), np.array([2, 0, 9], dtype=np.int64)]
    first, second = draw(Histogram(("a", "b", "c"), *sides))
    assert not first[:, 1].any() and not second[:, 1].any()
    assert np.isfinite(first).all() and np.isfinite(second).all()


def test_another_process_draws_the_same():
    said = (
        "import hashlib, numpy as np; from engine.noise.draws import draw; from engine.summaries import Histogram;"
        "h = Histogram(('a', 'b', 'c'), np.array([50, 9, 3]), np.array([7, 1, 2]));"
        "print(hashlib.sha256(b''.join(one.tobytes() for one in draw(h))).hexdigest())"
    )
    seen = {subprocess.run([sys.executable, "-c", said], capture_output=True, text=True).stdout for _ in range(2)}
    assert len(seen) == 1 and len(seen.pop().strip()) == 64

"""A long curve on few cells says what one with a cell for every value says, whatever the values are."""

import tracemalloc

import numpy as np
import pytest

from engine.metrics import METRICS
from engine.summaries import QualityCounts
from engine.tables import crossings, curves
from engine.tables.supports import measure_scale
from engine.tables.values import Numbers

KS, W1 = METRICS["kolmogorov_smirnov"], METRICS["wasserstein"]
ROWS = 20_000


def shapes(random):
    """Reference and production by name."""
    normal, other = random.normal(size=ROWS), random.normal(size=ROWS - 7)
    few = random.integers(0, 9, ROWS) / 7
    steps = np.repeat(random.normal(size=ROWS // 200), 200)
    return {
        "itself": (normal, normal),
        "the same values, in another order": (normal, random.permutation(normal)),
        "of one distribution": (normal, other),
        "one value more": (normal, np.append(normal, 0.25)),
        "one value moved": (np.sort(normal), np.where(np.arange(ROWS) == 5_000, 9.0, np.sort(normal))),
        "each twice": (normal, np.repeat(normal, 2)),
        "moved": (normal, other + 0.5),
        "apart": (normal, other + 100),
        "constants": (np.full(ROWS, 2.5), np.full(ROWS, 3.5)),
        "one constant": (np.full(ROWS, 2.5), np.full(ROWS, 2.5)),
        "a constant reference": (np.full(ROWS, 0.1), normal),
        "a few values": (few, few[: ROWS // 2] + random.integers(0, 2, ROWS // 2) / 7),
        "many of each": (steps, np.repeat(random.normal(size=ROWS // 200), 200)),
        "a ramp before a heavy value": (
            np.concatenate([np.arange(40) / 1e6, np.full(ROWS, 1.0), other]),
            np.concatenate([np.arange(35) / 1e6, np.full(ROWS, 1.0), normal]),
        ),
        "one row": (normal, np.array([0.3])),
        "far from zero": (1e9 + normal, 1e9 + other),
        "neighbouring doubles": (
            1 + random.integers(0, 400, ROWS) * 2.0**-52,
            1 + random.integers(0, 400, ROWS) * 2.0**-52,
        ),
        "large": (normal * 1e140, other * 1e140),
        "small": (normal * 1e-300, other * 1e-300),
        "signed zeros": (np.where(few > 0.5, 0.0, -0.0), np.where(few > 0.4, -0.0, normal)),
        "heavy tails": (random.standard_cauchy(ROWS), random.standard_cauchy(ROWS)),
    }


NAMES = shapes(np.random.default_rng(0))


def numbers(values, infinite=(0, 0)):
    return Numbers(np.sort(values), infinite, QualityCounts(len(values) + sum(infinite), infinite=sum(infinite)))


@pytest.mark.parametrize("infinite", [((0, 0), (0, 0)), ((30, 0), (0, 11)), ((0, 40), (0, 40))])
@pytest.mark.parametrize("name", NAMES)
def test_a_curve_on_few_cells_says_what_one_of_every_value_says(name, infinite, monkeypatch):
    sides = [numbers(*one) for one in zip(shapes(np.random.default_rng(7))[name], infinite, strict=True)]
    scale = measure_scale(sides[0].values)
    monkeypatch.setattr(curves, "SMALL", 1 << 40)
    whole = curves.curve(*sides, scale)
    assert whole.area is None
    monkeypatch.setattr(curves, "SMALL", 0)
    for chunk, many, held in ((1 << 18, 1 << 12, 64), (999, 40, 2), (64, 1 << 40, 64)):  # read as a rule; much cut; not
        monkeypatch.setattr(curves, "CHUNK", chunk)
        monkeypatch.setattr(crossings, "MANY", many)
        monkeypatch.setattr(crossings, "HELD", held)
        found = curves.curve(*sides, scale)
        assert KS.compute(found) == KS.compute(whole)
        first, second = W1.compute(whole), W1.compute(found)
        assert second.value == pytest.approx(first.value, rel=1e-12, abs=1e-15) and second.interval is None
        assert second.detail == first.detail
        assert found.reference.sum() == len(sides[0].values) and found.production.sum() == len(sides[1].values)
        assert np.isfinite(found.area).all() and (found.area >= 0).all()
        step = np.diff(np.append(np.searchsorted(whole.edges, found.edges), len(whole.edges)), prepend=-1)
        assert step.sum() == len(whole.edges) + 1, "its edges are some of those"


def test_sides_without_finite_values_have_a_curve():
    normal = np.random.default_rng(1).normal(size=ROWS)
    for first, second in ((normal, np.zeros(0)), (np.zeros(0), normal)):
        sides = numbers(first, (0, 3)), numbers(second, (5, 0))
        found = curves.curve(*sides, measure_scale(normal))
        assert not found.area.any() and (found.reference.sum(), found.production.sum()) == (len(first), len(second))
        assert KS.compute(found).interval is None


def test_a_column_against_itself_takes_little_memory():
    """A cell for every value was once made of it: a hundred bytes a value."""
    values = np.random.default_rng(2).normal(size=2_000_000)
    one = numbers(values)
    scale = measure_scale(one.values)
    for other in (one, numbers(values + 0.0), numbers(np.random.default_rng(3).normal(size=2_000_000))):
        tracemalloc.start()
        found = curves.curve(one, other, scale)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 30e6 and len(found.edges) < 10_000
        assert other is not one or (KS.compute(found).value, W1.compute(found).value) == (0.0, 0.0)


def test_heavy_values_are_not_read():
    """What lies in a file would be fetched from the disk for nothing."""

    class Watched(np.ndarray):
        """An array that tells how much of it was taken in one piece at most."""

        most = 0

        def __getitem__(self, key):
            found = super().__getitem__(key)
            if isinstance(key, slice):
                Watched.most = max(Watched.most, len(found))
            return found

    random = np.random.default_rng(4)
    sides = [numbers(np.concatenate([np.zeros(3_000_000), random.normal(size=50_000)])) for _ in range(2)]
    watched = [Numbers(one.values.view(Watched), one.infinite, one.quality) for one in sides]
    found = curves.curve(*watched, measure_scale(sides[0].values))
    assert 0 < Watched.most <= 2 * curves.CHUNK
    assert W1.compute(found).interval is None

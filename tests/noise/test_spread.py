"""The spread that Wasserstein floors rest on, against what simulation and plain arithmetic say."""

import numpy as np
import pytest

from engine.columns import Column, Kind
from engine.metrics import METRICS
from engine.noise.spread import blocks, spread
from engine.summaries import BLOCKS, TAILS, Curve, QualityCounts
from engine.tables.exact import summarize
from engine.tables.supports import build_support
from engine.tables.values import Numbers

COLUMN = Column("x", "DOUBLE", Kind.NUMERIC)
SHAPES = {
    "normal": lambda random, size: random.normal(size=size),
    "lognormal": lambda random, size: random.lognormal(0, 1, size),
    "atom": lambda random, size: np.where(random.random(size) < 0.3, 0.0, random.exponential(size=size)),
    "two": lambda random, size: (random.random(size) < 0.4).astype(float),
    "far from zero": lambda random, size: 1e9 + random.normal(size=size),
}


def curve_of(first: np.ndarray, second: np.ndarray) -> Curve:
    sides = [Numbers(np.sort(values), (0, 0), QualityCounts(len(values))) for values in (first, second)]
    made = summarize(build_support(COLUMN, sides[0]), *sides).curve
    assert made is not None
    return made


def drawn(shape: str, n: int, m: int, seed: int = 0) -> Curve:
    random = np.random.default_rng(seed)
    return curve_of(SHAPES[shape](random, n), SHAPES[shape](random, m))


@pytest.mark.parametrize("shape", SHAPES)
def test_mean_and_variance_are_those_of_the_distance(shape):
    n, m, draws = 2000, 500, 300
    random = np.random.default_rng(5)
    readings = np.empty(draws)
    for i in range(draws):
        made = curve_of(SHAPES[shape](random, n), SHAPES[shape](random, m))
        readings[i] = METRICS["wasserstein"].compute(made).value
    scaled = readings / np.sqrt(1 / n + 1 / m)
    found = spread(drawn(shape, 20_000, 20_000))
    assert found.mean == pytest.approx(scaled.mean(), rel=0.1)
    assert np.sqrt(found.variance) == pytest.approx(scaled.std(ddof=1), rel=0.2)


def test_deviation_and_skewness_are_those_of_the_values():
    random = np.random.default_rng(2)
    both = random.exponential(size=(2, 4000))
    made = curve_of(*both)
    low, high = made.scale.clip
    values = np.clip(both.ravel(), low, high)
    found = spread(made)
    assert found.deviation == pytest.approx(values.std() / made.scale.unit, rel=0.01)
    assert found.skewness == pytest.approx(((values - values.mean()) ** 3).mean() / values.std() ** 3, rel=0.05)


@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_keep_the_rows_and_their_mean(shape):
    made = drawn(shape, 5000, 3000)
    positions, shares = blocks(made)
    assert len(positions) <= BLOCKS + 2 * len(TAILS)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert (shares > 0).all() and (np.diff(positions) >= 0).all()
    random = np.random.default_rng(0)
    values = np.concatenate([SHAPES[shape](random, 5000), SHAPES[shape](random, 3000)])
    values = (np.clip(values, *made.scale.clip) - np.median(values)) / made.scale.unit
    middle = positions @ shares - np.median(np.repeat(positions, np.round(shares * 8000).astype(int)))
    assert middle == pytest.approx(values.mean() - np.median(values), abs=0.05)


def test_a_constant_column_has_no_spread():
    found = spread(curve_of(np.full(100, 3.0), np.full(50, 3.0)))
    assert (found.mean, found.variance, found.deviation, found.skewness) == (0.0, 0.0, 0.0, 0.0)


def test_spread_does_not_depend_on_the_unit_of_the_column():
    random = np.random.default_rng(8)
    first, second = random.normal(size=(2, 3000))
    plain, scaled = spread(curve_of(first, second)), spread(curve_of(first * 1e6, second * 1e6))
    assert (scaled.mean, scaled.variance) == pytest.approx((plain.mean, plain.variance), rel=1e-9)
    assert (scaled.deviation, scaled.skewness) == pytest.approx((plain.deviation, plain.skewness), rel=1e-9)


def test_one_absurd_value_is_clipped_and_does_not_rule_the_spread():
    random = np.random.default_rng(9)
    first, second = random.normal(size=(2, 3000))
    calm, odd = spread(curve_of(first, second)), spread(curve_of(first, np.append(second, 1e12)))
    assert odd.mean == pytest.approx(calm.mean, rel=0.15)

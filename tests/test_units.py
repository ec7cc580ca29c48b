"""A change of unit is seen when it was planted, and not when something else happened; over many shapes of values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.units import LEAST, UNIT_CHANGES, rounding, share_on, slope, step_of, unit_change

N = 8000


def kept(values: np.ndarray) -> np.ndarray:
    """What a summary keeps: values at 1/200 … 199/200."""
    values = np.sort(values)
    return values[np.arange(1, 200) * len(values) // 200]


def found(reference: np.ndarray, production: np.ndarray):
    return unit_change(kept(reference), kept(production), (len(reference), len(production)))


SHAPES = {
    "normal": lambda r, n: r.normal(50, 10, n),
    "far from zero": lambda r, n: r.normal(1013, 7, n),
    "around zero": lambda r, n: r.normal(0, 1, n),
    "lognormal": lambda r, n: r.lognormal(3, 0.5, n),
    "heavy lognormal": lambda r, n: r.lognormal(0, 1, n),
    "exponential": lambda r, n: r.exponential(5, n),
    "pareto": lambda r, n: 1 + r.pareto(1.2, n),
    "t": lambda r, n: 20 + 3 * r.standard_t(3, n),
    "uniform": lambda r, n: r.uniform(0, 1, n),
    "two humps": lambda r, n: np.where(r.random(n) < 0.5, r.normal(10, 1, n), r.normal(20, 2, n)),
    "many zeros": lambda r, n: np.where(r.random(n) < 0.6, 0, r.exponential(3, n)),
    "rare counts": lambda r, n: r.poisson(1.0, n).astype(float),
    "counts": lambda r, n: r.poisson(30, n).astype(float),
    "ages": lambda r, n: r.integers(18, 90, n).astype(float),
    "stars": lambda r, n: r.integers(1, 6, n).astype(float),
}
# Shapes whose factor is sharp at these rows: heavy tails and many zeros need more of them.
SHARP = ("normal", "far from zero", "t", "two humps", "counts", "ages")

PLANTED = {
    one.words: (lambda x, one=one: one.offset + one.factor * x) for one in UNIT_CHANGES if one.offset == 0
}  # fmt: skip


@pytest.mark.parametrize("words", PLANTED)
@pytest.mark.parametrize("shape", SHARP)
def test_a_planted_change_is_named(shape, words):
    r = np.random.default_rng(1)
    change = found(SHAPES[shape](r, 5 * N), PLANTED[words](SHAPES[shape](r, N)))
    assert change is not None and change.words == words and change.share == 1.0


@pytest.mark.parametrize(("words", "old", "new"), [
    ("°F to °C", lambda r: r.normal(55, 12, N), lambda f: (f - 32) / 1.8),
    ("°C to °F", lambda r: r.normal(12, 7, N), lambda c: 1.8 * c + 32),
    ("°C to °F", lambda r: r.normal(0, 5, N), lambda c: np.round(1.8 * c + 32)),
])  # fmt: skip
def test_temperatures_that_changed_their_scale_are_named(words, old, new):
    r = np.random.default_rng(2)
    change = found(old(r), new(old(r)))
    assert change is not None and words in change.sentence


@pytest.mark.parametrize(("factor", "said"), [(1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")])
def test_moments_in_another_unit_are_named_although_time_moved_on(factor, said):
    r = np.random.default_rng(3)
    before = r.uniform(1.357e9, 1.364e9, N)
    after = r.uniform(1.370e9, 1.371e9, N) * factor
    assert f"in {said} since 1970, no longer in seconds (× {factor:,.0f})" in found(before, after).sentence
    assert f"in seconds since 1970, no longer in {said} (÷ {factor:,.0f})" in found(after, before).sentence
    assert found(before, after / factor) is None


@pytest.mark.parametrize("share", [0.2, 0.48, 0.85])
@pytest.mark.parametrize(("words", "change"), [
    ("multiplied by 100", lambda x: 100 * x), ("divided by 1,000", lambda x: x / 1000), ("turned around", lambda x: -x),
])  # fmt: skip
def test_a_change_of_some_rows_is_named_with_their_share(words, change, share):
    r = np.random.default_rng(4)
    x = r.normal(50, 8, N)
    said = found(r.normal(50, 8, N), np.where(r.random(N) < share, change(x), x))
    assert words in said.words and said.share == pytest.approx(share, abs=0.02)
    assert said.sentence.startswith("About")


# ---- what must not be taken for a change of unit

MISSES = {
    "nothing": lambda x, s, r: x,
    "shift of half a unit": lambda x, s, r: x + 0.5 * s,
    "shift of three units": lambda x, s, r: x + 3 * s,
    "shift of -2 units": lambda x, s, r: x - 2 * s,
    "shift of 30": lambda x, s, r: x + 30,
    "kelvin": lambda x, s, r: x + 273.15,
    **{f"× {b}": (lambda x, s, r, b=b: x * b) for b in (0.5, 1.1, 1.3, 1.5, 1.8, 2, 2.2, 2.4, 2.8, 3, 5, 7, 13, 80)},
    "wider by 1.6": lambda x, s, r: np.median(x) + 1.6 * (x - np.median(x)),
    "wider by 2.54": lambda x, s, r: np.median(x) + 2.54 * (x - np.median(x)),
    "narrower by 10": lambda x, s, r: np.median(x) + 0.1 * (x - np.median(x)),
    "noisier": lambda x, s, r: x + s * r.normal(size=len(x)),
    "bent": lambda x, s, r: np.sign(x) * np.abs(x) ** 1.2,
    "zeros for nulls": lambda x, s, r: np.where(r.random(len(x)) < 0.15, 0, x),
    "a sentinel": lambda x, s, r: np.where(r.random(len(x)) < 0.2, -999, x),
    "a share times 3": lambda x, s, r: np.where(r.random(len(x)) < 0.3, 3 * x, x),
}  # fmt: skip
AT_ZERO = {("around zero", "narrower by 10"), ("many zeros", "narrower by 10")}  # × 0.1 about a median of zero is × 0.1


@pytest.mark.parametrize("rows", [40, 150, 700, 5000])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_no_change_of_unit_is_none(shape, rows):
    told = []
    for seed in range(4):
        r = np.random.default_rng([seed, rows])
        reference, production = SHAPES[shape](r, 20_000), SHAPES[shape](r, rows)
        unit = float(np.std(kept(reference)))
        told += [
            (miss, change.words)
            for miss, changed in MISSES.items()
            if (shape, miss) not in AT_ZERO and (change := found(reference, changed(production, unit, r)))
        ]
    assert told == []


@pytest.mark.parametrize("shape", SHARP)
@pytest.mark.parametrize("factor", [1.7, 2.4, 2.7, 0.38, 0.65])
def test_a_factor_five_percent_off_is_none_where_it_is_near_what_seasons_do(shape, factor):
    r = np.random.default_rng(6)
    assert found(SHAPES[shape](r, 5 * N), factor * SHAPES[shape](r, N)) is None


@pytest.mark.parametrize("factor", [3, 5, 7, 13, 20, 30, 50, 80])
@pytest.mark.parametrize("turn", [1, -1], ids=["times", "divided by"])
def test_no_factor_between_powers_of_ten_is_taken_for_one(factor, turn):
    told = []
    for shape, make in SHAPES.items():
        for rows in (300, 1000, 5000):
            r = np.random.default_rng([rows, factor])
            told += [(shape, rows)] if found(make(r, 20_000), float(factor) ** turn * make(r, rows)) else []
    assert len(told) <= (factor == 80), told  # a fifth off 100: 300 values of a heavy tail can be that far out


@pytest.mark.parametrize("rows", [1000, 5000])
@pytest.mark.parametrize("shape", [*SHARP, "around zero", "lognormal", "heavy lognormal", "exponential", "uniform"])
def test_a_power_of_ten_is_named_in_few_rows(shape, rows):
    for power in (1, 2, 3, -1, -2, -3):
        r = np.random.default_rng([rows, 40 + power])
        change = found(SHAPES[shape](r, 20_000), 10.0**power * SHAPES[shape](r, rows))
        assert change is not None and change.factor == pytest.approx(10.0**power)


def test_a_power_of_ten_is_named_although_the_values_drifted_a_little():
    r = np.random.default_rng(7)
    for drift in (0.97, 1.03):
        assert found(r.lognormal(3, 0.5, N), 100 * drift * r.lognormal(3, 0.5, N)).words == "multiplied by 100"


def test_a_warmer_season_is_no_other_scale():
    r = np.random.default_rng(8)
    winter = r.normal(40, 8, N)
    for warmer in (r.normal(55, 8, N), r.normal(64.5, 9, N), r.normal(80, 7, N)):
        assert found(winter, warmer) is None


def test_values_around_zero_are_not_turned_around():
    r = np.random.default_rng(9)
    assert found(r.normal(0, 1, N), -r.normal(0, 1, N)) is None
    assert found(r.normal(0.3, 1, N), r.normal(-0.3, 1, N)) is None  # as well a shift


def test_an_amount_with_a_heavy_tail_that_moved_is_not_ten_times_as_much():
    r = np.random.default_rng(10)
    assert found(r.lognormal(0, 1, N), r.lognormal(0.4, 1.1, N)) is None
    assert found(r.lognormal(0, 1, N), r.lognormal(2.0, 1.3, N)) is None


def test_counts_that_grew_tenfold_are_still_whole_numbers_and_no_other_unit():
    r = np.random.default_rng(11)
    assert found(r.poisson(2, N).astype(float), r.poisson(20, N).astype(float)) is None


def test_few_rows_few_values_and_constants_say_nothing():
    r = np.random.default_rng(12)
    few = r.normal(50, 1, LEAST - 1)
    assert found(few, 100 * few) is None
    assert found(np.repeat([1.0, 2.0], 500), np.repeat([100.0, 200.0], 500)) is None
    assert found(np.full(500, 7.0), np.full(500, 700.0)) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    st.integers(0, 2**32 - 1),
    st.integers(1, 4000),
    st.integers(1, 4000),
)
def test_unchanged_values_never_changed_their_unit(values, seed, n, m):
    r = np.random.default_rng(seed)
    sides = [r.choice(values, size) for size in (n, m)]
    assert found(*sides) is None
    assert rounding(kept(sides[0]), kept(sides[0]), (n, n)) is None


SIZES = st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(SIZES, SIZES, st.integers(0, 2**32 - 1))
def test_no_size_of_number_is_too_much(old, new, seed):
    r = np.random.default_rng(seed)
    sides = [kept(r.choice(values, 500)) for values in (old, new)]
    unit_change(*sides, (500, 500))
    rounding(*sides, (500, 500))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 2**32 - 1), st.integers(1, 3000), st.integers(1, 3000))
def test_two_samples_of_one_shape_have_one_unit(shape, seed, n, m):
    r = np.random.default_rng(seed)
    reference, production = SHAPES[shape](r, n), SHAPES[shape](r, m)
    assert found(reference, production) is None
    assert rounding(kept(reference), kept(production), (n, m)) is None


# ---- rounding


@pytest.mark.parametrize("step", [1.0, 5.0, 10.0, 0.5])
def test_rounded_values_are_told_with_their_step_and_so_is_the_reverse(step):
    r = np.random.default_rng(13)
    fine = np.round(r.normal(50, 4 * step, N), 2)
    coarse = np.round(r.normal(50, 4 * step, N) / step) * step
    assert rounding(kept(fine), kept(coarse), (N, N)).startswith(f"The values are multiples of {step:g} now")
    assert rounding(kept(coarse), kept(fine), (N, N)).startswith(f"The values are no longer multiples of {step:g}")
    assert unit_change(kept(fine), kept(coarse), (N, N)) is None


@pytest.mark.parametrize(("old", "new"), [
    (lambda r: r.poisson(9, N) * 1.0, lambda r: r.poisson(14, N) * 1.0),  # whole numbers on both sides
    (lambda r: r.normal(0, 1, N), lambda r: r.normal(1, 1, N)),
    (lambda r: r.normal(50, 9, N), lambda r: np.where(r.random(N) < 0.9, 0.0, r.normal(50, 9, N))),  # a stuck sensor
    (lambda r: r.normal(50, 9, N), lambda r: np.full(N, 50.0)),
    (lambda r: r.normal(5000, 900, N), lambda r: np.round(r.normal(5000, 900, N))),  # too fine to matter
    (lambda r: np.round(r.normal(50, 9, N), 2), lambda r: np.round(r.normal(50, 9, N), 2) * 100),
], ids=["counts", "reals", "stuck", "constant", "fine", "cents"])  # fmt: skip
def test_what_is_not_rounded_is_none(old, new):
    r = np.random.default_rng(14)
    assert rounding(kept(old(r)), kept(new(r)), (N, N)) is None


def test_steps_are_seen_through_single_precision():
    values = np.array([101.3, 99.2, -4.7, 1012.4], dtype=np.float32).astype(float)
    assert step_of(values) == 0.1 and share_on(values, 1.0) == 0.0


def test_the_slope_withstands_a_quarter_of_wild_values():
    p = np.arange(1.0, 101.0)
    q = 3 * p
    q[75:] = 1e6
    assert slope(p, q) == pytest.approx(3, rel=0.2) and slope(p, 3 * p) == 3.0

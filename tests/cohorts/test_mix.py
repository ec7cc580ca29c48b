"""Mix and behaviour: they sum to the metric itself, whatever is empty, and say which of the two it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.cohorts.mix import parts, split, split_mean
from engine.errors import UnusableData
from engine.metrics.psi import psi
from engine.summaries import Histogram

ROWS = st.one_of(st.just(0), st.integers(0, 30), st.integers(0, 10**7))
SHAPES = st.tuples(st.just(2), st.integers(1, 6), st.integers(1, 8))  # side, cohort, bin
TABLES = SHAPES.flatmap(lambda shape: arrays(np.int64, shape, elements=ROWS)).filter(
    lambda both: bool((both.sum(axis=(1, 2)) > 0).all())
)


def whole(both) -> float:
    sides = both.sum(axis=1)
    kept = sides.sum(axis=0) > 0
    return psi(Histogram(tuple("x" * int(kept.sum())), sides[0][kept], sides[1][kept])).value


@given(TABLES)
def test_the_parts_sum_to_the_psi(both):
    found = split(*both)
    assert found.value == pytest.approx(whole(both), abs=1e-12)
    assert found.mix.sum() + found.behaviour.sum() == pytest.approx(whole(both), abs=1e-12)


@given(TABLES)
def test_a_cohort_that_one_side_lacks_adds_mix_alone(both):
    both[0, 0] = 0
    if both[0].sum():
        assert split(*both).behaviour[0] == 0


@given(TABLES)
def test_a_cohort_adds_the_same_in_any_partition(both):
    """What a cohort adds rests on itself and the whole: the finder may ask it of cohorts that overlap."""
    first = split(*both)
    rest = np.stack([both[:, 0], both[:, 1:].sum(axis=1)], axis=1)
    second = split(*rest)
    assert (first.mix[0], first.behaviour[0]) == pytest.approx((second.mix[0], second.behaviour[0]), abs=1e-12)


def test_one_cohort_is_all_behaviour():
    found = split(np.array([[50, 50]]), np.array([[80, 20]]))
    assert found.mix.tolist() == [0.0] and found.behaviour.sum() == pytest.approx(found.value, abs=1e-15)


def test_more_of_the_same_rows_is_mix():
    reference = np.array([[400, 400], [10, 190]])
    production = np.array([[200, 200], [30, 570]])
    found = split(reference, production)
    assert np.abs(found.behaviour).max() < 0.01 * found.value
    assert found.mix.sum() == pytest.approx(found.value, rel=0.01)


def test_a_cohort_that_grows_and_is_like_all_others_adds_nothing():
    found = split(np.array([[500, 500], [50, 50]]), np.array([[300, 900], [300, 900]]))
    assert found.mix == pytest.approx([0, 0], abs=1e-3) and found.behaviour.sum() == pytest.approx(
        found.value, rel=0.01
    )


def test_rows_that_change_where_they_are_is_behaviour():
    found = split(np.array([[500, 500], [500, 500]]), np.array([[500, 500], [900, 100]]))
    assert np.abs(found.mix).max() < 1e-6 and abs(found.behaviour[0]) < 0.01 * found.value


def test_bins_that_are_no_bins_of_one_column_do_not_touch_the_others():
    """Columns of several widths lie in one table: zeros to the right stand for no bin."""
    reference, production = np.array([[5.0, 3, 0], [1, 1, 0]]), np.array([[2.0, 6, 0], [2, 0, 0]])
    wide = parts(reference, production, *(np.broadcast_to(x.sum(axis=0), x.shape) for x in (reference, production)))
    narrow = split(reference[:, :2].astype(int), production[:, :2].astype(int))
    assert wide[0] == pytest.approx(narrow.mix, abs=1e-15) and wide[1] == pytest.approx(narrow.behaviour, abs=1e-15)


@given(
    st.lists(st.tuples(ROWS, st.floats(-1e6, 1e6), ROWS, st.floats(-1e6, 1e6)), min_size=1, max_size=6).filter(
        lambda rows: bool(sum(row[0] for row in rows) and sum(row[2] for row in rows))
    )
)
def test_the_parts_of_a_mean_sum_to_its_move(rows):
    n, x, m, y = (np.array(column) for column in zip(*rows, strict=True))
    found = split_mean(n, n * x, m, m * y)
    scale = max(np.abs(x).max(), np.abs(y).max(), 1.0)
    moved = (m * y).sum() / m.sum() - (n * x).sum() / n.sum()
    assert found.value == pytest.approx(moved, abs=1e-12 * scale)
    assert found.mix.sum() + found.behaviour.sum() == pytest.approx(moved, abs=1e-12 * scale)


def test_a_side_without_a_value_is_told():
    with pytest.raises(UnusableData, match="production slice has no value"):
        split(np.array([[1, 2]]), np.array([[0, 0]]))
    with pytest.raises(UnusableData, match="reference slice has no value"):
        split_mean(np.array([0]), np.array([0.0]), np.array([1]), np.array([1.0]))

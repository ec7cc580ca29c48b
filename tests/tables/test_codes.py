"""Codes: the cell of every value as numpy's binary search finds it, and the tally of cells per group."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.columns import Column, Kind
from engine.summaries import QualityCounts
from engine.tables.codes import BROKEN, CODES, HIGHEST, LOWEST, NAN, NULL, UNSEEN, Tally, cell_finder, encoder
from engine.tables.supports import build_support
from engine.tables.values import LARGEST, Categories, Numbers

WILD = st.floats(allow_nan=False) | st.sampled_from(
    [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1.0, np.nextafter(1.0, 2), 1e12, 1e12 + 1e-4, 1.7e308, -1.7e308]
)
FINITE = WILD.filter(np.isfinite)


@settings(max_examples=300, deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=249), st.lists(WILD | st.sampled_from([np.inf, -np.inf]), max_size=50))
@example([0.0, 5e-324], [0.0, 5e-324, -5e-324, 1.0])
@example([-1.7e308, 1.7e308], [0.0, np.inf])
@example([1e12, 1e12 + 1e-4], [1e12, 1e12 + 5e-5])
def test_a_cell_is_where_binary_search_says(edges, values):
    edges = np.unique(edges)
    with np.errstate(over="ignore"):  # beside the largest double lies infinity
        probes = np.concatenate([values, edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
        assert np.array_equal(cell_finder(edges)(probes), np.searchsorted(edges, probes))


@pytest.mark.parametrize("shape", ["even", "crowded", "far", "tiny", "one"])
def test_a_cell_is_where_binary_search_says_for_many_values(shape):
    rng = np.random.default_rng(3)
    edges = {
        "even": np.linspace(-4, 4, 249),
        "crowded": np.concatenate([np.linspace(0, 1e-9, 200), [1e9]]),
        "far": 1e15 + np.arange(249.0),
        "tiny": np.arange(249) * 5e-324,
        "one": np.array([2.0]),
    }[shape]
    values = rng.choice(np.concatenate([edges, edges + rng.normal(size=len(edges)) * np.ptp(edges)]), 100_000)
    assert np.array_equal(cell_finder(edges)(values), np.searchsorted(edges, values))


X = Column("x", "DOUBLE", Kind.NUMERIC)


def test_every_code_of_numbers_has_its_meaning():
    support = build_support(X, Numbers(np.arange(1000.0), (0, 0), QualityCounts(1000)))
    values = pa.array([5.0, None, None, float("nan"), np.inf, -np.inf, LARGEST, -LARGEST])
    present = np.array([True, True, False, True, True, True, True, True])
    codes, gaps = encoder(support)(values, present)
    assert codes[1:].tolist() == [BROKEN, NULL, NAN, HIGHEST, LOWEST, HIGHEST, LOWEST]
    cell = codes[0]
    assert support.edges[cell - 1] < 5.0 <= support.edges[cell]
    assert gaps[0] == support.edges[cell] - 5.0
    assert not gaps[1:].any()


def test_every_code_of_categories_has_its_meaning():
    names = tuple(f"k{i:03}" for i in range(300))
    support = build_support(
        Column("c", "VARCHAR", Kind.CATEGORICAL), Categories(names, np.full(300, 2), QualityCounts(600))
    )
    codes, gaps = encoder(support)(
        pa.array(["k000", "k299", "new", None, None]), np.array([True, True, True, True, False])
    )
    assert gaps is None
    assert codes.tolist() == [0, len(support.categories), UNSEEN, BROKEN, NULL]


def test_no_cell_has_the_code_of_something_else():
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=50_000), np.arange(126.0), np.arange(123.0), rng.integers(0, 9, 999).astype(float)):
        support = build_support(X, Numbers(np.sort(values), (0, 0), QualityCounts(len(values))))
        assert len(support.edges) + 1 <= LOWEST
        assert len(support.bin_of) == len(support.edges) + 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 255), st.floats(0, 10)), max_size=60), st.integers(1, 7))
def test_a_tally_adds_up_however_the_rows_are_cut(rows, size):
    table = np.array(rows or [(0, 0, 0.0)])
    group, code, gap = table[:, 0].astype(np.int64), table[:, 1].astype(np.uint8), table[:, 2]
    whole, parts = Tally(), Tally()
    whole.add(group, code, gap, 5)
    for start in range(0, len(table), size):
        cut = slice(start, start + size)
        parts.add(group[cut], code[cut], gap[cut], int(group[: start + size].max()) + 1)
    assert np.array_equal(whole.counts(5), parts.counts(5))
    assert np.allclose(whole.gaps(5), parts.gaps(5), rtol=1e-12)
    assert whole.counts(5).shape == (5, CODES)
    assert whole.counts(5).sum() == len(table)

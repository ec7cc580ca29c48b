"""Crosstabs from codes against crosstabs made row by row; blocks that cover every pair."""

from itertools import combinations
from math import prod

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.slices import Filter, Slice
from engine.tables.binned import binned
from engine.tables.connection import connect
from engine.tables.counted import counted
from engine.tables.crosstab import covering, crosstabs
from engine.tables.sources import open_dataset
from tests.cohorts.oracle import crosstab as plain

ROWS = 3000


def columns(seed, shift=0.0):
    random = np.random.default_rng(seed)
    x = random.normal(shift, 1, ROWS)
    x[random.random(ROWS) < 0.1] = np.nan
    names = random.choice(np.array(["a", "b", "c", "d"], dtype=object), ROWS)
    names[random.random(ROWS) < 0.05] = None
    cities = np.array([f"city {i}" for i in random.zipf(1.5, ROWS) % 90], dtype=object)
    return {"x": x, "heavy": random.lognormal(shift, 1, ROWS), "name": names, "city": cities}


@pytest.fixture(scope="module")
def sides():
    frames = [columns(1), columns(2, 0.5)]
    frames[1]["name"][:50] = "new"
    tables = [pa.table({n: pa.array(v, from_pandas=True) for n, v in one.items()}) for one in frames]
    first, second = (open_dataset(one, connect([]), "frame") for one in tables)
    supports = {n: s for n, s in binned(first, first.columns).items() if not isinstance(s, str)}
    return frames, supports, counted(first, supports)[1], counted(second, supports)[1]


@pytest.mark.parametrize("by", [("name",), ("name", "x"), ("city", "name"), ("x", "name", "heavy")])
def test_crosstabs_count_what_rows_say(sides, by):
    frames, supports, first, second = sides
    (found,) = crosstabs((first, Slice()), (second, Slice()), by)
    wanted = plain(*frames, supports, by)
    order = np.lexsort(found.keys.T[::-1])
    assert found.by == by and (found.keys[order] == wanted.keys).all()
    for mine, theirs in ((found.reference, wanted.reference), (found.production, wanted.production)):
        assert mine.keys() == theirs.keys()
        assert all((mine[name][order] == theirs[name]).all() for name in theirs)
    assert all((a[order] == b).all() for a, b in zip(found.rows, wanted.rows, strict=True))


def test_a_slice_has_its_own_crosstab(sides):
    frames, supports, first, second = sides
    cut = Slice((Filter("heavy", "gt", (1.0,)),))
    (found,) = crosstabs((first, Slice()), (second, cut), ["name"], ["x"])
    kept = {name: values[frames[1]["heavy"] > 1.0] for name, values in frames[1].items()}
    wanted = plain(frames[0], kept, supports, ("name",))
    order = np.lexsort(found.keys.T[::-1])
    assert set(found.production) == {"x", "name"}
    assert (found.production["x"][order] == wanted.production["x"]).all()


def test_progress_ends_at_one_and_can_stop(sides):
    _, _, first, second = sides
    said = []
    crosstabs((first, Slice()), (second, Slice()), ["name", "x"], progress=lambda share, text: said.append(share))
    assert said == sorted(said) and said[-1] == pytest.approx(1)

    def stop(share, text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crosstabs((first, Slice()), (second, Slice()), ["name"], progress=stop)


@given(st.lists(st.integers(2, 60), min_size=1, max_size=9), st.integers(4, 5000))
def test_blocks_cover_every_pair_and_stay_small(sizes, most):
    named = {f"c{i}": size for i, size in enumerate(sizes)}
    blocks = covering(named, most)
    together = {pair for block in blocks for pair in combinations(block, 2)}
    assert together >= set(combinations(named, 2)) and set(named) == {one for block in blocks for one in block}
    assert all(len(block) <= 2 or prod(named[one] for one in block) <= most for block in blocks)

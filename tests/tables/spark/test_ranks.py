"""Values at ranks, asked by questions: what sorted values say, for columns of every shape."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns import ORDERED
from engine.errors import UnusableData
from engine.slices import Filter, Slice
from engine.tables.connection import connect
from engine.tables.ordered import Sorted, Tallied
from engine.tables.sources import Dataset, open_dataset
from engine.tables.spark.ranks import There, numbers_there
from engine.tables.spark.reading import categories_there, read_there, tallied
from engine.tables.supports import build_support
from engine.tables.values import Uncounted, read
from tests.tables.spark.test_cells import assert_same_support

ROOT = connect(())
ROWS = 12_000


def shapes() -> pa.Table:
    """Columns that a grid of equal steps, or one of quantiles, would fail on."""
    rng = np.random.default_rng(3)
    n = ROWS
    return pa.table(
        {
            "zeros": np.concatenate([np.zeros(n // 3), rng.lognormal(size=n - n // 3)]),
            "moments": 1.6e9 + rng.random(n) * 1e6,
            "wide": rng.standard_cauchy(n) * 1e6,
            "small": -rng.exponential(size=n) * 1e-9,
            "mixed": np.where(rng.random(n) < 0.8, rng.integers(0, 3, n), rng.normal(size=n)),
            "flat": np.where(rng.random(n) < 0.9, 5.0, rng.normal(size=n)),
            "outlier": np.concatenate([[1e140], rng.normal(size=n - 1)]),
            "huge": rng.integers(-(2**62), 2**62, n),
            "whole": rng.integers(-3000, 3000, n),
            "few": rng.integers(0, 90, n),
            "constant": np.full(n, 3.5),
            "one_of": np.concatenate([[1.0], np.full(n - 1, 2.0)]),
        }
    )


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return open_dataset(shapes(), ROOT)


@pytest.mark.parametrize("name", shapes().column_names)
def test_supports_are_those_of_sorted_values(dataset, name):
    column = dataset.column(name)
    (held,) = numbers_there(dataset, [column], Slice())
    whole = read(dataset, column, Slice())
    assert (held.quality, held.infinite, held.n) == (whole.quality, whole.infinite, whole.n)
    assert_same_support(build_support(column, whole), build_support(column, held))


def test_any_rank_and_any_value_is_told(dataset):
    column = dataset.column("zeros")
    cut = Slice((Filter("few", "ge", (30,)),))
    (held,) = numbers_there(dataset, [column], cut, ahead=False)
    values = Sorted(read(dataset, column, cut).values)
    assert isinstance(held.order, There) and len(held.order) == len(values)
    ranks = np.random.default_rng(1).integers(0, len(values), 50)
    assert held.order.at(ranks).tolist() == values.at(ranks).tolist()
    asked = np.concatenate([values.at(ranks), [-1.0, 0.0, 0.3, 1e9]])
    for side in ("left", "right"):
        assert held.order.upto(asked, side).tolist() == values.upto(asked, side).tolist()
    assert held.order.deviation() == pytest.approx(values.deviation(), rel=1e-12)
    assert held.order.distinct(100) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64) | st.none(), min_size=1, max_size=60))
def test_every_double_finds_its_slot(values):
    dataset = open_dataset(pa.table({"x": pa.array(values, pa.float64())}), ROOT)
    column = dataset.column("x")
    whole = read(dataset, column, Slice())
    (held,) = numbers_there(dataset, [column], Slice())
    assert (held.quality, held.infinite) == (whole.quality, whole.infinite)
    ranks = np.arange(len(whole.values))
    assert held.order.at(ranks).tolist() == whole.values.tolist()
    few = tallied(dataset, column, Slice())
    assert few is not None and isinstance(few.order, Tallied)
    assert (few.quality, few.infinite) == (whole.quality, whole.infinite)
    assert few.order.at(ranks).tolist() == whole.values.tolist()


def test_columns_are_read_together(dataset):
    columns = [one for one in dataset.columns if one.kind in ORDERED]
    together = numbers_there(dataset, columns, Slice(), ahead=False)
    for column, held in zip(columns, together, strict=True):
        assert held.order.at(np.array([0, ROWS // 2, ROWS - 1])).tolist() == (
            read(dataset, column, Slice()).order.at(np.array([0, ROWS // 2, ROWS - 1])).tolist()
        )


@pytest.mark.parametrize("rows", [ROWS, ROWS + 7, 0])
@pytest.mark.parametrize("name", ["wide", "mixed", "zeros", "whole", "few"])
def test_data_that_change_while_they_are_read_are_told(dataset, monkeypatch, name, rows):
    values = np.random.default_rng(9).normal(3, 40, rows)
    whole = name in ("whole", "few")
    changed = open_dataset(pa.table({name: values.astype(int) if whole else values}), ROOT)
    column, ask, told = dataset.column(name), Dataset.query, []
    for asked in range(1, 12):
        left = [asked]

        def query(self, sql, values=(), left=left):
            left[0] -= 1
            return ask(self if left[0] >= 0 else changed, sql, values)

        monkeypatch.setattr(Dataset, "query", query)
        try:
            (found,) = read_there(dataset, [column], Slice())
            support = build_support(column, found)
        except UnusableData as error:
            assert error.message == "The data changed while they were read."
            told.append(asked)
            continue
        finally:
            monkeypatch.setattr(Dataset, "query", ask)
        if left[0] >= 0:  # all was read before anything changed
            assert_same_support(support, build_support(column, read(dataset, column, Slice())))
            break
        assert found.quality.rows == ROWS, "what is told is of the first rows"
    assert left[0] >= 0 and (told or rows == ROWS)  # as many rows, all of them read anew, are told by nothing


def test_too_many_categories_are_not_fetched():
    names = pa.table({"x": [f"k{i}" for i in range(10_001)] + [None]})
    dataset = open_dataset(names, ROOT)
    found = categories_there(dataset, dataset.column("x"), Slice())
    assert isinstance(found, Uncounted) and (found.quality.rows, found.quality.nulls) == (10_002, 1)
    because = build_support(dataset.column("x"), found)
    assert isinstance(because, str) and "Spark" in because

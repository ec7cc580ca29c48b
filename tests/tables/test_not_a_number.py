"""Not-a-number is missing, in files whose statistics leave it out and make the database believe there is none."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Column, Kind
from engine.slices import Filter, Slice
from engine.tables.count import count
from engine.tables.sources import open_dataset
from engine.tables.values import missing, read_categories, read_numbers

ROWS, EVERY = 1000, 10


@pytest.fixture(scope="module", params=["float64", "float32"])
def dataset(request, tmp_path_factory):
    """x: 0 to 999 but for every tenth row; five: 5, or not-a-number in the same rows."""
    x = np.arange(ROWS).astype(request.param)
    x[::EVERY] = np.nan
    five = np.where(np.isnan(x), x, np.asarray(5, request.param))
    path = tmp_path_factory.mktemp("nan") / "x.parquet"
    pq.write_table(pa.table({"x": x, "five": five}), path)
    return open_dataset(path)


TESTS = {
    "ge": lambda x, a: x >= a,
    "gt": lambda x, a: x > a,
    "le": lambda x, a: x <= a,
    "lt": lambda x, a: x < a,
    "eq": lambda x, a: x == a,
    "ne": lambda x, a: x != a,  # what is missing is not a value either
}


@pytest.mark.parametrize("value", [-5, 0, 1, 5, 500, 999, 1000, 1e9])
@pytest.mark.parametrize("operator", TESTS)
@pytest.mark.parametrize("column", ["x", "five"])
def test_a_comparison_keeps_the_rows_that_python_keeps(dataset, column, operator, value):
    values = dataset.query(f"SELECT {column} AS v FROM {dataset.scan}")["v"].to_pylist()
    wanted = sum(TESTS[operator](one, value) if not math.isnan(one) else operator == "ne" for one in values)
    condition, given = dataset.where(Slice((Filter(column, operator, (value,)),)))
    assert dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", given)["n"][0].as_py() == wanted


@pytest.mark.parametrize("column", ["x", "five"])
@pytest.mark.parametrize(
    ("operator", "values", "share"),
    [("is_null", (), 0.1), ("not_null", (), 0.9), ("between", (-1, 2000), 0.9), ("not_in", (-1, -2), 1.0)],
)
def test_what_is_missing_lies_in_no_range(dataset, column, operator, values, share):
    condition, given = dataset.where(Slice((Filter(column, operator, values),)))
    found = dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", given)["n"][0].as_py()
    assert found == share * ROWS


def test_every_reader_counts_them_as_missing(dataset):
    cut = Slice()
    numbers = read_numbers(dataset, dataset.column("x"), cut)
    assert (len(numbers.values), numbers.quality.nans) == (900, 100)
    names = read_categories(dataset, dataset.column("five").as_kind("categorical"), cut)
    assert (names.names, names.counts.tolist(), names.quality.nulls) == (("5.0",), [900], 100)
    both = [Column(name, dataset.column(name).type, Kind.CATEGORICAL) for name in ("x", "five")]
    assert [one.nulls for one in missing(dataset, both)] == [100, 100]


def test_they_name_no_cohort(dataset):
    cells = count(dataset, {}, cohorts=["five"])
    assert sorted(zip(cells.values["five"], cells.rows.tolist(), strict=True), key=str) == [(5.0, 900), (None, 100)]

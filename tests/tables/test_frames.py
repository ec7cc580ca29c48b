"""Frames of a program: every pandas dtype and Arrow type is read, or refused in one sentence."""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from engine import compare
from engine.columns import Kind
from engine.errors import PlumblineError, UnreadableSource
from engine.tables.frames import frame_of
from engine.tables.sources import open_dataset

N, C, D, L = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATETIME, Kind.NESTED
PANDAS = {
    "int8": (pd.Series([1, 2], dtype="int8"), N),
    "uint64": (pd.Series([1, 2**64 - 1], dtype="uint64"), N),
    "float16": (pd.Series([1, 2], dtype="float16"), N),
    "Int64": (pd.Series([1, None], dtype="Int64"), N),
    "Float32": (pd.Series([1.5, None], dtype="Float32"), N),
    "bool": (pd.Series([True, False]), C),
    "boolean": (pd.Series([True, None], dtype="boolean"), C),
    "string": (pd.Series(["a", None], dtype="string"), C),
    "object": (pd.Series(["a", None], dtype=object), C),
    "int64[pyarrow]": (pd.Series([1, None], dtype="int64[pyarrow]"), N),
    "string[pyarrow]": (pd.Series(["a", None], dtype="string[pyarrow]"), C),
    "timestamp[pyarrow]": (pd.Series([pd.Timestamp(0), None], dtype="timestamp[us][pyarrow]"), D),
    "category": (pd.Series(pd.Categorical(["a", None, "b"])), C),
    "category of numbers": (pd.Series(pd.Categorical([1, 2, 1])), N),
    "datetime": (pd.Series(pd.to_datetime(["2020-01-01", None])), D),
    "datetime with zone": (pd.Series(pd.date_range("2020", periods=3, tz="Europe/Berlin")), D),
    "timedelta": (pd.Series(pd.to_timedelta([1, 2], "h")), D),
    "period": (pd.Series(pd.period_range("2020-01", periods=3, freq="M")), N),
    "interval": (pd.Series(pd.interval_range(0, 3)), L),
    "sparse": (pd.Series(pd.arrays.SparseArray([0, 0, 1])), N),
    "complex": (pd.Series([1j, 2j]), C),
    "bytes": (pd.Series([b"a", b"\xff"]), C),
    "mixed": (pd.Series([1, "a", None], dtype=object), C),
    "objects": (pd.Series([object(), object()], dtype=object), C),
    "huge whole numbers": (pd.Series([2**70, 1], dtype=object), C),
    "half characters": (pd.Series(["\udcff", "a"], dtype=object), C),
    "dictionaries": (pd.Series([{"a": 1}, {"a": 2}], dtype=object), L),
    "all missing": (pd.Series([None, None], dtype=object), C),
}


@pytest.mark.parametrize("name", PANDAS)
def test_every_pandas_column_is_read(name):
    values, kind = PANDAS[name]
    frame = pd.DataFrame({"x": values, "beside": 1.0})
    dataset = open_dataset(frame)
    assert dataset.column("x").kind is kind
    run = compare(frame, frame)
    assert {one.column for one in (*run.findings, *run.not_computed) if one.column} == {"x", "beside"}
    missing = int(values.isna().sum())
    for finding in run.findings:
        if finding.column == "x" and finding.metric == "null_rate":
            assert finding.value == pytest.approx(missing / len(values))


ARROW = {
    "nothing": pa.nulls(3),
    "dictionary": pa.array(["a", None]).dictionary_encode(),
    "large string": pa.array(["a"], pa.large_string()),
    "string view": pa.array(["a"], pa.string_view()),
    "duration": pa.array([1, 2], pa.duration("s")),
    "time": pa.array([1, 2], pa.time32("s")),
    "half": pa.array(np.array([1, 2], np.float16)),
    "decimal": pa.array([1, 2], pa.decimal128(38, 2)),
    "wide decimal": pa.array([1, 2], pa.decimal256(60, 2)),
    "run-end": pa.RunEndEncodedArray.from_arrays([2, 3], pa.array([1, 2])),
    "fixed bytes": pa.array([b"ab"], pa.binary(2)),
    "date64": pa.array([0, 86_400_000], pa.date64()),
    "list": pa.array([[1], None]),
    "struct": pa.array([{"a": 1}, None]),
    "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    "nanoseconds": pa.array([1], pa.timestamp("ns")),
    "zone": pa.array([1], pa.timestamp("us", "Europe/Berlin")),
    "far future": pa.array([2**62], pa.timestamp("s")),
    "far day": pa.array([2**31 - 1], pa.date32()),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"a" * 16], pa.binary(16))),
}
MOMENT = datetime(2024, 1, 1, 12)
POLARS = {
    "Int8": (pl.Series([1, None], dtype=pl.Int8), N),
    "UInt64": (pl.Series([1, 2**64 - 1], dtype=pl.UInt64), N),
    "Int128": (pl.Series([1, 2**100], dtype=pl.Int128), N),
    "Float16": (pl.Series([1.5, None], dtype=pl.Float16), N),
    "Float32": (pl.Series([1.5, None], dtype=pl.Float32), N),
    "Decimal": (pl.Series([Decimal("1.25"), None]), N),
    "Boolean": (pl.Series([True, None]), C),
    "String": (pl.Series(["a", None]), C),
    "Categorical": (pl.Series(["a", None], dtype=pl.Categorical), C),
    "Enum": (pl.Series(["a", None], dtype=pl.Enum(["a", "b"])), C),
    "Date": (pl.Series([MOMENT.date(), None]), D),
    "Datetime": (pl.Series([MOMENT, None]), D),
    "Datetime with zone": (pl.Series([MOMENT, None]).dt.replace_time_zone("Europe/Berlin"), D),
    "Datetime in ns": (pl.Series([MOMENT, None]).cast(pl.Datetime("ns")), D),
    "Time": (pl.Series([MOMENT.time(), None]), D),
    "Duration": (pl.Series([timedelta(hours=1), None]), D),
    "List": (pl.Series([[1], None]), L),
    "Array": (pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2)), L),
    "Struct": (pl.Series([{"a": 1}, {"a": 2}]), L),
    "Binary": (pl.Series([b"a", None]), C),
    "Object": (pl.Series([Decimal, None], dtype=pl.Object), C),
    "Null": (pl.Series([None, None]), C),
}


@pytest.mark.parametrize("name", POLARS)
def test_every_polars_column_is_read(name):
    values, kind = POLARS[name]
    frame = pl.DataFrame({"x": values, "beside": [1.0, 2.0]})
    dataset = open_dataset(frame)
    assert dataset.column("x").kind is kind and [one.name for one in dataset.columns] == ["x", "beside"]
    run = compare(frame, frame)
    assert {one.column for one in (*run.findings, *run.not_computed) if one.column} == {"x", "beside"}
    rates = [one.value for one in run.findings if one.column == "x" and one.metric == "null_rate"]
    assert rates == [] or rates == [pytest.approx(values.null_count() / 2)]
    if kind is not L and name != "Null":
        assert rates


def test_polars_reads_as_pandas_does():
    random = np.random.default_rng(1)
    table = pa.table(
        {"x": random.normal(size=500), "c": random.choice(["a", "b"], 500), "n": random.integers(0, 9, 500)}
    )
    sides = [table.slice(0, 250), table.slice(250)]
    of_polars, of_pandas = (compare(*map(of, sides)) for of in (pl.from_arrow, lambda one: one.to_pandas()))
    found = [{(one.column, one.metric): one.value for one in run.findings} for run in (of_polars, of_pandas)]
    assert found[0] == found[1] and len(found[0]) > 10


def test_a_series_is_a_table_and_a_plan_is_none():
    assert frame_of(pl.Series("x", [1, 2])).to_pydict() == {"x": [1, 2]}
    with pytest.raises(UnreadableSource, match=r"LazyFrame is a plan.*collect\(\)"):
        open_dataset(pl.LazyFrame({"x": [1]}))
    with pytest.raises(UnreadableSource, match="cannot be read"):
        open_dataset(pl.DataFrame({"x": pl.Series([[2**100]], dtype=pl.List(pl.Int128))}))


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame, pa.table], ids=["polars", "pandas", "arrow"])
def test_a_name_that_holds_nul_is_refused(make):
    with pytest.raises(UnreadableSource, match=r"'a\\x00b' holds a NUL character"):
        open_dataset(make({"a\0b": [1], "c": [2]}))


@pytest.mark.parametrize("name", ARROW)
def test_every_arrow_column_is_read_or_has_a_reason(name):
    table = pa.table({"x": ARROW[name], "beside": pa.array(np.ones(len(ARROW[name])))})
    run = compare(table, table)
    assert {one.column for one in (*run.findings, *run.not_computed) if one.column} == {"x", "beside"}
    assert "beside" in {one.column for one in run.findings}
    assert all(one.because for one in run.not_computed)


def test_one_column_and_one_batch_are_tables_too():
    assert frame_of(pd.Series([1, 2], name="s")).to_pydict() == {"s": [1, 2]}
    assert frame_of(pa.record_batch({"x": [1]})).to_pydict() == {"x": [1]}


def test_columns_with_one_name_are_told_apart():
    dataset = open_dataset(pd.DataFrame([[1, 2.5]], columns=["a", "a"]))
    assert len({column.name for column in dataset.columns}) == 2


def test_names_that_are_no_texts_become_texts():
    assert [column.name for column in open_dataset(pd.DataFrame({0: [1], 1: [2]})).columns] == ["0", "1"]


def test_the_index_is_no_column():
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["u", "v"], name="row"))
    assert [column.name for column in open_dataset(frame).columns] == ["x"]


@pytest.mark.parametrize("nothing", [pd.DataFrame(), pa.table({}), pl.DataFrame()], ids=["pandas", "arrow", "polars"])
def test_a_frame_without_columns_is_refused(nothing):
    with pytest.raises(PlumblineError, match="column"):
        open_dataset(nothing)


def test_a_frame_without_rows_is_a_table():
    run = compare(pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": np.zeros(0)}))
    assert all(one.because for one in run.not_computed)
    assert run.production.rows == 0


def test_frames_and_files_with_the_same_rows_read_the_same(tmp_path):
    import pyarrow.parquet as pq

    table = pa.table({"x": [1.0, 2.0, 2.0, None], "c": ["a", "b", "a", None]})
    pq.write_table(table, tmp_path / "x.parquet")
    table.to_pandas().to_csv(tmp_path / "x.csv", index=False)
    readings = [
        {
            (one.column, one.metric): one.value
            for one in compare(source, table.slice(0, 3)).findings
            if one.value is not None
        }
        for source in (table, table.to_pandas(), tmp_path / "x.parquet", tmp_path / "x.csv")
    ]
    assert readings[0] == readings[1] == readings[2] == readings[3]


def test_readers_datasets_and_relations_are_frames(tmp_path):
    import duckdb
    import pyarrow.dataset
    import pyarrow.parquet as pq

    table = pa.table({"x": [1.0, 2.0, 3.0], "w": ["a", "b", None]})
    pq.write_table(table, tmp_path / "t.parquet")
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    whole = pyarrow.dataset.dataset(tmp_path / "t.parquet")
    for source in (
        reader, whole, whole.scanner(),
        duckdb.sql(f"SELECT * FROM '{tmp_path}/t.parquet'"), table.to_batches()[0],
    ):  # fmt: skip
        assert frame_of(source).to_pylist() == table.to_pylist()

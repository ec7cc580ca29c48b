"""Values of every stored type, read as every kind: a reading or a stated reason, never an exception."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Column, Kind, kind_of
from engine.look import compare
from engine.slices import Slice
from engine.tables.connection import connect
from engine.tables.sources import open_dataset
from engine.tables.values import LARGEST, read_categories, read_numbers

ROOT = connect(())
MAKER = open_dataset(pa.table({"i": range(60)}), ROOT)
SQL = {
    "TINYINT": "(i % 5)::TINYINT",
    "SMALLINT": "i::SMALLINT",
    "INTEGER": "i::INTEGER",
    "BIGINT": "(9223372036854775807 - i)::BIGINT",
    "HUGEINT": "i::HUGEINT * 1000000000000000000000",
    "UTINYINT": "i::UTINYINT",
    "USMALLINT": "i::USMALLINT",
    "UINTEGER": "i::UINTEGER",
    "UBIGINT": "18446744073709551615::UBIGINT - i::UBIGINT",
    "UHUGEINT": "i::UHUGEINT",
    "BIGNUM": "i::BIGNUM",
    "DECIMAL": "(i / 7)::DECIMAL(18, 3)",
    "wide DECIMAL": "(i / 7)::DECIMAL(38, 10)",
    "FLOAT": "(i / 7)::FLOAT",
    "DOUBLE": "i / 7",
    "BOOLEAN": "i % 2 = 0",
    "DATE": "DATE '2020-01-01' + i::INTEGER",
    "infinite DATE": "CASE WHEN i % 2 = 0 THEN DATE '-infinity' ELSE DATE '2020-01-01' END",
    "TIME": "TIME '00:00:00' + to_seconds(i)",
    "TIME WITH TIME ZONE": "(TIME '00:00:00' + to_seconds(i))::TIMETZ",
    "TIMESTAMP": "TIMESTAMP '2020-01-01' + to_seconds(i)",
    "infinite TIMESTAMP": "CASE WHEN i % 2 = 0 THEN TIMESTAMP 'infinity' ELSE TIMESTAMP '2020-01-01' END",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2020-01-01' + to_seconds(i)",
    "TIMESTAMP_NS": "(TIMESTAMP '2020-01-01' + to_seconds(i))::TIMESTAMP_NS",
    "TIMESTAMP_S": "(TIMESTAMP '2020-01-01' + to_seconds(i))::TIMESTAMP_S",
    "INTERVAL": "to_seconds(i) + to_months((i % 3)::INTEGER)",
    "ENUM": "(CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END)::ENUM('a', 'b', 'c')",
    "VARCHAR": "'x' || (i % 3)",
    "UUID": "uuid()",
    "BLOB": "'\\xAB'::BLOB || chr(65 + (i % 5)::INTEGER)::BLOB",
    "BIT": "'101'::BIT",
    "JSON": """('{"a":' || i || '}')::JSON""",
    "list": "[i, i + 1]",
    "array": "[i, i + 1]::BIGINT[2]",
    "STRUCT": "{'a': i}",
    "MAP": "MAP {i: 1}",
    "UNION": "union_value(a := i)",
    "VARIANT": "i::VARIANT",
    "NULL": "NULL",
}


def made(name, gaps=False):
    sql = f"CASE WHEN i % 7 = 0 THEN NULL ELSE {SQL[name]} END" if gaps else SQL[name]
    return MAKER.query(f"SELECT {sql} AS x, i AS beside FROM {MAKER.scan}")


@pytest.mark.parametrize("name", SQL)
def test_every_stored_type_is_read_as_every_kind(name, tmp_path):
    table = made(name, gaps=True)
    sources = [table]
    if name not in ("UNION", "VARIANT", "INTERVAL"):  # Parquet has no such types
        pq.write_table(table, tmp_path / "x.parquet")
        sources.append(tmp_path / "x.parquet")
    for source in sources:
        for kind in (None, *Kind):
            run = compare(source, source, kinds={"x": str(kind)} if kind else None)
            said = json.loads(run.to_json())
            asked = [one for one in (*said["findings"], *said["not_computed"]) if one["column"] == "x"]
            assert asked
            for one in asked:
                if "because" in one:
                    assert one["because"]
                elif one["signal"] not in ("data_quality", "schema"):
                    assert one["value"] == pytest.approx(0, abs=1e-12), (one["metric"], kind)


NUMERIC = [name for name in SQL if kind_of(name.split()[-1]) is Kind.NUMERIC]


@pytest.mark.parametrize("name", [*NUMERIC, "BOOLEAN", "DATE", "TIMESTAMP", "TIME", "TIMESTAMP WITH TIME ZONE"])
def test_what_has_an_order_keeps_it(name):
    dataset = open_dataset(made(name), ROOT)
    column = dataset.column("x")
    column = column.as_kind("numeric") if name == "BOOLEAN" else column
    dataset = dataset.assign(kinds={"x": str(column.kind)}, roles={"x": "feature"})
    found = read_numbers(dataset, column, Slice())
    assert len(found.values) == 60
    assert (found.values[1:] >= found.values[:-1]).all()
    assert len(set(found.values.tolist())) == (
        60 if name not in ("TINYINT", "BOOLEAN", "BIGINT", "UBIGINT") else len(set(found.values.tolist()))
    )


@pytest.mark.parametrize(
    ("stored", "wanted", "names", "errors"),
    [
        (pa.array(["1", "2", "x", None]), Column("x", "DOUBLE", Kind.NUMERIC), [1.0, 2.0], 1),
        (pa.array(["nan", "inf", "1e400", "5"]), Column("x", "DOUBLE", Kind.NUMERIC), [5.0], None),
        (pa.array(["2020-01-01", "soon"]), Column("x", "TIMESTAMP", Kind.DATETIME), [1577836800.0], 1),
        (pa.array([[1], [2]]), Column("x", "DOUBLE", Kind.NUMERIC), [], 2),
        (pa.array([True, False]), Column("x", "DOUBLE", Kind.NUMERIC), [0.0, 1.0], 0),
    ],
)
def test_values_of_another_type_are_tried_one_by_one(stored, wanted, names, errors):
    found = read_numbers(open_dataset(pa.table({"x": stored}), ROOT), wanted, Slice())
    assert found.values.tolist() == names
    quality = found.quality
    assert quality.rows == len(stored)
    if errors is not None:
        assert (quality.type_errors, quality.nulls) == (errors, stored.null_count)


@pytest.mark.parametrize(
    ("stored", "wanted", "names"),
    [
        (pa.array([1.0, 3.0, 3.5, None]), "INTEGER", {"1": 1, "3": 1, "3.5": 1}),
        (pa.array([1, 3]), "DOUBLE", {"1.0": 1, "3.0": 1}),
        (pa.array([0, 1, 1]), "BOOLEAN", {"false": 1, "true": 2}),
        (pa.array([True, False]), "INTEGER", {"1": 1, "0": 1}),
        (pa.array([1, 3]), "VARCHAR", {"1": 1, "3": 1}),
        (pa.array(["a", "b"]).dictionary_encode(), "VARCHAR", {"a": 1, "b": 1}),
    ],
)
def test_categories_of_another_type_keep_their_names(stored, wanted, names):
    column = Column("x", wanted, Kind.CATEGORICAL)
    dataset = open_dataset(pa.table({"x": stored}), ROOT).assign(kinds={"x": "categorical"})
    found = read_categories(dataset, column, Slice())
    assert dict(zip(found.names, found.counts.tolist(), strict=True)) == names
    assert found.quality.nulls == stored.null_count


def test_nulls_nans_and_infinities_are_counted_apart():
    values = pa.array([1.0, None, float("nan"), float("inf"), -float("inf"), float("inf"), LARGEST, -LARGEST])
    found = read_numbers(open_dataset(pa.table({"x": values}), ROOT), Column("x", "DOUBLE", Kind.NUMERIC), Slice())
    assert found.values.tolist() == [1.0]
    assert found.infinite == (2, 3)
    quality = found.quality
    assert (quality.rows, quality.nulls, quality.nans, quality.infinite) == (8, 1, 1, 5)
    assert quality.values == 6

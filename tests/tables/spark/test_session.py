"""A Spark that is asked: what it answers, what it says when something is wrong, when it is lost, and when one stops."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import Cancelled, UnreadableSource, UnusableData
from engine.tables.spark import session as sessions
from engine.tables.spark.opening import open_path, open_table, type_of
from engine.tables.spark.session import spark
from engine.tables.watching import watched
from tests.tables.spark.hostile import ADDRESS

ALL = {
    "whole": pa.array([1, None], pa.int64()),
    "small": pa.array([1, 2], pa.int16()),
    "single": pa.array([0.5, None], pa.float32()),
    "double": pa.array([0.5, 2.5]),
    "text": ["a", None],
    "truth": [True, False],
    "day": [date(2024, 1, 1), None],
    "at": pa.array([datetime(2024, 1, 1, 12), None], pa.timestamp("us")),
    "zoned": pa.array([datetime(2024, 1, 1, 12), None], pa.timestamp("us", "UTC")),
    "money": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
    "bytes": pa.array([b"a", None]),
    "list": [[1], None],
}


@pytest.fixture(scope="module")
def there(java_here):
    return spark(ADDRESS)


def test_nothing_is_started_before_it_is_asked():
    said = "import engine, sys; from engine.tables.spark.session import spark; spark(); spark('sc://nowhere:1'); "
    said += "print([one for one in ('pyspark', 'py4j', 'sqlglot', 'grpc') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("remote", ["http://host:1", "host:15002", "sc://", "local[", "yarn"])
def test_what_is_no_address_is_told(remote):
    with pytest.raises(UnreadableSource, match="no address of Spark"):
        spark(remote)


def test_a_server_that_is_not_there_is_told_soon_without_its_token(monkeypatch):
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.01)
    begun = time.monotonic()
    with pytest.raises(UnreadableSource, match="Spark was lost 3 times") as told:
        spark("sc://127.0.0.1:9/;token=geheim").ask("SELECT count(*) AS n FROM v")
    assert time.monotonic() - begun < 60 and "geheim" not in str(told.value) and "running" in told.value.hint


def test_columns_have_the_types_that_duckdb_has(there, tmp_path):
    pq.write_table(pa.table(ALL), tmp_path / "all.parquet")
    mine = duckdb.sql(f"DESCRIBE SELECT * FROM '{tmp_path}/all.parquet'").fetchall()
    found = open_path(str(tmp_path / "all.parquet"), there)
    assert [(one.name, one.type) for one in found.columns] == [row[:2] for row in mine]
    assert found.far and found.rows == 2 and found.how == "Parquet, in Spark" and len(found.sha256) == 64
    asked = (
        'SELECT count(*) AS n, min(small) AS small, min(single) AS single, max("at") AS latest, max(zoned) AS zoned, '
        "max(money) AS money, max(day) AS day, date_trunc('week', max(\"at\")) AS week, bool_or(truth) AS truth FROM "
    )
    here = duckdb.connect()
    here.execute("SET TimeZone = 'UTC'")
    wanted = here.sql(f"{asked} '{tmp_path}/all.parquet'").to_arrow_table()
    answer = found.query(asked + found.scan)
    assert answer.to_pylist() == wanted.to_pylist()
    assert [str(one) for one in answer.schema.types] == [str(one) for one in wanted.schema.types]


def test_rows_stay_there(there, tmp_path):
    pq.write_table(pa.table(ALL), tmp_path / "all.parquet")
    found = open_path(str(tmp_path / "all.parquet"), there)
    with pytest.raises(UnusableData, match="stay there"):
        next(found.stream(f"SELECT whole FROM {found.scan}", [], 10))
    with pytest.raises(UnusableData, match="rows stay in Spark"):
        found.query(f"SELECT whole FROM {found.scan}")


def test_files_are_pieces_and_what_tells_them_changes_with_them(there, tmp_path):
    for i in range(3):
        pq.write_table(pa.table({"x": range(i + 1)}), tmp_path / f"{i}.parquet")
    first = open_path(str(tmp_path), there)
    assert first.rows == 6 and len(first.pieces) == 3
    counts = [first.query(f"SELECT count(*) AS n FROM {scan}")["n"][0].as_py() for scan, _ in first.pieces]
    assert counts == [1, 2, 3]
    pq.write_table(pa.table({"x": range(9)}), tmp_path / "3.parquet")
    pq.write_table(pa.table({"x": range(5)}), tmp_path / "1.parquet")
    second = open_path(str(tmp_path), there)
    assert second.rows == 18 and second.sha256 != first.sha256
    kept = {told for _, told in first.pieces} & {told for _, told in second.pieces}
    assert kept == {first.pieces[0][1], first.pieces[2][1]}


def test_folders_in_a_folder_are_pieces_and_a_column(there, tmp_path):
    for week in ("2024-01-01", "2024-01-08"):
        (tmp_path / f"week={week}").mkdir()
        for i in range(2):
            pq.write_table(pa.table({"x": [i, i]}), tmp_path / f"week={week}" / f"{i}.parquet")
    found = open_path(str(tmp_path), there)
    assert [one.name for one in found.columns] == ["x", "week"] and len(found.pieces) == 2
    for scan, _ in found.pieces:
        row = found.query(f"SELECT count(*) AS n, count(DISTINCT week) AS weeks FROM {scan}").to_pylist()[0]
        assert row == {"n": 4, "weeks": 1}


def test_text_files_are_read_as_spark_reads_them(there, tmp_path):
    (tmp_path / "a.csv").write_text("x,c\n1,a\n2.5,b\n")
    (tmp_path / "a.jsonl").write_text('{"x": 1, "c": "a"}\n{"x": 2.5, "c": "b"}\n')
    for name in ("a.csv", "a.jsonl"):
        found = open_path(str(tmp_path / name), there)
        assert {one.name: one.type for one in found.columns} == {"x": "DOUBLE", "c": "VARCHAR"}, name
        assert found.query(f"SELECT sum(x) AS s FROM {found.scan}")["s"][0].as_py() == 3.5


def test_views_are_read_and_told_by_what_they_hold(there):
    there.do(lambda one: one.sql("CREATE OR REPLACE TEMP VIEW seen AS SELECT id AS x, map(1, 2) AS m FROM range(10)"))
    first = open_table("seen", there)
    assert first.rows == 10 and [one.type for one in first.columns] == ["BIGINT", "MAP"]
    assert open_table("seen", there).sha256 == first.sha256
    there.do(
        lambda one: one.sql("CREATE OR REPLACE TEMP VIEW seen AS SELECT id + 1 AS x, map(1, 2) AS m FROM range(10)")
    )
    assert open_table("seen", there).sha256 != first.sha256


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        (lambda one, home: open_table("sean", one), "Did you mean 'seen'"),
        (lambda one, home: open_table("a.b.c.d", one), "no name of a table"),
        (lambda one, home: open_path(str(home / "none.parquet"), one), "does not exist"),
        (lambda one, home: open_path(str(home / "a.xyz"), one), "do not say what they are"),
        (lambda one, home: open_path(str(home / "bad.parquet"), one), "Spark said"),
        (lambda one, home: one.ask("SELECT count(x) AS n FROM nowhere"), "nowhere"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(there, tmp_path, opened, said):
    there.do(lambda one: one.sql("CREATE OR REPLACE TEMP VIEW seen AS SELECT id AS x FROM range(10)"))
    (tmp_path / "a.xyz").write_text("x")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 this is none PAR1")
    with pytest.raises((UnreadableSource, UnusableData), match=said) as told:
        opened(there, tmp_path)
    assert "\n" not in str(told.value) and len(str(told.value)) < 700


ENDLESS = "SELECT count(*) AS n FROM range(100000000) AS a CROSS JOIN range(1000000) AS b WHERE a.id % 7 = b.id % 11"


def test_a_question_is_interrupted_when_somebody_stops(there):
    end = time.monotonic() + 1.5

    def stop(said):
        if time.monotonic() > end:
            raise Cancelled("Opening was stopped.")

    with watched(stop), pytest.raises(Cancelled):
        there.ask_as_it_is(ENDLESS)
    assert time.monotonic() - end < 30
    jobs = there.do(lambda one: one.sql("SELECT count(*) AS n FROM range(10)").toArrow())
    assert jobs["n"].to_pylist() == [10]


def test_a_session_that_is_lost_is_made_anew_with_what_it_knew(there, tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.01)
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "x.parquet")
    found = open_path(str(tmp_path / "x.parquet"), there)
    there.session.stop()
    assert found.query(f"SELECT sum(x) AS s FROM {found.scan}")["s"][0].as_py() == 3


def test_questions_at_the_same_time_do_not_mix(there):
    with ThreadPoolExecutor(4) as pool:
        asked = pool.map(lambda i: there.ask(f"SELECT count(*) AS n, max({i}) AS i")["i"][0].as_py(), range(12))
        assert list(asked) == list(range(12))


def test_types_in_types():
    assert type_of("array<array<decimal(3,1)>>") == "DECIMAL(3,1)[][]"
    assert type_of("struct<a:int,b:string>") == "STRUCT" and type_of("interval day to second") == "INTERVAL"

"""What Spark opens is what lies there: files by their names, columns by theirs, and states that are told apart."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.tables.spark.opening import open_path, open_table
from engine.tables.spark.session import spark
from tests.tables.spark.hostile import ADDRESS


@pytest.fixture(scope="module")
def there(java_here):
    return spark(ADDRESS)


def counts(found):
    return [found.query(f"SELECT count(*) AS n FROM {scan}")["n"][0].as_py() for scan, _ in found.pieces]


def test_a_name_of_a_file_is_no_glob(there, tmp_path):
    names = ["a1", "a[1]", "b{x,y}", "bx", "c*", "cc", "d?", "f%20", "h\\n"]
    for i, name in enumerate(names):
        pq.write_table(pa.table({"x": range(i + 1)}), tmp_path / f"{name}.parquet")
    found = open_path(str(tmp_path), there)
    assert sorted(counts(found)) == list(range(1, len(names) + 1))
    assert found.rows == sum(counts(found)) == len(names) * (len(names) + 1) // 2


def test_what_folders_say_is_not_lost_in_pieces(there, tmp_path):
    for week in (1, 2):
        (tmp_path / "a" / f"week={week}").mkdir(parents=True)
        pq.write_table(pa.table({"x": [week]}), tmp_path / "a" / f"week={week}" / "x.parquet")
    for path in (tmp_path / "a", tmp_path / "*"):
        found = open_path(str(path), there)
        assert [one.name for one in found.columns] == ["x", "week"] and found.rows == 2
        for scan, _ in found.pieces:
            assert found.query(f"SELECT count(*) AS n FROM {scan} WHERE week = x")["n"][0].as_py() == sum(
                counts(found)
            ) // len(found.pieces)
    one = open_path(str(tmp_path / "a" / "week=1" / "x.parquet"), there)
    assert [column.name for column in one.columns] == ["x"] and one.rows == 1


@pytest.mark.parametrize("second", ["b,a\n1,2\n", "a\n1\n", "a,b,c\n1,2,3\n"])
def test_text_files_with_other_headers_are_told(there, tmp_path, second):
    (tmp_path / "w1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "w2.csv").write_text(second)
    with pytest.raises(UnusableData, match="same header") as told:
        open_path(str(tmp_path), there)
    assert ".csv" in told.value.message and "\n" not in str(told.value)
    (tmp_path / "w2.csv").write_text("a,b\n3,4\n")
    found = open_path(str(tmp_path), there)
    assert found.query(f"SELECT sum(b) AS s FROM {found.scan}")["s"][0].as_py() == 6
    (tmp_path / "alone.csv").write_text(",a,a\n0,1,2\n")
    assert [one.name for one in open_path(str(tmp_path / "alone.csv"), there).columns] == ["_c0", "a1", "a2"]


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_columns_are_those_of_all_files(there, tmp_path, kind):
    def write(name, read):
        there.do(lambda one: one.sql(read).write.format(kind).save(f"{tmp_path}/{name}"))

    write("w1", "SELECT 1L AS x")
    write("w2", "SELECT 2L AS x, 'a' AS y")
    found = open_path(f"{tmp_path}/*", there)
    assert [one.name for one in found.columns] == ["x", "y"] and sorted(counts(found)) == [1, 1]
    assert found.query(f"SELECT count(y) AS n FROM {found.scan}")["n"][0].as_py() == 1
    write("w3", "SELECT 'b' AS x")
    with pytest.raises(UnusableData, match="different types: x: "):
        open_path(f"{tmp_path}/*", there)


ROWS = [
    ("SELECT NULL AS a, 1 AS b", "SELECT 1 AS a, NULL AS b"),
    ("SELECT named_struct('p', NULL, 'q', 1) AS a", "SELECT named_struct('p', 1, 'q', NULL) AS a"),
    ("SELECT array(NULL, 'x') AS a", "SELECT array('x', NULL) AS a"),
    ("SELECT array('null') AS a", "SELECT array(CAST(NULL AS STRING)) AS a"),
    ("SELECT array(timestamp_ntz'2024-01-01 00:00:00.000001') AS a", "SELECT array(timestamp_ntz'2024-01-01') AS a"),
]


@pytest.mark.parametrize("rows", ROWS)
def test_a_view_that_holds_something_else_is_another(there, rows):
    prints = []
    for one in [*rows, rows[0]]:
        there.do(lambda session, one=one: session.sql(f"CREATE OR REPLACE TEMP VIEW changing AS {one}"))
        prints.append(open_table("changing", there).sha256)
    assert prints[0] != prints[1] and prints[0] == prints[2]


def test_a_table_in_folders_with_blanks_is_opened(there, tmp_path):
    there.do(lambda one: one.sql("DROP TABLE IF EXISTS blanks"))
    made = (
        "CREATE TABLE blanks USING parquet PARTITIONED BY (c) LOCATION '{0}' AS SELECT id AS x, {1} AS c FROM range(3)"
    )
    there.do(lambda one: one.sql(made.format(f"file:{tmp_path}/t", "concat('New [1] York%', id)")))
    try:
        found = open_table("blanks", there)
        again = open_table("blanks", there)
        assert found.rows == 3 and found.sha256 == again.sha256
    finally:
        there.do(lambda one: one.sql("DROP TABLE blanks"))


def test_what_is_opened_stays_what_it_was(there, tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "1.parquet")
    first = open_path(str(tmp_path), there)
    pq.write_table(pa.table({"x": [2, 3]}), tmp_path / "2.parquet")
    second = open_path(str(tmp_path), there)
    rows = [one.query(f"SELECT count(*) AS n FROM {one.scan}")["n"][0].as_py() for one in (first, second)]
    assert rows == [first.rows, second.rows] == [1, 3]

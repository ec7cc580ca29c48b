"""What Spark opens is what lies there: files by their names, columns by theirs, and states that are told apart."""

import gc
from dataclasses import replace

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.tables.connection import connect
from engine.tables.sources import open_dataset
from engine.tables.spark import differences
from engine.tables.spark.opening import _hashed, open_path, open_table
from engine.tables.spark.session import spark
from engine.tables.spark.steady import SteadyThere
from tests.tables.spark.hostile import ADDRESS


@pytest.fixture(scope="module")
def there(java_here):
    return spark(ADDRESS)


def counts(found):
    """How many rows every piece has, in one question."""
    asked = ", ".join(f"(SELECT count(*) FROM {scan}) AS n{i}" for i, (scan, _) in enumerate(found.pieces))
    return list(found.root.ask_as_it_is(f"SELECT {asked}").to_pylist()[0].values())


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


def test_text_files_with_other_headers_are_told(there, tmp_path):
    (tmp_path / "w1.csv").write_text("a,b\n1,2\n")
    for second in ("b,a\n1,2\n", "a\n1\n", "a,b,c\n1,2,3\n"):
        (tmp_path / "w2.csv").write_text(second)
        with pytest.raises(UnusableData, match="same header") as told:
            open_path(str(tmp_path), there)
        assert ".csv" in told.value.message and "\n" not in str(told.value), second
    (tmp_path / "w2.csv").write_text("a,b\n3,4\n")
    found = open_path(str(tmp_path), there)
    assert found.query(f"SELECT sum(b) AS s FROM {found.scan}")["s"][0].as_py() == 6
    (tmp_path / "alone.csv").write_text(",a,a\n0,1,2\n")
    assert [one.name for one in open_path(str(tmp_path / "alone.csv"), there).columns] == ["_c0", "a1", "a2"]


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_columns_are_those_of_all_files(there, tmp_path, kind):
    def write(name, **columns):
        (pq if kind == "parquet" else orc).write_table(pa.table(columns), f"{tmp_path}/{name}.{kind}")

    write("w1", x=[1])
    write("w2", x=[2], y=["a"])
    found = open_path(f"{tmp_path}/*", there)
    assert [one.name for one in found.columns] == ["x", "y"] and sorted(counts(found)) == [1, 1]
    assert found.query(f"SELECT count(y) AS n FROM {found.scan}")["n"][0].as_py() == 1
    write("w3", x=["b"])
    with pytest.raises(UnusableData, match="different types: x: "):
        open_path(f"{tmp_path}/*", there)


@pytest.mark.parametrize("most", [64, 2])
def test_columns_that_some_files_lack_are_told_as_of_files_here(there, tmp_path, monkeypatch, most):
    monkeypatch.setattr(differences, "MOST", most)
    for i, names in enumerate([["x"], ["x", "y"], ["x", "z"]]):
        pq.write_table(pa.table({key: [i] for key in names}), tmp_path / f"{i} [1].parquet")
    mine, found = open_dataset(str(tmp_path), connect([tmp_path])), open_path(str(tmp_path), there)
    told = [one for one in found.notes if "files" in one]
    if most == 2:
        assert told == ["whether some of its 3 files lack columns is not told of more than 2 files in Spark"]
        return
    assert told == [one for one in mine.notes if "files" in one] and len(told) == 2
    assert told[0].startswith("2 of 3 files have no column 'y', the first /") and told[0].endswith("0 [1].parquet")


ROWS = [
    ("SELECT NULL AS a, 1 AS b", "SELECT 1 AS a, NULL AS b"),
    ("SELECT named_struct('p', NULL, 'q', 1) AS a", "SELECT named_struct('p', 1, 'q', NULL) AS a"),
    ("SELECT array(NULL, 'x') AS a", "SELECT array('x', NULL) AS a"),
    ("SELECT array('null') AS a", "SELECT array(CAST(NULL AS STRING)) AS a"),
    ("SELECT array(timestamp_ntz'2024-01-01 00:00:00.000001') AS a", "SELECT array(timestamp_ntz'2024-01-01') AS a"),
]


def test_a_view_that_holds_something_else_is_another(there):
    prints = []
    for one in [*ROWS[0], ROWS[0][0]]:
        there.do(lambda session, one=one: session.sql(f"CREATE OR REPLACE TEMP VIEW changing AS {one}"))
        prints.append(open_table("changing", there).sha256)
    assert prints[0] != prints[1] and prints[0] == prints[2]


def test_rows_that_differ_have_other_prints_whatever_their_type(there):
    """As a view is told from another, all of them in one question."""
    asked = []
    for i, rows in enumerate(ROWS):
        for side, one in zip("ab", rows, strict=True):
            types = there.do(lambda session, one=one: session.sql(one).dtypes)
            hashed = ", ".join(_hashed(name, said) for name, said in types)
            asked.append(f"(SELECT sum(CAST(xxhash64({hashed}) AS DECIMAL(38, 0))) FROM ({one})) AS {side}{i}")
    row = there.ask_as_it_is(f"SELECT {', '.join(asked)}").to_pylist()[0]
    assert all(row[f"a{i}"] is not None and row[f"a{i}"] != row[f"b{i}"] for i in range(len(ROWS))), row


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


def rows_of(found):
    return found.query(f"SELECT count(*) AS n FROM {found.scan}")["n"][0].as_py()


@pytest.mark.parametrize("kind", ["path", "table"])
def test_files_that_change_while_they_are_read_are_told_as_here(there, tmp_path, kind):
    place = tmp_path / "t"
    place.mkdir()
    for i in range(2):
        pq.write_table(pa.table({"x": [i]}), place / f"{i}.parquet")
    there.do(lambda one: one.sql("DROP TABLE IF EXISTS steady"))
    if kind == "table":
        there.do(lambda one: one.sql(f"CREATE TABLE steady USING parquet LOCATION 'file:{place}'"))
    found = open_path(str(place), there) if kind == "path" else open_table("steady", there)
    watched = SteadyThere((found,))
    pq.write_table(pa.table({"x": [2]}), place / "2.parquet")
    with watched.held():
        assert rows_of(found) == 2, "a file that was added is no other's change"
    pq.write_table(pa.table({"x": [5, 6, 7]}), place / "1.parquet")
    with watched.held():
        pass  # Spark was not asked, so it is not asked for its files
    with pytest.raises(UnusableData, match="changed while it was read") as told, watched.held():
        rows_of(found)
    assert "1.parquet" in told.value.where
    (place / "0.parquet").unlink()
    with pytest.raises(UnusableData, match="The file is gone") as told, watched.held():
        rows_of(found)
    assert "0.parquet" in told.value.where


def test_a_view_is_dropped_when_nobody_holds_it_and_not_before(there, tmp_path):
    def known():
        gc.collect()
        there.ask_as_it_is("SELECT 1 AS one")  # views are dropped when Spark is asked next
        named = there.do(lambda one: [view.name for view in one.catalog.listTables()])
        return {str(scan) for scan in scans} & set(named)

    for i in range(2):
        pq.write_table(pa.table({"x": [i]}), tmp_path / f"{i}.parquet")
    first, second = (open_path(str(tmp_path), there) for _ in range(2))
    scans = {str(first.scan), *(str(scan) for scan, _ in first.pieces)}
    assert len(scans) == 3 and {scan for scan, _ in second.pieces} | {second.scan} == scans
    assert counts(first) == [1, 1] and known() == scans
    other = replace(first, name="another")
    del first, second
    assert known() == scans, "a copy holds them"
    piece = other.pieces[0]
    del other
    assert known() == {piece[0]} and set(there.views.make) & scans == {piece[0]}
    del piece
    assert known() == set() and not set(there.views.make) & scans

"""The lock-down: what a connection cannot do, whatever text reaches it."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.tables import connection
from engine.tables.connection import cache_folder, connect, memory_of
from engine.tables.sources import open_dataset
from engine.tables.spark.session import Spark


@pytest.fixture
def inside(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    pq.write_table(pa.table({"x": [1]}), folder / "x.parquet")
    pq.write_table(pa.table({"x": [2]}), tmp_path / "outside.parquet")
    (tmp_path / "secret.csv").write_text("word\nsecret\n")
    return folder


def test_what_lies_in_the_folder_is_read(inside):
    root = connect([inside])
    assert root.sql(f"SELECT x FROM '{inside}/x.parquet'").fetchall() == [(1,)]


FORBIDDEN = [
    "SELECT * FROM read_parquet('{out}/outside.parquet')",
    "SELECT * FROM read_parquet('{inside}/../outside.parquet')",
    "SELECT * FROM read_csv('{out}/secret.csv')",
    "SELECT * FROM read_text('{out}/secret.csv')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('{out}/*')",
    "SELECT * FROM sniff_csv('{out}/secret.csv')",
    "COPY (SELECT 1) TO '{out}/written.csv'",
    "ATTACH '{out}/other.duckdb'",
    "EXPORT DATABASE '{out}/dump'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{out}/evil.duckdb_extension'",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "SET memory_limit = '1TB'",
    "SET threads = 64",
    "RESET allowed_directories",
    "SET autoinstall_known_extensions = true",
    "SET TimeZone = 'America/New_York'",
    "PRAGMA temp_directory = '/'",
    "SELECT * FROM secret_frame",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_blob('/proc/self/fd/0')",
    "SELECT * FROM read_json('{out}/secret.csv')",
    "SELECT * FROM read_parquet('{inside}/./../outside.parquet')",
    "SELECT * FROM read_parquet('{inside}//..//outside.parquet')",
    "SELECT * FROM read_parquet(['{inside}/x.parquet', '{out}/outside.parquet'])",
    "SELECT * FROM read_parquet('{inside}/../*.parquet')",
    "SELECT * FROM glob('{inside}/../*')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM parquet_schema('{out}/outside.parquet')",
    "SELECT * FROM parquet_metadata('{out}/outside.parquet')",
    "SELECT * FROM read_csv('/dev/stdin')",
    "SELECT * FROM 'file://{out}/outside.parquet'",
    "SELECT * FROM read_csv('s3://bucket/key.csv')",
    "SELECT * FROM '{out}/secret.csv'",
    "COPY (SELECT 1) TO '{inside}/../written.csv'",
    "COPY (SELECT 1 AS a) TO '{out}/written' (FORMAT parquet, PARTITION_BY (a))",
    "CREATE TABLE t (word VARCHAR); COPY t FROM '{out}/secret.csv'",
    "IMPORT DATABASE '{out}'",
    "ATTACH '{out}/other.db' (TYPE sqlite)",
    "ATTACH 'host=127.0.0.1' AS p (TYPE postgres)",
    "ATTACH 'https://example.com/x.duckdb' AS remote (READ_ONLY)",
    "INSTALL spatial FROM community",
    "INSTALL httpfs FROM 'http://localhost:1'",
    "FORCE INSTALL json",
    "UPDATE EXTENSIONS",
    "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "SET GLOBAL enable_external_access = true",
    "SET SESSION allowed_paths = ['/etc/passwd']",
    "SET home_directory = '/'",
    "SET secret_directory = '/tmp'",
    "SET temp_directory = '/tmp'",
    "SET file_search_path = '{out}'",
    "SET allow_unsigned_extensions = true",
    "SET custom_extension_repository = 'http://localhost:1'",
    "SET python_enable_replacements = true",
    "SET log_query_path = '{out}/written.csv'",
    "SET profile_output = '{out}/written.csv'",
    "PRAGMA enable_profiling; PRAGMA profiling_output = '{out}/written.csv'",
    "PRAGMA memory_limit = '1TB'",
    "PRAGMA threads = 64",
    "RESET enable_external_access",
    "CALL pragma_disable_checkpoint_on_shutdown(); SET threads = 9",
    "SELECT getenv('HOME')",
    "SELECT * FROM shell('id')",
    "CREATE MACRO leak() AS TABLE SELECT * FROM read_text('/etc/passwd'); SELECT * FROM leak()",
    "PREPARE leak AS SELECT * FROM read_text(?); EXECUTE leak('/etc/passwd')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM query_table('{out}/secret.csv')",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_everything_else_is_refused(inside, sql):
    secret_frame = pa.table({"word": ["secret"]})
    root = connect([inside])
    with pytest.raises(duckdb.Error):
        root.execute(sql.format(inside=inside, out=inside.parent)).fetchall()
    assert secret_frame.num_rows == 1
    assert not (inside.parent / "written.csv").exists()


def test_a_link_does_not_lead_out(inside):
    (inside / "link.parquet").symlink_to(inside.parent / "outside.parquet")
    root = connect([inside])
    try:
        found = root.sql(f"SELECT x FROM read_parquet('{inside}/link.parquet')").fetchall()
    except duckdb.Error:
        return
    assert found == [(2,)], "a link inside the folder is its owner's choice; it leads to that one file"


def test_a_folder_with_a_like_name_is_outside(inside):
    beside = inside.with_name("inside2")
    beside.mkdir()
    pq.write_table(pa.table({"x": [3]}), beside / "x.parquet")
    with pytest.raises(duckdb.Error):
        connect([inside]).sql(f"SELECT * FROM '{beside}/x.parquet'").fetchall()


def test_errors_of_the_database_are_told_as_ours(inside):
    dataset = open_dataset(inside / "x.parquet")
    with pytest.raises(UnusableData) as raised:
        dataset.query("SELECT nonsense FROM nowhere")
    assert "\n" not in raised.value.message


def test_a_file_that_goes_away_is_told(inside):
    dataset = open_dataset(inside / "x.parquet")
    (inside / "x.parquet").unlink()
    with pytest.raises(UnusableData):
        dataset.query(f"SELECT * FROM {dataset.scan}")


def test_the_cache_lies_where_it_is_told_to(monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / "cache"
    assert cache_folder().is_dir()


def test_what_fits_into_no_memory_is_told_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv(connection.MEMORY, "20MB")
    dataset = open_dataset(pa.table({"x": [1.0]}), connect(()))
    with pytest.raises(UnusableData) as told:  # one list that cannot be spilled
        dataset.query("SELECT list(i) AS l FROM range(50000000) AS r(i)")
    assert "memory" in told.value.message.lower()
    assert "PLUMBLINE_MEMORY to more than 20MB" in told.value.hint and "PLUMBLINE_HOME" in told.value.hint
    with pytest.raises(UnusableData) as other:
        dataset.query("SELECT y FROM frame")
    assert other.value.hint is None


def test_how_much_memory_there_is_is_asked_once_of_each_connection(monkeypatch):
    found = []
    for written in ("1GB", "2GB"):
        monkeypatch.setenv("PLUMBLINE_MEMORY", written)
        root = connect(())
        first = memory_of(root)
        root.close()  # whoever asked it again would be told that it is closed
        found += [first, memory_of(root)]
    assert found[0] == found[1] < found[2] == found[3]


def test_beside_a_spark_it_is_asked_once_too(monkeypatch):
    made, root = [], Spark("sc://nobody.example:15002")
    as_before = connection.connect
    monkeypatch.setattr(connection, "connect", lambda folders: made.append(1) or as_before(folders))
    assert memory_of(root) == memory_of(root) > 0 and made == [1]

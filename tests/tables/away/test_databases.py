"""Tables of PostgreSQL, SQLite and DuckDB: every type told, names quoted, nothing written, no secret in an error."""

import json
import sqlite3
import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal

import duckdb
import pytest

from engine import compare
from engine.columns import Kind
from engine.errors import Cancelled, UnreadableSource
from engine.tables.away import elsewhere
from engine.tables.sources import find_files, open_dataset

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch):
    monkeypatch.setattr(elsewhere, "_brought", {})


@pytest.fixture
def base(postgres):
    """The address of an empty database of its own, and a connection to it."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as root:
        root.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{postgres}/{name}", autocommit=True) as connection:
        yield f"{postgres}/{name}", connection


def rows(dataset, order="1"):
    return dataset.query(f"SELECT * FROM {dataset.scan} ORDER BY {order}").to_pylist()


TYPES = [
    ("i2", "smallint", "7", "SMALLINT", 7),
    ("i4", "integer", "7", "INTEGER", 7),
    ("i8", "bigint", str(2**62), "BIGINT", 2**62),
    ("f4", "real", "1.5", "FLOAT", 1.5),
    ("f8", "double precision", "0.1", "DOUBLE", 0.1),
    ("inf", "double precision", "'-Infinity'", "DOUBLE", float("-inf")),
    ("money", "numeric(38,10)", "1234567890123456789012345678.0123456789", "DECIMAL(38,10)",
     Decimal("1234567890123456789012345678.0123456789")),
    ("loose", "numeric", "1.25", "DOUBLE", 1.25),
    ("price", "numeric(9,2)", "12.34", "DECIMAL(9,2)", Decimal("12.34")),
    ("ok", "boolean", "true", "BOOLEAN", True),
    ("day", "date", "'2013-02-03'", "DATE", date(2013, 2, 3)),
    ("at", "timestamp", "'2013-02-03 04:05:06.789'", "TIMESTAMP", datetime(2013, 2, 3, 4, 5, 6, 789000)),
    ("atz", "timestamptz", "'2013-02-03 04:05:06+02'", "TIMESTAMP WITH TIME ZONE",
     datetime(2013, 2, 3, 2, 5, 6, tzinfo=UTC)),
    ("hour", "time", "'04:05:06'", "TIME", time(4, 5, 6)),
    ("took", "interval", "'1 day 2 hours'", "DOUBLE", 93600.0),
    ("key", "uuid", "'6f0e7e0e-3d0c-4d34-9b1f-1b2f0a7a3d11'", "VARCHAR", "6f0e7e0e-3d0c-4d34-9b1f-1b2f0a7a3d11"),
    ("doc", "jsonb", """'{"a": [1]}'""", "VARCHAR", '{"a": [1]}'),
    ("raw", "bytea", r"'\x00ff10'", "BIGINT", 3),
    ("list", "integer[]", "'{1,2}'", "VARCHAR", "[1,2]"),
    ("mood", "mood", "'sad'", "VARCHAR", "sad"),
    ("code", "char(4)", "'ab'", "VARCHAR", "ab"),
    ("dom", "positive", "5", "INTEGER", 5),
    ("word", "text", "E'a,\"b\"\\n\\\\N'", "VARCHAR", 'a,"b"\n\\N'),
    ("nul", "text", r"'\N'", "VARCHAR", "\\N"),
    ("none", "text", "''", "VARCHAR", ""),
]  # fmt: skip


def test_every_type_of_postgresql_is_read_and_told(base):
    address, connection = base
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    connection.execute(f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind, *_ in TYPES)})")
    connection.execute(f"INSERT INTO t VALUES ({', '.join(value for _, _, value, *_ in TYPES)})")
    connection.execute("INSERT INTO t DEFAULT VALUES")
    dataset = open_dataset(f"{address}?table=t")
    assert [(c.name, c.type) for c in dataset.columns] == [(name, kind) for name, _, _, kind, _ in TYPES]
    full, empty = rows(dataset, "i2 NULLS LAST")
    assert full == {name: value for name, *_, value in TYPES}
    assert set(empty.values()) == {None}
    told = " | ".join(dataset.notes)
    for said in ("'took': intervals, as seconds", "'raw': bytes", "'list': lists", "'doc': JSON", "'loose': numbers"):
        assert said in told
    assert dataset.how == "table public.t of PostgreSQL, 2 rows"


def test_what_a_type_cannot_hold_is_counted_and_told(base):
    address, connection = base
    connection.execute("CREATE TABLE t (n numeric(9,2), d timestamp)")
    connection.execute("INSERT INTO t VALUES ('NaN', 'infinity'), (1.5, '2013-01-01'), (NULL, NULL)")
    dataset = open_dataset(f"{address}?table=public.t")
    assert "'n': 1 values no DECIMAL(9,2) can hold are missing" in dataset.notes
    found = dataset.query(f"SELECT n FROM {dataset.scan} WHERE isfinite(d) AND n IS NOT NULL")
    assert found["n"].to_pylist() == [Decimal("1.50")]


NAMES = ["t", "Flights 2013", 'a"b', "a'b; DROP TABLE t; --", "a.b", "ünï🛫", "select", "%s", "{0}"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_and_a_column_may_have_any_name(base, name):
    address, connection = base
    from psycopg import sql

    schema = sql.Identifier(f"s {name}")
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
    made = sql.SQL("CREATE TABLE {} ({} int)").format(sql.Identifier(f"s {name}", name), sql.Identifier(name))
    connection.execute(made)
    connection.execute(sql.SQL("INSERT INTO {} VALUES (1), (2)").format(sql.Identifier(f"s {name}", name)))
    from urllib.parse import quote

    quoted = ".".join('"' + one.replace('"', '""') + '"' for one in (f"s {name}", name))
    dataset = open_dataset(f"{address}?table={quote(quoted)}")
    assert ([c.name for c in dataset.columns], dataset.rows) == ([name], 2)


def test_views_empty_tables_and_partitions_are_tables(base):
    address, connection = base
    connection.execute("CREATE TABLE p (y int, x float8) PARTITION BY LIST (y)")
    connection.execute("CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)")
    connection.execute("INSERT INTO p VALUES (1, 0.5)")
    connection.execute("CREATE VIEW v AS SELECT x * 2 AS twice FROM p; CREATE TABLE e (x int, w text)")
    connection.execute("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one")
    assert rows(open_dataset(f"{address}?table=v")) == [{"twice": 1.0}]
    assert open_dataset(f"{address}?table=p").rows == 1
    assert open_dataset(f"{address}?table=m").rows == 1
    empty = open_dataset(f"{address}?table=e")
    assert (empty.rows, [c.type for c in empty.columns]) == (0, ["INTEGER", "VARCHAR"])


def test_a_table_is_copied_anew_unless_its_key_says_it_is_unchanged(base, monkeypatch):
    address, connection = base
    connection.execute("CREATE TABLE t (id int, x float8); INSERT INTO t VALUES (1, 0.5)")
    first = find_files(f"{address}?table=t&key=id")
    monkeypatch.setattr(elsewhere, "_brought", {})
    assert find_files(f"{address}?table=t&key=id") == first
    connection.execute("INSERT INTO t VALUES (2, 0.5)")
    monkeypatch.setattr(elsewhere, "_brought", {})
    assert find_files(f"{address}?table=t&key=id") != first
    once = find_files(f"{address}?table=t")
    assert find_files(f"{address}?table=t") == once, "what was just read is not read again"
    monkeypatch.setattr(elsewhere, "_brought", {})
    assert find_files(f"{address}?table=t") != once


def test_a_view_cannot_write(base):
    address, connection = base
    connection.execute("CREATE TABLE log (x int)")
    connection.execute(
        "CREATE FUNCTION f() RETURNS int AS 'INSERT INTO log VALUES (1) RETURNING 1' LANGUAGE sql; "
        "CREATE VIEW v AS SELECT f() AS x"
    )
    with pytest.raises(UnreadableSource, match="read-only transaction"):
        open_dataset(f"{address}?table=v")
    assert connection.execute("SELECT count(*) FROM log").fetchone() == (0,)


def test_a_table_is_compared_with_a_file_as_files_are(base, tmp_path):
    address, connection = base
    connection.execute(
        "CREATE TABLE t AS SELECT i AS id, i % 7 AS n, (i * 37 % 101)::float8 AS x, "
        "CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS w FROM generate_series(1, 500) i"
    )
    values = connection.execute("SELECT id, n, x, w FROM t").fetchall()
    (tmp_path / "t.csv").write_text("id,n,x,w\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in values))
    run = compare(f"{address}?table=t", str(tmp_path / "t.csv"))
    assert {f.value for f in run.findings if f.metric == "psi"} == {0.0}
    assert run.to_json().count("postgresql://plumbline@") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("?table=flihts", "There is no table 'flihts'. Did you mean 'public.flights'?"),
        ("?table=nowhere.flights", "There is no table"),
        ("", "names no table"),
        ("?table=a.b.c", "no name of a table"),
        ("?table=flights&kye=id", "Unknown option 'kye'. Did you mean 'key'?"),
        ("?table=flights&key=idd", "no column 'idd'. Did you mean 'id'?"),
        ("?table=flights;DROP TABLE flights", "There is no table"),
    ],
)
def test_what_is_wrong_with_an_address_is_told(base, change, said):
    address, connection = base
    connection.execute("CREATE TABLE flights (id int); INSERT INTO flights VALUES (1)")
    with pytest.raises(UnreadableSource) as raised:
        open_dataset(address + change)
    assert said in str(raised.value)
    assert connection.execute("SELECT count(*) FROM flights").fetchone() == (1,)


def test_no_password_is_in_an_error_or_a_run(base, tmp_path):
    address, connection = base
    connection.execute("CREATE TABLE t AS SELECT i::float8 AS x FROM generate_series(1, 40) i")
    secret = "s3cr%40t:x"
    with_secret = address.replace("plumbline@", f"plumbline:{secret}@")
    run = compare(f"{with_secret}?table=t", f"{with_secret}?table=t")
    assert "s3cr" not in run.to_json()
    dead = with_secret.rpartition(":")[0] + ":1/db?table=t"
    for wrong in (dead, f"{with_secret}nope?table=t", f"{with_secret}?table=nope", f"{with_secret}?sslmode=x&table=t"):
        with pytest.raises(UnreadableSource) as raised:
            open_dataset(wrong)
        assert "s3cr" not in str(raised.value)
        assert raised.value.where.startswith("postgresql://plumbline@")
        assert len(raised.value.message) > 10


def test_a_large_table_streams_and_can_be_stopped(base, monkeypatch):
    address, connection = base
    monkeypatch.setattr("engine.tables.away.postgresql.PIECE", 1 << 16)
    connection.execute("CREATE TABLE t AS SELECT i, md5(i::text) AS w FROM generate_series(1, 30000) i; ANALYZE t")
    told = []
    dataset = open_dataset(f"{address}?table=t", tell=lambda share, said: told.append((share, said)))
    assert dataset.rows == 30_000
    assert len(told) > 10
    assert told == sorted(told, key=lambda one: one[0])

    def stop(share, said):
        raise Cancelled("Opening was stopped.")

    monkeypatch.setattr(elsewhere, "_brought", {})
    with pytest.raises(Cancelled):
        open_dataset(f"{address}?table=t", tell=stop)


def test_a_missing_driver_is_told_with_what_to_run(base, monkeypatch):
    address, _ = base
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(UnreadableSource, match=r"pip install -r requirements-postgresql\.txt"):
        open_dataset(f"{address}?table=t")


# ---- SQLite


@pytest.fixture
def lite(tmp_path):
    path = tmp_path / "it's a.db"
    connection = sqlite3.connect(path)
    connection.execute(
        'CREATE TABLE "t""x" (id INTEGER, x REAL, loose INTEGER, word TEXT, at DATETIME, '
        "day TEXT, raw BLOB, none TEXT, half)"
    )
    for i in range(40):
        loose = "oops" if i == 3 else i
        row = (i, i / 2, loose, "ab"[i % 2], f"2013-01-{i % 28 + 1:02d} 10:00:00", "2013-01-01", b"abc", None, i or 0.5)
        connection.execute('INSERT INTO "t""x" VALUES (?,?,?,?,?,?,?,?,?)', row)
    connection.execute('CREATE VIEW v AS SELECT id * 2 AS twice FROM "t""x"')
    connection.commit()
    yield path, connection
    connection.close()


def test_a_table_of_sqlite_has_the_types_of_its_values(lite):
    path, _ = lite
    dataset = open_dataset(f'sqlite:///{path}?table="t""x"')
    assert {c.name: c.type for c in dataset.columns if c.name != "none"} == {
        "id": "BIGINT", "x": "DOUBLE", "loose": "VARCHAR", "word": "VARCHAR", "at": "TIMESTAMP", "day": "TIMESTAMP",
        "raw": "BIGINT", "half": "DOUBLE",
    }  # fmt: skip
    assert dataset.column("loose").kind is Kind.NUMERIC
    assert any("'loose': its values are of several types (39 integer, 1 text)" in note for note in dataset.notes)
    run = compare(dataset, dataset)
    assert run.summaries["loose"].quality.production.type_errors == 1
    assert rows(open_dataset(f"sqlite:///{path}?table=v"))[1] == {"twice": 2}


def test_a_changed_file_of_sqlite_is_copied_again(lite, monkeypatch):
    path, connection = lite
    assert open_dataset(f"sqlite:///{path}?table=v").rows == 40
    connection.execute('DELETE FROM "t""x" WHERE id > 9')
    connection.commit()
    monkeypatch.setattr(elsewhere, "_brought", {})
    assert open_dataset(f"sqlite:///{path}?table=v").rows == 10


def test_what_sqlite_cannot_give_is_told(lite, tmp_path):
    path, _ = lite
    before = path.read_bytes()
    (tmp_path / "no.db").write_bytes(b"SQLite format 3\0" + b"x" * 2000)
    for address, said in (
        (f"sqlite:///{path}?table=vv", "There is no table 'vv'. Did you mean 'v'?"),
        (f"sqlite:///{path}", "names no table"),
        (f"sqlite:///{path}x?table=v", "no such file"),
        (f"sqlite://{path}", "."),
        ("sqlite://host/x.db?table=t", "names no file"),
        (f"sqlite:///{tmp_path}/no.db?table=t", "SQLite said"),
        (str(path), "no table of it is named"),
    ):
        with pytest.raises(UnreadableSource) as raised:
            open_dataset(address)
        assert said in str(raised.value)
    assert path.read_bytes() == before


# ---- DuckDB


def test_tables_and_views_of_a_duckdb_file_are_read_and_reach_nothing_else(tmp_path):
    path = tmp_path / "d.duckdb"
    (tmp_path / "secret.csv").write_text("word\nsecret\n")
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA s")
        connection.execute("CREATE TABLE s.t AS SELECT i, i / 4 AS x, interval 1 hour AS h FROM range(9) r(i)")
        connection.execute(f"CREATE VIEW leak AS SELECT * FROM read_csv('{tmp_path}/secret.csv')")
        connection.execute("CREATE VIEW shell AS SELECT * FROM read_text('/etc/passwd')")
    before = path.read_bytes()
    dataset = open_dataset(f"duckdb:///{path}?table=s.t")
    assert dataset.rows == 9
    assert [c.name for c in dataset.columns] == ["i", "x", "h"]
    for view in ("leak", "shell"):
        with pytest.raises(UnreadableSource, match="DuckDB said: Permission Error"):
            open_dataset(f"duckdb:///{path}?table={view}")
    with pytest.raises(UnreadableSource, match=r"There is no table 's\.tt'\. Did you mean 't'"):
        open_dataset(f"duckdb:///{path}?table=s.tt")
    with pytest.raises(UnreadableSource, match="no table of it is named"):
        open_dataset(path)
    assert path.read_bytes() == before


# ---- in a monitor


def test_a_monitor_reads_a_table_behind_a_connection_from_the_environment(base, monkeypatch, tmp_path):
    from engine.explore import open_monitor
    from engine.monitor.check import check_monitor
    from engine.monitor.read import parse_monitor

    address, connection = base
    connection.execute("CREATE TABLE t AS SELECT i AS id, i % 9 AS n, now() AS at FROM generate_series(1, 400) i")
    monkeypatch.setenv("WAREHOUSE", address.replace("plumbline@", "plumbline:hunter22@"))
    lite = sqlite3.connect(tmp_path / "f.db")
    lite.execute("CREATE TABLE r (id INTEGER, n INTEGER, at TEXT)")
    lite.executemany("INSERT INTO r VALUES (?, ?, '2013-01-01 00:00:00')", [(i, i % 9) for i in range(400)])
    lite.commit()
    text = (
        "monitor: m\nreference: {connection: 'sqlite:///f.db', table: r}\n"
        "production: {connection: '${WAREHOUSE}', table: public.t, key: id}\ncolumns: {id: id}\n"
    )
    (tmp_path / "m.yaml").write_text(text)
    monitor = parse_monitor(text)
    opened = open_monitor(monitor, tmp_path)
    assert (opened.reference.rows, opened.production.rows) == (400, 400)
    assert opened.production.name == "${WAREHOUSE}?table=public.t&key=id"
    assert "hunter22" not in repr(monitor) + str(opened.production) + json.dumps(monitor.definition)
    lite.close()
    assert [row.message for row in check_monitor(tmp_path / "m.yaml") if "elsewhere" in row.message]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("{table: t}", "A table needs its connection"),
        ("{connection: 'sqlite:///f.db'}", "Give either path, or table"),
        ("{path: a.csv, key: id}", "A key is a column of a table"),
        ("{table: t, connection: 'sqlite:///f.db', sheet: One}", "A sheet is one of a workbook"),
    ],
)
def test_a_place_that_is_half_said_is_a_problem_of_the_monitor(place, said):
    from engine.errors import InvalidMonitor
    from engine.monitor.read import parse_monitor

    with pytest.raises(InvalidMonitor, match=said):
        parse_monitor(f"monitor: m\nreference: {place}\nproduction: {{path: b}}\n")

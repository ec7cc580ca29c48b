"""Opening a store: made once, refused in words, and no password told."""

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
import sqlalchemy

from engine.errors import UnusableStore
from engine.store import append, entries, open_store, verify
from engine.store.backup import backup
from tests.conftest import ROOT


def refused(url, **more):
    with pytest.raises(UnusableStore) as told:
        open_store(url, **more)
    assert "s3cret" not in str(told.value) and "Traceback" not in str(told.value)
    return str(told.value)


def test_the_default_lies_under_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLUMBLINE_STORE", raising=False)
    assert open_store().path == tmp_path / ".plumbline" / "store.db"
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/other.db")
    assert open_store().path == tmp_path / "other.db"
    assert "no store" in refused(f"sqlite:///{tmp_path}/third.db", make=False)
    assert not (tmp_path / "third.db").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("store.db", "Did you mean sqlite:///store.db?"),
        ("mysql://me:s3cret@host/db", "cannot lie in 'mysql'"),
        ("postgres//me:s3cret@host", "no address"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///x.db?mode=memory", "nothing after its path"),
        ("postgresql://me:s3cret@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://me:s3cret@127.0.0.1:abc/db", "cannot be read"),
        ("postgresql://me:s3cret@no.such.host.invalid/db", "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(url, said):
    if url.startswith("store.db"):
        assert said in refused(url)
    else:
        assert said in refused(url).replace("\n", " ")


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("hello " * 1000)
    assert "not a SQLite database" in refused(f"sqlite:///{tmp_path}/text.db")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE customers (id)")
    other.close()
    assert "another program's tables ('customers')" in refused(f"sqlite:///{tmp_path}/other.db")
    assert "a folder" in refused(f"sqlite:///{tmp_path}")
    (tmp_path / "file").touch()
    assert "cannot be opened" in refused(f"sqlite:///{tmp_path}/file/store.db")


def test_a_newer_store_is_not_touched(address):
    store = open_store(address)
    with store.engine.connect().execution_options(plumbline_writes=True) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE plumbline_schema SET version = 99")
    store.engine.dispose()
    assert "newer Plumbline made this store (version 99" in refused(address)


def test_a_damaged_store_is_told(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    for n in range(300):
        append(store, "alert", {"n": n, "text": "x" * 500})
    data = bytearray(store.path.read_bytes())
    data[20_000:-20_000] = b"\xff" * (len(data) - 40_000)
    store.path.write_bytes(data)
    with pytest.raises(UnusableStore, match=r"damaged|cannot be used"):
        verify(store)


def test_a_store_that_was_removed_meanwhile_is_told(file_store):
    append(file_store, "alert", {})
    for one in file_store.path.parent.glob("store.db*"):
        one.unlink()
    for deed in (lambda: append(file_store, "alert", {}), lambda: entries(file_store)):
        with pytest.raises(UnusableStore, match="removed"):
            deed()
    assert not file_store.path.exists(), "nothing is made behind the back of who removed it"


def test_missing_database_and_right_on_postgresql(postgres):
    assert "no such database" in refused(f"{postgres}/nothing")
    engine = sqlalchemy.create_engine(f"{postgres}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE reader LOGIN")
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    engine.dispose()
    assert "may not do this" in refused(postgres.replace("plumbline@", "reader@") + "/postgres")


def test_it_says_what_is_missing_without_the_driver(tmp_path):
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from engine.errors import UnusableStore\nfrom engine.store import open_store\n"
        "try: open_store('postgresql://me:s3cret@h/d')\nexcept UnusableStore as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "requirements-postgresql.txt" in done.stdout and "s3cret" not in done.stdout + done.stderr


def test_who_waited_while_the_store_was_replaced_recorded_nothing(tmp_path):
    """A writer that waits for another has the file open: what takes its name meanwhile is not what it writes to."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    append(store, "alert", {"n": 1})
    backup(store, tmp_path / "copy.db")
    told = []
    sqlalchemy.event.listen(store.engine, "engine_connect", lambda connection: told.append("open"))

    def late():
        try:
            told.append(append(store, "alert", {"n": 2}))
        except UnusableStore as error:
            told.append(str(error))

    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=late)
        waiting.start()
        until = time.monotonic() + 20
        while not told and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.2)  # it has the file open, and now waits for its turn
        store.path.rename(tmp_path / "aside.db")
        (tmp_path / "copy.db").rename(store.path)
        other.execute("ROLLBACK")
        waiting.join(20)
    assert told[0] == "open" and "removed or replaced" in told[1]
    assert [one.body for one in entries(store)] == [{"n": 1}]

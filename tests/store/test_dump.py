"""Backup and restore on PostgreSQL by the very lines of docs/deploy.md, with the server's own tools."""

import os
import re
import subprocess
import sys
import threading
import uuid

import pytest
import sqlalchemy

from engine.store import append, entries, head, open_store, records, save, text_of, verify
from tests.conftest import ROOT
from tests.getting import needed, postgresql
from tests.store.conftest import new_database

MANUAL = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def lines() -> dict[str, str]:
    """The manual's lines, by their first word: pg_dump, pg_restore, python."""
    (block,) = re.findall(r"PostgreSQL, by its own tools:\n\n```sh\n(.*?)```", MANUAL, re.DOTALL)
    found = {line.split()[0]: line for line in block.strip().split("\n")}
    assert list(found) == ["pg_dump", "pg_restore", "python"], block
    return found


def run(line: str, address: str, folder) -> subprocess.CompletedProcess[str]:
    """A line of the manual in a shell, as its reader runs it: DATABASE is the store's address."""
    path = f"{needed(postgresql)}{os.pathsep}{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PATH": path, "DATABASE": address, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture
def full(postgres, monitor, runs):
    """A store with runs and entries, and the ledger's head."""
    store = open_store(new_database(postgres))
    for one in runs:
        save(store, one, monitor, trigger="due")
    append(store, "alert", {"n": 0})
    yield store
    store.engine.dispose()


def test_the_manuals_lines_bring_a_store_back_as_it_was(full, postgres, tmp_path):
    """Dumped under writes, into the same database again, and into another: what came later is gone, nothing else."""
    told, address, stop = lines(), full.engine.url.render_as_string(False).replace("+psycopg", ""), threading.Event()
    before = head(full)
    written = []

    def write() -> None:
        while not stop.is_set():
            written.append(append(full, "alert", {"n": len(written)}))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = run(told["pg_dump"], address, tmp_path)
    finally:
        stop.set()
        writer.join()
    assert done.returncode == 0 and (tmp_path / "plumbline.dump").read_bytes().startswith(b"PGDMP"), done.stderr
    assert len(written) > 1, "somebody wrote meanwhile"
    texts = {one.id: text_of(full, one.id) for one in records(full)}
    append(full, "alert", {"late": True})
    full.engine.dispose()
    other = f"{postgres}/s{uuid.uuid4().hex}"
    admin = sqlalchemy.create_engine(f"{postgres}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {other.rsplit('/', 1)[1]}")
    admin.dispose()
    for place in (address, other):
        done = run(told["pg_restore"], place, tmp_path)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        done = run(told["python"], place, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        found = open_store(place, make=False)
        assert verify(found, known=before.hash).ok
        assert {one.id: text_of(found, one.id) for one in records(found)} == texts
        assert not any("late" in one.body for one in entries(found, "alert"))
        more = append(found, "alert", {"after": True})
        assert more.seq == head(found).seq and verify(found, known=before.hash).ok, "numbers go on where they were"
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="added, never changed"), found.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM plumbline_ledger")
        found.engine.dispose()


def test_a_dump_that_was_tampered_with_is_found_out(full, tmp_path):
    told, address = lines(), full.engine.url.render_as_string(False).replace("+psycopg", "")
    with full.engine.begin() as connection:  # whoever owns the database can
        connection.exec_driver_sql("ALTER TABLE plumbline_ledger DISABLE TRIGGER USER")
        done = connection.exec_driver_sql(
            "UPDATE plumbline_ledger SET body = replace(body, '\"n\":0', '\"n\":7') WHERE kind = 'alert'"
        )
        assert done.rowcount == 1
        connection.exec_driver_sql("ALTER TABLE plumbline_ledger ENABLE TRIGGER USER")
    assert run(told["pg_dump"], address, tmp_path).returncode == 0
    full.engine.dispose()
    assert run(told["pg_restore"], address, tmp_path).returncode == 0
    done = run(told["python"], address, tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr

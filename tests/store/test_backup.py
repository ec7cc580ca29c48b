"""Backup and restore: a drill with real writers, and every way in which it could go wrong without being noticed."""

import os
import sqlite3
import subprocess
import threading
from contextlib import closing

import pytest

from engine.errors import UnusableStore
from engine.store import append, entries, head, open_store, records, save, text_of, verify
from engine.store.backup import backup, restore


def test_the_drill_backup_under_writes_restore_verify(file_store, monitor, runs, tmp_path):
    for run in runs:
        save(file_store, run, monitor, trigger="due")
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            written.append(append(file_store, "alert", {"n": len(written)}))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            stop.wait(0.01)
        found = backup(file_store, tmp_path / "backup.db")
    finally:
        stop.set()
        writer.join()
    assert found.ok and found.runs == len(runs)
    assert [one.name for one in tmp_path.glob("*backup*")] == ["backup.db"]  # one file, nothing beside it
    again = restore(tmp_path / "backup.db", f"sqlite:///{tmp_path}/new/store.db")
    assert again.head == found.head
    restored = open_store(f"sqlite:///{tmp_path}/new/store.db", make=False)
    assert verify(restored, known=found.head).ok
    assert verify(file_store, known=found.head).ok  # the head of the backup stands in the chain that went on
    assert [one.id for one in records(restored)] == [one.id for one in records(file_store)]
    for one in records(restored):
        assert text_of(restored, one.id) == text_of(file_store, one.id)
    append(restored, "alert", {"after": True})
    assert verify(restored, known=found.head).ok
    restored.engine.dispose()


def test_what_is_there_stays_unless_it_is_to_be_replaced_and_is_then_set_aside(file_store, tmp_path):
    append(file_store, "alert", {"n": 1})
    backup(file_store, tmp_path / "backup.db")
    append(file_store, "alert", {"n": 2})
    last = head(file_store).hash
    with pytest.raises(UnusableStore, match=r"There is a store already.*--replace"):
        restore(tmp_path / "backup.db", f"sqlite:///{file_store.path}")
    assert head(file_store).hash == last
    restore(tmp_path / "backup.db", f"sqlite:///{file_store.path}", replace=True)
    assert [one.body["n"] for one in entries(file_store)] == [1]  # who had it open sees the new one
    (aside,) = tmp_path.glob("store.db.before-*")
    old = open_store(f"sqlite:///{aside}", make=False)
    assert head(old).hash == last and verify(old).ok
    old.engine.dispose()


def test_a_restored_store_is_written_ahead_as_one_that_was_made_is(file_store, tmp_path):
    append(file_store, "alert", {"n": 1})
    backup(file_store, tmp_path / "backup.db")
    restore(tmp_path / "backup.db", f"sqlite:///{tmp_path}/new/store.db")
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["store.db"], "a whole file, nothing beside it yet"
    with closing(sqlite3.connect(tmp_path / "new" / "store.db")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with closing(sqlite3.connect(tmp_path / "backup.db")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",), "a backup stays one file"


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_what_a_lost_store_left_behind_is_not_read_into_the_one_that_is_restored(file_store, tmp_path, end):
    append(file_store, "alert", {"n": 1})
    backup(file_store, tmp_path / "backup.db")
    left = tmp_path / f"store.db{end}"
    with closing(sqlite3.connect(file_store.path)) as holds:  # who has it open keeps what was written ahead in its file
        if end == "-journal":
            holds.execute("PRAGMA journal_mode = DELETE")
            holds.execute("PRAGMA cache_size = 1")  # what does not fit is written before it is committed
            holds.execute("BEGIN IMMEDIATE")
            holds.execute("CREATE TABLE much AS SELECT randomblob(100000) FROM plumbline_ledger")
        else:
            holds.execute("SELECT count(*) FROM plumbline_ledger").fetchone()
            for n in range(60):
                append(file_store, "alert", {"n": n})
        kept = left.read_bytes()
        assert len(kept) > 1000
    for one in tmp_path.glob("store.db*"):
        one.unlink()
    left.write_bytes(kept)
    address = f"sqlite:///{file_store.path}"
    with pytest.raises(UnusableStore, match=rf"store\.db{end}.*There is a store already.*--replace"):
        restore(tmp_path / "backup.db", address)
    restore(tmp_path / "backup.db", address, replace=True)
    assert [one.body["n"] for one in entries(file_store)] == [1] and verify(file_store).ok
    (aside,) = tmp_path.glob("store.db.before-*")
    assert aside.read_bytes() == kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a disk that is read alone")
def test_a_store_on_a_disk_that_can_only_be_read_is_saved_and_restored_from(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True)
    if made.returncode:
        pytest.skip("no disk can be made here")
    try:
        store = open_store(f"sqlite:///{disk}/store.db")
        append(store, "alert", {"n": 1})
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        store = open_store(f"sqlite:///{disk}/store.db", make=False)
        assert store.read_only and backup(store, tmp_path / "backup.db").head == head(store).hash
        assert restore(disk / "store.db", f"sqlite:///{tmp_path}/new.db").head == head(store).hash
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("url", ["store.db", "sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "sqlit:///x"])
def test_an_address_that_names_no_file_is_refused_in_the_words_of_every_other_verb(file_store, tmp_path, url):
    append(file_store, "alert", {"n": 1})
    backup(file_store, tmp_path / "backup.db")
    with pytest.raises(UnusableStore) as opened:
        open_store(url)
    with pytest.raises(UnusableStore) as restored:
        restore(tmp_path / "backup.db", url)
    assert str(restored.value) == str(opened.value)


def test_a_file_that_is_there_is_not_written_over(file_store, tmp_path):
    (tmp_path / "backup.db").write_text("mine")
    with pytest.raises(UnusableStore, match="there already"):
        backup(file_store, tmp_path / "backup.db")
    assert (tmp_path / "backup.db").read_text() == "mine"


def test_a_forged_store_is_not_called_a_backup(file_store, tmp_path):
    append(file_store, "alert", {"n": 1})
    with sqlite3.connect(file_store.path) as forger:
        forger.execute("DROP TRIGGER plumbline_ledger_no_update")
        forger.execute("UPDATE plumbline_ledger SET body = '{\"n\":2}'")
    with pytest.raises(UnusableStore, match="ledger is not in order"):
        backup(file_store, tmp_path / "backup.db")
    assert not list(tmp_path.glob("*backup*")) and not list(tmp_path.glob(".backup*"))


@pytest.mark.parametrize("harm", ["cut off", "other", "none"])
def test_a_damaged_backup_replaces_nothing(file_store, tmp_path, harm):
    append(file_store, "alert", {"n": 1})
    backup(file_store, tmp_path / "backup.db")
    whole = (tmp_path / "backup.db").read_bytes()
    if harm == "none":
        (tmp_path / "backup.db").unlink()
    else:
        (tmp_path / "backup.db").write_bytes(whole[: len(whole) // 2] if harm == "cut off" else b"text" * 1000)
    with pytest.raises(UnusableStore):
        restore(tmp_path / "backup.db", f"sqlite:///{file_store.path}", replace=True)
    assert len(entries(file_store)) == 1 and verify(file_store).ok
    assert not list(tmp_path.glob("*.before-*")) and not list(tmp_path.glob(".store.db*"))


def test_postgresql_is_left_to_its_own_tools(postgres, tmp_path):
    from tests.store.conftest import new_database

    store = open_store(new_database(postgres))
    with pytest.raises(UnusableStore, match="pg_dump"):
        backup(store, tmp_path / "backup.db")
    with pytest.raises(UnusableStore, match="psql"):
        restore(tmp_path / "backup.db", store.engine.url.render_as_string(hide_password=False))
    store.engine.dispose()

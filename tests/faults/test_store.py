"""A store that is locked, gone, rebooted or out of room: a clear sentence, nothing by halves, and on it goes."""

import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy

from engine.errors import UnusableStore
from engine.store import append, entries, open_store, opening, records, verify
from tests.faults.conftest import DAYS, engine


@pytest.fixture
def store(tmp_path):
    found = open_store(f"sqlite:///{tmp_path}/store.db")
    yield found
    found.engine.dispose()


def held(path, seconds: float) -> threading.Thread:
    """Another program that keeps the store to itself for a while; returns when it has it."""
    taken = threading.Event()

    def hold() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        taken.set()
        time.sleep(seconds)
        other.execute("ROLLBACK")
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(10)
    return thread


def test_a_store_locked_for_two_seconds_is_waited_for(store):
    other = held(store.path, 2.0)
    begun = time.monotonic()
    assert entries(store) == ()  # who reads waits for nobody
    assert time.monotonic() - begun < 1.0
    append(store, "alert", {"n": 1})
    assert 1.0 < time.monotonic() - begun < 20
    other.join()
    assert len(entries(store)) == 1 and verify(store).ok


def test_a_store_locked_for_longer_is_told_and_nothing_is_lost(store, monkeypatch):
    monkeypatch.setattr(opening, "PATIENCE", 0.5)
    other = held(store.path, 3.0)
    with pytest.raises(UnusableStore, match="Another process has been writing to the store for too long"):
        append(store, "alert", {"n": 1})
    other.join()
    assert entries(store) == ()
    append(store, "alert", {"n": 2})
    assert len(entries(store)) == 1 and verify(store).ok


def test_many_writers_at_once_all_get_their_turn(store):
    def write(n: int) -> None:
        append(store, "alert", {"n": n})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert sorted(one.body["n"] for one in entries(store)) == list(range(40)) and verify(store).ok


def test_two_servers_on_one_store_see_each_others_entries(tmp_path):
    address = f"sqlite:///{tmp_path}/store.db"
    first, second = open_store(address), open_store(address)
    append(first, "alert", {"from": "first"})
    append(second, "alert", {"from": "second"})
    append(first, "alert", {"from": "first"})
    assert [one.body["from"] for one in entries(second)] == ["first", "second", "first"]
    assert verify(first).ok and verify(second).ok
    for one in (first, second):
        one.engine.dispose()


def test_a_folder_that_is_gone_is_told_and_found_again(store, tmp_path):
    append(store, "alert", {"n": 1})
    place = store.path.parent
    away = tmp_path.parent / f"{tmp_path.name}-away"
    place.rename(away)
    for deed in (lambda: append(store, "alert", {"n": 2}), lambda: entries(store)):
        with pytest.raises(UnusableStore, match="cannot be opened; it may have been removed"):
            deed()
    away.rename(place)
    append(store, "alert", {"n": 3})
    assert [one.body["n"] for one in entries(store)] == [1, 3] and verify(store).ok


def test_postgresql_restarted_between_two_calls_is_not_noticed(postgres):
    """What a restart does to whoever is connected: the server ends every connection."""
    from tests.store.conftest import new_database

    address = new_database(postgres)
    store = open_store(address)
    append(store, "alert", {"n": 1})
    admin = sqlalchemy.create_engine(f"{postgres}/postgres".replace("postgresql:", "postgresql+psycopg:"))
    name = address.rsplit("/", 1)[1]
    with admin.connect() as connection:
        ended = connection.exec_driver_sql(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
        ).scalar()
    admin.dispose()
    assert ended
    append(store, "alert", {"n": 2})
    assert len(entries(store)) == 2 and verify(store).ok
    store.engine.dispose()


def test_postgresql_that_is_down_is_told_and_found_again():
    from tests.getting import needed, postgresql
    from tests.store.servers import server

    programs = needed(postgresql)
    with server(programs) as address:
        store = open_store(f"{address}/postgres")
        append(store, "alert", {"n": 1})
        folder = _data_folder(address)
        options = (folder.parent / "data" / "postmaster.opts").read_text()
        _pg(programs, folder, "stop", "-m", "fast")
        with pytest.raises(UnusableStore, match="cannot be reached"):
            append(store, "alert", {"n": 2})
        assert "-p" in options
        _pg(programs, folder, "start", "-o", options.split(" ", 1)[1].replace('"', "").strip())
        append(store, "alert", {"n": 3})
        assert [one.body["n"] for one in entries(store)] == [1, 3] and verify(store).ok
        store.engine.dispose()


def _data_folder(address: str):
    from pathlib import Path

    engine = sqlalchemy.create_engine(f"{address}/postgres".replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SHOW data_directory").scalar()
    engine.dispose()
    return Path(found)


def _pg(programs, folder, deed: str, *more: str) -> None:
    import os
    import pwd

    as_user = {}
    if os.geteuid() == 0:
        who = pwd.getpwnam("postgres")
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    done = subprocess.run(
        [programs / "pg_ctl", "-D", folder, "-w", "-l", folder.parent / "log", *(("-o", more[1]) if deed == "start"
         else more), deed], cwd=folder.parent, timeout=60, stdout=subprocess.DEVNULL, **as_user,
    )  # fmt: skip
    assert done.returncode == 0


def test_a_full_disk_stops_recording_and_room_brings_it_back(folder, small_disk):
    disk = small_disk(300)
    address = f"sqlite:///{disk}/store.db"
    (disk / "filler").write_bytes(b"x" * 150_000)
    done = engine(folder, "run", "m.yaml", "--due", "--fail-on", "never", "--store", address)
    assert done.returncode == 2 and "nothing was recorded" in done.stderr, done.stderr
    store = open_store(address)
    before = len(records(store))
    assert before < DAYS and verify(store).ok  # what there was room for is whole
    subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
    done = engine(folder, "run", "m.yaml", "--due", "--fail-on", "never", "--store", address)
    assert done.returncode == 0, done.stderr
    assert len(records(store)) == DAYS and verify(store).ok
    store.engine.dispose()

"""Data and cache that vanish, change or are cut off while they are read: told, never mixed, found again."""

import os
import shutil
import subprocess

import pyarrow.parquet as pq
import pytest

from engine.due import run_monitors
from engine.errors import UnreadableSource, UnusableData
from engine.explore import history, look, open_monitor
from engine.monitor import read_monitor
from engine.slices import Filter, Slice
from engine.store import open_store, records, verify
from tests.faults.conftest import DAYS, engine, rows


def opened_in(folder):
    return open_monitor(read_monitor(folder / "m.yaml"), folder)


def replaced(path, table):
    """A new file under the old name, as a careful writer leaves it."""
    pq.write_table(table, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def cut_off(path):
    os.truncate(path, path.stat().st_size // 2)


def written_on(path):
    with path.open("ab") as stream:
        stream.write(b"more")


CHANGES = {
    "replaced": lambda path: replaced(path, rows(9, 7)),
    "cut off": cut_off,
    "removed": lambda path: path.unlink(),
    "written on": written_on,
}


@pytest.mark.parametrize("name", ["new.parquet", "old.parquet"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_run_of_a_file_that_changed_meanwhile_is_not_recorded(folder, monkeypatch, change, name):
    """The file changes after it was counted and before the exact tier reads it again."""
    store = open_store(f"sqlite:///{folder}/store.db")
    import engine.due as due

    real, done = due.look, []

    def look_later(opened, *rest, **more):
        if not done:
            CHANGES[change](folder / name)
            done.append(change)
        return real(opened, *rest, **more)

    monkeypatch.setattr(due, "look", look_later)
    (outcome,) = run_monitors(store, [folder / "m.yaml"], "all")
    assert done and outcome.error is not None and isinstance(outcome.error, UnusableData), outcome.error
    assert name in str(outcome.error) or "read" in str(outcome.error)
    assert records(store) == () and verify(store).ok
    pq.write_table(rows(0 if name.startswith("old") else 1, 6), folder / name)
    (outcome,) = run_monitors(store, [folder / "m.yaml"], "due")
    assert outcome.error is None and len(outcome.done) == DAYS
    store.engine.dispose()


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_while_it_is_counted_is_not_opened(folder, change):
    monitor, told = read_monitor(folder / "m.yaml"), []

    def progress(share, said):
        if share >= 0.6 and not told:  # the reference is counted, production is next
            CHANGES[change](folder / "new.parquet")
            told.append(said)

    with pytest.raises((UnusableData, UnreadableSource)) as found:
        open_monitor(monitor, folder, progress)
    assert told and "new.parquet" in str(found.value)
    pq.write_table(rows(1, 6), folder / "new.parquet")
    assert len(opened_in(folder).windows) == DAYS


def test_a_view_of_a_file_that_is_gone_is_told_and_comes_back_with_it(folder):
    opened = opened_in(folder)
    cut = Slice((Filter("x", "gt", (0.5,)),), opened.windows[3])
    whole = look(opened, cut, exact=True)
    shutil.move(folder / "new.parquet", folder / "away")
    with pytest.raises(UnusableData, match=r"new\.parquet"):
        look(opened, cut, exact=True)
    with pytest.raises(UnusableData, match=r"new\.parquet"):
        history(opened, "psi")
    shutil.move(folder / "away", folder / "new.parquet")
    assert look(opened_in(folder), cut, exact=True).findings == whole.findings


@pytest.mark.parametrize("harm", ["removed", "cut off", "emptied", "garbage"])
def test_a_cache_that_is_harmed_is_made_anew(folder, harm):
    first = opened_in(folder)
    whole = history(first, "psi").cells
    cache = folder / "home" / "cache"
    files = [one for one in cache.rglob("*") if one.is_file()]
    assert len(files) > 3
    del first
    for one in files:
        if harm == "cut off":
            os.truncate(one, one.stat().st_size // 2)
        elif harm == "emptied":
            os.truncate(one, 0)
        elif harm == "garbage":
            one.write_bytes(os.urandom(one.stat().st_size))
    if harm == "removed":
        shutil.rmtree(cache)
    assert history(opened_in(folder), "psi").cells == whole


def test_a_cache_that_is_removed_while_it_is_in_use_is_not_missed(folder):
    opened = opened_in(folder)
    cut = Slice((Filter("x", "gt", (0.5,)),), opened.windows[3])
    whole = look(opened, cut).findings
    again = opened_in(folder)
    shutil.rmtree(folder / "home")
    assert look(again, cut).findings == whole
    assert look(opened_in(folder), cut).findings == whole


def test_a_full_disk_under_the_cache_costs_time_and_nothing_else(folder, small_disk):
    disk = small_disk(64)
    (disk / "filler").write_bytes(b"x" * 60_000)
    address = f"sqlite:///{folder}/store.db"
    asked = ("run", "m.yaml", "--due", "--fail-on", "never", "--store", address)
    done = engine(folder, *asked, PLUMBLINE_HOME=str(disk))
    assert done.returncode == 0, done.stderr
    store = open_store(address)
    assert len(records(store)) == DAYS and verify(store).ok
    assert not list(disk.rglob(".part-*"))
    store.engine.dispose()


def test_a_full_disk_under_an_export_leaves_no_half_file(folder, small_disk):
    disk = small_disk(64)
    address = f"sqlite:///{folder}/store.db"
    engine(folder, "run", "m.yaml", "--store", address, "--fail-on", "never")
    store = open_store(address)
    run = records(store)[-1].id
    asked = ("export", run, "--format", "pdf", "--by", "Jo", "--store", address, "-o", str(disk / "evidence.pdf"))
    (disk / "filler").write_bytes(b"x" * 60_000)
    done = engine(folder, *asked)
    assert done.returncode == 2 and "No space left" in done.stderr, done.stderr
    assert [one.name for one in disk.iterdir()] == ["filler"]
    subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
    done = engine(folder, *asked)
    assert done.returncode == 0 and (disk / "evidence.pdf").read_bytes().startswith(b"%PDF"), done.stderr
    store.engine.dispose()


def test_a_full_disk_under_a_csv_is_told_and_room_brings_it_back(folder, small_disk):
    disk = small_disk(200)
    with (folder / "new.csv").open("w") as stream:
        stream.write("at,x,c\n")
        for i in range(40_000):
            stream.write(f"2024-01-{1 + i % 12:02} 00:00:00,{i * 0.618034 % 1},{'ab'[i % 2]}\n")
    asked = ("compare", "old.parquet", "new.csv", "--timestamp", "at", "--fail-on", "never")
    (disk / "filler").write_bytes(b"x" * 150_000)
    done = engine(folder, *asked, PLUMBLINE_HOME=str(disk))
    assert done.returncode == 2 and ("space" in done.stderr.lower() or "room" in done.stderr.lower()), done.stderr
    assert not [one.name for one in disk.rglob("*") if one.is_file() and "part" in one.name]
    subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
    done = engine(folder, *asked, PLUMBLINE_HOME=str(disk))
    assert done.returncode == 0, done.stderr

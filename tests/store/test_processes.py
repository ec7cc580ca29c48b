"""Several processes, and what stops them: nothing is recorded twice, nothing by halves."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.store import entries, open_store, records, verify
from tests.conftest import ROOT

DAYS = 12
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def folder(tmp_path):
    """A small monitor of twelve days, all of them long closed."""
    rows = np.random.default_rng(5)
    at = [datetime(2024, 1, 1) + timedelta(hours=i) for i in range(24 * DAYS)]
    for name, shift in (("old", 0), ("new", 1)):
        values = {"at": at, "x": rows.normal(shift, 1, len(at)), "c": rows.choice(["a", "b"], len(at))}
        pq.write_table(pa.table(values), tmp_path / f"{name}.parquet")
    (tmp_path / "m.yaml").write_text(
        "monitor: small\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
        "columns: {timestamp: at}\nwindow: {every: 1 day}\n"
    )
    return tmp_path


def start(folder, address, *which, **options):
    asked = [*(which or ("--due",)), "--fail-on", "never", "--store", address]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "engine", "run", "m.yaml", *asked]
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, **streams, **options)


def whole(address):
    """Asserts that what is there is there once, whole, and in the chain; returns how many runs there are."""
    store = open_store(address)
    found = verify(store)
    assert found.ok, found.flaws
    windows = [one.window for one in records(store, latest=False)]
    assert len(windows) == len(set(windows)) == sum(one.kind == "run" for one in entries(store))
    store.engine.dispose()
    return len(windows)


def test_two_at_once_record_each_window_once(folder, address):
    both = [start(folder, address) for _ in range(2)]
    for one in both:
        _, said = one.communicate(timeout=120)
        assert one.returncode == 0 and "Traceback" not in said, said
    assert whole(address) == DAYS


def test_killed_at_any_moment_the_next_call_completes(folder, address):
    chance = random.Random(7)
    open_store(address).engine.dispose()
    grown = [0]
    for _ in range(8):
        one = start(folder, address)
        time.sleep(chance.uniform(1.0, 3.0))
        one.send_signal(signal.SIGKILL)
        one.communicate(timeout=60)
        grown.append(whole(address))
    assert grown == sorted(grown)
    one = start(folder, address)
    _, said = one.communicate(timeout=120)
    assert one.returncode == 0, said
    assert whole(address) == DAYS


def test_two_that_make_the_store_at_once(address):
    code = f"from engine.store import append, open_store; append(open_store({address!r}), 'alert', {{}})"
    many = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(5)]
    for one in many:
        _, said = one.communicate(timeout=120)
        assert one.returncode == 0, said.decode()
    store = open_store(address)
    assert len(entries(store)) == 5 and verify(store).ok
    store.engine.dispose()


def test_a_file_that_may_not_grow_loses_nothing_that_was_recorded(folder):
    """A limit of the shell stands for a full disk: writes beyond it fail."""
    address = f"sqlite:///{folder}/store.db"
    limit = ["bash", "-c", 'ulimit -f 150; exec "$@"', "-"]
    done = subprocess.run(
        [*limit, sys.executable, "-m", "engine", "run", "m.yaml", "--due", "--store", address],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2 and "nothing was recorded" in done.stderr and "Traceback" not in done.stderr
    before = whole(address)
    assert before < DAYS
    one = start(folder, address)
    one.communicate(timeout=120)
    assert whole(address) == DAYS


@pytest.fixture
def disk(folder):
    """A disk of 300 kB."""
    place = folder / "disk"
    place.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a small disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", place], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small disk can be made here: {made.stderr}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_told(folder, disk):
    (disk / "filler").write_bytes(b"x" * 100_000)
    one = start(folder, f"sqlite:///{disk}/store.db")
    _, said = one.communicate(timeout=120)
    assert one.returncode == 2 and "nothing was recorded" in said and "Traceback" not in said, said
    assert whole(f"sqlite:///{disk}/store.db") < DAYS
    (disk / "filler").unlink()
    one = start(folder, f"sqlite:///{disk}/store.db")
    one.communicate(timeout=120)


def test_a_store_that_may_only_be_read(folder, disk):
    address = f"sqlite:///{disk}/store.db"
    start(folder, address, "--window", "2024-01-03..2024-01-04").communicate(timeout=120)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)

    def engine(*more):
        done = subprocess.run(
            [sys.executable, "-m", "engine", *more, "--store", address],
            cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done

    assert "small" in engine("list").stdout
    assert engine("ledger", "verify").returncode == 0
    done = engine("run", "m.yaml", "--all")
    assert done.returncode == 2 and "only be read" in done.stderr

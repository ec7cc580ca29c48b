"""A small monitor of twelve days in a folder of its own, a disk that can be full, and verbs in their own process."""

import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

DAYS = 12
MONITOR = (
    "monitor: small\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
    "columns: {timestamp: at}\nwindow: {every: 1 day}\n"
)


def rows(shift: float, seed: int = 5, hours: int = 24 * DAYS) -> pa.Table:
    """So many hours of rows from 1 January 2024 on, one an hour."""
    random = np.random.default_rng(seed)
    at = [datetime(2024, 1, 1) + timedelta(hours=i) for i in range(hours)]
    return pa.table({"at": at, "x": random.normal(shift, 1, hours), "c": random.choice(["a", "b"], hours)})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The monitor, its data, and a cache that nobody else uses."""
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    pq.write_table(rows(0), tmp_path / "old.parquet")
    pq.write_table(rows(1, 6), tmp_path / "new.parquet")
    (tmp_path / "m.yaml").write_text(MONITOR)
    return tmp_path


@pytest.fixture
def small_disk(folder):
    """Mounts a disk of so many kB: small_disk(300)."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a small disk")
    made = []

    def make(size: int):
        place = folder / f"disk{len(made)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", place], capture_output=True, text=True
        )
        if done.returncode:
            if os.environ.get("CI") == "true":
                pytest.fail(f"root can make no small disk: {done.stderr}")
            pytest.skip(f"no small disk can be made here: {done.stderr}")
        made.append(place)
        return place

    yield make
    for place in made:
        subprocess.run(["umount", "-l", place], check=True)


def engine(folder, *asked, **settings):
    """A verb to its end, in a process of its own; whatever happens, nobody sees a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "engine", *asked], cwd=folder, capture_output=True, text=True, timeout=180,
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done

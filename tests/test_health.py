"""Health: yes where work can be done, no with the check that failed, and never a name or an address."""

import json
import os
import subprocess
from collections import namedtuple

import pytest

from engine import health as looked
from engine.health import health
from engine.store import open_store


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monitors = tmp_path / "monitors"
    monitors.mkdir()
    (monitors / "secret-project.yaml").write_text(
        "monitor: secret-project\nreference: {path: a.parquet}\nproduction: {path: b.parquet}\n"
    )
    open_store(f"sqlite:///{tmp_path}/store.db").engine.dispose()
    return tmp_path


def look(place):
    found = health(f"sqlite:///{place}/store.db", place / "monitors")
    text = json.dumps(found.document())
    assert "secret" not in text and str(place) not in text and tuple(found.checks) == ("store", "monitors", "disk")
    return found


def test_all_is_well(place):
    found = look(place)
    assert found.ok and found.checks["store"]["state"] == "open"
    assert found.checks["monitors"] == {"ok": True, "readable": 1, "broken": 0}
    assert found.document()["kind"] == "ready"


def test_a_store_that_was_never_made_is_no_fault_and_a_broken_one_is(place):
    (place / "store.db").unlink()
    assert look(place).checks["store"] == {"ok": True, "state": "none yet"}
    (place / "store.db").write_bytes(b"no database at all" * 100)
    found = look(place)
    assert not found.ok and found.checks["store"] == {"ok": False, "state": "cannot be opened"}


def test_postgresql_that_is_away_is_a_fault_and_its_password_stays_untold(place):
    found = health("postgresql://jo:hidden@127.0.0.1:1/none", place / "monitors")
    assert not found.ok and "hidden" not in json.dumps(found.document())


def test_a_broken_monitor_is_counted_and_a_missing_folder_is_a_fault(place):
    (place / "monitors" / "b.yaml").write_text("monitor: [")
    assert look(place).ok and look(place).checks["monitors"] == {"ok": True, "readable": 1, "broken": 1}
    assert not health(f"sqlite:///{place}/store.db", place / "none").ok


def test_a_disk_without_room_is_a_fault(place, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(looked.shutil, "disk_usage", lambda where: usage(10**9, 10**9, 5_000_000))
    found = look(place)
    assert not found.ok and found.checks["disk"] == {"ok": False, "free_mb": 5}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_a_disk_that_is_really_small_is_a_fault(place):
    (place / "home").mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place / "home"], capture_output=True)
    if made.returncode:
        pytest.skip("no small disk can be made here")
    try:
        assert look(place).checks["disk"]["ok"] is False
    finally:
        subprocess.run(["umount", "-l", place / "home"], check=True)

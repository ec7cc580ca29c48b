"""A real server: the addresses of its health, its log, sessions at once, and being killed while it is visited."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from benchmarks.load import measured
from benchmarks.visitor import Visitor
from engine.store import entries, open_store, records, verify
from tests.browser.conftest import free_port, running, serving
from tests.conftest import ROOT
from tests.faults.conftest import engine


def asked(address: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def settings_of(home: Path) -> dict[str, str]:
    return {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}


async def seen(address: str, path: str = "") -> list[str]:
    """What is wrong with a page, as one visitor sees it."""
    visitor = Visitor(address)
    answer = await visitor.come(path)
    await visitor.leave()
    return answer.wrong


@pytest.mark.slow
def test_health_and_log_of_a_server_under_a_path(tmp_path):
    more = {"PLUMBLINE_LOG": "json", "STREAMLIT_SERVER_BASE_URL_PATH": "drift"}
    with serving(tmp_path, settings_of(tmp_path) | more) as address:
        assert asked(f"{address}/drift/healthz") == (200, {"schema_version": 1, "kind": "live", "ok": True})
        status, said = asked(f"{address}/drift/readyz")
        assert status == 200 and said["ok"] and said["checks"]["monitors"]["readable"] == 3
        assert said["checks"]["store"]["state"] == "none yet"
        assert "flights" not in json.dumps(said) and str(tmp_path) not in json.dumps(said)
        assert asyncio.run(seen(f"{address}/drift", "column")) == []
    lines = [json.loads(one) for one in (tmp_path / "server.log").read_text().splitlines() if one.startswith("{")]
    assert [one["event"] for one in lines if "logger" not in one] == ["started", "stopped"]


@pytest.mark.slow
def test_a_store_that_breaks_turns_ready_to_no_and_back(tmp_path):
    with serving(tmp_path, settings_of(tmp_path)) as address:
        (tmp_path / "store.db").write_bytes(b"garbage" * 1000)
        status, said = asked(f"{address}/readyz")
        assert status == 503 and not said["ok"] and not said["checks"]["store"]["ok"]
        assert asked(f"{address}/healthz")[0] == 200  # the process lives: nobody kills it for that


@pytest.mark.slow
def test_a_server_killed_while_it_records_and_is_visited_comes_back_whole(folder):
    """SIGKILL to the server and to a run at once; then both again on the same store and cache."""
    home = folder / "home"
    home.mkdir()
    more = settings_of(home) | {"PLUMBLINE_MONITORS": str(folder)}
    address = more["PLUMBLINE_STORE"]
    command = [sys.executable, "-m", "engine", "run", "m.yaml", "--all", "--store", address]
    run = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **more},
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        port = free_port()
        with running(home, more, port) as server:
            assert asyncio.run(seen(f"http://127.0.0.1:{port}")) == []
            server.kill()
            run.kill()
            server.wait(10)
    finally:
        run.wait(30)
    if (home / "store.db").exists():
        store = open_store(address, make=False)
        assert verify(store).ok
        store.engine.dispose()
    done = engine(folder, "run", "m.yaml", "--due", "--fail-on", "never", "--store", address, **more)
    assert done.returncode == 0, done.stderr
    store = open_store(address, make=False)
    assert len(records(store)) == 12 and verify(store).ok
    assert sum(one.kind == "run" for one in entries(store)) == 12
    store.engine.dispose()
    with serving(home, more) as url:
        assert asyncio.run(seen(url)) == [] and asyncio.run(seen(url, "home")) == []


@pytest.mark.slow
def test_five_sessions_at_once_meet_no_error_and_memory_is_bounded():
    load = measured(sessions=5, seconds=15)
    assert load.wrong == [] and len(load.answers) >= 15
    assert {one.kind for one in load.answers} >= {"open", "page", "window"}
    assert load.most - load.before < 400e6, f"{load.most / 1e6:.0f} MB after {load.before / 1e6:.0f}"
    assert load.later <= load.most

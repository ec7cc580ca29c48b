"""A real server on a free port, a real Chromium, and a page that fails on any complaint of either."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import getting
from tests.getting import chromium as browsers

ROOT = Path(__file__).resolve().parents[2]
# Streamlit asks beside a deep-linked page for what lies at the root, and then there: a 404 that is no failure.
PROBES = re.compile(r"/_stcore/(health|host-config)$")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(str(item.path)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    return getting.needed(browsers)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, settings: dict[str, str], port: int) -> Iterator[subprocess.Popen]:
    """The app's process, with settings of the environment; what it logged is looked at when all is over.

    It may be ended meanwhile, and started again on the same port.
    """
    log = home / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("a") as stream:
        server = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, env=os.environ | settings)
        try:
            under = settings.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
            wait_for(f"http://127.0.0.1:{port}/{under}/_stcore/health".replace("//_", "/_"), server, log)
            yield server
        finally:
            server.terminate()
            server.wait(timeout=20)
    said = log.read_text()
    assert "Traceback" not in said and "Uncaught" not in said, said


@contextmanager
def serving(home: Path, settings: dict[str, str]) -> Iterator[str]:
    """The address of the app on a port of its own, as running has it."""
    port = free_port()
    with running(home, settings, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    home = tmp_path_factory.mktemp("app")
    with serving(home, {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}) as address:
        yield address


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            if urllib.request.urlopen(address, timeout=1).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text())


@pytest.fixture(scope="session")
def base_url(app_url):
    return app_url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, chromium):
    quiet = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync"
    )
    return {**browser_type_launch_args, "executable_path": chromium, "args": quiet.split()}


@pytest.fixture(scope="module")
def browser_context_args(browser_context_args, base_url):
    """base_url is said here: what the plugin knows is that of the first test, whose server may be another's."""
    size = {"width": 1440, "height": 1000}
    return {**browser_context_args, "base_url": base_url, "viewport": size, "reduced_motion": "reduce"}


@pytest.fixture
def watched(base_url):
    """Watches a page: watched(page). At the end nothing may have gone wrong on any of them."""
    wrong: list[str] = []

    def watch(page):
        def heard(message):
            probe = message.location and PROBES.search(message.location.get("url", ""))
            if message.type == "error" and not probe:
                wrong.append(f"console: {message.text}")

        def asked(request):
            if not request.url.startswith((base_url, base_url.replace("http", "ws", 1), "data:", "blob:")):
                wrong.append(f"asked another host: {request.url}")

        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("request", asked)
        page.set_default_timeout(30_000)
        return page

    yield watch
    assert not wrong, wrong


@pytest.fixture(scope="module")
def kept(browser, browser_context_args):
    """What the pages of a file's tests stand in: the app's own scripts are read and compiled once, not by each test."""
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def page(kept, watched):
    page = kept.new_page()
    yield watched(page)
    page.close()

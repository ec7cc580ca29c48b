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
    pages = []

    def heard(message):
        probe = message.location and PROBES.search(message.location.get("url", ""))
        if message.type == "error" and not probe:
            wrong.append(f"console: {message.text}")

    def thrown(error):
        wrong.append(f"script: {error}")

    def asked(request):
        if not request.url.startswith((base_url, base_url.replace("http", "ws", 1), "data:", "blob:", "about:")):
            wrong.append(f"asked another host: {request.url}")

    heeded = {"console": heard, "pageerror": thrown, "request": asked}

    def watch(page):
        for event, heed in heeded.items():
            page.on(event, heed)
        pages.append(page)
        return page

    yield watch
    for page in pages:
        for event, heed in heeded.items():
            page.remove_listener(event, heed)
    assert not wrong, wrong


@pytest.fixture(scope="module")
def tab(browser, browser_context_args):
    """One tab for a file's tests: a new one reads and compiles all of the app's scripts, thrice the work of a page."""
    context = browser.new_context(**browser_context_args)
    yield context.new_page()
    context.close()


@pytest.fixture
def rough(tab, browser_context_args):
    """The tab as if it were new: empty, with no memory, no cookies, no routes, and the size that windows have here.

    On it requests may fail: the browser itself complains of each, which other pages must never do.
    """
    tab.set_default_timeout(30_000)
    yield tab
    tab.unroute_all(behavior="ignoreErrors")
    tab.evaluate("() => { try { sessionStorage.clear(); localStorage.clear() } catch { } }")  # a blank page has none
    tab.goto("about:blank")
    tab.context.clear_cookies()
    tab.set_viewport_size(browser_context_args["viewport"])


@pytest.fixture
def page(rough, watched):
    """A tab that complains of nothing."""
    return watched(rough)

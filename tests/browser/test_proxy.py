"""Behind nginx as docs/deploy.md has it: under a path of its own, over its websocket, an upload's worth of bytes."""

import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tests.browser.conftest import serving
from tests.browser.steps import turn_to
from tests.conftest import ROOT
from tests.getting import needed, nginx


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """The address at the proxy, of the app that it stands before."""
    program = needed(nginx)
    home = tmp_path_factory.mktemp("proxy")
    settings = {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}
    with serving(home, settings | {"STREAMLIT_SERVER_BASE_URL_PATH": "drift"}) as app:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (home / "nginx.conf").write_text(as_documented(home, port, app.rsplit(":", 1)[1]))
        command = [program, "-p", str(home), "-c", "nginx.conf", "-e", str(home / "error.log")]
        server = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.PIPE, text=True)
        try:
            address = f"http://127.0.0.1:{port}/drift/"
            for _ in range(100):
                assert server.poll() is None, server.stderr.read()
                try:
                    urllib.request.urlopen(address, timeout=5)
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.communicate(timeout=20)


def as_documented(home, port: int, app: str) -> str:
    """The manual's own lines; only certificate, port and where it may write are those of a test."""
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"), re.DOTALL)
    block, n = re.subn(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", block)
    block, m = re.subn(r"\n\s*ssl_certificate\S* [^;]+;", "", block)
    block, k = re.subn(r"127\.0\.0\.1:8501", f"127.0.0.1:{app}", block)
    assert (n, m, k) == (1, 2, 1)
    places = "".join(
        f"{name}_temp_path {home}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    who = "user root;\n" if os.geteuid() == 0 else ""
    return f"{who}pid {home}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{block}\n}}\n"


def test_a_page_is_opened_and_clicked_through_the_proxy(context, proxied):
    page = context.new_page()
    sockets, wrong = [], []
    page.on("websocket", lambda one: sockets.append(one.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{proxied}column?column=temp_f")
    page.get_by_role("heading", name="Column", exact=True).wait_for(timeout=60_000)
    turn_to(page, "Explore", "Compare")
    assert page.url.startswith(f"{proxied}compare")
    assert sockets and all("/drift/_stcore/stream" in one for one in sockets) and wrong == []


def test_a_file_is_sent_through_the_proxy_in_pieces_larger_than_it_takes_by_itself(context, proxied, tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("x,c\n" + "1234567,abc\n" * 800_000)  # 9.6 MB: a piece of 8 and a rest; nginx alone takes 1
    page = context.new_page()
    sent = []
    page.on("response", lambda one: sent.append((one.request.method, one.status)) if "/upload/" in one.url else None)
    page.goto(f"{proxied}data")
    page.get_by_role("heading", name="Data", exact=True).wait_for(timeout=60_000)
    page.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    page.get_by_text("800,000").first.wait_for(timeout=120_000)
    assert sent == [("PUT", 200), ("PUT", 200)]


def test_what_the_proxy_adds_and_hides(proxied):
    with urllib.request.urlopen(proxied) as answer:
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    for name in ("healthz", "readyz"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{proxied}{name}")
    with urllib.request.urlopen(proxied.rstrip("/")) as answer:
        assert answer.url == proxied  # /drift leads to /drift/

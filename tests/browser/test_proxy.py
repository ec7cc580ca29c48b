"""Behind nginx as docs/deploy.md has it: under a path of its own, over its websocket, an upload's worth of bytes."""

import urllib.error
import urllib.request

import pytest

from tests.browser.conftest import free_port, serving
from tests.browser.proxying import proxying
from tests.browser.steps import turn_to
from tests.getting import needed, nginx


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """The address at the proxy, of the app that it stands before."""
    program = needed(nginx)
    home = tmp_path_factory.mktemp("proxy")
    settings = {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}
    more = {"STREAMLIT_SERVER_BASE_URL_PATH": "drift"}
    with (
        serving(home, settings | more) as app,
        proxying(program, home, free_port(), app.rsplit(":", 1)[1]) as address,
    ):
        yield address


@pytest.fixture
def page(rough):
    return rough


def test_a_page_is_opened_and_clicked_through_the_proxy(page, proxied):
    sockets, wrong = [], []
    page.on("websocket", lambda one: sockets.append(one.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{proxied}column?column=temp_f")
    page.get_by_role("heading", name="Column", exact=True).wait_for(timeout=60_000)
    turn_to(page, "Explore", "Compare")
    assert page.url.startswith(f"{proxied}compare")
    assert sockets and all("/drift/_stcore/stream" in one for one in sockets) and wrong == []


def test_a_file_is_sent_through_the_proxy_in_pieces_larger_than_it_takes_by_itself(page, proxied, tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("x,c\n" + "1234567,abc\n" * 800_000)  # 9.6 MB: a piece of 8 and a rest; nginx alone takes 1
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
    for name in ("healthz", "readyz", "_stcore/metrics"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{proxied}{name}")
    with urllib.request.urlopen(proxied.rstrip("/")) as answer:
        assert answer.url == proxied  # /drift leads to /drift/

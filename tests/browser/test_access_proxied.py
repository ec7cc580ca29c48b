"""Signing in behind nginx, under a path of its own: the way to the provider and back, cookies, websocket, uploads."""

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from engine.store import entries, open_store
from tests.browser.conftest import free_port
from tests.browser.proxying import proxying
from tests.browser.signing_in import enter, signed_in, words
from tests.browser.steps import ready, turn_to
from tests.getting import needed, nginx, openid

PATH = "plumbline"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """The address at the proxy, and where the app keeps what it keeps."""
    program, modules = needed(nginx), needed(openid)
    home, port = tmp_path_factory.mktemp("proxied"), free_port()
    seen_at = f"http://127.0.0.1:{port}/{PATH}"
    more = {"STREAMLIT_SERVER_BASE_URL_PATH": PATH}
    with (
        signed_in(home, modules, seen_at, **more) as app,
        proxying(program, home, port, app.rsplit(":", 1)[1], PATH) as address,
    ):
        yield address.rstrip("/"), home


@pytest.fixture
def page(rough) -> Page:
    return rough


def test_a_link_leads_through_the_provider_and_back_under_the_path(page, proxied):
    address, home = proxied
    sockets, asked = [], []
    page.on("websocket", lambda one: sockets.append(urlsplit(one.url).path))
    page.on("request", lambda one: asked.append(one.url) if one.is_navigation_request() else None)
    enter(page, f"{address}/column?monitor=open-one&column=region", "anna")
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    assert page.url.startswith(f"{address}/column?") and "column=region" in page.url, page.url
    ours = [one for one in asked if one.startswith(address.removesuffix(f"/{PATH}"))]
    assert ours and all(urlsplit(one).path.startswith(f"/{PATH}") for one in ours), ours
    assert any(urlsplit(one).path == f"/{PATH}/oauth2callback" for one in asked), asked
    assert set(sockets) == {f"/{PATH}/_stcore/stream"}
    turn_to(page, "Review", "Review")
    assert page.url.startswith(f"{address}/review") and "Deciding takes the role reviewer" in words(page)
    cookies = {one["name"]: one for one in page.context.cookies(address)}
    assert cookies["_streamlit_user"]["httpOnly"] and "plumbline_came_for" not in cookies
    assert "Traceback" not in (home / "server.log").read_text()


def test_a_deed_behind_the_proxy_is_that_of_the_token(page, proxied):
    address, home = proxied
    enter(page, f"{address}/review?monitor=open-one", "rita")
    expect(page.get_by_text("Rita Reviewer, signed in")).to_be_visible()
    page.locator(".st-key-decide_choice").get_by_role("combobox").click()
    page.get_by_role("option", name="accept –").click()
    page.get_by_label("Reason").fill("behind a proxy")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Recorded")).to_be_visible()
    store = open_store(f"sqlite:///{home}/store.db")
    made = entries(store, "decision")[-1].body
    store.engine.dispose()
    assert made["reason"] == "behind a proxy" and made["by"].startswith("Rita Reviewer <rita@example.com> (signed in")


def test_what_lies_beside_pages_wants_the_cookie_under_the_path_too(page, proxied):
    address, _ = proxied
    enter(page, f"{address}/snapshot?monitor=open-one", "anna")
    mine = {"cookie": "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies(address))}
    assert status(f"{address}/upload", {}) == 401 and status(f"{address}/upload", mine) == 403  # no token of a page
    assert status(f"{address}//upload", {}) == 401 and status(f"{address}/_stcore/upload_file/a/b", {}) == 401


def status(address: str, headers: dict[str, str]) -> int:
    try:
        return int(urllib.request.urlopen(urllib.request.Request(address, b"{}", headers), timeout=20).status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_file_is_brought_in_behind_the_proxy_by_who_is_signed_in(page, proxied, tmp_path):
    address, _ = proxied
    path = tmp_path / "large.csv"
    path.write_text("x,c\n" + "1234567,abc\n" * 800_000)  # two pieces
    enter(page, f"{address}/data", "anna")
    page.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    expect(page.get_by_text("800,000").first).to_be_visible(timeout=120_000)


def test_who_signs_out_is_out_under_the_path_too(page, proxied):
    address, _ = proxied
    enter(page, f"{address}/home", "vera")
    page.locator(".st-key-who button").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{address}/**")
    page.goto(f"{address}/home")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=60_000)
    ready(page)
    assert "monitor, as" not in words(page)
    left = [one["value"] for one in page.context.cookies(address) if one["name"] == "_streamlit_user"]
    assert not json.dumps(left)[2:-2]

"""Signing in at a real OpenID provider: what each role sees and may do, and that a forged way in leads nowhere."""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.store import entries, open_store, records
from tests.browser.signing_in import COOKIE, enter, signed_in, words
from tests.browser.steps import no_sideways_scroll, ready
from tests.getting import needed, openid

PAGES = {  # what stands in the menu beside Home, Overview, Performance, Review, Snapshot, Runs and Verify
    "vera": set(),
    "anna": {"Columns", "Data", "Thresholds"},
    "rita": {"Columns", "Thresholds"},
    "adam": {"Columns", "Data", "Thresholds", "Monitor"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The app, its provider, two monitors of which one is hidden, both on record, and the file of roles."""
    home = tmp_path_factory.mktemp("access")
    with signed_in(home, needed(openid)) as address:
        yield address, open_store(f"sqlite:///{home}/store.db"), home / "access.yaml"


@pytest.fixture
def address(world):
    return world[0]


@pytest.fixture(scope="module")
def people(world, browser, browser_context_args):
    """Hands one browser to somebody who has signed in, people('vera'), or to nobody, who has no cookie.

    One for all, since a new one reads all of the app's scripts anew; by_hand has what is asked of many pages.
    """
    context = browser.new_context(**{**browser_context_args, "base_url": world[0]})
    page, cookies = context.new_page(), {}
    page.set_default_timeout(30_000)

    def somebody(login: str | None = None) -> Page:
        page.goto("about:blank")
        context.clear_cookies()
        if login in cookies:
            context.add_cookies(cookies[login])
        elif login:
            enter(page, world[0], login)
            cookies[login] = context.cookies()
        return page

    yield somebody
    context.close()


def go(page: Page, address: str) -> str:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    ready(page)
    return words(page)


def menu(page: Page) -> set[str]:
    """Titles of all pages that the menu lists."""
    found = set()
    for section in page.get_by_test_id("stTopNavSection").all():
        section.click()
        links = page.get_by_test_id("stTopNavDropdownLink")
        expect(links.first).to_be_visible()
        found |= {one.get_attribute("href").rpartition("/")[2] or "overview" for one in links.all()}
        page.keyboard.press("Escape")
        expect(links).to_have_count(0)
    return {one.capitalize() for one in found}


def run_of(store, name: str) -> str:
    return records(store, name, findings=False)[-1].id


def test_who_is_not_signed_in_sees_the_entrance_and_nothing_else(people, world):
    address, store, _ = world
    page = people()
    asked = ("", "column", "runs", "monitor", "data", "review?monitor=open-one")
    for path in (*asked, f"snapshot?run={run_of(store, 'open-one')}"):
        said = go(page, f"{address}/{path}")
        assert "Sign in to see the monitors" in said and "open-one" not in said and "secret" not in said
        assert page.get_by_test_id("stTopNavSection").count() == 0
    assert page.locator("input").count() == 0, "nothing to type into"
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    for width, height in ((1440, 900), (1024, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.get_by_role("button", name="Sign in")).to_be_in_viewport()
        no_sideways_scroll(page)
    page.set_viewport_size({"width": 1440, "height": 1000})


def test_a_link_is_kept_through_signing_in(people, address):
    page = people()
    enter(page, f"{address}/column?monitor=open-one&column=region", "anna")
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    assert page.url.startswith(f"{address}/column?") and "column=region" in page.url
    assert not [one for one in page.context.cookies() if one["name"] == "plumbline_came_for"]


@pytest.mark.parametrize("login", PAGES)
def test_each_role_sees_its_pages_and_gets_nothing_of_others_by_address(people, address, login):
    page = people(login)
    go(page, f"{address}/runs")
    listed = menu(page)
    titles = ("Columns", "Data", "Thresholds", "Monitor")
    assert {"Home", "Overview", "Performance", "Review", "Snapshot", "Runs", "Verify"} <= listed
    assert listed & set(titles) == PAGES[login]
    for title in titles:
        said = go(page, f"{address}/{title.lower()}")
        refused = "This page is not yours to see" in said
        assert refused == (title not in PAGES[login]), said
        if refused:
            assert "Ask Grace Hopper, grace@example.com" in said and page.locator("textarea").count() == 0
    page.locator(".st-key-who button").first.click()
    expect(page.get_by_text(re.compile("^Signed in via http"))).to_be_visible()
    page.keyboard.press("Escape")


def test_a_hidden_monitor_is_nowhere_and_told_as_one_that_is_not_there(people, world):
    address, store, _ = world
    page = people("rita")
    hidden, shown = run_of(store, "secret-one"), run_of(store, "open-one")
    for path in ("home", "runs", "verify", "review", "overview", "thresholds"):
        said = go(page, f"{address}/{path}")
        assert "secret" not in said and hidden not in said, path
        assert "secret" not in page.content()
    told = [go(page, f"{address}/runs?run={one}").replace(one, "X") for one in (hidden, "0" * len(hidden))]
    assert told[0] == told[1], "the other pages are asked by hand"
    assert "exactly as the PDF has them" in go(page, f"{address}/snapshot?run={shown}")
    page = people("adam")
    assert "secret-one" in go(page, f"{address}/runs?run={hidden}")


def test_a_viewer_asks_no_slice_of_the_data_by_address(people, address):
    page = people("vera")
    said = go(page, f"{address}/overview?monitor=open-one&window=2024-03-11&filter=region=EU&against=whole reference")
    assert "Week of 11 March 2024, against the same" in said and "EU" not in said and "Filter" not in said
    said = go(page, f"{address}/overview?monitor=open-one&window=2024-03-05..2024-03-07")
    assert "is not there" in said and not re.search(r"\b5 March", said)
    said = go(people("anna"), f"{address}/overview?monitor=open-one&window=2024-03-11&filter=region=EU")
    assert "region is EU" in said


def test_a_reviewer_decides_and_signs_under_the_name_of_the_token(people, world):
    address, store, _ = world
    page = people("rita")
    go(page, f"{address}/review?monitor=open-one")
    expect(page.get_by_text("Rita Reviewer, signed in")).to_be_visible()
    assert page.get_by_label("Your name").count() == 0, "no name is typed"
    page.locator(".st-key-decide_choice").get_by_role("combobox").click()
    page.get_by_role("option", name=re.compile("^accept")).click()
    page.get_by_label("Reason").fill("fine as it is")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text(re.compile("Recorded:.? accept"))).to_be_visible()
    signed = "Rita Reviewer <rita@example.com> (signed in via localhost:"
    assert entries(store, "decision")[-1].body["by"].startswith(signed)
    go(page, f"{address}/snapshot?run={run_of(store, 'open-one')}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export PDF").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")
    assert entries(store, "export")[-1].body["by"].startswith(signed)


def test_who_may_not_decide_is_offered_nothing_to_decide_with(people, world):
    address, store, _ = world
    before = len(entries(store))
    for login in ("vera", "anna"):
        page = people(login)
        assert "Deciding takes the role reviewer" in go(page, f"{address}/review?monitor=open-one&decide_choice=accept")
        assert page.get_by_role("button", name="Record the decision").count() == 0
        said = go(page, f"{address}/snapshot?run={run_of(store, 'open-one')}&form=pdf")
        assert "Signing takes the role reviewer" in said and "Exporting takes the role reviewer" in said
        assert page.get_by_role("button", name="Export PDF").count() == 0
    assert len(entries(store)) == before


@pytest.mark.parametrize(
    ("login", "said"), [("nemo", "nemo@example.com has no role here"), ("mala", "Mala Fide has no role")]
)
def test_who_has_no_role_is_told_whom_to_ask(people, address, login, said):
    page = people(login)
    for path in ("", "home", "runs"):
        told = go(page, f"{address}/{path}")
        assert said in told and "Ask Grace Hopper, grace@example.com for one." in told and "open-one" not in told


def test_files_and_uploads_beside_pages_want_the_cookie(people, world):
    address, store, _ = world
    page = people("rita")
    go(page, f"{address}/snapshot?run={run_of(store, 'open-one')}")
    picture = page.get_by_test_id("stImage").locator("img").get_attribute("src")
    assert picture and picture.startswith(f"{address}/media/")
    mine = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies(address))
    assert status(picture, {"cookie": mine}) == 200
    assert status(picture, {}) == 401
    assert status(picture, {"cookie": re.sub("_streamlit_user=.", "_streamlit_user=#", mine)}) == 401
    assert status(f"{address}/upload", {}, b"{}") == 401 and status(f"{address}//upload/x", {}, b"{}") == 401
    assert status(f"{address}/_stcore/upload_file/a/b", {}, b"{}") == 401
    assert status(f"{address}/upload", {"cookie": mine}, b"{}") == 401, "a reviewer brings no data in"


def status(address: str, headers: dict[str, str], data: bytes | None = None) -> int:
    try:
        return int(urllib.request.urlopen(urllib.request.Request(address, data, headers), timeout=20).status)
    except urllib.error.HTTPError as error:
        return error.code


def forged(claims: dict[str, object], secret: str) -> str:
    """A cookie as Streamlit makes it, signed with a secret."""
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    return create_signed_value(secret, "_streamlit_user", json.dumps(claims)).decode()


def test_a_cookie_that_is_forged_foreign_or_old_opens_nothing(people, world):
    address, _, _ = world
    whole = {
        "origin": address, "is_logged_in": True, "provider": "default", "iss": "http://localhost", "sub": "x",
        "name": "X", "email": "adam@example.com", "roles": ["bosses"], "iat": time.time(),
    }  # fmt: skip
    now, port = time.time(), address.rpartition(":")[2]
    cases = [
        (forged(whole, COOKIE), True),
        (forged(whole, "another secret"), False),
        (forged({**whole, "origin": f"http://evil.example:{port}"}, COOKIE), False),
        (forged({**whole, "is_logged_in": False}, COOKIE), False),
        (forged({**whole, "is_logged_in": "yes"}, COOKIE), False),
        (forged({**whole, "iat": now - 13 * 3600}, COOKIE), False),
        ("x" * 100, False),
    ]
    for value, opens in cases:
        page = people()
        page.context.add_cookies([{"name": "_streamlit_user", "value": value, "url": address}])
        said = go(page, f"{address}/runs")
        assert ("on record" in said) == opens and ("Sign in" in said) != opens, said


def test_who_signs_out_is_out(people, address):
    page = people()
    enter(page, address, "vera")
    assert "1 monitor, as" in go(page, f"{address}/home")
    page.locator(".st-key-who button").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{address}/**")
    for path in ("", "home", "runs"):
        said = go(page, f"{address}/{path}")
        assert "Sign in to see" in said and "monitor, as" not in said


def test_what_the_file_of_roles_says_now_counts_now(people, world):
    address, store, access = world
    page = people("rita")
    go(page, f"{address}/review?monitor=open-one")
    before, kept = len(entries(store)), access.read_text()
    try:
        access.write_text(kept.replace("rita@example.com: reviewer", "rita@example.com: viewer"))
        page.locator(".st-key-decide_choice").get_by_role("combobox").click()
        page.get_by_role("option", name=re.compile("^accept")).click()
        page.get_by_label("Reason").fill("too late")
        page.get_by_role("button", name="Record the decision").click()
        expect(page.get_by_text("Deciding takes the role reviewer")).to_be_visible()
        assert len(entries(store)) == before
        access.write_text("people: {rita@example.com: revewer}")
        said = go(page, f"{address}/home")
        assert "Closed" in said and "Nobody gets in until it is mended" in said and "rita" not in said
        access.unlink()
        assert "Closed" in go(page, f"{address}/home")
    finally:
        access.write_text(kept)
    assert "1 monitor, as" in go(page, f"{address}/home")

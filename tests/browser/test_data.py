"""From two uploaded files to a running dashboard, seen by nobody else; uploads that are cut, cancelled, refused."""

import re
import threading
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from pages.shared.words import JOINER
from tests.browser.steps import drawn, no_sideways_scroll, pick, ready, turn_to, visit
from tests.pages.conftest import HOSTILE, two_files

__all__ = ["two_files"]


def choose(page: Page, side: str, path) -> None:
    """Choose a file of this machine for a side, and wait until all of it is there."""
    page.locator(f".st-key-side_{side} input[type=file]").set_input_files(path)
    expect(page.locator(f".st-key-side_{side} strong").filter(has_text=".")).to_be_visible(timeout=60_000)
    ready(page)


def test_two_uploaded_files_become_a_dashboard(page: Page, two_files, browser, browser_context_args, watched):
    reference, production = two_files()
    visit(page, "/data", "Data")
    expect(page.get_by_text("Parquet, CSV, Excel, JSON lines, Arrow")).to_have_count(2)
    for side, path in (("reference", reference), ("production", production)):
        choose(page, side, path)
        expect(page.locator(f".st-key-side_{side} strong")).to_have_text(f"{side}.csv")
    expect(page.get_by_text("Both files have the same 6 columns.")).to_be_visible()
    expect(page.get_by_text("cohorts by")).to_contain_text("region")
    page.get_by_role("button", name="Start monitoring").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    expect(page.get_by_text("against the same cohort of the reference")).to_be_visible(timeout=60_000)
    ready(page)
    turn_to(page, "Explore", "Column")
    pick(page, "column", "amount")
    drawn(page, "Distribution of amount")
    shared = page.url
    pick(page, "column", HOSTILE)
    drawn(page, f"Distribution of {HOSTILE}")
    assert page.locator(".st-key-bins script, .st-key-bins i").count() == 0
    other = browser.new_context(**browser_context_args)
    stranger = watched(other.new_page())
    address = urlsplit(shared)
    visit(stranger, f"{address.path}?monitor=my-monitor&{address.query}", "Column")
    expect(stranger.get_by_text("is not there")).to_be_visible()
    other.close()


def test_a_name_that_would_be_markup_or_a_path_is_text(page: Page, two_files, tmp_path):
    reference, _ = two_files()
    hostile = tmp_path / "<img src=x onerror=alert(1)> **b** $x$ ..\\..\\:smile: [a](b).csv"
    hostile.write_bytes(reference.read_bytes())
    visit(page, "/data", "Data")
    choose(page, "reference", hostile)
    said = page.locator(".st-key-side_reference strong").inner_text()
    assert said.replace(JOINER, "") == ":smile: [a](b).csv"  # folders are no part of a name
    assert page.locator(".st-key-side_reference img, .st-key-side_reference a").count() == 0


def test_the_same_file_again_is_not_sent_again(page: Page, two_files):
    reference, _ = two_files()
    visit(page, "/data", "Data")
    choose(page, "reference", reference)
    pieces = []
    page.on("request", lambda asked: pieces.append(asked.url) if asked.method == "PUT" else None)
    choose(page, "production", reference)
    expect(page.get_by_text("already here, not sent again")).to_be_visible()
    assert pieces == []


def test_an_upload_goes_on_after_a_cut_and_after_a_reload(rough: Page, tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(3_000_000)))  # three pieces
    sent: list[int] = []
    cuts, loaded_anew = iter(["cut", "cut"]), threading.Event()

    def piece(route):
        offset = int(route.request.headers["upload-offset"])
        if offset and next(cuts, None):
            route.abort("connectionreset")
        elif offset >= 16 << 20 and not loaded_anew.is_set():
            return  # hangs
        else:
            sent.append(offset)
            route.continue_()

    visit(rough, "/data", "Data")
    rough.route(re.compile(r"/upload/\w+$"), piece)
    rough.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    expect(rough.get_by_text("trying again in").first).to_be_visible()
    expect(rough.locator(".st-key-side_reference .how")).to_contain_text(re.compile(r"7\d %"), timeout=30_000)
    visit(rough, "/data", "Data")
    loaded_anew.set()
    expect(rough.get_by_text("Choose the same file again: it goes on where it stopped.")).to_be_visible()
    choose(rough, "reference", path)
    assert sent == [0, 8 << 20, 16 << 20]  # no piece twice


def test_an_upload_can_be_cancelled(page: Page, tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("x\n" * 5_000_000)
    visit(page, "/data", "Data")
    page.route(re.compile(r"/upload/\w+$"), lambda r: None if r.request.method == "PUT" else r.continue_())
    with page.expect_request(lambda asked: asked.method == "PUT"):  # the server has given it a place
        page.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    expect(page.locator(".st-key-side_reference .how")).to_contain_text("0 %")
    with page.expect_request(lambda asked: asked.method == "DELETE"):
        page.locator(".st-key-side_reference").get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Cancelled; nothing was kept.")
    expect(page.locator(".st-key-side_reference .choose")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)


def test_cancelled_before_the_server_answered_leaves_nothing_there(page: Page, tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("x\n" * 5_000_000)
    visit(page, "/data", "Data")
    held, sent = [], []
    page.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)
    page.route(re.compile(r"/upload$"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/upload$")):
        page.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    page.locator(".st-key-side_reference").get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Cancelled; nothing was kept.")
    with page.expect_response(lambda heard: heard.request.method == "DELETE") as dropped:
        held[0].continue_()
    assert dropped.value.json()["dropped"] is True
    assert not sent, "nothing of what is not wanted"


def test_cancelled_while_it_waits_to_try_again_asks_for_no_room_any_more(rough: Page, tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("x\n" * 1_000_000)
    visit(rough, "/data", "Data")
    rough.route(re.compile(r"/upload/\w+$"), lambda r: r.abort() if r.request.method == "PUT" else r.continue_())
    rough.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    expect(rough.locator(".st-key-side_reference .how")).to_contain_text("trying again in 2 s")
    asked: list[str] = []
    rough.on("request", lambda one: asked.append(one.method) if "/upload" in one.url else None)
    rough.locator(".st-key-side_reference").get_by_role("button", name="Cancel").press("Enter")
    expect(rough.get_by_role("alert")).to_contain_text("Cancelled; nothing was kept.")
    rough.wait_for_timeout(1500)  # longer than it looks away while it waits
    assert asked == ["DELETE"]


def test_what_is_refused_is_told_in_words(rough: Page, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    visit(rough, "/data", "Data")
    rough.route(re.compile(r"/upload$"), lambda route: route.fulfill(status=507, json={"error": {
        "message": "The server has no room.", "hint": "Ask whoever runs it."}}))  # fmt: skip
    rough.locator(".st-key-side_reference input[type=file]").set_input_files(empty)
    expect(rough.get_by_role("alert")).to_contain_text("The server has no room. Ask whoever runs it.")
    rough.unroute_all()
    rough.locator(".st-key-side_reference").get_by_role("button", name="Try again").click()
    expect(rough.get_by_role("alert")).to_contain_text("The file is empty.")

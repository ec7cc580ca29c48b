"""From two uploaded files to a running dashboard, seen by nobody else."""

from playwright.sync_api import Page, expect

from tests.browser.steps import drawn, pick, ready, visit
from tests.pages.conftest import HOSTILE, two_files

__all__ = ["two_files"]


def test_two_uploaded_files_become_a_dashboard(page: Page, two_files, browser, browser_context_args, watched):
    reference, production = two_files()
    visit(page, "/data", "Data")
    for side, path in (("reference", reference), ("production", production)):
        page.locator(f".st-key-side_{side} input[type=file]").set_input_files(path)
        expect(page.locator(f".st-key-side_{side}").get_by_text(f"{side}.csv")).to_be_visible()
        ready(page)
    expect(page.get_by_text("Both files have the same 6 columns.")).to_be_visible()
    page.get_by_role("button", name="Start monitoring").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    expect(page.get_by_text("against the same cohort of the reference")).to_be_visible(timeout=60_000)
    ready(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Column", exact=True).click()
    ready(page)
    pick(page, "column", "amount")
    drawn(page, "Distribution of amount")
    pick(page, "column", HOSTILE)
    drawn(page, f"Distribution of {HOSTILE}")
    assert page.locator(".st-key-bins script, .st-key-bins i").count() == 0
    other = browser.new_context(**browser_context_args)
    stranger = watched(other.new_page())
    visit(stranger, "/?monitor=my-monitor", "Overview")
    expect(stranger.get_by_text("is not there")).to_be_visible()
    other.close()

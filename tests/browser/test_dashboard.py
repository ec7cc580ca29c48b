"""The dashboard as its visitors meet it: links, pickers, clicks, light and dark, wide and narrow."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import cell, chart, drawn, no_sideways_scroll, pick, ready, row_of, turn_to, visit

WEEK = "window=2013-04-22"
PAGES = {
    "Overview": (f"/?{WEEK}", "Population Stability Index of every column"),
    "Columns": (f"/columns?{WEEK}", ""),
    "Column": (f"/column?{WEEK}&column=late_probability", "Distribution of late_probability"),
    "Cohorts": (f"/cohorts?{WEEK}&column=seats&by=carrier", "Population Stability Index of seats by carrier"),
    "Compare": (f"/compare?{WEEK}&cohort-origin=LGA&against=everyone else", "Distribution of"),
    "Windows": (f"/windows?{WEEK}&column=late_probability", "Population Stability Index of the worst columns"),
    "Data quality": (f"/quality?{WEEK}", "Out-of-bounds rate of every column"),
    "Data": ("/data", ""),
}


def test_a_cold_deep_link_opens_just_that(page: Page):
    visit(page, "/column?window=2013-04-22&cohort-origin=LGA&column=seats&metric=Wasserstein distance", "Column")
    expect(page.get_by_text("origin is LGA")).to_be_visible()
    expect(page.get_by_text("Wasserstein distance of seats is").first).to_be_visible()
    drawn(page, "Distribution of seats")
    drawn(page, "Cumulative curves of seats")
    assert "cohort-origin=LGA" in page.url


def test_the_page_at_the_root_has_a_name_too(page: Page):
    visit(page, f"/overview?{WEEK}", "Overview")
    expect(page.get_by_text("Week of 22 April 2013")).to_be_visible()
    visit(page, "/overview", "Overview")
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_week_cohort_column_and_the_chart_follows(page: Page):
    visit(page, "/", "Overview")
    pick(page, "window", "2013-04-22")
    expect(page.get_by_text("Week of 22 April 2013")).to_be_visible()
    ready(page)
    pick(page, "cohort-origin", "LGA")
    expect(page.get_by_text("origin is LGA")).to_be_visible()
    ready(page)
    expect(page).to_have_url(re.compile(r"window=2013-04-22.*cohort-origin=LGA|cohort-origin=LGA.*window=2013-04-22"))
    turn_to(page, "Explore", "Column")
    pick(page, "column", "precip_in")
    drawn(page, "Distribution of precip_in")
    pick(page, "column", "carrier")
    drawn(page, "Distribution of carrier")
    expect(page.get_by_text("origin is LGA")).to_be_visible()
    page.reload()
    drawn(page, "Distribution of carrier")
    expect(page.get_by_text("origin is LGA")).to_be_visible()


def test_a_click_on_the_map_opens_its_column_in_its_week(page: Page):
    visit(page, f"/?{WEEK}", "Overview")
    found = drawn(page, "Population Stability Index of every column")
    found.scroll_into_view_if_needed()
    mark = found.locator("g.scatterlayer g.trace").first.locator("path.point").first
    mark.hover(force=True)
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    ready(page)
    expect(chart(page, "Distribution of")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/column\?.*column="))


def test_the_worst_is_one_click_away_and_the_pickers_stay(page: Page):
    visit(page, f"/?{WEEK}&cohort-origin=LGA", "Overview")
    page.locator(".st-key-open_1").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    ready(page)
    expect(page.get_by_text("origin is LGA")).to_be_visible()
    expect(page).to_have_url(re.compile(r"column=.*"))
    expect(page).to_have_url(re.compile(r"window=2013-04-22"))


def test_table_and_picker_agree_in_both_directions(page: Page):
    visit(page, f"/columns?{WEEK}", "Columns")
    box = page.locator(".st-key-selected").get_by_role("combobox")
    for row in (2, 5):
        name = cell(page, "columns_table", row, 1).text_content() or ""
        row_of(page, "columns_table", row)
        expect(box).to_have_value(name)
        ready(page)
    for name in ("seats", "dest"):
        pick(page, "selected", name)
        expect(box).to_have_value(name)
        ready(page)
        expect(page).to_have_url(re.compile(f"selected={name}"))
    page.get_by_role("button", name="Open column").click()
    drawn(page, "Distribution of dest")


def test_a_link_to_nothing_falls_back_and_says_so(page: Page):
    visit(page, "/?window=1999-01-04", "Overview")
    expect(page.get_by_text("is not there")).to_be_visible()


def test_the_permalink_holds_every_parameter(page: Page, base_url):
    visit(page, "/", "Overview")
    page.get_by_role("button", name="Copy permalink").click()
    said = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text()
    assert said.startswith(base_url) and "window=2013-12-23" in said and "against=same+cohort" in said


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1440), ("light", 390)])
def test_every_page_in_light_and_dark_wide_and_narrow(page: Page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    for title, (address, figure) in PAGES.items():
        page.set_viewport_size({"width": width, "height": 900})
        visit(page, address, title)
        if figure:
            drawn(page, figure)
        no_sideways_scroll(page)
        if width > 1024:
            page.set_viewport_size({"width": 1024, "height": 900})
            no_sideways_scroll(page)
    page.emulate_media(color_scheme="null")


def test_security_headers_are_sent(page: Page):
    response = page.goto("/")
    assert response is not None
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    ready(page)

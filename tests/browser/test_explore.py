"""The analyst's path: from what is worst to the cohort and the week it comes from, and a link that another opens."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import click_mark, drawn, pick, ready, row_of, turn_to, visit

MAP = "Population Stability Index of seats by origin"


def cell(page: Page, found: Locator, row: str, spot: str) -> tuple[float, float]:
    """Where the cell of a row and a window lies, in pixels of the page: asked of the chart's own axes."""
    place = found.locator(".js-plotly-plot").evaluate(
        """(plot, [row, key]) => { const marks = plot.data[plot.data.length - 1], full = plot._fullLayout;
          const at = marks.customdata.findIndex(one => one[0] === row && one[1] === key);
          const box = plot.getBoundingClientRect();
          return [box.x + full.xaxis._offset + full.xaxis.d2p(marks.x[at]),
                  box.y + full.yaxis._offset + full.yaxis.d2p(marks.y[at])] }""",
        [row, spot],
    )
    return place[0], place[1]


def click_cell(page: Page, found: Locator, row: str, spot: str) -> None:
    found.scroll_into_view_if_needed()
    x, y = cell(page, found, row, spot)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def link(page: Page) -> str:
    page.get_by_role("button", name="Copy permalink").click()
    return page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().replace("\n", "")


def test_from_the_overview_to_the_cohort_and_a_link_of_it(page: Page):
    visit(page, "/?window=2013-09-16", "Overview")
    turn_to(page, "Explore", "Columns")
    pick(page, "selected", "seats")
    ready(page)
    page.get_by_role("button", name="Open column").click()
    drawn(page, "Distribution of seats")
    page.get_by_role("button", name="By cohort").click()
    expect(page.get_by_role("heading", name="Cohorts", level=1)).to_be_visible()
    ready(page)
    pick(page, "by", "origin")
    click_cell(page, drawn(page, MAP), "LGA", "2013-09-23")
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    ready(page)
    expect(page.get_by_text("Week of 23 September 2013, origin is LGA")).to_be_visible()
    drawn(page, "Distribution of seats")
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    turn_to(page, "Explore", "Compare")
    pick(page, "against", "everyone else")
    expect(page.get_by_text("against everyone else in production")).to_be_visible()
    ready(page)
    expect(page.locator(".st-key-side_b")).to_contain_text("everyone else")
    pick(page, "selected", "seats")
    drawn(page, "Distribution of seats: B · everyone else against A · this cohort")
    address = link(page)
    for wanted in ("window=2013-09-23", "cohort-origin=LGA", "against=everyone+else", "selected=seats"):
        assert wanted in address
    page.goto("about:blank")
    visit(page, address, "Compare")
    expect(page.get_by_text("origin is LGA, against everyone else in production")).to_be_visible()
    drawn(page, "Distribution of seats: B · everyone else against A · this cohort")


def test_filters_are_built_taken_away_and_shared(page: Page):
    visit(page, "/compare?window=2013-09-16", "Compare")
    page.locator(".st-key-add_filter").get_by_role("button").click()
    pick(page, "build_column", "seats")
    pick(page, "build_operator", "<")
    ready(page)
    page.locator(".st-key-build_value").get_by_role("textbox").fill("100")
    page.locator(".st-key-build_value").get_by_role("textbox").press("Enter")
    ready(page)
    page.locator(".st-key-build_add").get_by_role("button").click()
    expect(page.get_by_text("seats is below 100, against")).to_be_visible()
    ready(page)
    expect(page).to_have_url(re.compile("filter=seats%3C100"))
    page.keyboard.press("Escape")
    page.locator(".st-key-drop_0").get_by_role("button").click()
    expect(page.get_by_text("seats is below 100, against")).to_have_count(0)
    ready(page)


def test_found_cohorts_open_their_column(page: Page):
    visit(page, "/cohorts?window=2013-09-16&column=seats&by=origin", "Cohorts")
    page.get_by_role("button", name="Find cohorts").click()
    expect(page.get_by_text(re.compile(r"\d+ found"))).to_be_visible()
    ready(page)
    page.locator(".st-key-found_table canvas").first.scroll_into_view_if_needed()
    row_of(page, "found_table", 1)
    expect(page.locator(".st-key-found_selected").get_by_role("combobox")).to_have_value(re.compile(r"^2\. "))
    ready(page)
    page.locator(".st-key-open_found").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    ready(page)
    expect(page).to_have_url(re.compile("cohort-(origin|carrier)="))


def test_a_click_on_a_week_chooses_it(page: Page):
    visit(page, "/windows?window=2013-04-22&column=late_probability", "Windows")
    found = drawn(page, "Population Stability Index of late_probability over time, fixed")
    found.scroll_into_view_if_needed()
    click_mark(page, found, "2013-07-22")
    expect(page.get_by_text("Week of 22 July 2013")).to_be_visible()
    ready(page)

"""The model owner's path: a week that failed, what was expected, where, and a link; drift beside importance."""

import re

from playwright.sync_api import Page, expect

from tests.browser.steps import cell, drawn, no_sideways_scroll, pick, ready, row_of, visit
from tests.browser.test_explore import link

WEEK = "window=2013-04-22"
COURSE = "Log loss over time, realized and estimated"
QUADRANT = "Drift of columns by importance"


def test_from_the_week_that_failed_to_the_cohort_and_a_link_of_it(page: Page):
    visit(page, f"/?{WEEK}", "Overview")
    expect(page.get_by_text("Not well: model performance")).to_be_visible()
    expect(page.locator(".st-key-matters")).to_contain_text("Before labels these rows were estimated at 0.412")
    page.locator(".st-key-open_performance").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Performance", level=1)).to_be_visible()
    ready(page)
    drawn(page, COURSE)
    failed = page.locator(".st-key-surprises")
    expect(failed).to_contain_text("Where the estimate failed: 5 windows")
    expect(failed).to_contain_text("estimated log loss 0.412 (0.252 to 0.573) of rows with a label, realized 0.775")
    expect(failed).to_contain_text("P(y given score) has not changed")
    pick(page, "measure", "Recall")
    drawn(page, "Recall over time, realized and estimated")
    ready(page)
    expect(cell(page, "by_cohort_table", 0, 1)).to_have_text("LGA")
    page.locator(".st-key-by_cohort_table canvas").first.scroll_into_view_if_needed()
    row_of(page, "by_cohort_table", 0)
    expect(page.get_by_text("Week of 22 April 2013, origin is LGA")).to_be_visible()
    ready(page)
    said = "Recall of the 1,949 labelled rows of 1,994 is 0.0676"
    expect(page.get_by_text(said).first).to_be_visible()
    page.get_by_role("tab", name="Gaps").click()
    expect(page.get_by_role("figure", name="Gap of recall between cohorts of origin over time")).to_be_visible()
    ready(page)
    address = link(page)
    for wanted in (WEEK, "cohort-origin=LGA", "measure=Recall", "beside=Gaps"):
        assert wanted in address, address
    page.goto("about:blank")
    visit(page, address, "Performance")
    expect(page.get_by_text("Week of 22 April 2013, origin is LGA")).to_be_visible()
    expect(page.get_by_text(said).first).to_be_visible()
    expect(page.get_by_role("tab", name="Gaps")).to_have_attribute("aria-selected", "true")
    drawn(page, "Gap of recall between cohorts of origin over time")


def test_two_carriers_are_held_against_each_other(page: Page):
    visit(page, f"/performance?{WEEK}&beside=Champion and challenger&versions=carrier", "Performance")
    expect(page.get_by_text("Beyond chance, EV is better in Average precision")).to_be_visible()
    pick(page, "challenger", "DL")
    expect(page.get_by_text(re.compile("DL .*UA|UA .*DL")).first).to_be_visible()
    ready(page)
    expect(page).to_have_url(re.compile("challenger=DL"))


def test_a_click_in_the_quadrant_opens_the_column(page: Page):
    visit(page, f"/attribution?{WEEK}", "Attribution")
    found = drawn(page, QUADRANT)
    found.scroll_into_view_if_needed()
    place = found.locator(".js-plotly-plot").evaluate(
        """(plot, name) => { const full = plot._fullLayout, box = plot.getBoundingClientRect();
          for (const one of plot.data) { const at = (one.customdata || []).findIndex(row => row[0] === name);
            if (at >= 0) return [box.x + full.xaxis._offset + full.xaxis.d2p(one.x[at]),
                                 box.y + full.yaxis._offset + full.yaxis.d2p(one.y[at])] } }""",
        "temp_f",
    )
    page.mouse.move(*place)
    page.mouse.click(*place)
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    ready(page)
    expect(page).to_have_url(re.compile(r"/column\?"))
    expect(page.get_by_text("■ drifted and costly")).to_be_visible()
    drawn(page, "Distribution of temp_f")


def test_pages_fit_a_telephone(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    for address, title, name in (
        (f"/performance?{WEEK}", "Performance", COURSE),
        (f"/attribution?{WEEK}", "Attribution", QUADRANT),
        (f"/operations?{WEEK}", "Operations", ""),
    ):
        visit(page, address, title)
        if name:
            drawn(page, name)
        no_sideways_scroll(page)

"""Data quality as its visitors meet it, and charts taken away as picture and as numbers."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import drawn, pick, ready, visit

# pressure_mb lacks values in the reference too: its own weeks differ too much for so short a window to tell
WEATHER = {"humidity", "precip_in", "temp_f", "visibility_mi", "wind_mph"}


def table(page: Page, name: str) -> Locator:
    """A table by its name. One below the fold is drawn when it comes into view."""
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    found = page.get_by_role("region", name=name)
    expect(found).to_be_attached()
    found.scroll_into_view_if_needed()
    return found


def text_of(table: Locator, row: int, column: int) -> str:
    return table.get_by_test_id(f"glide-cell-{column}-{row}").text_content() or ""


def test_the_week_of_30_december_and_on_to_a_column(page: Page):
    visit(page, "/quality?window=2013-12-30", "Data quality")
    expect(page.get_by_text("A partial window: its rates")).to_be_visible()
    found = drawn(page, "Null rate of every column")
    assert found.locator("g.barlayer g.point path").count() > 0  # the hatched cells
    rates = table(page, "Null rate of every column")
    said = [tuple(text_of(rates, i, j) for j in (0, 1)) for i in range(len(WEATHER))]
    assert {name for name, _ in said} == WEATHER and {status for _, status in said} == {"■ critical"}
    found.scroll_into_view_if_needed()
    marks = found.locator("g.scatterlayer g.trace").first.locator("path.point").all()
    box = max((box for mark in marks if (box := mark.bounding_box())), key=lambda box: box["x"])  # the last week
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible()
    ready(page)
    expect(page.get_by_text("Null rate of").first).to_be_visible()  # the rate goes along
    expect(page).to_have_url(re.compile(r"/column\?.*window=2013-12-30"))


def test_the_offending_values_of_another_column(page: Page):
    visit(page, "/quality?window=2013-04-22", "Data quality")
    pick(page, "offending", "temp_f")
    ready(page)
    found = table(page, "Offending values of temp_f").get_by_test_id("glide-cell-1-0")
    expect(found).to_have_text("above the reference's 64.4")
    expect(page).to_have_url(re.compile("offending=temp_f"))


def test_a_chart_is_saved_as_a_picture_and_its_numbers_as_csv(page: Page):
    visit(page, "/column?window=2013-04-22&column=late_probability", "Column")
    drawn(page, "Distribution of late_probability").hover()
    buttons = page.locator(".st-key-bins .modebar-btn")
    expect(buttons).to_have_count(1)
    with page.expect_download() as picture:
        buttons.click()
    assert picture.value.suggested_filename == "distribution-late_probability.svg"
    text = Path(picture.value.path()).read_text(encoding="utf-8")
    assert text.startswith("<svg") and "late_probability" in text
    with page.expect_download() as sheet:
        page.locator(".st-key-bins_csv").get_by_role("button").click()
    assert sheet.value.suggested_filename == "distribution-late_probability.csv"
    with Path(sheet.value.path()).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 10 and abs(sum(float(row["production"]) for row in rows) - 1) < 1e-9
    ready(page)

"""CSV that runs nothing in a spreadsheet, and one HTML file that fetches nothing."""

import csv
import io
import json
import re
import time

import pytest

from engine.evidence.html import html
from engine.evidence.sheet import HEAD
from engine.evidence.sheet import csv as sheet
from tests.evidence.steps import HOSTILE, evidence, renamed, run_of


def until(page, expression):
    """Wait for what is true in a page; its policy lets nobody evaluate a text in it, but from outside."""
    end = time.monotonic() + 30
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def hostile():
    document = run_of(40)
    names = sorted(one["column"] for one in document["quality"])
    return evidence(renamed(document, dict(zip(names, HOSTILE, strict=True))))


def test_a_row_for_every_finding_and_every_gap(week):
    rows = list(csv.DictReader(io.StringIO(sheet(week))))
    assert list(rows[0]) == HEAD
    assert len(rows) == len(week["run"]["findings"]) + len(week["run"]["not_computed"])
    called = [name for name in ("critical", "warning") for _ in range(week["run"]["counts"][name])]
    assert len(called) > 5 and [one["severity"] for one in rows[: len(called)]] == called
    found = {(one["column"], one["metric"]): one for one in week["run"]["findings"]}
    for row in rows[: len(found)]:
        value = found[row["column"] or None, row["metric"]]["value"]
        assert row["value"] == ("" if value is None else repr(value)), "numbers are written in full"
    assert rows[-1]["severity"] == "not_computed" and rows[-1]["sentence"]


def test_no_cell_is_a_formula_or_steers_anything(hostile):
    text = sheet(hostile)
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any(cell.startswith("'=cmd") for cell in cells)
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "\r")) and "\x1b" not in cell and "\u202e" not in cell
        if cell.startswith("-"):
            float(cell)


def test_the_page_holds_everything_and_asks_for_nothing(week):
    page = html(week)
    assert len(page.encode()) < 8_000_000
    head = page.partition("</style>")[0]
    assert "default-src 'none'" in head
    assert not re.search(r'(?:src|href)="[^#]', page.partition("<script>")[0])
    assert page.count('class="plot"') > 30
    for one in week["run"]["findings"]:
        if one["severity"] == "critical":
            assert one["sentence"].partition("'")[0].replace(">", "&gt;") in page


def test_names_cannot_become_elements_or_end_a_script(hostile):
    page = html(hostile)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page and "‹U+202E›" in page and "模型温度" in page
    figures = re.search(r'id="figures">(.*?)</script>', page, re.DOTALL).group(1)
    assert json.loads(figures)
    assert page.count("<script") == 3


@pytest.mark.browser
def test_the_page_draws_its_charts_offline_and_prints(hostile, tmp_path, page):
    path = tmp_path / "evidence.html"
    path.write_text(html(hostile), encoding="utf-8", errors="backslashreplace")
    wrong, asked = [], []
    page.on("console", lambda one: wrong.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: wrong.append(str(one)))
    page.on("dialog", lambda one: wrong.append(one.message))
    page.on("request", lambda one: asked.append(one.url))
    page.goto(path.as_uri())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    until(page, "document.querySelectorAll('.plot .main-svg').length >= document.querySelectorAll('.plot').length")
    assert page.get_by_role("heading", name="How to verify this evidence").count() == 1
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the window"
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert (wrong, asked) == ([], [path.as_uri()])


@pytest.mark.browser
def test_the_page_is_light_or_dark_as_its_reader_is_and_light_on_paper(week, tmp_path, page):
    path = tmp_path / "evidence.html"
    path.write_text(html(week), encoding="utf-8")
    page.emulate_media(color_scheme="dark")
    page.goto(path.as_uri())
    behind = "getComputedStyle(document.body).backgroundColor"
    drawn = "[...new Set([...document.querySelectorAll('.plot[data-drawn]')].map(one => one.dataset.drawn))]"
    page.locator(".plot").first.scroll_into_view_if_needed()
    until(page, f"{drawn}.length === 1")
    assert (page.evaluate(behind), page.evaluate(drawn)) == ("rgb(23, 22, 20)", ["dark"])
    page.emulate_media(color_scheme="light")
    until(page, f"{drawn}[0] === 'light'")
    assert page.evaluate(behind) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(drawn) == ["light"]


@pytest.mark.browser
def test_every_table_and_list_of_bins_is_reached_by_keys(small, tmp_path, page):
    path = tmp_path / "evidence.html"
    path.write_text(html(small), encoding="utf-8")
    page.goto(path.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the verdict"
    reached = set()
    for _ in range(300):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.className || document.activeElement.tagName")
        if kind == "BODY":
            break
        reached.add(kind)
    assert {"A", "scroll", "SUMMARY"} <= reached
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None

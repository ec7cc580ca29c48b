"""From a click to the changed chart, read from a browser: python benchmarks/in_browser.py [--clicks 20] [--docs]

The dashboard as `make app` starts it, on the demo, in a Chromium without a graphics card. The clock begins with the
event of the mouse and ends when the chart's marks and lines stand elsewhere. --docs writes docs/benchmarks.md.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import machine, section  # noqa: E402
from benchmarks.startup import QUIET, made  # noqa: E402
from tests.browser.steps import click_mark, drawn, ready, visit  # noqa: E402
from tests.getting import chromium  # noqa: E402

MAP = "Population Stability Index of seats by origin"
LINE = "Population Stability Index of late_probability over time, fixed"
COURSE = "Log loss over time, realized and estimated"
NAMES = "late_probability", "temp_f", "carrier", "precip_in", "dest", "humidity", "distance_mi", "wind_mph"
WATCH = """([name, event]) => { window.took = new Promise(done => {
  const find = () => document.querySelector(`[aria-label^="${name}"]`);
  const paths = figure => [...figure.querySelectorAll('.shapelayer path, .scatterlayer path')];
  const state = figure => figure && figure.querySelector('.js-plotly-plot')?.data
    && paths(figure).map(path => path.getAttribute('d') + path.getAttribute('transform')).join();
  const before = state(find());
  document.addEventListener(event, () => { const from = performance.now();
    const look = () => state(find()) && state(find()) !== before
      ? done(performance.now() - from) : requestAnimationFrame(look); look() }, {once: true, capture: true}) }) }"""


def took(page: Page) -> float:
    """Milliseconds of the click that was watched."""
    found: float = page.evaluate("() => window.took")
    ready(page)
    return found


def column(page: Page, address: str, clicks: int) -> list[float]:
    """Another column in its picker, until its distribution is drawn."""
    visit(page, f"{address}column?window=2013-04-22&column=seats", "Column")
    drawn(page, "Distribution of seats")
    found = []
    for i in range(clicks):
        name, box = NAMES[i % len(NAMES)], page.locator(".st-key-column").get_by_role("combobox")
        box.click()
        box.press_sequentially(name)
        option = page.get_by_role("option", name=name, exact=True)
        option.wait_for()
        page.evaluate(WATCH, [f"Distribution of {name}:", "click"])
        option.click()
        found.append(took(page))
    return found


def cohorts(page: Page, address: str, clicks: int) -> list[float]:
    """The week before, until the map of cohorts frames it."""
    visit(page, f"{address}cohorts?window=2013-09-16&column=seats&by=origin", "Cohorts")
    drawn(page, MAP)
    found = []
    for _ in range(clicks):
        page.evaluate(WATCH, [MAP, "click"])
        page.locator(".st-key-earlier").get_by_role("button").click()
        found.append(took(page))
    return found


def weeks(page: Page, address: str, path: str, title: str, name: str, clicks: int) -> list[float]:
    """A click on a week of a chart over time, until that week is marked."""
    visit(page, f"{address}{path}", title)
    figure, found = drawn(page, name), []
    for i in range(clicks):
        figure.scroll_into_view_if_needed()
        page.evaluate(WATCH, [name, "mouseup"])
        click_mark(page, figure, ("2013-07-22", "2013-08-26")[i % 2])
        found.append(took(page))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    lines = ["| milliseconds, from the click to the changed chart | median | slowest | of |", "|---|---|---|---|"]
    with sync_playwright() as play, tempfile.TemporaryDirectory() as home, made(home) as (address, _, _):
        browser = play.chromium.launch(executable_path=chromium.find(), args=QUIET.split())
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
        of_windows = "windows?window=2013-04-22&column=late_probability"
        for what, found in (
            ("Column, another column", column(page, address, asked.clicks)),
            ("Cohorts, the week before", cohorts(page, address, asked.clicks)),
            ("Windows, a click on a week", weeks(page, address, of_windows, "Windows", LINE, asked.clicks)),
            ("Performance, a click on a week",
             weeks(page, address, "performance?window=2013-04-22", "Performance", COURSE, asked.clicks)),
        ):  # fmt: skip
            lines.append(f"| {what} | {statistics.median(found):.0f} | {max(found):.0f} | {len(found)} |")
            print(lines[-1], flush=True)
        browser.close()
    if asked.docs:
        section(ROOT / "docs" / "benchmarks.md", "A click in a browser", f"{machine()}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()

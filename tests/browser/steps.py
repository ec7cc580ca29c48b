"""What a visitor does, in words: wait until a page is done, pick, open, look for a chart."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from engine.due import run_monitor_file
from engine.monitor import read_monitor
from engine.slices import parse_window
from engine.store import Store, open_store


def ready(page: Page) -> None:
    """The session is connected, the script has ended, and no exception is shown."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=60_000)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def visit(page: Page, address: str, title: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible(timeout=60_000)
    ready(page)


def turn_to(page: Page, section: str, title: str) -> None:
    """Open a page by the menu at the top: its section, then its title."""
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    ready(page)


def pick(page: Page, key: str, option: str) -> None:
    """Choose in a picker by typing, as people do."""
    box = page.locator(f".st-key-{key}").get_by_role("combobox")
    box.click()
    box.press_sequentially(option)
    page.get_by_role("option", name=option, exact=True).click()


def chart(page: Page, name: str) -> Locator:
    """A chart by its name, which carries its subject."""
    return page.get_by_role("figure", name=name)


def drawn(page: Page, name: str) -> Locator:
    found = chart(page, name)
    expect(found.locator(".main-svg").first).to_be_visible(timeout=30_000)
    return found


def row_of(page: Page, key: str, row: int) -> None:
    """Click the box before a row. The table is a canvas: rows are pixels, heights come from the theme."""
    canvas = page.locator(f".st-key-{key} canvas").first
    box = canvas.bounding_box()
    assert box is not None
    size = canvas.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    height = round(2.1875 * size)
    page.mouse.click(box["x"] + 17, box["y"] + height + height * row + height / 2)


def click_mark(page: Page, found: Locator, key: str) -> None:
    """Click the mark of a window on a chart over time: where it lies is asked of the chart's own axes."""
    place = found.locator(".js-plotly-plot").evaluate(
        """(plot, key) => { const line = plot.data[plot.data.length - 1], full = plot._fullLayout;
          const at = line.customdata.findIndex(one => one[0] === key), box = plot.getBoundingClientRect();
          return [box.x + full.xaxis._offset + full.xaxis.d2p(line.x[at]),
                  box.y + full.yaxis._offset + full.yaxis.d2p(line.y[at])] }""",
        key,
    )
    page.mouse.move(*place)
    page.mouse.click(*place)


def cell(page: Page, key: str, row: int, column: int) -> Locator:
    return page.locator(f".st-key-{key}").get_by_test_id(f"glide-cell-{column}-{row}")


def no_sideways_scroll(page: Page) -> None:
    """The page is no wider than the window, once its charts have followed a change of it."""
    wide = "(m => m.scrollWidth - m.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    for _ in range(50):
        if (found := page.evaluate(wide)) <= 1:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{found} pixels too wide")


def weeks_on_record(address: str, path: Path, *weeks: str) -> Store:
    """The store with runs of some weeks of April 2013 ("08..2013-04-15") by the monitor of a file."""
    store, monitor = open_store(address), read_monitor(path)
    for week in weeks:
        outcome = run_monitor_file(store, path, monitor, parse_window(f"2013-04-{week}"))
        assert outcome.error is None, outcome.error
    return store

"""The model owner's Monday, with the keyboard alone; and thresholds, from the slider to the lines of the file."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, serving
from tests.browser.steps import chart, no_sideways_scroll, pick, ready, visit, weeks_on_record

STEPS = 60  # Tabs at most from one field to the next


@pytest.fixture(scope="session")
def owner(tmp_path_factory):
    """The app on a copy of the demo's monitor with its first weeks on record: address, folder, environment."""
    home = tmp_path_factory.mktemp("monday")
    (home / "monitors").mkdir()
    path = home / "monitors" / "flights.yaml"
    shutil.copy(ROOT / "data" / "monitors" / "flights.yaml", path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("path: data/demo", f"path: {ROOT}/data/demo"), encoding="utf-8")
    settings = {
        "PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db",
        "PLUMBLINE_MONITORS": str(home / "monitors"),
    }  # fmt: skip
    weeks = "01..2013-04-08", "08..2013-04-15", "15..2013-04-22", "22..2013-04-29"
    weeks_on_record(settings["PLUMBLINE_STORE"], path, *weeks)
    with serving(home, settings) as address:
        yield address, path, os.environ | settings


@pytest.fixture(scope="session")
def base_url(owner):
    return owner[0]


def tab_to(page: Page, key: str) -> None:
    """Press Tab until the focus lies in a widget, and not on the help beside its name."""
    inside = """key => {
        const one = document.activeElement
        return !!one.closest('.st-key-' + key) && !/^Help/.test(one.ariaLabel ?? '')
    }"""
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        if page.evaluate(inside, key):
            return
    raise AssertionError(f"Tab does not lead to {key}")


def test_the_owners_monday_with_the_keyboard_alone(page: Page, owner):
    address, _, environment = owner
    visit(page, f"{address}/home", "Home")
    expect(page.get_by_text("1 monitor", exact=True)).to_be_visible(timeout=30_000)
    tab_to(page, "open_monitor")
    page.keyboard.type("flights")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review", level=1)).to_be_visible(timeout=30_000)
    ready(page)
    expect(page.get_by_text("Week of 22 April 2013 of flights-late")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(re.compile("Log loss of the 6,394 labelled rows of 6,560 is 0.775")).first).to_be_visible(
        timeout=30_000
    )
    expect(page.locator(".st-key-verdict")).to_contain_text("Investigate data")
    tab_to(page, "decide_choice")
    page.keyboard.type("retrain")
    page.keyboard.press("Enter")
    tab_to(page, "decide_reason")
    page.keyboard.type("Controllers were furloughed; the week does not come back")
    tab_to(page, "decide_by")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("retrain, the run", timeout=30_000)
    ready(page)
    page.reload()
    ready(page)
    expect(page.get_by_text("Week of 22 April 2013 of flights-late")).to_be_visible(timeout=30_000)
    table = page.locator(".st-key-decisions")
    expect(table.get_by_test_id("glide-cell-2-0")).to_have_text("retrain", timeout=30_000)
    command = [sys.executable, "-m", "engine", "ledger"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert "retrain" in told.stdout and "Ada" in told.stdout


def test_a_finding_opens_its_column_in_its_week(page: Page, owner):
    visit(page, f"{owner[0]}/review?window=2013-04-22", "Review")
    page.locator(".st-key-open_column_late_probability").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Column", level=1)).to_be_visible(timeout=60_000)
    ready(page)
    expect(page.get_by_text("Week of 22 April 2013")).to_be_visible(timeout=30_000)
    assert "column=late_probability" in page.url and "window=2013-04-22" in page.url


def test_the_week_is_read_on_one_screen(page: Page, owner):
    page.set_viewport_size({"width": 1440, "height": 900})
    visit(page, f"{owner[0]}/review?window=2013-04-22", "Review")
    box = page.get_by_role("button", name="Record the decision").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 900, box
    low = page.locator(".st-key-topics").bounding_box()
    assert low is not None and low["y"] < 900, low


def test_limits_from_the_slider_to_the_file(page: Page, owner):
    address, path, _ = owner
    before = path.read_text(encoding="utf-8")
    visit(page, f"{address}/thresholds", "Thresholds")
    expect(chart(page, "Findings in alarm per window")).to_be_visible(timeout=30_000)
    page.get_by_role("radio", name="At most so many alerts").or_(
        page.get_by_role("button", name="At most so many alerts")
    ).first.click()
    slider = page.get_by_role("slider")
    expect(slider).to_be_visible(timeout=30_000)
    ready(page)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    ready(page)
    expect(page.get_by_text(re.compile("Limits × ")).first).to_be_visible(timeout=30_000)
    shown = page.locator("[data-testid=stCode]").last.inner_text()
    added = [line[1:] for line in shown.splitlines() if line.startswith("+ ")]
    assert added, shown
    page.get_by_role("button", name="Save to the monitor file").click()
    expect(page.get_by_text("Saved to flights.yaml, and to the ledger.")).to_be_visible(timeout=30_000)
    after = path.read_text(encoding="utf-8")
    assert all(line.rstrip() in after for line in added) and "# seasons move it" in after
    assert before != after


@pytest.mark.parametrize("name", ["home", "review", "thresholds", "monitor"])
def test_narrow_screens_have_no_sideways_scroll(page: Page, owner, name):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, f"{owner[0]}/{name}", name.capitalize())
    no_sideways_scroll(page)


def test_another_week_is_picked_and_kept_in_the_link(page: Page, owner):
    visit(page, f"{owner[0]}/review", "Review")
    pick(page, "window", "2013-04-15")
    expect(page.get_by_text("Week of 15 April 2013 of flights-late")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("window=2013-04-15"))

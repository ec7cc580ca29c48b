"""The dashboard on a monitor whose rows lie in Spark: its pages are those of any other, and say what is not told."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serving
from tests.browser.steps import ready, visit
from tests.getting import java, needed
from tests.tables.spark.conftest import end_java, small_demo, there

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    needed(java)
    end_java()
    home = small_demo(tmp_path_factory.mktemp("spark"))
    monitors = home / "monitors"
    monitors.mkdir()
    there(home, "local[2]").rename(monitors / "there.yaml")
    settings = {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}
    with serving(home, settings | {"PLUMBLINE_MONITORS": str(monitors)}) as address:
        yield address


@pytest.fixture(scope="session")
def base_url(app_url):
    return app_url


def test_opening_is_stopped_and_pages_of_a_monitor_in_spark_are_those_of_any_other(page: Page, watched):
    watched(page)
    page.goto("/?monitor=flights-there")
    # a JVM is started and asked; what it is at is stopped, and another time it is not
    expect(page.get_by_text(re.compile("(binned|counted) .* (columns|pieces)"))).to_be_visible(timeout=300_000)
    page.locator(".st-key-stop_opening").get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Opening was stopped").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Data drift").first).to_be_visible(timeout=500_000)
    ready(page)
    visit(page, "/column?monitor=flights-there&column=seats", "Column")
    expect(page.get_by_text("seats").first).to_be_visible()
    visit(page, "/attribution?monitor=flights-there", "Attribution")
    told = "In no window can it be told: a surrogate needs codes of rows, and rows stay in Spark."
    expect(page.get_by_text(told)).to_be_visible()
    visit(page, "/performance?monitor=flights-there", "Performance")
    visit(page, "/cohorts?monitor=flights-there", "Cohorts")

"""The dashboard on a monitor whose rows lie in Spark: its pages are those of any other, and say what is not told."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serving
from tests.browser.steps import ready, visit
from tests.getting import java, needed
from tests.tables.spark.conftest import small_demo, there

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    needed(java)
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


def test_pages_of_a_monitor_in_spark_are_those_of_any_other(page: Page, watched):
    watched(page)
    page.goto("/?monitor=flights-there")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Data drift").first).to_be_visible(timeout=500_000)  # a JVM is started, and all is counted
    ready(page)
    visit(page, "/column?monitor=flights-there&column=seats", "Column")
    expect(page.get_by_text("seats").first).to_be_visible()
    visit(page, "/attribution?monitor=flights-there", "Attribution")
    expect(page.get_by_text("In no window can it be told")).to_be_visible()
    visit(page, "/performance?monitor=flights-there", "Performance")
    visit(page, "/cohorts?monitor=flights-there", "Cohorts")

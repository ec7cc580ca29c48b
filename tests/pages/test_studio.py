"""Threshold studio: other limits on the windows that were, proposed ones, and a change that keeps comments."""

from engine.store import entries
from tests.pages.conftest import words
from tests.pages.recorded import record, write_monitor


def test_higher_limits_raise_less_and_the_change_is_shown(app, monitors, two_files, store_url):
    record(write_monitor(monitors, two_files()), store_url)
    at = app("Thresholds")
    assert at.selectbox(key="pattern").value == "psi"
    before = float(at.metric[0].value)
    at.text_input(key="warning-psi").set_value("50")
    at.text_input(key="critical-psi").set_value("90").run()
    assert float(at.metric[0].value) < before
    changes = at.code[-1].value
    assert "-  psi: {warning: 0.1, critical: 0.25}   # ours" in changes
    assert "+  psi: {warning: 50, critical: 90}   # ours" in changes


def test_what_is_saved_is_what_was_shown_and_the_ledger_tells_it(app, monitors, two_files, store_url):
    path = write_monitor(monitors, two_files())
    store = record(path, store_url)
    at = app("Thresholds")
    at.text_input(key="warning-psi").set_value("5")
    at.text_input(key="critical-psi").set_value("9").run()
    at.text_input(key="decide_by").set_value("Ada")
    at.button(key="save_limits").click().run()
    assert "  psi: {warning: 5, critical: 9}   # ours\n" in path.read_text() and "# its name" in path.read_text()
    told = entries(store, "monitor")[-1].body
    assert told["by"] == "Ada (as typed)" and told["before"] != told["after"] and "warning: 5" in told["text"]


def test_the_slider_proposes_limits_that_are_as_quiet_as_asked(app, monitors, two_files, store_url):
    record(write_monitor(monitors, two_files()), store_url)
    at = app("Thresholds", how="At most so many alerts", most="1.0")
    said = words(at)
    assert "Limits ×" in said or "Limits as they are" in said
    assert float(at.metric[0].value) <= 1.0 or "higher limits are not quieter" in said


def test_limits_that_are_none_are_told_and_nothing_is_saved(app, monitors, two_files, store_url):
    path = write_monitor(monitors, two_files())
    record(path, store_url)
    text = path.read_text()
    at = app("Thresholds")
    at.text_input(key="warning-psi").set_value("lots").run()
    assert "These limits cannot be used" in words(at) and "'lots'" in words(at)
    at.text_input(key="warning-psi").set_value("0.1")
    at.text_input(key="persist-small").set_value("3 of 2").run()
    assert "Write 'k of w'" in words(at)
    assert path.read_text() == text


def test_events_are_caught_or_missed(app, monitors, two_files, store_url):
    record(write_monitor(monitors, two_files()), store_url)
    assert "move\\:" in words(app("Thresholds"))


def test_with_nothing_on_record_the_data_are_read(app, monitors, two_files, store_url):
    write_monitor(monitors, two_files())
    at = app("Thresholds")
    assert "**4 weeks** of small" in words(at) and float(at.metric[0].value) > 0


def test_a_file_that_changed_meanwhile_is_not_overwritten(app, monitors, two_files, store_url):
    path = write_monitor(monitors, two_files())
    record(path, store_url)
    at = app("Thresholds")
    at.text_input(key="warning-psi").set_value("5")
    at.text_input(key="critical-psi").set_value("9").run()
    path.write_text(path.read_text() + "# by hand\n")
    at.button(key="save_limits").click().run()
    assert "changed meanwhile" in at.error[0].value and path.read_text().endswith("# by hand\n")
    assert "warning: 5" not in path.read_text()

"""The Monitor page: form and file, all problems at once, the change before it is saved, and what it must not do."""

import pytest

from engine.store import entries, open_store
from pages.shared import monitor_files
from tests.pages.conftest import words
from tests.pages.recorded import write_monitor


@pytest.fixture
def path(monitors, two_files, store_url):
    return write_monitor(monitors, two_files())


def test_the_form_changes_one_line_and_comments_stay(app, path):
    at = app("Monitor")
    at.text_input(key="form_owner").set_value("ada@example.com").run()
    assert 'owner: "ada@example.com"' in at.text_area(key="yaml_text").value
    changes = at.code[-1].value
    assert "-owner: someone@example.com" in changes and '+owner: "ada@example.com"' in changes
    at.button(key="save_monitor").click().run()
    assert not at.error, at.error[0].value
    assert 'owner: "ada@example.com"' in path.read_text() and "# its name" in path.read_text()
    assert entries(open_store(), "monitor")[-1].body["monitor"] == "small"


def test_the_form_follows_the_text(app, path):
    at = app("Monitor")
    at.text_area(key="yaml_text").set_value(path.read_text().replace("someone@", "other@")).run()
    assert at.text_input(key="form_owner").value == "other@example.com"


def test_all_problems_are_told_at_their_lines_with_the_nearest_names(app, path):
    at = app("Monitor")
    text = path.read_text().replace("owner:", "ownr:").replace("persist: 1 of 1", "persist: 3 of 2")
    at.text_area(key="yaml_text").set_value(text).run()
    said = words(at)
    assert "**line 2** · **ownr**" in said and "Did you mean 'owner'?" in said.replace("\\", "")
    assert "**line 9**" in said and at.button(key="save_monitor").disabled
    assert path.read_text() != text


def test_what_the_form_holds_and_does_not_fit_is_said(app, path):
    at = app("Monitor")
    at.text_input(key="form_policy.persist").set_value("3 of 2").run()
    assert any("Write 'k of w'" in one.value for one in at.code)
    assert "persist: 1 of 1" in at.text_area(key="yaml_text").value


def test_the_data_are_asked_for_what_only_they_know(app, path):
    at = app("Monitor")
    at.text_area(key="yaml_text").set_value(path.read_text().replace("timestamp: at", "timestamp: att")).run()
    at.button(key="check").click().run()
    assert "has no column 'att'" in words(at).replace("\\", "") and "Did you mean 'at'?" in words(at).replace("\\", "")


def test_a_file_that_changed_on_disk_is_told_and_not_overwritten(app, path):
    at = app("Monitor")
    at.text_input(key="form_owner").set_value("ada@example.com").run()
    path.write_text(path.read_text() + "# by hand\n")
    at.button(key="save_monitor").click().run()
    assert "changed meanwhile" in at.error[0].value.replace("\\", "")
    assert "changed on disk" in at.warning[0].value and "# by hand" in path.read_text()
    at.button(key="load_again").click().run()
    assert "# by hand" in at.text_area(key="yaml_text").value


def test_a_broken_file_can_be_mended(app, path):
    good = path.read_text()
    path.write_text(good.replace("owner:", "ownr:"))
    at = app("Monitor")
    assert "unknown field" in words(at)
    at.text_area(key="yaml_text").set_value(good).run()
    at.button(key="save_monitor").click().run()
    assert not at.error and path.read_text() == good


def test_a_new_monitor_is_saved_under_a_name_in_the_folder(app, path, monitors, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_DATA", str(monitors.parent))
    at = app("Monitor", file="a new monitor")
    text = path.read_text().replace("monitor: small", "monitor: other")
    at.text_area(key="yaml_text").set_value(text).run()
    at.text_input(key="file_name").set_value("../../etc/other").run()
    at.button(key="save_monitor").click().run()
    assert not at.error, at.error[0].value
    assert [one.name for one in sorted(monitors.iterdir())] == ["etc-other.yaml", "small.yaml"]


def test_paths_outside_the_folders_that_may_be_read_are_refused(app, path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_DATA", str(path.parent))
    at = app("Monitor")
    text = path.read_text()
    for other in ("/etc/passwd", "s3://bucket/secret.parquet", "../../../../../../etc/passwd"):
        place = next(line for line in text.splitlines() if line.startswith("production"))
        at.text_area(key="yaml_text").set_value(text.replace(place, f"production: {{path: {other}}}")).run()
        at.button(key="check").click().run()
        at.button(key="save_monitor").click().run()
        assert at.error and path.read_text() == text, other


def test_where_things_are_sent_is_not_changed_from_a_browser(app, path):
    at = app("Monitor")
    text = path.read_text()
    at.text_area(key="yaml_text").set_value(text + "deliver: [{to: webhook, url: 'https://a.example/'}]\n").run()
    at.button(key="save_monitor").click().run()
    assert "not changed from a browser" in at.error[0].value and path.read_text() == text


def test_nothing_is_left_beside_the_file_when_writing_fails(path, monkeypatch):
    def no(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(monitor_files.os, "replace", no)
    before = monitor_files.held(path)
    with pytest.raises(monitor_files.PlumblineError, match="No space left"):
        monitor_files.save(before, before.text.replace("someone@", "other@"), None)
    assert list(path.parent.iterdir()) == [path] and path.read_text() == before.text

"""Home: every monitor, worst first, with nothing recorded, with runs, with a store that cannot be opened."""

from tests.pages.conftest import words
from tests.pages.recorded import record, write_monitor


def table(at):
    return at.dataframe[0].value


def test_nothing_recorded_says_what_it_means_and_offers_to_record(app, monitors, two_files, store_url):
    path = write_monitor(monitors, two_files())
    at = app("Home")
    said = words(at)
    assert "Nothing is recorded yet" in said and f"python -m engine run {path} --due" in said
    assert at.button(key="record").label.startswith("Record")
    assert table(at)["State"].tolist() == [["– not recorded"]]


def test_the_button_records_every_closed_window(app, monitors, two_files, store_url):
    write_monitor(monitors, two_files())
    at = app("Home")
    at.button(key="record").click().run()
    found = table(at)
    assert found["State"][0] == ["■ critical"], found
    assert len(found["Windows"][0]) == 4 and found["Last window"][0] == "week of 25 March 2024"
    assert "Nothing is recorded yet" not in words(at)


def test_worst_first_and_search(app, monitors, two_files, store_url):
    files = two_files()
    record(write_monitor(monitors, files, "bad"), store_url)
    record(write_monitor(monitors, (files[0], files[0]), "calm"), store_url)
    write_monitor(monitors, files, "new")
    at = app("Home")
    assert table(at)["Monitor"].tolist()[0] == "bad" and set(table(at)["Monitor"]) == {"bad", "calm", "new"}
    at.text_input(key="find").set_value("critical").run()
    assert table(at)["Monitor"].tolist() == ["bad"]
    at.text_input(key="find").set_value("nobody").run()
    assert "No monitor holds all of: nobody" in words(at)


def test_a_monitor_that_is_chosen_opens_its_review(app, monitors, two_files, store_url):
    record(write_monitor(monitors, two_files(), "bad"), store_url)
    at = app("Home")
    at.selectbox(key="open_monitor").set_value("bad").run()
    assert at.title[0].value == "Review" and at.selectbox(key="window").value == "2024-03-25"


def test_a_visit_without_a_wish_begins_at_home_where_several_are_recorded(app, monitors, two_files, store_url):
    files = two_files()
    record(write_monitor(monitors, files, "one"), store_url)
    assert app().title[0].value == "Overview"
    record(write_monitor(monitors, files, "two"), store_url)
    assert app().title[0].value == "Home"
    assert app(window="2024-03-11").title[0].value == "Overview"  # a link gets what it asks for


def test_a_store_that_cannot_be_opened_is_told_and_the_list_stands(app, monitors, two_files, monkeypatch, tmp_path):
    (tmp_path / "no.db").write_text("not a database at all, not a database at all")
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/no.db")
    write_monitor(monitors, two_files())
    at = app("Home")
    assert "it is not a SQLite database" in words(at)
    assert table(at)["Monitor"].tolist() == ["small"]


def test_a_broken_file_is_told_beside_the_others(app, monitors, two_files, store_url):
    write_monitor(monitors, two_files())
    (monitors / "bad.yaml").write_text("monitor: m\nreference: {path: a}\nproduction: {path: b}\ncolums: {}\n")
    at = app("Home")
    assert "line 4, colums: unknown field. Did you mean 'columns'?" in words(at)
    assert table(at)["Monitor"].tolist() == ["small"]

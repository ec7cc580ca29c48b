"""Review: what changed, the verdict, decisions that land in the ledger; many findings, none, nothing recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.store import decisions, entries, open_store
from tests.pages.conftest import words
from tests.pages.recorded import record, write_monitor


@pytest.fixture
def small(monitors, two_files, store_url):
    """A small monitor with four windows on record."""
    return record(write_monitor(monitors, two_files()), store_url)


def test_the_verdict_names_rules_and_findings_in_the_engines_words(app, small):
    at = app("Review", window="2024-03-11")
    said = words(at)
    assert "Week of 11 March 2024 of small" in said
    assert "Population Stability Index of amount is" in said and "in alarm" in said
    assert "persisting" in said and "Rule **in alarm** calls for: **watch**" in said


def test_what_persists_is_not_new_and_everything_is_at_first(app, small):
    first = words(app("Review", window="2024-03-04"))
    assert "since the beginning" in first and "**new** · **amount**" in first
    later = words(app("Review", window="2024-03-11"))
    assert "**persisting** · **amount**" in later and "**new** · **amount**" not in later


def test_a_decision_needs_what_the_engine_asks_for(app, small):
    at = app("Review")
    submit(at)
    assert "Nothing is chosen" in at.error[0].value
    at.selectbox(key="decide_choice").set_value("accept")
    submit(at)
    assert "A decision needs a reason" in at.error[0].value
    assert decisions(small) == ()


def test_a_decision_is_recorded_shown_and_in_the_ledger(app, small):
    at = app("Review", window="2024-03-11")
    at.button(key="about_column_amount").click().run()
    assert "amount.psi" in at.multiselect(key="decide_about").value
    at.selectbox(key="decide_choice").set_value("accept")
    at.text_area(key="decide_reason").set_value("prices rose | *on purpose*")
    at.text_input(key="decide_by").set_value("Ada")
    submit(at)
    assert not at.error and "accept" in at.success[0].value
    (made,) = decisions(small, "small")
    assert made.by == "Ada (as typed)" and "amount.psi" in made.findings and made.reason == "prices rose | *on purpose*"
    assert entries(small, "decision")[-1].body["by"] == "Ada (as typed)"
    table = at.dataframe[-1].value
    assert table["By"].tolist() == ["Ada (as typed)"] and table["Window"].tolist() == ["2024-03-11"]
    assert at.text_area(key="decide_reason").value == "" and at.text_input(key="decide_by").value == "Ada"


def test_a_mute_is_listed_as_muted_until_its_last_day(app, small):
    at = app("Review", window="2024-03-11")
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    at.button(key="about_column_amount").click().run()
    at.selectbox(key="decide_choice").set_value("mute")
    at.text_area(key="decide_reason").set_value("known")
    at.text_input(key="decide_by").set_value("Ada")
    at.date_input(key="decide_until").set_value(until)
    submit(at)
    assert not at.error, at.error[0].value
    said = words(at).replace("\\", "")
    assert f"until {until}, Ada (as typed): known" in said and "muted" in said


def test_the_next_review_is_since_the_last_that_was_decided(app, small):
    at = app("Review", window="2024-03-04")
    at.selectbox(key="decide_choice").set_value("no action")
    at.text_area(key="decide_reason").set_value("seen")
    at.text_input(key="decide_by").set_value("Ada")
    submit(at)
    said = words(app("Review", window="2024-03-18"))
    assert "since the week of 4 March 2024 (the last review)" in said


def test_open_leads_to_the_column_in_that_window(app, small):
    at = app("Review", window="2024-03-11")
    at.button(key="open_column_amount").click().run()
    assert at.title[0].value == "Column"
    assert at.selectbox(key="column").value == "amount" and at.selectbox(key="window").value == "2024-03-11"


def test_nothing_recorded_offers_to_record(app, monitors, two_files, store_url):
    path = write_monitor(monitors, two_files())
    at = app("Review")
    assert "Nothing is recorded yet" in words(at) and f"run {path} --due" in words(at)


def test_a_calm_window_says_so(app, monitors, two_files, store_url):
    files = two_files()
    record(write_monitor(monitors, (files[0], files[0]), "calm"), store_url)
    said = words(app("Review"))
    assert "No action" in said and "Nothing is new, worse or open" in said


def test_a_store_that_cannot_be_opened_is_told(app, monkeypatch, tmp_path):
    (tmp_path / "no.db").write_text("not a database at all, not a database at all")
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/no.db")
    assert "it is not a SQLite database" in words(app("Review"))


def test_data_that_are_gone_do_not_stop_a_review(app, small, monitors, two_files):
    for file in two_files()[1].parent.glob("production.csv"):
        file.unlink()
    assert "Population Stability Index of amount is" in words(app("Review"))


def submit(at):
    """Press the form's button."""
    next(one for one in at.button if one.label == "Record the decision").click().run()
    assert not at.exception, at.exception


def test_the_store_is_made_where_there_is_none(app, monitors, two_files, store_url):
    write_monitor(monitors, two_files())
    app("Review")
    assert entries(open_store(store_url, make=False)) == ()

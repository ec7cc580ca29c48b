"""Snapshot searches a run's data for cohorts that drift: in the background, with a way to stop it, or says why not."""

import time
from threading import Event

import pytest

from engine.access import LOCAL
from engine.errors import Cancelled
from engine.evidence.exported import kept_run
from engine.evidence.searched import cohorts_of
from engine.evidence.snapshot import Options
from engine.store import entries, records
from pages.shared import searching
from pages.shared.exporting import build
from tests.pages.conftest import words
from tests.pages.recorded import record, write_monitor


@pytest.fixture
def last(monitors, two_files, store_url):
    """A store, its last run, and the files that it was made of."""
    store = record(write_monitor(monitors, two_files()), store_url)
    return store, records(store, findings=False)[-1], two_files()


def searched(at):
    """The page once the search has ended."""
    for _ in range(200):
        at.run()
        if "export_waits" not in [one.key for one in at.button] and not at.get("progress"):
            return at
        time.sleep(0.1)
    raise AssertionError("the search does not end")


def named(app, run):
    at = app("Snapshot", run=run.id)
    return searched(at.text_input(key="decide_by").set_value("Jo").run())


def test_the_page_says_what_was_found_and_the_file_has_it(app, last):
    store, run, _ = last
    at = named(app, run)
    assert "that drift, in the section *Cohorts*" in words(at)
    looked = cohorts_of(kept_run(store, run.id)[1])
    assert looked.cohorts is not None and "cohorts × columns were asked" in looked.words
    made, _ = build(LOCAL, store, run.id, Options(), "Jo", "json", looked)
    assert made["searched"] == looked.words and len(made["cohorts"]) == len(looked.cohorts)


def test_data_that_are_gone_are_told_and_looked_for_again(app, last):
    _, run, (_, production) = last
    moved = production.rename(production.with_suffix(".away"))
    at = named(app, run)
    assert "Cohorts that drift were not searched" in words(at)
    moved.rename(production)
    assert "that drift, in the section" in words(searched(at.button(key="search_again").click().run()))


def test_the_file_waits_for_the_search_and_who_stops_it_takes_it_without(app, last, monkeypatch):
    store, run, _ = last
    began, go, real = Event(), Event(), searching.cohorts_of

    def slow(*given):
        began.set()
        assert go.wait(60)
        return real(*given)

    monkeypatch.setattr(searching, "cohorts_of", slow)
    at = app("Snapshot", run=run.id)
    at.text_input(key="decide_by").set_value("Jo").run()
    assert began.is_set() and at.button(key="export_waits").disabled and "the file waits for it" in words(at)
    at.button(key="stop_search").click().run()
    go.set()
    at = searched(at)
    assert "somebody stopped it" in words(at)
    assert not entries(store, "export")


def test_a_brief_shows_no_cohorts_and_searches_none(app, last, monkeypatch):
    monkeypatch.setattr(searching, "cohorts_of", lambda *given: pytest.fail("searched"))
    at = app("Snapshot", run=last[1].id, length="two pages")
    assert "Cohorts" not in words(at) and not at.exception


def test_who_stops_a_search_is_not_told_that_it_took_too_long(last):
    def stop(share, said):
        raise Cancelled("The search was stopped.")

    found = cohorts_of(kept_run(last[0], last[1].id)[1], progress=stop)
    assert found.words == "Cohorts that drift were not searched: somebody stopped it." and found.cohorts is None

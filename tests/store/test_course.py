"""How the home page's small courses read what was recorded."""

from dataclasses import replace

from engine.slices import Slice, Window
from engine.store import save
from engine.store.course import courses


def test_a_longer_span_is_no_revision_of_the_week_that_it_begins_with(store, monitor, runs):
    first, second = runs[0].cut.window, runs[1].cut.window
    span = replace(runs[1], cut=Slice(window=Window(first.start, second.end)), findings=())
    for run in (*runs[:2], span):
        save(store, run, monitor)
    (course,) = courses(store).values()
    week = (first.start.isoformat(), runs[0].severity)
    assert course[0] == week and runs[0].severity != span.severity
    assert sorted(course) == sorted([week, (second.start.isoformat(), runs[1].severity), (week[0], span.severity)])

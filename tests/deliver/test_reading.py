"""How much of a long history is read, and that nothing that is told lies beyond it."""

from dataclasses import replace
from datetime import date, timedelta

from engine.deliver import reading
from engine.deliver.reading import outlook_in
from engine.findings import Severity
from engine.policy.decided import settled
from engine.record import Choice, Decision
from engine.slices import Filter, Slice, Window
from engine.store import decide, recent, records, save
from tests.deliver.conftest import watched


def weeks_of(weeks, numbers, store, monitor):
    """One recorded window after another, each a copy of one of the eight runs."""
    for i, number in enumerate(numbers):
        run = weeks[number]
        start = weeks[0].cut.window.start + timedelta(weeks=i)
        moved = Window(start, start + timedelta(weeks=1))
        at = f"2026-05-01T{i // 60:02}:{i % 60:02}:00+00:00"
        save(store, replace(run, at=at, cut=replace(run.cut, window=moved), monitor="m"), monitor)


def test_only_the_newest_windows_are_read_where_that_is_enough(store, weeks, monkeypatch):
    monkeypatch.setattr(reading, "WINDOWS", 4)
    monitor = watched()
    weeks_of(weeks, [0] * 12, store, monitor)
    seen, known = outlook_in(store, monitor)
    assert len(known) == 4 and seen.first.now.window == records(store, "m")[-1].window
    assert len(outlook_in(store, monitor, "2026-05-01T00:02:00+00:00")[1]) == 9, "what came since is read as well"


def test_runs_of_what_somebody_explored_take_no_place_of_a_window(store, weeks, monkeypatch):
    monkeypatch.setattr(reading, "WINDOWS", 4)
    monitor = watched()
    weeks_of(weeks, [0] * 6, store, monitor)
    months = Window(weeks[0].cut.window.start, weeks[0].cut.window.start + timedelta(days=45))
    for i in range(20):
        at = f"2026-06-01T00:{i:02}:00+00:00"
        span = replace(months, end=months.end + timedelta(days=i))
        cut = Slice((Filter("x", "ge", (float(i),)),)) if i % 2 else Slice(window=span)
        save(store, replace(weeks[0], at=at, cut=cut, monitor="m"), monitor, trigger="manual")
    assert len(records(store, "m")) == 26
    seen, _ = outlook_in(store, monitor)
    assert [one.window for one in seen.first.line[-4:]] == [one.window for one in records(store, "m")[2:6]]


def test_an_alarm_is_followed_to_where_it_began(store, weeks, monkeypatch):
    monkeypatch.setattr(reading, "WINDOWS", 2)
    monitor = watched()
    weeks_of(weeks, [0, 3, 3, 3, 3, 3, 3], store, monitor)
    seen, known = outlook_in(store, monitor)
    track = seen.first.tracks["x.psi"]
    assert seen.first.line[track.began()].window.start == weeks[0].cut.window.start + timedelta(weeks=1)
    assert len(known) == 6 + 1, "all of it, since the sixth is in alarm too"


def test_an_objective_reads_as_far_as_it_reaches(store, weeks, monkeypatch):
    monkeypatch.setattr(reading, "WINDOWS", 2)
    monitor = watched(more="policy: {objectives: [{metric: psi, below: 0.1, of: 60 days}]}\n")
    weeks_of(weeks, [0] * 12, store, monitor)
    (budget,) = outlook_in(store, monitor)[0].first.budgets
    assert budget.readings == 2 * 9, "two columns, nine weeks that end within 60 days: 0, 7, … 56 days before"


def test_what_was_decided_stands_when_late_labels_have_the_window_told_anew(store, weeks):
    monitor = watched()
    weeks_of(weeks, [0, 3], store, monitor)
    run = records(store, "m")[-1]
    decide(store, Decision("m", run.id, Choice.ACCEPT, "a fair", "Ada", ("x.psi",)))
    decide(store, Decision("m", run.id, Choice.MUTE, "a fair", "Ada", ("x.psi",), until=date(2099, 1, 1)))
    again = replace(weeks[3], at="2026-05-02T00:00:00+00:00", cut=replace(weeks[3].cut, window=run.window), monitor="m")
    assert save(store, again, monitor, again=True).revises == run.id
    assert run.id not in {one.id for one in records(store, "m")} and run.id in {one.id for one in recent(store, "m", 1)}
    case = outlook_in(store, monitor)[0].first
    assert case.now.id != run.id and case.tracks["x.psi"].severity() is Severity.CRITICAL
    assert settled("x.psi", Severity.CRITICAL, case.decided)
    assert case.silent(case.tracks["x.psi"]), "it was critical when it was muted, and is no worse"

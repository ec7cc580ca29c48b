"""What a target is told, and what it is not told again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from engine.deliver.event import Kind, event_of
from engine.deliver.memory import event_in, memory_of
from engine.deliver.queue import queue_news, queue_test
from engine.deliver.targets import targets_of
from engine.findings import Severity
from engine.record import Choice, Decision
from engine.store import decide, delivered, deliveries, failed, records, save
from engine.store.outbox import prune
from tests.deliver.conftest import watched

HOOK = 'to: webhook, url: "http://127.0.0.1:9/x"'


def told(store):
    """Events in the outbox, in order."""
    return [event for one in deliveries(store) if (event := event_in(one.body)) is not None]


def states(event):
    return {one.name: (one.state, one.severity) for one in event.findings}


def test_the_weeks_are_what_these_tests_need(weeks):
    seen = [{f"{f.column}.{f.metric}": f.severity for f in run.findings if f.metric == "psi"} for run in weeks]
    xs, ys = ([one.get(name) for one in seen[:6]] for name in ("x.psi", "y.psi"))
    ok, bad = Severity.OK, Severity.CRITICAL
    assert xs == [ok, ok, Severity.WARNING, bad, ok, ok] and ys == [ok, bad, ok, ok, ok, ok]


def test_nothing_is_told_while_all_is_well(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0)
    assert queue_news(store, monitor, day(0)) == () and told(store) == []
    keep(monitor, 5)
    assert queue_news(store, monitor, day(1)) == () and told(store) == []


def test_new_worse_and_recovered_are_told_once_each(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    for number in (0, 2, 3, 4, 5):
        keep(monitor, number)
        for hour in range(3):  # however often somebody asks
            queue_news(store, monitor, day(number, hour))
    new, worse, recovered = told(store)
    assert [one.kind for one in (new, worse, recovered)] == [Kind.ALERT, Kind.ALERT, Kind.RECOVERED]
    assert states(new)["x.psi"] == ("new", "warning") and states(worse)["x.psi"] == ("worse", "critical")
    assert states(recovered)["x.psi"] == ("recovered", "ok")
    assert (new.open, recovered.open, recovered.severity) == (1, 0, "ok")
    assert new.window.start == "2026-03-16T00:00:00" and worse.findings[0].since == "2026-03-16T00:00:00"
    assert worse.since == "since 16 March 2026"
    assert (new.what, worse.what, recovered.what) == ("new: x.psi", "worse: x.psi", "recovered: x.psi")
    assert new.incident == worse.incident == recovered.incident
    assert len({one.event_id for one in (new, worse, recovered)}) == 3


def test_critical_targets_hear_of_warnings_only_as_what_is_left(store, keep, day):
    monitor = watched(f"{HOOK}, when: critical, digest: none")
    keep(monitor, 0, 2)
    assert queue_news(store, monitor, day(0)) == ()
    keep(monitor, 3)
    queue_news(store, monitor, day(1))
    (only,) = told(store)
    assert states(only)["x.psi"] == ("new", "critical") and only.severity == "critical"


def test_an_alarm_that_comes_and_goes_between_two_messages_is_told(store, keep, day):
    monitor = watched(f"{HOOK}, when: critical, digest: none")
    keep(monitor, 0)
    queue_news(store, monitor, day(0))
    keep(monitor, 1, 2, 3, 4, 5)  # caught up after an outage
    queue_news(store, monitor, day(1))
    (only,) = told(store)
    assert states(only) == {"x.psi": ("came and went", "critical"), "y.psi": ("came and went", "critical")}
    assert (only.runs, only.open) == (5, 0)
    assert queue_news(store, monitor, day(2)) == ()


def test_a_new_target_hears_of_the_last_window_and_not_of_the_past(store, keep, day):
    monitor = watched(f"{HOOK}, when: critical, digest: none")
    keep(monitor, 0, 1, 2, 3)
    queue_news(store, monitor, day(0))
    (only,) = told(store)
    assert set(states(only)) == {"x.psi"}
    later = watched(f"{HOOK}, when: critical, digest: none", f"{HOOK}, name: second, when: critical, digest: none")
    keep(later, 4)
    assert queue_news(store, later, day(1)) == (targets_of(later)[0].key,), "the second has nothing to recover from"


def test_a_test_before_the_first_run_opens_no_past(store, keep, day):
    monitor = watched(f"{HOOK}, when: critical, digest: none", f"{HOOK}, name: all, when: always, digest: none")
    queue_test(store, monitor)
    keep(monitor, 0, 1, 4)  # y was in alarm in the second, and all is well in the last
    queue_news(store, monitor, day(0))
    assert [(one.kind, states(one)) for one in told(store)[2:]] == [(Kind.ALERT, {})], "the run, to who hears of each"
    assert not queue_news(store, monitor, day(0))


def test_a_digest_comes_once_a_day_or_week_with_all_that_happened(store, keep, day):
    daily = watched(f"{HOOK}, name: d, when: warning", f"{HOOK}, name: w, when: warning, digest: weekly")
    keep(daily, 0)
    queue_news(store, daily, day(0, 1))
    keep(daily, 2)
    assert len(queue_news(store, daily, day(0, 2))) == 2, "the first is not held back"
    keep(daily, 3)
    assert queue_news(store, daily, day(0, 3)) == (), "that of today is out"
    keep(daily, 4)
    assert queue_news(store, daily, day(1, 3)) == ("d of m",)
    assert queue_news(store, daily, day(2, 3)) == ()
    assert queue_news(store, daily, day(7, 3)) == ("w of m",)
    first, _, second, weekly = told(store)
    assert first.kind is Kind.DIGEST and second.kind is weekly.kind is Kind.RECOVERED
    assert states(second) == states(weekly) == {"x.psi": ("recovered", "ok")}


def test_a_message_that_was_given_up_was_not_told(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 2)
    queue_news(store, monitor, day(0))
    (row,) = deliveries(store)
    failed(store, row.id, "HTTP 404", None)
    assert queue_news(store, monitor, day(1)) == (), "not tried again by itself"
    keep(monitor, 3)
    queue_news(store, monitor, day(2))
    assert states(told(store)[-1])["x.psi"] == ("new", "critical")


def test_a_muted_finding_is_silent_and_wakes(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 2)
    last = records(store, "m")[-1]
    decide(store, Decision("m", last.id, Choice.MUTE, "known", "Ada", ("x.psi",), until=date(2099, 1, 1)))
    assert queue_news(store, monitor, day(0)) == () and told(store) == []
    keep(monitor, 3)  # worse than what was muted
    queue_news(store, monitor, day(1))
    (only,) = told(store)
    assert states(only)["x.psi"] == ("awake", "critical") or states(only)["x.psi"] == ("new", "critical")


def test_what_was_told_and_then_muted_recovers_once(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 2)
    queue_news(store, monitor, day(0))
    last = records(store, "m")[-1]
    decide(store, Decision("m", last.id, Choice.MUTE, "known", "Ada", ("x.psi",), until=date(2099, 1, 1)))
    assert queue_news(store, monitor, day(0, 15)) == (), "a mute is no recovery"
    assert memory_of(store, "webhook of m").standing["x.psi"] == "quiet"
    keep(monitor, 4)
    queue_news(store, monitor, day(1))
    queue_news(store, monitor, day(2))
    assert [one.kind for one in told(store)] == [Kind.ALERT, Kind.RECOVERED]


def test_what_was_accepted_is_silent_until_it_is_worse(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 2)
    last = records(store, "m")[-1]
    decide(store, Decision("m", last.id, Choice.ACCEPT, "the season", "Ada", ("x.psi",)))
    assert queue_news(store, monitor, day(0)) == ()
    keep(monitor, 3)
    queue_news(store, monitor, day(1))
    assert states(told(store)[0])["x.psi"][1] == "critical"


def test_decisions_are_told_to_who_asked_for_them(store, keep, day):
    monitor = watched(f"{HOOK}, when: decision, digest: none", f"{HOOK}, name: other, when: critical")
    keep(monitor, 0, 2)
    queue_news(store, monitor, day(0))
    last = records(store, "m")[-1]
    decide(store, Decision("m", last.id, Choice.RETRAIN, "it is time", "Ada", ("x.psi",)))
    assert queue_news(store, monitor, day(0, 13)) == ("webhook of m",)
    assert queue_news(store, monitor, day(0, 14)) == ()
    event = told(store)[-1]
    assert event.kind is Kind.DECISION and event.run == last.id
    assert (event.decision.choice, event.decision.by, event.decision.findings) == ("retrain", "Ada", ("x.psi",))


def test_a_decision_whose_message_has_left_the_outbox_is_not_told_again(store, keep):
    monitor = watched(f"{HOOK}, when: always, digest: none")
    keep(monitor, 0, 2)
    decide(store, Decision("m", records(store, "m")[-1].id, Choice.RETRAIN, "it is time", "Ada", ("x.psi",)))
    moment = datetime.now(UTC)
    queue_news(store, monitor, moment)
    keep(monitor, 4)
    queue_news(store, monitor, moment)
    decision = [event.kind is Kind.DECISION for event in told(store)]
    assert decision[:-1].count(True) == 1 and not decision[-1], "something else was told since"
    for one in deliveries(store):
        delivered(store, one.id)
    for days in (398, 399, 400, 401, 500):
        now = moment + timedelta(days=days)
        assert queue_news(store, monitor, now) == ()
        prune(store, now)
    assert not any(event.kind is Kind.DECISION for event in told(store)), "its message is gone"


def test_a_verdict_that_calls_for_a_decision_is_told_and_so_is_its_end(store, keep, day):
    monitor = watched(f"{HOOK}, when: decision, digest: none")
    for i, number in enumerate((0, 2, 6, 7)):
        keep(monitor, number)
        queue_news(store, monitor, day(i))
        queue_news(store, monitor, day(i, 13))
    found = [(str(one.kind), one.verdict.action, one.open) for one in told(store)]
    assert found == [("alert", "investigate data", 1), ("recovered", "no action", 0)]
    assert told(store)[0].what.startswith("investigate data; ")


def test_always_tells_every_run(store, keep, day):
    monitor = watched(f"{HOOK}, when: always, digest: none")
    for i, number in enumerate((0, 4, 5)):
        keep(monitor, number)
        queue_news(store, monitor, day(i))
        queue_news(store, monitor, day(i, 13))
    assert [one.open for one in told(store)] == [0, 0, 0]


def test_what_cannot_be_judged_is_not_over(store, keep, day, weeks):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 3)
    queue_news(store, monitor, day(0))
    partial = replace(weeks[4], at="2026-04-21T09:00:00+00:00", monitor="m")
    assert save(store, partial, monitor, trigger="due", partial=True)
    assert queue_news(store, monitor, day(1)) == (), "a partial window clears no drift"


def test_an_event_reads_back_as_it_was(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 3)
    queue_news(store, monitor, day(0))
    (event,) = told(store)
    assert event_of(event.document()) == event
    assert event_of(event.document() | {"later": 1}) == event, "what a later version adds is passed over"


def test_two_callers_at_once_queue_one_message(store, keep, day):
    monitor = watched(f"{HOOK}, when: warning, digest: none")
    keep(monitor, 0, 3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: queue_news(store, monitor, day(0)), range(8)))
    assert len(told(store)) == 1

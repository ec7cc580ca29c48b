"""Review: what is new, worse, recovered or persists since the last one, on weeks made by hand and on the demo's."""

from dataclasses import replace
from datetime import date

import pytest

from engine.findings import Finding, NotComputed, Severity
from engine.policy import Action
from engine.record import Choice, Decision
from engine.review import State, review
from tests.recorded import demo_records, history, monitor, week

TWO = "{persist: 2 of 3}"


def state(rows, since: int | None, decisions=(), policy: str = TWO, **more):
    """The one item's state, or None, after all weeks, the last review having seen week since."""
    found = review(history(rows), monitor(policy), decisions, since=None if since is None else week(since), **more)
    assert len(found.items) <= 1
    return found.items[0] if found.items else None


@pytest.mark.parametrize(
    ("reads", "since", "found", "windows"),
    [
        ("oow", 1, State.WAITING, 0),
        ("oww", 1, State.NEW, 1),
        ("oww", None, State.NEW, 1),
        ("owww", 2, State.PERSISTING, 2),
        ("owww", 1, State.NEW, 2),
        ("owwcc", 2, State.WORSE, 3),
        ("occww", 2, State.PERSISTING, 3),
        ("owwo", 2, State.RECOVERED, 0),
        ("owwoo", 0, State.PASSED, 0),
        ("oww?", 2, State.UNKNOWN, 0),
        ("oww-", 2, State.UNKNOWN, 0),
        ("oww?o", 3, State.RECOVERED, 0),
        ("oww?w", 3, State.PERSISTING, 2),
        ("owwowww", 2, State.NEW, 3),  # it had recovered in between: so it is news
        ("ooo", 1, None, 0),
        ("o?o", 1, None, 0),
    ],
)
def test_states(reads, since, found, windows):
    one = state({"x.psi": reads}, since)
    assert (one.state if one else None) is found
    if one and found in (State.NEW, State.WORSE, State.PERSISTING):
        assert one.windows == windows and str(one.state) in one.sentence


def accept(run: str, *names: str) -> Decision:
    return Decision("m", run, Choice.ACCEPT, "as it should be", "ann", names, None, "2024-01-20")


def test_what_was_decided_is_no_news():
    assert state({"x.psi": "oww"}, None, [accept("r2", "x.psi")]).state is State.PERSISTING
    assert state({"x.psi": "oww"}, None, [accept("r1", "x.psi")]).state is State.PERSISTING, "before it had held"
    one = state({"x.psi": "owwc"}, None, [accept("r2", "x.psi")])
    assert one.state is State.PERSISTING and one.severity is Severity.WARNING, "critical has not held yet"
    assert state({"x.psi": "owwcc"}, None, [accept("r2", "x.psi")]).state is State.WORSE
    assert state({"x.psi": "owwoww"}, None, [accept("r2", "x.psi")]).state is State.NEW, "another alarm"
    assert "ann decided: accept, as it should be" in one.sentence


def test_a_muted_finding_is_listed_and_wakes_when_it_is_worse():
    mute = Decision("m", "r1", Choice.MUTE, "known", "bob", ("x.null_rate",), date(2024, 3, 1), "2024-01-20")
    one = state({"x.null_rate": "oww"}, 1, [mute], today=date(2024, 2, 1))
    assert one.state is State.MUTED and (one.muted.until, one.muted.by, one.muted.why) == (
        date(2024, 3, 1),
        "bob",
        "known",
    )
    assert "muted until 2024-03-01 by bob: known" in one.sentence
    woken = state({"x.null_rate": "owc"}, 1, [mute], today=date(2024, 2, 1))
    assert woken.state is State.WORSE and "wakes from a mute up to warning" in woken.sentence
    over = review(history({"x.null_rate": "oww"}), monitor(TWO), [mute], since=week(1), today=date(2024, 3, 2))
    assert over.items[0].state is State.PERSISTING


def test_a_mute_that_ended_since_the_window_is_told():
    mute = Decision("m", "r1", Choice.MUTE, "known", "bob", ("x.null_rate",), date(2024, 1, 16), "2024-01-10")
    found = review(history({"x.null_rate": "oww"}), monitor(), [mute], since=week(1), today=date(2024, 1, 22))
    assert any("ended on 2024-01-16" in one for one in found.notes)


def test_the_moment_of_the_last_review_is_what_had_been_recorded_by_then():
    records = history({"x.null_rate": "oww"})
    assert review(records, monitor(), since=records[1].at).items[0].state is State.PERSISTING
    assert review(records, monitor(), since=records[0].at).items[0].state is State.NEW
    assert review(records, monitor(), since="2023-01-01").before is None
    late = [records[0], replace(records[1], at="2024-06-01T00:00:00"), records[2]]
    assert review(late, monitor(), since="2024-02-01").before == week(2), "week 1 was told anew later"


def test_a_rule_counts_what_has_not_held():
    policy = "{persist: 2 of 3, rules: [{when: [log_loss critical]}]}"
    records = history({"log_loss": "ooco"})
    found = review(records[:3], monitor(policy), since=week(1))
    assert found.items[0].state is State.NEW and "at once by a rule" in found.items[0].sentence
    assert review(records, monitor(policy), since=week(2)).items[0].state is State.RECOVERED


def test_several_findings_of_a_column_are_one_topic():
    rows = {"x.psi": "oww", "x.null_rate": "ooc", "y.psi": "oww", "log_loss": "oww"}
    found = review(history(rows), monitor(), since=week(1))
    assert {one.subject: one.state for one in found.topics} == {
        "x": State.WORSE, "y": State.PERSISTING, "model_performance": State.PERSISTING,
    }  # fmt: skip
    assert found.counts["worse"] == 1 and found.counts["persisting"] == 2
    assert [one.state for one in found.items if one.column == "x"] == [State.NEW, State.PERSISTING]


def test_performance_stands_beside_drift():
    records = history({"x.psi": "ow", "log_loss": "o-"})
    assert [type(one) for one in review(records[:1], monitor()).performance] == [Finding]
    (gap,) = review(records, monitor()).performance
    assert isinstance(gap, NotComputed) and gap.because == "no labels came"


def test_nothing_recorded_is_no_review():
    assert review([], monitor()) is None
    assert review([replace(history({"x.psi": "o"})[0], window=None)], monitor()) is None


# ---- the demo


def on(demo, i: int, since: int | None = None, decisions=(), **more):
    records = demo_records()[:i]
    return review(records, demo.monitor, decisions, since=None if since is None else records[since].window, **more)


@pytest.fixture(scope="module")
def weekly(demo):
    """A review every Monday, the last one being of the week before."""
    return [on(demo, i, i - 2 if i > 1 else None) for i in range(1, 41)]


def test_temperature_is_new_once_and_then_persists_through_the_summer(weekly):
    states = [next((one.state for one in found.topics if one.subject == "temp_f"), None) for found in weekly]
    first = states.index(State.NEW)
    assert weekly[first].window.text == "2013-04-08..2013-04-15"
    summer = states[first + 1 : first + 30]
    assert len(summer) == 29 and set(summer) == {State.PERSISTING}


def test_the_furlough_week_is_critical_by_log_loss(weekly):
    found = weekly[3]
    assert found.window.text == "2013-04-22..2013-04-29"
    loss = next(one for one in found.items if one.name == "log_loss")
    assert (loss.state, loss.severity) == (State.NEW, Severity.CRITICAL)
    assert found.verdict.severity is Severity.CRITICAL
    assert any("log_loss" in one.findings for one in found.verdict.reasons if one.rule == "rule")
    assert [one.metric for one in found.performance if one.severity is Severity.CRITICAL] == ["log_loss"]
    assert next(one.state for one in weekly[4].items if one.name == "log_loss") is State.RECOVERED


def test_the_last_week_is_critical_by_quality_though_partial(weekly):
    found = weekly[-1]
    broken = {one.column for one in found.items if one.metric == "null_rate" and one.severity is Severity.CRITICAL}
    assert broken >= {"temp_f", "humidity", "wind_mph", "precip_in", "visibility_mi"}
    assert found.verdict.action is Action.INVESTIGATE
    assert not [one for one in found.items if one.signal == "data_drift" and one.state in (State.NEW, State.WORSE)]


# What was accepted is named where it stands, and where performance is gone and it may be the cause after all.
AGAIN = ("calm", "worse and drifted", "rule")


def test_temperature_accepted_is_quiet_for_the_whole_summer(demo):
    records = demo_records()
    names = ("temp_f.psi", "temp_f.wasserstein", "temp_f.out_of_bounds_rate")
    said = Decision(demo.monitor.monitor, records[5].id, Choice.ACCEPT, "A winter reference in summer.", "ann", names,
                    None, records[5].at)  # fmt: skip
    for i in range(7, 29):
        found = on(demo, i, i - 2, [said])
        assert not [
            one for one in found.items if one.column == "temp_f" and one.state is State.NEW and one.name in names
        ]
        calling = {name for one in found.verdict.reasons if one.rule not in AGAIN for name in one.findings}
        assert "temp_f.wasserstein" not in calling
    assert on(demo, 13, 11, [said]).verdict.severity is Severity.CRITICAL, "it stands all the same"

"""What people decide: with a reason, about what is there, and never undone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.errors import PlumblineError, UnknownName
from engine.record import Choice, Decision
from engine.store import decide, decisions, entries, mutes, save, verify

TODAY = datetime.now(UTC).date()


@pytest.fixture
def run(store, monitor, runs):
    return save(store, runs[0], monitor).id


def test_a_decision_is_recorded_with_its_entry(store, run):
    given = Decision("flights-late", run[:5], Choice.ACCEPT, "it is \0 summer 🌞", "Jo", ("temp_f.psi", "log_loss"))
    made = decide(store, given)
    assert made.run == run and str(TODAY) <= made.at[:10] <= str(datetime.now(UTC).date())  # midnight may pass
    (kept,) = decisions(store, "flights-late")
    assert kept.findings == made.findings and kept.choice is Choice.ACCEPT and kept.by == "Jo"
    assert entries(store)[-1].kind == "decision" and entries(store)[-1].body["run"] == run
    assert decisions(store, "another") == () and verify(store).ok
    assert decisions(store, since=made.at) == () and decisions(store, since="2001-01-01") == (kept,)


def test_a_name_that_no_column_takes_as_it_is_finds_its_decisions(store, monitor, runs):
    odd = monitor.model_copy(update={"monitor": "a\0b"})
    made = decide(store, Decision("a\0b", save(store, runs[0], odd).id, Choice.ACCEPT, "known", "Jo"))
    assert decisions(store, "a\0b") == (made,) and verify(store).ok


def test_mutes_hold_until_their_last_day(store, run):
    made = decide(store, Decision("", run, Choice.MUTE, "known", "Jo", ("temp_f.psi",), TODAY + timedelta(days=3)))
    assert mutes(store) == (made,) and mutes(store, "flights-late", TODAY + timedelta(days=3)) == (made,)
    assert mutes(store, on=TODAY + timedelta(days=4)) == () and mutes(store, on=TODAY - timedelta(days=1)) == ()
    assert entries(store)[-1].kind == "mute" and verify(store).ok


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": " "}, "needs a reason"),
        ({"by": ""}, "needs a name"),
        ({"choice": Choice.MUTE}, "needs a last day"),
        ({"choice": Choice.MUTE, "until": date(2020, 1, 1)}, "in the past"),
        ({"until": date(2099, 1, 1)}, "Only a mute"),
        ({"findings": ("temp_f.pis",)}, "Did you mean 'temp_f.psi'"),
        ({"run": "zzz"}, "Unknown run"),
        ({"monitor": "flight-late"}, "Did you mean 'flights-late'"),
    ],
)
def test_what_cannot_be_decided_is_told(store, run, change, said):
    given = replace(Decision("flights-late", run, Choice.ACCEPT, "why", "Jo"), **change)
    with pytest.raises(PlumblineError, match=said):
        decide(store, given)
    assert decisions(store) == () and isinstance(UnknownName("x"), PlumblineError)

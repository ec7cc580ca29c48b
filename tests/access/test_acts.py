"""The door: each deed by each role, on a monitor that is seen and one that is not; names are those of who is there."""

from datetime import UTC, date, datetime

import pytest

from engine.access import DEEDS, LOCAL
from engine.access.acts import decide, evidence_of, keep, record_slice, record_windows, sign, tell_change
from engine.access.reading import entries_seen, record_seen, seen
from engine.errors import Forbidden, UnknownName
from engine.evidence.snapshot import SignOff
from engine.explore import look, open_monitor
from engine.monitor import read_monitor
from engine.record import Choice, Decision
from engine.slices import Slice
from engine.store import decisions, entries, records
from tests.access.conftest import person

AT = "2026-11-21T14:00:00+00:00"
SIGNED = "Ada <ada@example.com> (signed in via id.example.com)"


def of(store, name):
    return records(store, name, findings=False)[-1]


def run_of(folder, name):
    monitor = read_monitor(folder / f"{name}.yaml")
    return look(open_monitor(monitor, folder), Slice(()), "same cohort", exact=True), monitor


ACTS = {
    "decide": lambda v, s, r, f: decide(v, s, Decision(r.monitor, r.id, Choice.ACCEPT, "fine", "Mallory")),
    "mute": lambda v, s, r, f: decide(
        v, s, Decision(r.monitor, r.id, Choice.MUTE, "noise", "Mallory", until=date(2099, 1, 1))
    ),
    "sign": lambda v, s, r, f: sign(v, s, r.id, SignOff("reviewer", "Mallory", "reviewed", "accept", AT)),
    "look": lambda v, s, r, f: evidence_of(v, s, r.id, generated_at=AT),
    "export": lambda v, s, r, f: keep(
        v, s, {"run": {"id": r.id, "monitor": r.monitor}, "requested_by": v.signature()}, b"x", "pdf"
    ),
    "record": lambda v, s, r, f: record_windows(
        v, s, f / f"{r.monitor}.yaml", read_monitor(f / f"{r.monitor}.yaml"), "all"
    ),
}


@pytest.mark.parametrize("deed", ACTS)
def test_a_deed_is_done_by_whom_the_table_says(deed, role, store, folder):
    before, visitor = len(entries(store)), person(role)
    if role in DEEDS[deed].roles:
        ACTS[deed](visitor, store, of(store, "open"), folder)
        if deed not in ("look", "record"):
            assert entries(store)[-1].body["by"] == SIGNED, "the name is that of who is there, whatever was typed"
    else:
        with pytest.raises(Forbidden):
            ACTS[deed](visitor, store, of(store, "open"), folder)
        assert len(entries(store)) == before


@pytest.mark.parametrize("deed", ACTS)
def test_a_deed_on_a_hidden_monitor_meets_nothing(deed, store, folder):
    visitor, before = person("analyst", "reviewer"), len(entries(store))
    with pytest.raises(UnknownName) as error:
        ACTS[deed](visitor, store, of(store, "secret-one"), folder)
    assert len(entries(store)) == before
    told = str(error.value).replace(of(store, "secret-one").id, "RUN")
    assert "secret" not in told.replace("'secret-one'", "")
    grace = person("analyst", "reviewer", email="Grace@example.com")
    ACTS[deed](grace, store, of(store, "secret-one"), folder)


def test_a_hidden_run_is_told_as_one_that_is_not_there(store, caplog):
    visitor, hidden = person("reviewer"), of(store, "secret-one").id
    said = []
    for run in (hidden, "f" * len(hidden)):
        with pytest.raises(UnknownName) as error:
            record_seen(visitor, store, run)
        said.append(str(error.value).replace(run, "RUN"))
    assert said[0].split(".")[0] == said[1].split(".")[0] and hidden not in said[0] + said[1]
    told = [one.facts for one in caplog.records if one.getMessage() == "refused"]
    assert told == [{"where": "look", "run": hidden}], "who runs the server sees that somebody asked"
    shown = of(store, "open").id
    assert record_seen(visitor, store, shown[:8].upper()).id == shown
    with pytest.raises(UnknownName):
        record_seen(visitor, store, " ")


def test_lists_and_the_ledger_leave_hidden_monitors_out(store):
    everything = records(store, findings=False)
    assert {one.monitor for one in seen(person("viewer"), everything)} == {"open"}
    assert {one.monitor for one in seen(person("admin"), everything)} == {"open", "secret-one"}
    told = entries_seen(person("viewer"), store, entries(store))
    assert told and all(one.body["monitor"] == "open" for one in told)
    assert entries_seen(LOCAL, store, entries(store)) == entries(store)
    with pytest.raises(Forbidden):
        entries_seen(person(), store, entries(store))


def test_an_explored_slice_goes_on_record_for_who_may(store, folder, role):
    run, monitor = run_of(folder, "open")
    deed = {"against": "reference", "partial": False, "text": "", "draft": False}
    if role == "viewer":
        with pytest.raises(Forbidden):
            record_slice(person(role), store, run, monitor, **deed)
        return
    assert record_slice(person(role), store, run, monitor, **deed) is not None
    with pytest.raises(UnknownName):
        record_slice(person("analyst"), store, *run_of(folder, "secret-one"), **deed)


def test_a_change_of_a_monitor_is_an_admins(store, folder, role):
    monitor = read_monitor(folder / "open.yaml")
    for deed in ("edit", "limits"):
        if role == "admin":
            assert tell_change(person(role), store, deed, None, monitor, "", "Mallory").body["by"] == SIGNED
        else:
            with pytest.raises(Forbidden):
                tell_change(person(role), store, deed, None, monitor, "", "")


def test_a_file_names_who_asked_and_nobody_else(store):
    run, reviewer = of(store, "open"), person("reviewer")
    made = evidence_of(reviewer, store, run.id, typed="Mallory", generated_at=AT)
    assert made["requested_by"] == SIGNED
    assert keep(reviewer, store, made, b"x", "pdf").body["by"] == SIGNED
    for forged in ("Mallory (as typed)", "Eve <eve@example.com> (signed in via id.example.com)"):
        with pytest.raises(Forbidden, match="somebody else"):
            keep(reviewer, store, {**made, "requested_by": forged}, b"x", "pdf")
    with pytest.raises(Forbidden, match="somebody else"):
        keep(LOCAL, store, made, b"x", "pdf")


def test_at_ones_own_machine_a_name_is_marked_as_typed(store):
    run = of(store, "open")
    made = decide(LOCAL, store, Decision("open", run.id, Choice.ACCEPT, "fine", "Jo Doe"))
    assert made.by == "Jo Doe (as typed)" and decisions(store, "open")[-1].by == made.by
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = sign(LOCAL, store, run.id, SignOff("reviewer", "Jo Doe", "reviewed", "accept", now))
    assert entry.body["name"] == entry.body["by"] == "Jo Doe (as typed)"
    said = evidence_of(LOCAL, store, run.id, typed="Jo Doe", generated_at=AT)
    assert said["requested_by"] == keep(LOCAL, store, said, b"x", "pdf").body["by"] == "Jo Doe (as typed)"


def test_a_draft_does_not_stand_for_a_monitor_of_the_same_name(store, folder):
    monitor = read_monitor(folder / "open.yaml").model_copy(update={"description": "mine"})
    run = look(open_monitor(monitor, folder), Slice(()), "same cohort", exact=True)
    deed = {"against": "reference", "partial": False, "text": "", "draft": True}
    with pytest.raises(Forbidden, match="another name"):
        record_slice(person("analyst"), store, run, monitor, **deed)
    own = monitor.model_copy(update={"monitor": "mine"})
    run = look(open_monitor(own, folder), Slice(()), "same cohort", exact=True)
    assert record_slice(person("analyst"), store, run, own, **deed)

"""Which windows are closed, due or told anew, and what run makes of monitors that are odd or broken."""

import shutil
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import run_monitor
from engine.due import closed, duration, grew, monitor_files, run_monitors
from engine.errors import Cancelled, InvalidFilter, PlumblineError, UnreadableSource, UnusableData
from engine.explore import open_monitor
from engine.monitor import read_monitor
from engine.store import entries, fleet, open_store, records, run_of, text_of, verify
from engine.tables.watching import tick

LATER = datetime(2025, 1, 1)
TEXT = (
    "monitor: small\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
    "columns: {timestamp: at, target: y, prediction: p, id: id}\nwindow: {every: 1 day, grace: 2 days}\n"
)


def write(place, days, labelled=None, shift=0.0, seed=1, start=0):
    """Hours of some days; labels on the first so many rows."""
    random, n = np.random.default_rng(seed), 24 * days
    at = [datetime(2024, 1, 1) + timedelta(hours=start + i) for i in range(n)]
    target = random.integers(0, 2, n)
    late = np.arange(n) >= (n if labelled is None else labelled)
    columns = {"at": at, "x": random.normal(shift, 1, n), "y": pa.array(target, mask=late)}
    columns |= {"p": random.integers(0, 2, n), "id": np.arange(n)}
    pq.write_table(pa.table(columns), place)


@pytest.fixture
def place(tmp_path):
    write(tmp_path / "old.parquet", 10)
    write(tmp_path / "new.parquet", 6, shift=1.0, seed=2)
    (tmp_path / "m.yaml").write_text(TEXT)
    return tmp_path


@pytest.fixture
def kept(place):
    return open_store(f"sqlite:///{place}/store.db")


def due(kept, place, now=LATER):
    (outcome,) = run_monitors(kept, [place / "m.yaml"], "due", now=now)
    assert outcome.error is None
    return [(one.record.window.start.day, one.record.trigger) for one in outcome.done]


def test_a_window_closes_when_clock_and_data_say_so(place):
    opened = open_monitor(read_monitor(place / "m.yaml"), place)

    def days(*now):
        return [window.start.day for window in closed(opened, datetime(2024, 1, *now))]

    assert days(1) == [] and days(3, 23, 59) == [] and days(4) == [1]
    assert days(5) == [1, 2] and days(8) == [1, 2, 3, 4, 5]
    assert days(9) == [1, 2, 3, 4, 5], "no row lies after the last window, and no one knows the data's zone"
    assert days(9, 13, 59) == [1, 2, 3, 4, 5] and days(9, 14) == [1, 2, 3, 4, 5, 6]
    assert closed(opened, datetime(1970, 1, 1)) == () and len(closed(opened, datetime(9999, 12, 31))) == 6


def test_due_catches_up_in_order_and_then_does_nothing(kept, place):
    assert due(kept, place, datetime(2024, 1, 5)) == [(1, "due"), (2, "due")]
    assert due(kept, place, datetime(2024, 1, 4)) == [], "a clock that goes backwards records nothing twice"
    assert due(kept, place) == [(day, "due") for day in (3, 4, 5, 6)]
    assert due(kept, place) == [] and len(records(kept)) == 6 and verify(kept).ok


def test_labels_that_come_late_are_told_anew(kept, place):
    write(place / "new.parquet", 6, labelled=100, shift=1.0, seed=2)
    due(kept, place)
    assert [one.labelled for one in records(kept)] == [24, 24, 24, 24, 4, 0]
    write(place / "new.parquet", 6, labelled=144, shift=1.0, seed=2)
    assert due(kept, place) == [(5, "restated"), (6, "restated")]
    fifth = records(kept)[4]
    (first,) = [one for one in records(kept, latest=False) if one.id == fifth.revises]
    assert (fifth.labelled, fifth.revision, first.labelled) == (24, 1, 4)
    write(place / "new.parquet", 6, labelled=10, shift=1.0, seed=2)
    assert due(kept, place) == [], "labels that went away change nothing"
    assert [one.body["revises"] for one in entries(kept, "run")][-2:] == [first.id, records(kept)[5].revises]


@pytest.mark.parametrize(
    ("rows", "labelled", "expected"),
    [
        (1000, 500, False),
        (1000, 509, False),
        (1000, 510, True),
        (1011, 500, True),
        (900, 400, False),
        (1000, None, False),
    ],
)
def test_what_counts_as_grown(rows, labelled, expected):
    assert grew(SimpleNamespace(rows=1000, labelled=500), rows, labelled) is expected


def test_a_partial_window_is_marked(kept, place):
    pq.write_table(pq.read_table(place / "new.parquet").slice(0, 24 * 5 + 3), place / "new.parquet")
    due(kept, place)
    assert [one.partial for one in records(kept)] == [False] * 5 + [True]


def test_several_baselines_have_a_run_each(kept, place):
    (place / "m.yaml").write_text(TEXT + "against: [reference, previous window]\n")
    due(kept, place)
    assert len(records(kept)) == 12 and len(records(kept, against="previous window")) == 6
    assert {one.against for one in fleet(kept)} == {"reference", "previous window"}


def test_a_broken_monitor_stops_no_other(kept, place):
    (place / "a.yaml").write_text("monitor: a\nreference: {path: gone.parquet}\nproduction: {path: new.parquet}\n")
    (place / "b.yaml").write_text("monitor: b\nrefrence: {}\n")
    (place / "z.yml").write_text(TEXT)
    found = run_monitors(kept, [place], "due", now=LATER)
    assert [(one.path.name, len(one.done), one.error is None) for one in found] == [
        ("a.yaml", 0, False), ("b.yaml", 0, False), ("m.yaml", 6, True), ("z.yml", 0, False),
    ]  # fmt: skip
    assert "Two files are called 'small'" in str(found[3].error)


def test_a_renamed_monitor_is_another_one(kept, place):
    due(kept, place)
    (place / "m.yaml").write_text(TEXT.replace("small", "renamed"))
    assert len(due(kept, place)) == 6 and {one.monitor for one in fleet(kept)} == {"small", "renamed"}


def test_last_window_all_and_again(kept, place):
    def run(which, **more):
        (outcome,) = run_monitors(kept, [place / "m.yaml"], which, now=LATER, **more)
        return [(one.record.window.start.day, one.new, one.record.revision) for one in outcome.done]

    assert run("last") == [(6, True, 0)] and run("last") == [(6, False, 0)]
    assert run("all") == [(day, True, 0) for day in range(1, 6)] + [(6, False, 0)]
    again = run("last", again=True)
    assert again in ([(6, True, 1)], [(6, False, 0)]), "the same second and the same words are the same run"
    assert run_monitors(kept, [place / "m.yaml"], "last", now=datetime(2020, 1, 1))[0].notes[-1].startswith("No window")


def test_a_recorded_run_is_exact_and_the_door_gives_it(kept, place):
    run = run_monitor(place / "m.yaml", "2024-01-03..2024-01-04", f"sqlite:///{place}/store.db")
    assert run.to_json() == text_of(kept, run.id)[0] and run.asked["tier"] == "exact"
    assert all(one.interval is None for one in run.findings)
    assert run_monitor(place / "m.yaml", "2024-01-03..2024-01-04", f"sqlite:///{place}/store.db").id == run.id
    shutil.rmtree(place / "new.parquet", ignore_errors=True)
    assert run_of(kept, run.id).summaries["x"].curve is not None


def test_a_monitor_without_moments_has_one_run(kept, place):
    for name in ("old", "new"):
        pq.write_table(pq.read_table(place / f"{name}.parquet").drop(["at"]), place / f"{name}.parquet")
    (place / "m.yaml").write_text(TEXT.replace("timestamp: at, ", ""))
    (first,), (second,) = (run_monitors(kept, [place / "m.yaml"], "due", now=LATER) for _ in range(2))
    assert [one.record.window for one in first.done] == [None] and second.done == ()
    (asked,) = run_monitors(kept, [place / "m.yaml"], first.done[0].record.window or _week(), now=LATER)
    assert isinstance(asked.error, InvalidFilter)


def _week():
    from engine.slices import parse_window

    return parse_window("2024-01-01..2024-01-08")


def test_whoever_stops_it_keeps_what_was_recorded(kept, place):
    def stop(share, said):
        if "(3 of 6)" in said:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        run_monitors(kept, [place / "m.yaml"], "all", now=LATER, progress=stop)
    assert len(records(kept)) == 2 and len(due(kept, place)) == 4


def test_a_window_that_takes_long_is_stopped_within(kept, place, monkeypatch):
    told = []

    def slowly(*given, **named):
        for _ in range(200):
            time.sleep(0.02)
            tick()
        raise AssertionError("nobody stopped it")

    def stop(share, said):
        told.append((share, said))
        if told.count((share, said)) == 3 and "(1 of 6)" in said:
            raise Cancelled("Stopped.")

    monkeypatch.setattr("engine.due.look", slowly)
    with pytest.raises(Cancelled):
        run_monitors(kept, [place / "m.yaml"], "all", now=LATER, progress=stop)
    assert not records(kept)


def test_rows_that_are_still_to_come_are_told(kept, place):
    (early,) = run_monitors(kept, [place / "m.yaml"], "due", now=datetime(2024, 1, 4))
    assert any("still to come" in note for note in early.notes)
    (late,) = run_monitors(kept, [place / "m.yaml"], "due", now=LATER)
    assert any("holds nothing" in note for note in late.notes)


def test_what_is_no_monitor_is_told(tmp_path):
    with pytest.raises(UnreadableSource, match="holds no monitor"):
        monitor_files([tmp_path])
    with pytest.raises(PlumblineError):
        run_monitor(tmp_path / "gone.yaml", store=f"sqlite:///{tmp_path}/s.db")


def test_a_run_of_one_monitor_says_why_there_is_none(place):
    store = f"sqlite:///{place}/store.db"
    (place / "another.yaml").write_text(TEXT)
    with pytest.raises(UnusableData, match=r"holds 2 monitors.*Name its file"):
        run_monitor(place, store=store)
    table = pq.read_table(place / "new.parquet")
    later = [moment.replace(year=2090) for moment in table["at"].to_pylist()]
    pq.write_table(table.set_column(table.schema.get_field_index("at"), "at", [later]), place / "new.parquet")
    with pytest.raises(UnusableData, match=r"nothing to run.*No window is closed yet"):
        run_monitor(place / "m.yaml", store=store)


def test_durations():
    assert duration("1 month") == timedelta(days=31) and duration("99999999999 weeks") == timedelta.max

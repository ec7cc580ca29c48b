"""What a server that everybody has left gives back, and when; and what the next visitor finds all the same."""

import ast
import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from engine.slices import Filter, Slice
from engine.slices.against import SAME_COHORT
from pages.shared import door, first_view, letting_go, sweeping
from tests.conftest import ROOT


def let_go_at(monkeypatch, there, let_go=lambda: None):
    """The looks, from 1, at which something is let go, of a server at which somebody is there or not."""
    looks, at = iter(there), []
    seen = 0

    def anybody():
        nonlocal seen
        seen += 1
        return next(looks, False)

    def noted():
        at.append(seen)
        let_go()

    async def serve():
        async with sweeping.swept(noted):
            while seen < len(there):
                await asyncio.sleep(0.005)

    monkeypatch.setattr(sweeping, "LOOK", 0.001)
    monkeypatch.setattr(sweeping, "anybody", anybody)
    asyncio.run(asyncio.wait_for(serve(), 60))
    return at


def test_it_is_let_go_once_when_nobody_was_there_twice(monkeypatch):
    assert let_go_at(monkeypatch, [0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]) == [9, 14]


def test_what_goes_wrong_while_nobody_is_there_is_logged_and_it_goes_on(monkeypatch, caplog):
    def fails():
        raise ValueError("once")

    assert let_go_at(monkeypatch, [1, 0, 0, 1, 0, 0, 0], fails) == [3, 6]
    assert [one.message for one in caplog.records] == ["not given back"] * 2


def test_nobody_is_there_where_no_server_runs():
    assert not sweeping.anybody()


@pytest.fixture
def entry(monkeypatch, store_url):
    monkeypatch.chdir(ROOT)
    (first,) = [one for one in first_view.first_entries() if one.name]
    return first


def test_results_of_slices_are_dropped_and_the_first_view_is_there(entry, monkeypatch):
    opened = door.opening(entry.key, entry).future.result()
    cohort = Slice((Filter("distance_mi", "ge", (400,)),))
    before = door.run_of(entry, opened, cohort, SAME_COHORT)
    assert door.run_of(entry, opened, cohort, SAME_COHORT) is before
    mine = {key for key in opened.recounted if key[1].cohort == cohort.cohort}
    assert mine, "a free filter was counted"

    letting_go.let_all_go()

    assert not mine & set(opened.recounted)
    assert door.opening(entry.key, entry).future.result() is opened, "what takes seconds to open stays open"
    again = door.run_of(entry, opened, cohort, SAME_COHORT)
    assert again is not before and [one.sentence for one in again.findings] == [one.sentence for one in before.findings]

    def refused(*_):
        raise AssertionError("the run of the first view was not kept")

    monkeypatch.setattr(door, "look", refused)
    first_view.compute(entry, door.opening(entry.key, entry))


@pytest.fixture
def opened(entry, monkeypatch):
    """Opens monitors under keys of its own and notes them; each is open when go_on is set, and is none."""
    begun, go_on = [], threading.Event()

    def open_one(monitor, base, tell):
        begun.append(monitor)
        assert go_on.wait(30)

    monkeypatch.setattr(door, "open_monitor", open_one)
    yield lambda key: door.opening(key, replace(entry, key=key)), begun, go_on
    go_on.set()
    for key in ("at one", "at two"):
        door.forget(replace(entry, key=key))


def test_who_leaves_has_nothing_opened_anew(entry, opened, monkeypatch):
    monkeypatch.setattr(letting_go, "let_go", lambda opened: None)
    opening, begun, go_on = opened
    go_on.set()
    opening("at one").future.result(30)
    for key, computed in (("at one", ["at one"]), ("at two", [])):
        seen = []
        monkeypatch.setattr(first_view, "first_entries", lambda key=key: [replace(entry, key=key)])
        monkeypatch.setattr(first_view, "compute", lambda entry, work, seen=seen: seen.append(entry.key))
        letting_go.let_all_go()
        assert seen == computed
    assert len(begun) == 1


def test_an_opening_goes_when_its_data_are_others(opened):
    opening, _, go_on = opened
    go_on.set()
    before = opening("at one")
    assert opening("at one") is before
    opening("at two").future.result(30)
    assert opening("at one") is not before, "it was kept, and pushed out what others look at"


def test_the_background_is_free_while_the_first_monitor_opens_and_what_fails_is_logged(
    entry, opened, monkeypatch, caplog
):
    _, _, go_on = opened
    monkeypatch.setattr(first_view, "first_entries", lambda: [replace(entry, key="at one")])
    read, computed = first_view.begin()
    assert door.begin(lambda tell: "done", "stopped", "here").future.result(10) == "done"
    assert read.result(30) is None and not computed.done()
    go_on.set()
    assert computed.result(30) is None
    assert [one.message for one in caplog.records] == ["first view not made"]


def test_every_result_of_slices_is_let_go():
    """Whoever keeps results of slices has a row there; what is begun in the background stays."""
    kept = set()
    for path in sorted((ROOT / "pages" / "shared").glob("*.py")):
        for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(one, ast.FunctionDef) and any("st.cache_" in ast.unparse(by) for by in one.decorator_list):
                work = one.returns is not None and ast.unparse(one.returns).startswith("Work[")
                if {"_cut", "_cohort"} & {arg.arg for arg in one.args.args} and not work:
                    kept.add(f"{path.stem}.{one.name}")
    dropped = {f"{Path(one.__wrapped__.__code__.co_filename).stem}.{one.__name__}" for one in letting_go.DROPPED}
    assert len(kept) > 10 and kept <= dropped, kept - dropped

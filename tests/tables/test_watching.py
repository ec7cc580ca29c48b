"""Whoever watches long work hears of it a few times a second, and ends it within a second by raising."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import Cancelled
from engine.explore import open_monitor
from engine.look import compare
from engine.monitor.model import Columns, Monitor, Place
from engine.pair import fresh_summaries
from engine.slices import Slice
from engine.tables import cache, count, watching
from engine.tables.codes import encoder
from engine.tables.connection import connect
from engine.tables.sources import open_dataset
from engine.tables.supports import build_support
from engine.tables.values import read
from engine.tables.watching import carried, heard, tick, waited, watched

LONG = "SELECT count(*) AS n FROM range(100000000000) AS a(i) WHERE i % 7 = 8"


def stopping(after):
    begun = time.monotonic()

    def watch(said=""):
        if time.monotonic() - begun > after:
            raise Cancelled("Stopped.")

    return watch


def test_a_query_that_would_take_an_hour_ends_within_a_second_when_it_is_stopped():
    dataset = open_dataset(pa.table({"x": [1.0]}), connect(()))
    begun = time.monotonic()
    with pytest.raises(Cancelled), watched(stopping(0.5)):
        dataset.query(LONG)
    assert time.monotonic() - begun < 10, "on an idle machine within a second; this one may be busy"
    assert dataset.query("SELECT 1 AS one")["one"][0].as_py() == 1, "the connection goes on"


def test_rows_that_are_waited_for_end_too():
    dataset = open_dataset(pa.table({"x": [1.0]}), connect(()))
    before = threading.enumerate()  # whatever tests before this one keep in this process
    for _ in range(3):
        with pytest.raises(Cancelled), watched(stopping(0.3)):
            list(dataset.stream(LONG.replace("count(*) AS n", "i"), (), 1000))
    begun = time.monotonic()
    while (left := set(threading.enumerate()) - set(before)) and time.monotonic() - begun < 10:
        time.sleep(0.01)
    assert not left, "no thread is left behind by any"


def test_it_is_told_again_while_a_query_runs():
    told = []

    def progress(share, said):
        told.append((share, said))
        if len(told) == 4:
            raise Cancelled("Enough.")

    dataset = open_dataset(pa.table({"x": [1.0]}), connect(()))
    with pytest.raises(Cancelled), heard(progress) as tell:
        tell(0.5, "counting")
        dataset.query(LONG)
    assert told == [(0.5, "counting")] * 4


def test_ticks_are_rare_and_reach_other_threads():
    told = []
    with watched(told.append), ThreadPoolExecutor(1) as pool:
        for i in range(1000):
            tick(f"row {i}")
        pool.submit(lambda: tick("not carried")).result()
        time.sleep(watching.LOOK + 0.05)
        pool.submit(carried(tick), "carried").result()
    assert told[0] == "row 0" and told[-1] == "carried" and len(told) < 50
    tick("nobody watches")
    assert waited(lambda: 7, lambda: None) == 7


def test_a_file_tells_how_far_its_fingerprint_is(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(watching, "LOOK", 0.0)
    (tmp_path / "large").write_bytes(bytes(5 << 20))
    told = []
    with watched(told.append):
        cache.fingerprint(tmp_path / "large")
    assert told == [f"fingerprinted {i * 1.048576:.0f} of 5 MB of large" for i in range(1, 6)]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(watching, "LOOK", 0.01)
    monkeypatch.setattr("engine.look.LOOK", 0.01)  # a comparison that takes less than a quarter second tells too
    random = np.random.default_rng(1)
    rows = 3 << 20
    at = np.datetime64("2024-01-01", "us") + np.arange(rows).astype("timedelta64[s]")
    pq.write_table(pa.table({"at": at, "x": random.normal(size=rows)}), tmp_path / "long.parquet")
    return str(tmp_path / "long.parquet")


def test_a_comparison_tells_what_it_reads_and_stops_amid_a_column(path):
    told = []

    def progress(share, said):
        told.append(said)
        if said.startswith(("read ", "fingerprinted ")):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        compare(path, path, progress=progress)
    assert told[-1].startswith(("read ", "fingerprinted ")) and "2 of 2 columns" not in told


def test_an_opening_tells_of_fingerprints_and_rows_and_stops_there(path):
    monitor = Monitor(
        monitor="long", reference=Place(path=path), production=Place(path=path), columns=Columns(timestamp="at")
    )
    for word in ("fingerprinted", "read "):
        told = []

        def progress(share, said, word=word, told=told):
            told.append(said)
            if said.startswith(word):
                raise Cancelled("Stopped.")

        with pytest.raises(Cancelled):
            open_monitor(monitor, progress=progress)
        assert told[-1].startswith(word)


def test_counting_tells_and_stops_within_a_batch(monkeypatch):
    """A batch of a busy machine takes seconds."""
    dataset = open_dataset(pa.table({"x": np.arange(1000.0), "y": np.arange(1000.0)}), connect(()))
    supports = {one.name: build_support(one, read(dataset, one, Slice())) for one in dataset.columns}
    ready = encoder(supports["x"])

    def slow(values, valid):
        time.sleep(4 * watching.LOOK)
        return ready(values, valid)

    monkeypatch.setattr(count, "encoder", lambda support: slow)
    told = []
    with heard(lambda share, said: told.append(said)) as tell:
        tell(0.0, "begun")
        found = count.count(dataset, supports, progress=tell)
    assert found.rows.sum() == 1000 and told.count("begun") >= 3 and told[-1] == "counted 1,000 of 1,000 rows"
    with pytest.raises(Cancelled), watched(stopping(watching.LOOK)):
        count.count(dataset, supports)


def test_what_a_column_said_is_not_told_of_the_next(monkeypatch):
    said, first = [], threading.Event()

    def read(reference, production, columns, *rest):
        found = fresh_summaries(reference, production, columns, *rest)
        if [one.name for one in columns] == ["a"]:
            while "row 7 of 9" not in said:
                watching.tick("row 7 of 9")
            first.set()
        else:
            assert first.wait(60)
            time.sleep(0.3)  # of which something is told
        return found

    monkeypatch.setattr("engine.look.fresh_summaries", read)
    monkeypatch.setattr("engine.look.LOOK", 0.02)
    table = pa.table({"a": [1.0, 2.0] * 50, "b": [3.0, 4.0] * 50})
    compare(open_dataset(table), open_dataset(table), progress=lambda share, words: said.append(words))
    assert "row 7 of 9" not in said[said.index("1 of 2 columns") :], said

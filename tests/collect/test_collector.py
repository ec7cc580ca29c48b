"""What is handed over is written, once; what is not is counted; and the caller never hears of any of it."""

import collections
import dataclasses
import enum
import logging
import os
import threading
import time
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pydantic
import pytest

from engine.collect import collector as module
from engine.collect import lost, open_collector
from engine.errors import PlumblineError, UnknownName
from engine.tables.sources import open_dataset
from tests.collect.conftest import program, rows

# ---- what is kept


def test_a_row_says_what_when_how_long_and_how_it_ended(collect, folder):
    before = datetime.now(UTC).replace(tzinfo=None)
    one = collect(version="v1", sample=1)
    one.log({"age": 3, "name": "a"}, {"score": 0.5}, request_id="r1", latency_ms=12.5, status=200)
    one.log({"age": 4}, {"score": 0.25}, version="v2")
    one.close()
    first, second = rows(folder)
    assert before <= first.pop("served_at") <= second.pop("served_at") <= datetime.now(UTC).replace(tzinfo=None)
    assert len(second.pop("request_id")) == 32
    assert first == {
        "request_id": "r1", "model_version": "v1", "latency_ms": 12.5, "status_code": 200, "sample_rate": 1.0,
        "age": 3, "name": "a", "score": 0.5,
    }  # fmt: skip
    assert second == {
        "model_version": "v2", "latency_ms": None, "status_code": None, "sample_rate": 1.0,
        "age": 4, "name": None, "score": 0.25,
    }  # fmt: skip


def test_a_full_batch_and_an_old_one_are_written_without_a_call(collect, folder):
    one = collect(rows=10, seconds=0.3)
    for i in range(25):
        one.log({"x": i})
    deadline = time.monotonic() + 5
    while one.counts.written < 25 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert one.counts.written == 25 and len(rows(folder)) == 25


def test_it_can_be_used_again_after_its_end(collect, folder):
    one = collect()
    for _ in range(3):
        one.log({"x": 1})
        one.close()
    assert len(rows(folder)) == 3 and lost(folder) == () and list(folder.glob("*.journal")) == []


def test_many_threads_lose_nothing(collect, folder):
    one = collect(rows=500)
    threads = [threading.Thread(target=lambda k=k: [one.log({"k": k, "i": i}) for i in range(1000)]) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.close()
    assert {(row["k"], row["i"]) for row in rows(folder)} == {(k, i) for k in range(8) for i in range(1000)}
    assert (one.counts.handed, one.counts.written, one.counts.rows) == (8000, 8000, 0)


def test_a_flush_waits_for_what_came_before_it_and_for_nothing_else(collect, folder):
    one, end = collect(), threading.Event()

    def serve():
        while not end.is_set():
            one.log({"x": 1})
            time.sleep(1e-4)

    busy = threading.Thread(target=serve)
    busy.start()
    try:
        found = []
        for i in range(4):
            one.log({"y": i})
            found.append(one.flush(20))
            assert sum(row.get("y") is not None for row in rows(folder)) == i + 1
    finally:
        end.set()
        busy.join()
    assert found == [True] * 4
    one.close()


def test_a_row_that_finds_no_room_for_a_thread_waits_for_the_next(collect, folder, monkeypatch):
    one = collect()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", lambda self: (_ for _ in ()).throw(RuntimeError("no new thread")))
        one.log({"x": 1})
    one.log({"x": 2})
    one.close()
    assert [row["x"] for row in rows(folder)] == [1, 2]
    assert (one.counts.handed, one.counts.written, one.counts.failed) == (2, 2, 0) and not lost(folder)


def test_what_the_caller_changes_afterwards_is_not_what_was_served(collect, folder):
    one, inputs = collect(), {"x": 1}
    one.log(inputs)
    inputs["x"] = 2
    one.close()
    assert rows(folder)[0]["x"] == 1


# ---- sampling


def test_sampling_is_unbiased_and_its_rate_stands_in_every_row(collect, folder):
    one = collect(sample=0.1, most_rows=10**6)
    for i in range(40_000):
        one.log({"x": i})
    one.close()
    kept = rows(folder)
    assert {row["sample_rate"] for row in kept} == {0.1}
    deviation = np.sqrt(40_000 * 0.1 * 0.9)
    assert abs(len(kept) - 4000) < 5 * deviation  # one run in a million fails
    assert abs(np.mean([row["x"] for row in kept]) - 20_000) < 5 * 40_000 / np.sqrt(12 * 4000)
    assert sum(1 / row["sample_rate"] for row in kept) == pytest.approx(40_000, rel=0.08)
    assert one.counts.handed + one.counts.skipped == 40_000


# ---- names and values


class Odd:
    def __str__(self):
        raise RuntimeError("no words")


class Colour(enum.Enum):
    RED = 1


CIRCLE: list = []
CIRCLE.append(CIRCLE)
VALUES = {
    "none": (None, None), "true": (True, True), "int": (7, 7), "huge": (2**80, 2.0**80), "nan": (float("nan"), "nan"),
    "endless": (10**400, None), "inf": (float("inf"), float("inf")), "text": ("ü\x00🙂", "ü\x00🙂"),
    "surrogate": ("\ud800", "\\ud800"), "bytes": (b"\xffab", "\\xffab"), "decimal": (Decimal("1.5"), 1.5),
    "moment": (datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-01-02 03:00:00"), "day": (date(2024, 1, 2), "2024-01-02"),
    "list": ([1, {"a": None}], '[1, {"a": null}]'), "array": (np.array([1, 2]), "[1, 2]"),
    "odd": (Odd(), "<unreadable Odd>"),
    "np": (np.float32(0.5), 0.5), "npint": (np.int64(3), 3), "npbool": (np.bool_(True), True), "set": ({1}, "[1]"),
    "enum": (Colour.RED, "Colour.RED"), "uuid": (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    "circle": (CIRCLE, None), "complex": (1j, "1j"), "long": ("x" * 9999, "x" * 4095 + "…"), "empty": ({}, "absent"),
}  # fmt: skip


def test_values_of_any_kind_are_kept_as_far_as_they_can_be(collect, folder):
    one = collect()
    one.log({name: value for name, (value, _) in VALUES.items()})
    one.close()
    (row,) = rows(folder)
    for name, (_, kept) in VALUES.items():
        if kept == "absent":
            assert name not in row
        elif kept == "nan":
            assert np.isnan(row[name])
        elif kept is not None or name == "none":
            assert row[name] == kept, name
    assert one.counts.failed == 0


@pytest.mark.parametrize("first", [True, 1, 1.5, "a", None, [1], datetime(2024, 1, 1)], ids=str)
@pytest.mark.parametrize("second", [True, 1, 1.5, "a", None, [1], datetime(2024, 1, 1)], ids=str)
def test_files_of_any_two_types_are_read_as_one(collect, folder, first, second):
    one = collect()
    one.log({"x": first, "only": 1})
    one.flush()
    one.log({"x": second, "new": "n"})
    one.close()
    assert len(list(folder.glob("*.parquet"))) == 2
    found = rows(folder)
    assert [row["new"] for row in found] == [None, "n"] and [row["only"] for row in found] == [1, None]


NAMES = [
    "", " ", "a\x00b", "a\nb", 'q"uote', "semi;colon", "DROP TABLE x", "ümläut", "\ud800", "x" * 3000, "a.b", "a/b",
    "served_at", "Latency_MS", "request_id", "STATUS_CODE", "sample_rate", "file_row_number", "Case", "case", "CASE",
    7, None, (1, 2),
]  # fmt: skip


def test_names_of_any_kind_can_be_read_back(collect, folder):
    one = collect()
    for _ in range(2):
        one.log({name: i for i, name in enumerate(NAMES)}, {"Case": "out", "prediction": 1})
        one.flush()
    one.close()
    dataset = open_dataset(folder)
    assert dataset.rows == 2 and one.counts.failed == 0
    row = rows(folder)[0]
    assert sorted(value for value in row.values() if type(value) is int) == sorted([*range(len(NAMES)), 1])
    assert row["input.served_at"] == NAMES.index("served_at") and isinstance(row["served_at"], datetime)
    assert row["output.Case"] == "out"


def test_what_is_no_mapping_is_kept_under_the_name_of_its_part(collect, folder):
    one = collect()
    one.log([1, 2], 0.5)
    one.log(b'{"x": {"y": 1}}', b"[3]")
    one.close()
    first, second = rows(folder)
    assert (first["input"], first["output"]) == ("[1, 2]", "0.5")
    assert (second["x.y"], second["output"]) == (1, "[3]")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"x": ' + b"9" * 5000 + b"}"], ids=len)
def test_a_body_that_is_no_json_costs_its_values_only(collect, folder, body):
    one = collect()
    one.log(body, {"y": 1}, status=200)
    one.close()
    assert [row["status_code"] for row in rows(folder)] == [200] and one.counts.failed == 0


def test_ten_thousand_columns(collect, folder):
    one = collect(rows=100)
    for i in range(20):
        one.log({f"c{j}": i + j for j in range(10_000)})
    one.close()
    assert one.counts.written == 20
    dataset = open_dataset(folder)
    assert (dataset.rows, len(dataset.columns)) == (20, 10_006)
    assert dataset.query(f"SELECT sum(c9999) AS s FROM {dataset.scan}")["s"][0].as_py() == sum(range(20)) + 20 * 9999


def test_names_from_outside_cannot_make_a_file_without_end(collect, folder, caplog):
    one = collect(rows=1000)
    for i in range(50):
        one.log({f"c{i}-{j}": j for j in range(1000)})
    one.close()
    assert len(open_dataset(folder).columns) == 20_000
    assert "30,006 values were left out" in caplog.text


# ---- redaction


def test_redacted_names_are_dropped_wherever_they_stand(collect, folder):
    one = collect(redact=["SSN", "user.name", "request_id"])
    user = {"name": "secret-N1", "ssn": "secret-S2", "age": 1}
    inputs = {"ssn": "secret-S1", "user": user, "name": "kept", "l": [{"Ssn": "secret-S3", "z": 1}]}
    one.log(inputs, {"ssn": "secret-S4", "deep": [[{"x": {"ssn": "secret-S5"}}]]}, request_id="secret-R1")
    one.close()
    (row,) = rows(folder)
    assert row["user.age"] == 1 and row["name"] == "kept" and row["request_id"] is None and row["l"] == '[{"z": 1}]'
    every_byte = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"secret" not in every_byte


def test_names_are_redacted_inside_objects_too(collect, folder):
    class Model(pydantic.BaseModel):
        ssn: str
        age: int = 1

    Record = dataclasses.make_dataclass("Record", [("ssn", str), ("age", int, 1)])
    Row = collections.namedtuple("Row", ["ssn", "age"], defaults=[1])
    for kind in (Model, Record, Row):
        one = collect(redact=["ssn"])
        user = kind(ssn="secret-1")
        one.log({"user": user, "deep": {"l": [user]}, "all": [user]}, user)
        one.close()
    for row in rows(folder):
        assert (row["user.age"], row["deep.l"], row["all"], row["age"]) == (1, '[{"age": 1}]', '[{"age": 1}]', 1)
    assert b"secret" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_hashed_names_can_be_told_apart_but_not_read(collect, folder):
    for salt in ("a", "b"):
        one = collect(redact={"mail": "hash"}, salt=salt)
        for mail in ("x@y", "z@y", "x@y", None):
            one.log({"mail": mail, "l": [{"mail": "x@y"}]})
        one.close()
    found = [row["mail"] for row in rows(folder)]
    assert found[0] == found[2] != found[1] and found[3] is None and found[0] != found[4]
    assert len(found[0]) == 16 and "x@y" not in str(rows(folder))


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"redact": {"x": "hash"}}, "salt"), ({"redact": {"x": "hide"}}, "hide"), ({"sample": 0}, "share"),
     ({"sample": 2}, "share"), ({"rows": 0}, "rows"), ({"sample": float("nan")}, "share")],
)  # fmt: skip
def test_mistakes_are_told_at_the_start(folder, settings, error, monkeypatch):
    monkeypatch.delenv("PLUMBLINE_SALT", raising=False)
    with pytest.raises((PlumblineError, UnknownName), match=error):
        open_collector(folder, **settings)


# ---- trouble


def test_a_full_queue_drops_counts_and_does_not_wait(collect, folder, caplog, monkeypatch):
    """The disk is made slow by a slow writer: no file system that can be slowed down is to be had here."""
    write = module.write_whole
    monkeypatch.setattr(module, "write_whole", lambda *given: (time.sleep(1.0), write(*given)))
    one = collect(rows=100, most_rows=1000)
    slowest = 0.0
    for i in range(5000):
        start = time.perf_counter()
        one.log({"x": i})
        slowest = max(slowest, time.perf_counter() - start)
    one.close()
    assert slowest < 0.5
    counts = one.counts
    assert counts.dropped >= 3000 and counts.handed + counts.dropped == 5000 and counts.written == counts.handed
    assert len(rows(folder)) == counts.written
    assert caplog.text.count("the queue is full") == 1
    assert [(loss.rows, loss.dropped) for loss in lost(folder)] == [(0, counts.dropped)]


def test_bytes_that_wait_are_limited_too(collect, folder):
    one = collect(most_bytes=1000)
    for _ in range(10):
        one.put(b'{"x": 1}', None, None, 1.0, 200, size=300)
    one.close()
    assert one.counts.handed + one.counts.dropped == 10 and one.counts.dropped >= 1
    one.put(b'{"x": 1}', None, None, 1.0, 200, size=900)
    one.close()
    assert one._held == 0


@pytest.mark.parametrize("what", ["a file in its place", "a full disk"])
def test_a_folder_that_cannot_be_written_is_counted_and_told_once(tmp_path, caplog, what):
    if what == "a full disk" and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    folder = tmp_path / "logs"
    if what == "a file in its place":
        folder.write_text("in the way")
    else:
        (tmp_path / "away").mkdir()
        folder.symlink_to("/dev/full")
    with caplog.at_level(logging.WARNING, "plumbline.collect"):
        one = open_collector(folder)
        for i in range(10):
            one.log({"x": i})
        assert one.flush(5) is False
        one.log({"x": 1})
        one.close()
    assert (one.counts.handed, one.counts.written, one.counts.failed) == (11, 0, 11)
    assert caplog.text.count("cannot be written") <= 1 and "rows are lost" in caplog.text


def test_a_disk_that_comes_back_costs_nothing(tmp_path):
    folder = tmp_path / "logs"
    folder.write_text("in the way")
    one = open_collector(folder)
    for i in range(10):
        one.log({"x": i})
    assert one.flush(5) is False
    folder.unlink()
    one.close()
    assert len(rows(folder)) == 10 and one.counts.failed == 0


def test_a_logger_of_the_program_that_raises_changes_nothing(collect, folder):
    class Broken(logging.Handler):
        def emit(self, record):
            raise RuntimeError("broken")

    handler = Broken()
    logging.getLogger("plumbline.collect").addHandler(handler)
    try:
        one = collect(most_rows=1, seconds=3600)
        for i in range(10):
            one.log({"x": i})
        one.log(b"{")
        one.close()
    finally:
        logging.getLogger("plumbline.collect").removeHandler(handler)
    assert one.counts.dropped > 0 and len(rows(folder)) == one.counts.written > 0


# ---- processes

LOG = """
import sys, os, time, signal
from engine.collect import open_collector
one = open_collector(sys.argv[1], rows=100, seconds=3600)
for i in range(int(sys.argv[2])):
    one.log({"i": i, "process": os.getpid()})
"""


def test_two_processes_at_once_never_collide(folder):
    both = [program(LOG, folder, 5000) for _ in range(2)]
    for one in both:
        assert one.communicate(timeout=60)[1] == "" and one.returncode == 0
    kept = rows(folder)
    assert {(row["process"], row["i"]) for row in kept} == {(one.pid, i) for one in both for i in range(5000)}
    assert len(kept) == 10_000


def test_the_end_of_the_interpreter_loses_nothing_even_by_an_error(folder):
    one = program(LOG + "\nraise SystemExit(3)", folder, 50)
    one.communicate(timeout=60)
    assert one.returncode == 3 and len(rows(folder)) == 50 and lost(folder) == ()


def test_a_child_writes_its_own_rows_and_not_its_parents(folder):
    text = (
        LOG
        + """
child = os.fork()
one.log({"i": -1, "process": os.getpid()})
if child:
    os.waitpid(child, 0)
one.close()
os._exit(0)
"""
    )
    one = program(text, folder, 50)
    assert one.communicate(timeout=60)[1] == ""
    kept = rows(folder)
    assert len(kept) == 52 and sorted(row["i"] for row in kept) == [-1, -1, *range(50)]
    assert len({row["process"] for row in kept}) == 2 and lost(folder) == ()


def test_a_kill_is_told_to_the_row(folder):
    one = program(LOG + "\none.flush()\nfor i in range(7): one.log({'i': i})\ntime.sleep(0.5)\nos.kill(os.getpid(), 9)",
                  folder, 300)  # fmt: skip
    one.communicate(timeout=60)
    (folder / f"20260101T000000000000Z-{next(folder.glob('*.journal')).stem}-000099.parquet.unfinished").write_text("x")
    first, second = open_collector(folder), open_collector(folder)
    assert [(loss.rows, loss.handed, loss.written) for loss in first.lost] == [(7, 307, 300)]
    assert second.lost == () and lost(folder) == first.lost
    assert not list(folder.glob("*.unfinished")) and len(rows(folder)) == 300


def test_a_living_process_is_not_reported(folder):
    one = program(LOG + "\ntime.sleep(30)", folder, 10)
    deadline = time.monotonic() + 20
    while not list(folder.glob("*.journal")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    assert open_collector(folder).lost == ()
    one.kill()
    one.communicate()
    assert [loss.rows for loss in open_collector(folder).lost] == [10]


def test_a_broken_journal_breaks_nothing(folder):
    folder.mkdir()
    for name, text in {"a": "", "b": "{", "c": "[1]", "d": '{"x": 1}', "e": "\x00" * 2000}.items():
        (folder / f"{name}.journal").write_text(text)
    assert open_collector(folder).lost == () and lost(folder) == ()


IMPORT = """
import sys
from engine.collect import open_collector
one = open_collector(sys.argv[1])
for i in range(3):
    one.log({"x": i, "y": [i], "z": str(i), "b": True}, {"score": 0.5})
    one.flush()
print(one.counts.files, *({"duckdb", "scipy", "pandas", "streamlit", "fastapi"} & set(sys.modules)))
"""


def test_a_service_imports_nothing_large(folder):
    assert program(IMPORT, folder).communicate(timeout=60)[0].split() == ["3"]

"""Small files become large ones, and no reader ever sees a row twice or misses one."""

import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.collect import compact
from engine.collect.compact import SIGN, joined
from engine.errors import PlumblineError
from engine.tables.sources import open_dataset
from tests.collect.conftest import program, rows


def fill(collect, files, each=10):
    one = collect()
    for i in range(files):
        for j in range(each):
            one.log({"i": i * each + j}, latency_ms=1.0, status=200)
        one.flush()
    one.close()


def test_all_rows_are_there_once_and_in_order_of_time(collect, folder):
    fill(collect, 12)
    before = rows(folder)
    assert compact(folder, settled=-1) == 12
    assert len(list(folder.glob("*.parquet"))) == 1
    assert rows(folder) == before
    times = [row["served_at"] for row in pq.read_table(next(folder.glob("*.parquet"))).to_pylist()]
    assert times == sorted(times)
    assert compact(folder, settled=-1) == 0


def test_files_stay_within_the_limit_and_grow_with_the_next(collect, folder):
    fill(collect, 10)
    assert compact(folder, rows=35, settled=-1) == 9
    assert sorted(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet")) == [10, 30, 30, 30]
    fill(collect, 5)
    assert compact(folder, settled=-1) == 9
    assert len(rows(folder)) == 150 == len({row["request_id"] for row in rows(folder)})


def test_fresh_files_and_files_of_others_are_left_alone(collect, folder):
    fill(collect, 3)
    pq.write_table(pa.table({"i": [1]}), folder / "mine.parquet")
    assert compact(folder) == 0
    assert compact(folder, settled=-1) == 3 and (folder / "mine.parquet").exists()


def test_columns_and_types_that_changed_are_joined_as_they_are_read(collect, folder):
    one = collect()
    for inputs in (
        {"x": 1, "a": True},
        {"x": 1.5, "A": 2},
        {"x": "s"},
        {"x": None, "new": False},
        {"X": True, "a": 0.5},
        {"x": 2.0},
        {"x": 1e20},
        {"x": float("nan")},
    ):
        one.log(inputs)
        one.flush()
    one.close()
    apart, types = rows(folder), [(one.name, one.type) for one in open_dataset(folder).columns]
    compact(folder, settled=-1)
    assert [(one.name, one.type) for one in open_dataset(folder).columns] == types
    assert rows(folder) == apart


def test_a_reader_sees_all_rows_or_is_told_to_read_again(collect, folder):
    fill(collect, 60, each=5)
    seen, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                seen.append(len(rows(folder)))
            except PlumblineError as error:
                seen.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for limit in (10, 20, 40, 80, 160, 320):
            compact(folder, rows=limit, settled=-1)
            time.sleep(0.1)
    finally:
        stop.set()
        reader.join()
    counts = [one for one in seen if isinstance(one, int)]
    assert set(counts) == {300} and len(counts) >= 5


def test_two_at_once_do_not_disturb_each_other(collect, folder):
    fill(collect, 40)
    text = "import sys; from engine.collect import compact; compact(sys.argv[1], rows=60, settled=-1)"
    both = [program(text, folder) for _ in range(3)]
    for one in both:
        assert one.communicate(timeout=60)[1] == ""
    assert len(rows(folder)) == 400 == len({row["request_id"] for row in rows(folder)})


@pytest.mark.parametrize("step", ["ready.replace(target)", "path.unlink", "sync_folder(folder)"])
def test_a_kill_at_any_step_is_mended_by_the_next(collect, folder, step):
    """The process kills itself at a step: before the joined file shows, amid its sources' end, and before that."""
    fill(collect, 6)
    text = """
import os, sys, pathlib
from engine.collect import compact
module = sys.modules["engine.collect.compact"]
step = sys.argv[2]
def die(*given, **more): os.kill(os.getpid(), 9)
if step == "sync_folder(folder)":
    module.sync_folder = die
elif step == "path.unlink":
    left, unlink = [3], pathlib.Path.unlink
    def some(path, *given, **more):
        left[0] -= path.suffix == ".parquet"
        unlink(path, *given, **more) if left[0] else die()
    pathlib.Path.unlink = some
else:
    replace = pathlib.Path.replace
    pathlib.Path.replace = lambda path, to: die() if path.suffix == ".ready" else replace(path, to)
compact(sys.argv[1], settled=-1)
"""
    one = program(text, folder, step)
    one.communicate(timeout=60)
    assert one.returncode == -9 and (folder / SIGN).exists()
    with pytest.raises(PlumblineError):
        rows(folder)
    compact(folder, settled=-1)
    assert len(rows(folder)) == 60 == len({row["request_id"] for row in rows(folder)})
    assert len(list(folder.glob("*.parquet"))) == 1


def test_tables_of_no_column_in_common():
    assert joined([pa.table({"a": [1]}), pa.table({"b": ["x"]})]).to_pylist() == [
        {"a": 1, "b": None}, {"a": None, "b": "x"},
    ]  # fmt: skip

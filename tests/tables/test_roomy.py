"""With little memory columns are sorted in files: the same numbers, nothing left behind, and no file where there is no
room for one."""

import errno
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.look import compare
from engine.slices import Slice
from engine.tables import roomy
from engine.tables.connection import MEMORY, connect, spill_folder
from engine.tables.roomy import room_for
from engine.tables.sources import open_dataset
from engine.tables.values import STREAMED, read_numbers

ROWS = STREAMED + 5


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    random = np.random.default_rng(3)
    paths = []
    for name, shift in (("reference", 0.0), ("production", 0.3)):
        x = random.normal(shift, 1, ROWS)
        table = pa.table({"x": pa.array(x, mask=random.random(ROWS) < 0.1), "n": random.integers(0, 70, ROWS)})
        paths.append(tmp_path / f"{name}.parquet")
        pq.write_table(table, paths[-1])
    return [str(one) for one in paths]


def mapped():
    """Lines of this process's memory that are files of a spill folder."""
    with open("/proc/self/maps") as maps:
        return [line for line in maps if "/spill/" in line]


def test_an_array_beyond_an_eighth_of_memory_stands_in_a_file_that_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    small = room_for(1000, 64_000)
    assert not mapped()
    large = room_for(1001, 64_000)
    large[:] = 7.0
    assert len(mapped()) == 1 and large.sum() == 7007.0 and len(small) == 1000
    assert not list(spill_folder().iterdir()), "it has no name"
    del large
    assert not mapped()


def test_sorted_values_are_the_same_with_little_memory(files, monkeypatch):
    found = []
    for memory in ("4GB", "50MB"):
        monkeypatch.setenv(MEMORY, memory)
        dataset = open_dataset(files[0], connect({files[0].rpartition("/")[0]}))
        numbers = read_numbers(dataset, dataset.column("x"), Slice())
        found.append((numbers.values.copy(), numbers.infinite, numbers.quality))
        assert bool(mapped()) == (memory == "50MB")
        del numbers
    (first, *rest), (second, *others) = found
    assert rest == others and np.array_equal(first, second) and not mapped()


def test_a_comparison_with_little_memory_says_the_same(files, monkeypatch):
    said = []
    for memory in ("4GB", "50MB"):
        monkeypatch.setenv(MEMORY, memory)
        run = compare(*files)
        said.append([(one.column, one.metric, one.value, one.p_value, one.severity) for one in run.findings])
    assert said[0] == said[1] and len(said[0]) > 8


def test_a_disk_without_room_is_told_with_what_it_would_need(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(roomy.os, "posix_fallocate", full)
    with pytest.raises(UnusableData) as told:
        room_for(100_000_000, 1 << 30, "production.parquet")
    assert "100,000,000 rows is sorted in a file of 0.8 GB" in told.value.message
    assert "No space left on device" in told.value.message and str(tmp_path) in told.value.message
    assert "PLUMBLINE_MEMORY to 6GB" in told.value.hint and told.value.where == "production.parquet"
    assert not list(spill_folder().iterdir())


def test_the_system_itself_refuses_a_file_that_no_disk_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    with pytest.raises(UnusableData, match="for which there is no room"):
        room_for(1 << 52, 1 << 30)

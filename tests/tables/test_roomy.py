"""With little memory columns are sorted in files: the same numbers, nothing left behind, and no file where there is no
room for one."""

import resource
from contextlib import closing

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.look import compare
from engine.slices import Slice
from engine.tables.connection import MEMORY, connect, spill_folder
from engine.tables.roomy import Sorting
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


@pytest.mark.parametrize("shape", ["normal", "zeros", "one value", "few", "ordered", "odd", "none"])
def test_runs_are_merged_into_what_one_sort_gives(tmp_path, monkeypatch, shape):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    random = np.random.default_rng(11)
    values = {
        "normal": random.normal(size=20_011),
        "zeros": np.where(random.random(20_011) < 0.7, 0.0, random.normal(size=20_011)),
        "one value": np.full(5_000, 3.5),
        "few": random.integers(0, 3, 9_000).astype(float),
        "ordered": np.arange(12_345, dtype=float),
        "odd": random.permutation(np.repeat([np.nan, np.inf, -np.inf, 1e300, -0.0, 5e-324], 1500)),
        "none": np.zeros(0),
    }[shape]
    found = Sorting(20_011, 32 * 8 * 512)  # runs of 512 values
    with closing(found):
        assert found.spills
        for part in np.array_split(values, 7):
            found.add(part)
        assert np.array_equal(found.done(), np.sort(values), equal_nan=True)


def test_a_column_beyond_an_eighth_of_memory_is_sorted_in_a_file_that_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    assert not Sorting(1000, 64_000).spills
    one = Sorting(1001, 64_000)
    with closing(one):
        one.add(np.arange(1001.0)[::-1])
        found = one.done()
    assert len(mapped()) == 1 and found.sum() == 500_500 and found[0] == 0
    assert not list(spill_folder().iterdir()), "it has no name"
    del found
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
    one = Sorting(100_000_000, 1 << 20, "production.parquet")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))  # the system itself refuses to write on
    try:
        with pytest.raises(UnusableData) as told, closing(one):
            one.add(np.zeros(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert "100,000,000 rows is sorted in files of 1.6 GB" in told.value.message
    assert "File too large" in told.value.message and str(tmp_path) in told.value.message
    assert "PLUMBLINE_MEMORY to 7GB" in told.value.hint and told.value.where == "production.parquet"
    assert not list(spill_folder().iterdir())

"""What was counted is kept: found after a restart, extended by new files, never half, never beyond its limit."""

import hashlib
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import Cancelled, PlumblineError, UnusableData
from engine.slices import Filter, Slice
from engine.tables import cache
from engine.tables import counted as counting
from engine.tables.binned import binned
from engine.tables.coded import recount
from engine.tables.connection import connect
from engine.tables.counted import counted
from engine.tables.sources import open_dataset
from tests.tables.test_coded import ROWS, supports_of, table

FILTER = Slice((Filter("x", "gt", (0.5,)),))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(counting, "SMALL", 1)
    data = tmp_path / "data"
    data.mkdir()
    for i, day in enumerate((1, 20)):
        pq.write_table(table(i, 1000, day), data / f"{i}.parquet")
    return data


def opened(folder):
    return open_dataset(str(folder), connect([folder])).assign({}, {"at": "timestamp"})


def told(folder, supports):
    """The cells of a folder, and which rows had to be counted for them."""
    said = []
    cells, codes = counted(opened(folder), supports, "week", ["name"], lambda share, text: said.append((share, text)))
    assert all(0 <= share <= 1 + 1e-9 for share, _ in said) and said[-1][0] == pytest.approx(1)
    return cells, codes, [text for _, text in said if text.endswith("rows")]


def same(a, b):
    assert (a.windows, a.span, a.values) == (b.windows, b.span, b.values)
    for one, other in ((a.window, b.window), (a.cohort, b.cohort), (a.rows, b.rows)):
        assert (one == other).all()
    assert a.counts.keys() == b.counts.keys() and a.gaps.keys() == b.gaps.keys()
    assert all((a.counts[name] == b.counts[name]).all() for name in a.counts)
    assert all((a.gaps[name] == b.gaps[name]).all() for name in a.gaps)


def test_the_same_data_are_counted_once(folder):
    supports = supports_of(opened(folder))
    first, codes, counting_first = told(folder, supports)
    again, kept, counting_again = told(folder, supports)
    assert len(counting_first) == 2 and counting_again == []
    same(first, again)
    same(recount(codes, FILTER), recount(kept, FILTER))


def test_a_new_file_is_all_that_is_counted(folder):
    supports = supports_of(opened(folder))
    told(folder, supports)
    pq.write_table(table(7, 500, 27), folder / "2.parquet")
    cells, codes, rows = told(folder, supports)
    assert len(rows) == 1 and cells.rows.sum() == 2500
    fresh = counting.count(opened(folder), supports, "week", ["name"])
    order = {(int(w), *c): i for i, (w, c) in enumerate(zip(fresh.window, _named(fresh), strict=True))}
    at = [order[int(w), *c] for w, c in zip(cells.window, _named(cells), strict=True)]
    assert sorted(at) == list(range(len(fresh.rows))) and cells.windows == fresh.windows
    for name in supports:
        assert (cells.counts[name] == fresh.counts[name][at]).all()
    for name in cells.gaps:
        np.testing.assert_allclose(cells.gaps[name], fresh.gaps[name][at], rtol=1e-12)
    assert recount(codes, FILTER).rows.sum() == fresh_rows(folder)


def _named(cells):
    names = cells.values["name"]
    return [(names[i],) for i in cells.cohort[:, 0]]


def fresh_rows(folder):
    one = opened(folder)
    return one.query(f"SELECT count(*) AS n FROM {one.scan} WHERE x > 0.5 AND NOT isnan(x)")["n"][0].as_py()


def test_a_file_that_changed_is_counted_again(folder):
    supports = supports_of(opened(folder))
    told(folder, supports)
    pq.write_table(table(9, 1000, 20), folder / "1.parquet")
    cells, _, rows = told(folder, supports)
    assert len(rows) == 1
    assert (cells.counts["x"].sum(axis=0) == counting.count(opened(folder), supports).counts["x"][0]).all()


def test_another_reading_of_a_column_is_counted_apart(folder):
    columns = opened(folder).columns
    told(folder, supports_of(opened(folder)))
    as_names = opened(folder).assign({"whole": "categorical"})
    supports = {n: s for n, s in binned(as_names, as_names.columns).items() if not isinstance(s, str)}
    said = []
    cells, _ = counted(as_names, supports, "week", ["name"], lambda share, text: said.append(text))
    assert any(text.endswith("rows") for text in said)
    assert "whole" not in cells.gaps and len(columns) == len(supports)


@pytest.mark.parametrize("name", ["cells.arrow", "codes.arrow"])
@pytest.mark.parametrize("harm", ["cut", "garbage", "gone"])
def test_what_is_broken_is_counted_again(folder, name, harm):
    supports = supports_of(opened(folder))
    first, _, _ = told(folder, supports)
    for file in (cache.cache_folder() / "counted").glob(f"*/{name}"):
        match harm:
            case "cut":
                os.truncate(file, file.stat().st_size // 2)
            case "garbage":
                file.write_bytes(b"no arrow at all" * 100)
            case "gone":
                file.unlink()
    cells, codes, _ = told(folder, supports)
    same(first, cells)
    assert recount(codes, FILTER).rows.sum() == fresh_rows(folder)


def test_broken_supports_are_made_again(folder):
    first = supports_of(opened(folder))
    (kept,) = (cache.cache_folder() / "binned").glob("*/supports.json")
    kept.write_text("{")
    again = supports_of(opened(folder))
    assert {n: s.digest for n, s in first.items()} == {n: s.digest for n, s in again.items()}
    third = supports_of(opened(folder))
    for name, one in first.items():
        assert (one.labels, one.own, one.digest) == (third[name].labels, third[name].own, third[name].digest)
        if hasattr(one, "scale"):
            a, b = one.scale, third[name].scale
            assert (a.unit, a.basis, a.clip, one.bounds) == (b.unit, b.basis, b.clip, third[name].bounds)
            assert one.unseen == third[name].unseen and (one.lows == third[name].lows).all()


def test_a_stop_leaves_nothing_half(folder):
    supports = supports_of(opened(folder))

    def stop(share, said):
        if said.endswith("rows"):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        counted(opened(folder), supports, "week", [], stop)
    room = cache.cache_folder() / "counted"
    assert list(room.iterdir()) == []


def test_a_full_disk_costs_the_codes_and_nothing_else(folder):
    said = (
        f"import resource, sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})\n"
        "import engine\n"
        "from tests.tables.test_counted import opened, supports_of\n"
        "from engine.tables.counted import counted\n"
        "from pathlib import Path\n"
        f"supports = supports_of(opened(Path({str(folder)!r})))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
        f"cells, codes = counted(opened(Path({str(folder)!r})), supports, 'week')\n"
        "print(cells.rows.sum(), codes)\n"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2000", "None"], done.stderr
    assert not list((cache.cache_folder() / "counted").glob(".part-*"))


def test_two_processes_at_once_keep_one_whole_part(folder):
    said = (
        "import sys; sys.path.insert(0, {root!r})\n"
        "from pathlib import Path\n"
        "from tests.tables.test_counted import opened, supports_of, told\n"
        "cells, codes, _ = told(Path({data!r}), supports_of(opened(Path({data!r}))))\n"
        "print(cells.rows.sum(), codes is not None)\n"
    ).format(root=str(Path(__file__).resolve().parents[2]), data=str(folder))
    both = [subprocess.Popen([sys.executable, "-c", said], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate(timeout=120)[0].split() for one in both] == [["2000", "True"]] * 2
    kept = list((cache.cache_folder() / "counted").iterdir())
    assert not [one for one in kept if one.name.startswith(".part-")]


def test_the_longest_unused_is_let_go(folder, monkeypatch):
    supports = supports_of(opened(folder))
    told(folder, supports)
    room = cache.cache_folder() / "counted"
    first = {one.name for one in room.iterdir()}
    for one in room.iterdir():
        os.utime(one, (time.time() - 1000,) * 2)
    (room / ".part-old").mkdir()
    os.utime(room / ".part-old", (time.time() - 90_000,) * 2)
    monkeypatch.setenv("PLUMBLINE_CACHE_GB", "0.0000001")
    pq.write_table(table(8, 300, 29), folder / "2.parquet")
    cells, codes, _ = told(folder, supports)
    assert cells.rows.sum() == 2300 and recount(codes, FILTER).rows.sum() == fresh_rows(folder)
    left = {one.name for one in room.iterdir()}
    assert not left & first and len(left) == 1, "what was kept last stays"


def test_a_limit_that_is_no_number_is_told(monkeypatch):
    monkeypatch.setenv("PLUMBLINE_CACHE_GB", "much")
    with pytest.raises(PlumblineError, match="no number of GB"):
        cache.limit()


def test_a_fingerprint_is_remembered_and_follows_the_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    file = tmp_path / "a"
    file.write_bytes(b"a" * ROWS)
    first = cache.fingerprint(file)
    assert not list((cache.cache_folder() / "prints").iterdir()), "it may change again within one tick of the clock"
    os.utime(file, (time.time() - 100,) * 2)
    assert cache.fingerprint(file) == first
    assert not list((cache.cache_folder() / "prints").iterdir()), "a time that was set back makes nothing old"
    monkeypatch.setattr(cache, "FRESH", -1.0)
    assert cache.fingerprint(file) == first == cache.fingerprint(file)
    assert len(list((cache.cache_folder() / "prints").iterdir())) == 1
    file.write_bytes(b"b" * ROWS)
    assert cache.fingerprint(file) != first


def test_rows_are_not_told_of_a_file_that_was_replaced(folder):
    supports = supports_of(opened(folder))
    _, codes, _ = told(folder, supports)
    turned = pq.read_table(folder / "1.parquet")
    pq.write_table(turned.take(list(range(turned.num_rows - 1, -1, -1))), folder / "1.parquet")
    with pytest.raises(UnusableData, match="changed after they were opened"):
        recount(codes, FILTER)


def test_a_time_that_is_set_back_hides_no_change(folder):
    supports = supports_of(opened(folder))
    file = folder / "1.parquet"
    os.utime(file, (time.time() - 1000,) * 2)
    told(folder, supports)
    before, content = file.stat(), file.read_bytes()
    file.write_bytes(content[:4] + bytes(reversed(content[4:8])) + content[8:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert cache.fingerprint(file) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert opened(folder).sha256 != ""


def test_a_type_that_widens_changes_what_values_read_as(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(counting, "SMALL", 1)
    data = tmp_path / "data"
    data.mkdir()
    values = [Decimal("0.25"), Decimal("0.50")] * 50
    pq.write_table(pa.table({"c": pa.array(values, pa.decimal128(10, 2))}), data / "0.parquet")

    def cells():
        dataset = open_dataset(str(data), connect([data])).assign({"c": "categorical"})
        supports = {n: s for n, s in binned(dataset, dataset.columns).items() if not isinstance(s, str)}
        return counted(dataset, supports)[0], counting.count(dataset, supports)

    cells()
    pq.write_table(pa.table({"c": pa.array(values, pa.decimal128(12, 4))}), data / "1.parquet")
    kept, fresh = cells()
    assert (kept.counts["c"].sum(axis=0) == fresh.counts["c"].sum(axis=0)).all()


def test_whole_numbers_beyond_63_bits_name_cohorts(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"c": pa.array([2**63 + 1, 5, 5], pa.uint64()), "x": [1.0, 2.0, 3.0]}), file)
    dataset = open_dataset(str(file), connect([tmp_path]))
    supports = {n: s for n, s in binned(dataset, dataset.columns).items() if not isinstance(s, str)}
    for _ in range(2):
        cells, _ = counted(dataset, supports, None, ["c"])
        assert set(cells.values["c"]) == {2**63 + 1, 5}


def test_where_nothing_can_be_kept_all_is_computed(folder):
    room = cache.cache_folder() / "counted"
    room.write_text("a file lies in the way")
    (cache.cache_folder() / "binned").write_text("here too")
    (cache.cache_folder() / "prints").write_text("and here")
    supports = supports_of(opened(folder))
    cells, codes = counted(opened(folder), supports, "week", ["name"])
    assert cells.rows.sum() == 2000 and codes is None

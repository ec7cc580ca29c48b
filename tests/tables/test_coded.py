"""Codes: any rows counted again from them are what a pass over the values counts."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Role
from engine.metrics import METRICS
from engine.slices import Filter, Slice, parse_window
from engine.summaries import Curve
from engine.tables import counted as counting
from engine.tables.binned import binned
from engine.tables.cells import summarize_cells
from engine.tables.coded import hides_rows, recount, rows_of
from engine.tables.connection import connect
from engine.tables.count import count
from engine.tables.counted import counted
from engine.tables.sources import open_dataset

ROWS = 4000
CUTS = [
    Slice((Filter("x", "gt", (0.5,)),)),
    Slice((Filter("x", "gt", (0.5,)), Filter("name", "in", ("a", "c")))),
    Slice((Filter("x", "gt", (0.5,)),), without=True),
    Slice((Filter("name", "is_null"),)),
    Slice((Filter("x", "gt", (1e9,)),)),
    Slice((Filter("zeros", "eq", (0,)),)),
    Slice((), parse_window("2024-01-03..2024-01-09")),
    Slice((Filter("name", "eq", ("b",)),), parse_window("2024-01-03..2024-01-25")),
]


def table(seed, rows=ROWS, day=1):
    random = np.random.default_rng(seed)
    x = random.normal(0, 1, rows)
    x[:5] = [np.inf, -np.inf, np.nan, 40.0, -40.0]
    at = [datetime(2024, 1, day) + timedelta(minutes=9 * i) for i in range(rows)]
    at[7] = None
    return pa.table(
        {
            "at": pa.array(at, pa.timestamp("us")),
            "x": pa.array(x, mask=random.random(rows) < 0.1),
            "heavy": random.lognormal(0, 2, rows),
            "zeros": np.where(random.random(rows) < 0.9, 0.0, random.exponential(1, rows)),
            "whole": random.integers(0, 9, rows),
            "name": pa.array(random.choice(list("abc"), rows), mask=random.random(rows) < 0.05),
        }
    )


@pytest.fixture(params=["one file", "files", "frame"])
def opened(request, tmp_path, monkeypatch):
    """A dataset that is one file of two row groups, three files, or a frame."""
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    whole = table(1)
    if request.param == "frame":
        return open_dataset(whole, connect([]), "frame").assign({}, {"at": "timestamp"})
    folder = tmp_path / "data"
    folder.mkdir()
    if request.param == "one file":
        pq.write_table(whole, folder / "a.parquet", row_group_size=1500)
    else:
        monkeypatch.setattr(counting, "SMALL", 1)  # so that each file is a part of its own
        for i, (start, rows) in enumerate(((0, 900), (900, 1), (901, 3099))):
            pq.write_table(whole.slice(start, rows), folder / f"{i}.parquet")
    return open_dataset(str(folder), connect([folder])).assign({}, {"at": "timestamp"})


def supports_of(dataset):
    columns = [one for one in dataset.columns if one.role is not Role.IGNORE]
    return {n: one for n, one in binned(dataset, columns).items() if not isinstance(one, str)}


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.words)
def test_a_slice_counted_from_codes_is_the_slice_counted_from_values(opened, cut):
    supports = supports_of(opened)
    cells, codes = counted(opened, supports, "week", ["name"])
    again, plain = recount(codes, cut), count(opened, supports, None if cut.window else "week", cut=cut)
    assert again.windows == (() if cut.window else cells.windows)
    for name, support in supports.items():
        found = {int(w): again.counts[name][i] for i, w in enumerate(again.window) if again.rows[i]}
        shift = cells.windows.index(plain.windows[0]) if plain.windows else 0
        wanted = {int(w) + shift * (w >= 0): plain.counts[name][i] for i, w in enumerate(plain.window)}
        assert found.keys() == wanted.keys()
        assert all((found[w] == wanted[w]).all() for w in wanted), name
        if name in plain.gaps:
            inside = slice(1, len(support.edges))  # cells with two ends
            widths = np.diff(support.edges)
            off = np.abs(again.gaps[name].sum(axis=0) - plain.gaps[name].sum(axis=0))[inside]
            assert (off <= again.counts[name].sum(axis=0)[inside] * widths / 16 * (1 + 1e-9) + 1e-12).all(), name
    assert again.rows.sum() == plain.rows.sum() == opened.query(
        f"SELECT count(*) AS n FROM {opened.scan} WHERE {opened.where(cut)[0]}", opened.where(cut)[1]
    )["n"][0].as_py()  # fmt: skip


@pytest.mark.parametrize("cut", CUTS[:2], ids=lambda cut: cut.words)
def test_the_interval_from_codes_holds_the_exact_distance(opened, cut):
    supports = supports_of(opened)
    whole, codes = counted(opened, supports)
    first, exact = recount(codes, cut), count(opened, supports, cut=cut)
    everyone = np.ones(len(whole.rows), dtype=bool)
    for name in ("x", "heavy", "whole"):
        sides = [(one, (np.ones(len(one.rows), dtype=bool), everyone)) for one in (first, exact)]
        rough, sure = (summarize_cells(supports[name], one, whole, both).of(Curve) for one, both in sides)
        assert rough.slack > 0 or name == "whole"
        loose, tight = (METRICS["wasserstein"].compute(one) for one in (rough, sure))
        low, high = loose.interval or (loose.value, loose.value)
        inner = tight.interval or (tight.value, tight.value)
        assert low - 1e-12 <= inner[0] <= inner[1] <= high + 1e-12, name


def test_a_cell_without_an_end_cannot_be_summed_from_codes(opened):
    supports = supports_of(opened)
    _, codes = counted(opened, supports)
    few = recount(codes, Slice((Filter("x", "gt", (-5.0,)),)))
    more = open_dataset(
        pa.table({**{n: table(2)[n] for n in supports}, "zeros": np.full(ROWS, 99.0)}), connect([]), "p"
    )
    beyond = recount(counted(more, supports)[1], Slice((Filter("x", "gt", (-5.0,)),)))
    both = tuple(np.ones(len(one.rows), dtype=bool) for one in (few, beyond))
    assert np.isinf(summarize_cells(supports["zeros"], few, beyond, both).of(Curve).slack)


def test_rows_are_told_in_their_order(opened):
    supports = supports_of(opened)
    _, codes = counted(opened, supports)
    every = rows_of(codes, Slice((Filter("heavy", "gt", (0.0,)),)))
    assert [chosen for _, chosen in every] == [slice(None)] * len(codes.batches)
    assert sum(codes.batches[i].num_rows for i, _ in every) == ROWS
    some = rows_of(codes, Slice((Filter("heavy", "gt", (1.0,)),)))
    flat = np.concatenate([rows + codes.starts[i] for i, rows in some])
    assert (np.sort(flat) == np.flatnonzero(table(1)["heavy"].to_numpy() > 1.0)).all()


@pytest.mark.parametrize("name", ["file_row_number", "File_Index"])
def test_a_column_that_hides_the_place_of_rows_is_counted_without_codes(tmp_path, monkeypatch, name):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    file = tmp_path / "a.parquet"
    pq.write_table(table(1).append_column(name, pa.array(range(ROWS))), file)
    dataset = open_dataset(str(file), connect([tmp_path])).assign({}, {"at": "timestamp"})
    assert hides_rows(dataset) == name
    cells, codes = counted(dataset, supports_of(dataset), "week")
    assert codes is None and cells.rows.sum() == ROWS


@pytest.mark.parametrize("name", ["row", "ROW", "Row"])
def test_a_frames_own_column_of_rows_is_no_place(name):
    frame = table(1).append_column(name, pa.array(range(ROWS, 0, -1)))
    dataset = open_dataset(frame, connect([]), "frame").assign({}, {"at": "timestamp"})
    supports = supports_of(dataset)
    codes = counted(dataset, supports)[1]
    assert (
        recount(codes, CUTS[0]).counts["heavy"].sum(axis=0) == count(dataset, supports, cut=CUTS[0]).counts["heavy"][0]
    ).all()

"""Of long columns the curves stay small, and no reading or floor is another for it."""

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.columns import Column, Kind
from engine.metrics import METRICS
from engine.noise.spread import spread
from engine.slices import Filter, Slice
from engine.summaries import QualityCounts
from engine.tables import connection, curves, values
from engine.tables.sources import open_dataset
from engine.tables.supports import measure_scale
from engine.tables.values import Numbers, read_numbers
from engine.thinned import KEPT, LONG, thinned

ROWS = 400_000
SHAPES = {
    "alike": lambda random, side: random.normal(0, 1, ROWS + side),
    "moved": lambda random, side: random.normal(0.002 * side, 1, ROWS),
    "rounded": lambda random, side: np.round(random.normal(0, 1, ROWS), 3),
    "far from zero": lambda random, side: 1e9 + random.exponential(1, ROWS),
    "many zeros": lambda random, side: np.where(random.random(ROWS) < 0.3, 0, random.standard_t(1.5, ROWS)),
}
TWO = KS, W1 = METRICS["kolmogorov_smirnov"], METRICS["wasserstein"]


def numbers(found):
    return Numbers(np.sort(found), (0, 0), QualityCounts(len(found)))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [5_000, ROWS])
def test_a_curve_on_few_edges_reads_as_one_with_an_edge_for_every_value(shape, rows, monkeypatch):
    random = np.random.default_rng(5)
    sides = [numbers(SHAPES[shape](random, side)[:rows]) for side in (0, 1)]
    scale = measure_scale(sides[0].values)
    fewer = curves.curve(*sides, scale)
    monkeypatch.setattr(curves, "SMALL", 1 << 40)
    whole = curves.curve(*sides, scale)
    assert len(fewer.edges) < len(whole.edges) / (10 if rows == ROWS and shape != "rounded" else 1)
    assert KS.compute(fewer) == KS.compute(whole)
    first, second = W1.compute(whole), W1.compute(fewer)
    assert second.value == pytest.approx(first.value, rel=1e-12) and second.interval is None
    assert second.detail == first.detail
    near = 1e-8 if shape == "far from zero" else 1e-10  # doubles lie 1.2e-7 apart there, and means of cells too
    assert spread(fewer).mean == pytest.approx(spread(whole).mean, rel=near)
    assert spread(fewer).variance == pytest.approx(spread(whole).variance, rel=near)


def sides_of(rows):
    random = np.random.default_rng(8)
    return [pa.table({"x": random.normal(0, 1, rows), "at": np.arange(rows) % 7}) for _ in range(2)]


def test_a_run_keeps_long_curves_thinned_and_says_what_it_said_of_whole_ones(monkeypatch):
    old, new = sides_of(ROWS)
    whole = compare(old, new)
    assert KEPT < len(whole.summaries["x"].curve.edges) < LONG
    monkeypatch.setattr("engine.thinned.LONG", KEPT)
    thin = compare(old, new)
    assert len(thin.summaries["x"].curve.edges) < KEPT
    assert thin.findings == whole.findings and thin.reasons == whole.reasons


def test_a_thinned_curve_still_tells_its_distances():
    random = np.random.default_rng(6)
    sides = [numbers(random.normal(size=ROWS)) for _ in range(2)]
    whole = curves.curve(*sides, measure_scale(sides[0].values))
    few = thinned(whole, 100)
    assert len(few.edges) < 100 and KS.compute(few) == KS.compute(whole)
    assert W1.compute(few).value == pytest.approx(W1.compute(whole).value, rel=1e-12)


def test_a_side_read_by_one_column_at_a_time_says_what_two_at_a_time_say(monkeypatch):
    old, new = sides_of(20_000)
    cut = Slice((Filter("at", "lt", (3,)),))
    two = [compare(old, new), compare(old, new, cut=cut)]
    monkeypatch.setenv(connection.MEMORY, "2MB")
    one = [compare(old, new), compare(old, new, cut=cut)]
    assert [run.findings for run in one] == [run.findings for run in two]


@pytest.mark.parametrize("cut", [Slice(), Slice((Filter("at", "lt", (3,)),)), Slice((Filter("at", "lt", (0,)),))])
@pytest.mark.parametrize("kind", ["DOUBLE", "VARCHAR"])
def test_a_column_in_batches_is_the_column_at_once(cut, kind, monkeypatch):
    random = np.random.default_rng(3)
    found = [None if i % 11 == 0 else float(one) for i, one in enumerate(random.normal(0, 1, 5000))]
    found[1:4] = [float("nan"), float("inf"), -1e200]
    texts = [None if one is None else "?" if i % 13 == 5 else str(one) for i, one in enumerate(found)]
    table = pa.table({"x": texts if kind == "VARCHAR" else found, "at": np.arange(5000) % 7})
    dataset = open_dataset(table)
    column = Column("x", "DOUBLE", Kind.NUMERIC)
    whole = read_numbers(dataset, column, cut)
    monkeypatch.setattr(values, "STREAMED", 0)
    monkeypatch.setattr(values, "BATCH", 512)
    batches = read_numbers(dataset, column, cut)
    assert (batches.infinite, batches.quality) == (whole.infinite, whole.quality)
    assert np.array_equal(batches.values, whole.values)


def test_distances_far_from_zero_are_summed_some_cells_at_a_time(monkeypatch):
    random = np.random.default_rng(4)
    sides = [numbers(1e9 + random.exponential(1, 30_000)) for _ in range(2)]
    scale = measure_scale(sides[0].values)
    whole = curves.curve(*sides, scale)
    monkeypatch.setattr(curves, "CHUNK", 97)
    pieces = curves.curve(*sides, scale)
    assert np.array_equal(pieces.reference_gap, whole.reference_gap)
    assert np.array_equal(pieces.production_gap, whole.production_gap)

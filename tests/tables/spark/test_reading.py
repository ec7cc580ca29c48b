"""Summaries of rows that stay where they are: exact where values are few, else what cells have proven."""

from dataclasses import replace

import numpy as np
import pytest

from engine.metrics import METRICS
from engine.pair import read_as, summarize_columns
from engine.slices import Filter, Slice
from engine.summaries import ColumnSummary, Curve, Histogram, Quality
from engine.tables.exact import summarize
from engine.tables.sources import Dataset
from engine.tables.spark.reading import bins_there, has_few_values, summaries_there
from engine.tables.supports import NumericSupport
from engine.tables.values import read
from tests.tables.spark.hostile import hostile, near
from tests.tables.spark.test_cells import supports_of

CUTS = [Slice(), Slice((Filter("truth", "eq", (True,)),)), Slice((Filter("words", "eq", ("nobody",)),))]


def both() -> tuple[Dataset, Dataset]:
    reference = near(hostile(1500, 1))
    return reference, read_as(reference, near(hostile(1800, 2)))


def assert_told(found: ColumnSummary, exact: ColumnSummary) -> None:
    """The same counts and readings; of cells, an interval that holds the exact one."""
    assert replace(found.quality, unseen=()) == replace(exact.quality, unseen=())
    if not (exact.quality.reference.rows and exact.quality.production.rows):
        return
    for asked in METRICS.values():
        if asked.needs not in (Histogram, Curve, Quality):
            continue
        mine, theirs = found.of(asked.needs), exact.of(asked.needs)
        assert (mine is None) == (theirs is None)
        if theirs is None or (
            isinstance(theirs, Histogram | Curve) and not (theirs.reference.sum() and theirs.production.sum())
        ):
            continue
        one, other = asked.compute(mine), asked.compute(theirs)
        low, high = one.interval or (one.value, one.value)
        slack = 1e-9 * max(1.0, abs(other.value))
        assert low - slack <= other.value <= high + slack, asked.key


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.words)
def test_summaries_are_the_exact_ones_or_hold_them(cut):
    reference, production = both()
    supports = supports_of(reference)
    columns = [one for one in reference.columns if one.name in supports]
    found = summaries_there(reference, production, columns, supports, cut, cut)
    assert set(found) == set(supports)
    exactly = 0
    for column in columns:
        support, summary = supports[column.name], found[column.name]
        assert isinstance(summary, ColumnSummary), (column.name, summary)
        if isinstance(support, str):
            assert summary.because == support and summary.histogram is None
            whole = read(reference, column, cut).quality, read(production, column, cut).quality
            assert (summary.quality.reference, summary.quality.production) == whole
            continue
        exact = summarize(support, read(reference, column, cut), read(production, column, cut))
        assert_told(summary, exact)
        if not isinstance(support, NumericSupport) or has_few_values(support):
            exactly += 1
            assert summary.quality.unseen == exact.quality.unseen
            if exact.quantiles:
                assert summary.quantiles.reference.tolist() == exact.quantiles.reference.tolist()
                assert summary.quantiles.production.tolist() == exact.quantiles.production.tolist()
    assert exactly > 8


def test_a_renamed_column_stands_on_the_bins_of_the_old_one():
    reference, production = both()
    support = supports_of(reference)["mixed"]
    found = bins_there(support, reference, production, "numbers", Slice())
    other = replace(reference.column("mixed"), name="numbers")
    exact = summarize(support, read(reference, reference.column("mixed"), Slice()), read(production, other, Slice()))
    assert found.labels == exact.histogram.labels
    assert np.array_equal(found.production, exact.histogram.production)


@pytest.mark.slow
def test_spark_summarises_the_same(sides):
    (reference, first), (production, second) = sides
    production, second = read_as(reference, production), read_as(first, second)
    supports = supports_of(reference)
    names = ["tiny", "words", "day", "texts", "mixed", "list", "silent"]
    columns = [reference.column(name) for name in names]
    here = summarize_columns(reference, production, columns, supports, Slice(), Slice())
    there = summarize_columns(first, second, columns, supports, Slice(), Slice())
    for name in names:
        if isinstance(supports[name], str):
            assert there[name].quality == here[name].quality
        else:
            assert_told(there[name], here[name])
            assert there[name].quality.unseen == here[name].quality.unseen

"""Readings of many pairs at once are those of engine/metrics, pair by pair."""

from dataclasses import replace

import numpy as np
import pytest

from engine.assess import observe
from engine.signals import Plan
from engine.slices import Filter, Slice
from engine.tables.cells import summarize_cells
from engine.tables.codes import BROKEN, CODES, HIGHEST, LOWEST, NAN, NULL, UNSEEN
from engine.tables.stacked import STACKED, Stack, stack, stacked

COHORTS = [
    (),
    (Filter("carrier", "eq", ("HA",)),),
    (Filter("carrier", "eq", ("UA",)), Filter("origin", "eq", ("JFK",))),
]


@pytest.mark.parametrize("cohort", COHORTS, ids=["all", "a few rows a week", "two filters"])
def test_every_column_of_the_demo_reads_as_pair_by_pair(demo, cohort):
    first, second = demo.sides["reference"].cells, demo.sides["production"].cells
    kept, others = first.groups(Slice(cohort)), second.groups(Slice(cohort))
    weeks, checked = len(second.windows), 0
    for column in demo.columns:
        support = demo.supports[column.name]
        whole = stack(first, column.name, kept, len(first.windows)).joined(np.ones((1, len(first.windows))))
        found = stacked(support, whole, stack(second, column.name, others, weeks))
        for week in range(0, weeks, 3):
            sides = kept & (first.window >= 0), others & (second.window == week)
            summary = summarize_cells(support, first, second, sides)
            seen, gaps = observe([column], {column.name: summary}, Plan(), STACKED)
            for one in seen:
                mine = found[one.metric.key]
                assert mine.values[week] == pytest.approx(one.reading.value, rel=1e-12, abs=1e-13)
                if one.reading.against is not None:
                    against = np.broadcast_to(mine.against, weeks)[week]
                    assert against == pytest.approx(one.reading.against, rel=1e-12, abs=1e-13)
                checked += 1
            unread = [one for one in gaps if "slice has no" in one.because]
            assert all(np.isnan(found[one.metric].values[week]) for one in unread if one.metric in found)
    assert checked > 800


@pytest.mark.parametrize("name", ["seats", "dest", "late_probability"])
def test_every_code_counts_for_what_it_says(demo, name):
    support, random = demo.supports[name], np.random.default_rng(5)
    first, second = demo.sides["reference"].cells, demo.sides["production"].cells
    tables = []
    for cells in (first, second):
        table = np.zeros((12, CODES))
        real = cells.counts[name].sum(axis=0) > 0
        table[:, real] = random.integers(0, 4, (12, int(real.sum())))
        for code in (NULL, NAN, BROKEN, UNSEEN) if name == "dest" else (NULL, NAN, BROKEN, LOWEST, HIGHEST):
            table[:, code] = random.integers(0, 3, 12)
        table[11] = 0
        tables.append(table)
    gaps = [random.uniform(0, 1, table.shape) * table if name in first.gaps else None for table in tables]
    found = stacked(support, *(Stack(table, gap) for table, gap in zip(tables, gaps, strict=True)))
    for i in range(12):
        sides = [
            replace_cells(cells, name, table[i], None if gap is None else gap[i])
            for cells, table, gap in zip((first, second), tables, gaps, strict=True)
        ]
        summary = summarize_cells(support, *sides, (np.ones(1, bool), np.ones(1, bool)))
        seen, _ = observe([support.column], {name: summary}, Plan(), STACKED)
        assert len(seen) == (0 if i == 11 else len(found)), "an empty pair has no reading"
        for one in seen:
            assert found[one.metric.key].values[i] == pytest.approx(one.reading.value, rel=1e-12, abs=1e-13)
        if i == 11:
            assert all(np.isnan(one.values[i]) for one in found.values())


def replace_cells(cells, name, counts, gaps):
    """Cells of one group of one column."""
    rows = np.array([counts.sum()])
    of_gaps = {} if gaps is None else {name: gaps[None]}
    return replace(cells, counts={name: counts.astype(np.int64)[None]}, gaps=of_gaps, rows=rows)


def test_a_column_without_drift_has_no_wasserstein(demo):
    cells = demo.sides["reference"].cells
    support = demo.supports["flight_id"]
    both = stack(cells, "flight_id", np.ones(len(cells.rows), bool), len(cells.windows))
    assert "wasserstein" not in stacked(support, both, both)

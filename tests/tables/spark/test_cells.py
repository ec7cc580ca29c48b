"""What is counted in Spark is what is counted here: the same supports, and every integer of every cell."""

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import ORDERED, Role
from engine.slices import Filter, Slice, parse_window
from engine.tables.cells import Cells
from engine.tables.count import count
from engine.tables.sources import Dataset
from engine.tables.spark.cells import count_there
from engine.tables.spark.session import Spark
from engine.tables.supports import NumericSupport, Support, build_support
from engine.tables.together import read_each
from tests.tables.spark.hostile import hostile, near

CUTS = [
    Slice(),
    Slice((Filter("words", "eq", ("a\\b",)),)),
    Slice((Filter("words", "in", ("é", "é", "")), Filter("truth", "ne", (True,)))),
    Slice((Filter("mixed", "ge", (0.5,)), Filter("whole", "between", (10, 300)))),
    Slice((Filter("texts", "gt", (2,)),)),
    Slice((Filter("single", "eq", (0.1,)),)),
    Slice((Filter("mixed", "is_null"),)),
    Slice((Filter("words", "contains", ("a",)),)),
    Slice((Filter("words", "not_in", ("a", "A")),), without=True),
    Slice((Filter("truth", "eq", (False,)),), parse_window("2024-01-08..2024-01-22")),
    Slice((Filter("words", "eq", ("nobody",)),)),
]


def supports_of(reference: Dataset) -> dict[str, Support | str]:
    columns = [one for one in reference.columns if one.role is not Role.IGNORE]
    read = read_each(reference, columns, Slice())
    return {
        c.name: one if isinstance(one, str) else build_support(c, one) for c, one in zip(columns, read, strict=True)
    }


def built(supports: dict[str, Support | str]) -> dict[str, Support]:
    return {name: one for name, one in supports.items() if not isinstance(one, str)}


def by_group(cells: Cells, table: np.ndarray) -> dict:
    """What stands in each group, by what names it."""
    values = list(cells.values.values())
    windows = [*cells.windows, None]
    keys = zip(cells.window.tolist(), cells.cohort.tolist(), strict=True)
    return {
        (windows[w], *(_plain(values[i][j]) for i, j in enumerate(row))): table[g].tolist()
        for g, (w, row) in enumerate(keys)
    }


def _plain(value):
    return value.timestamp() if hasattr(value, "tzinfo") and value.tzinfo else value


def assert_same_cells(here: Cells, there: Cells) -> None:
    assert here.windows == there.windows and here.span == there.span
    assert by_group(here, here.rows) == by_group(there, there.rows)
    assert here.counts.keys() == there.counts.keys() and here.gaps.keys() == there.gaps.keys()
    for name, counts in here.counts.items():
        assert by_group(here, counts) == by_group(there, there.counts[name]), name
    for name, gaps in here.gaps.items():
        first, second = by_group(here, gaps), by_group(there, there.gaps[name])
        for key, one in first.items():
            np.testing.assert_allclose(one, second[key], rtol=1e-9, atol=1e-9 * max(np.abs(gaps).max(), 1e-300))


def assert_same_support(here: Support | str, there: Support | str) -> None:
    assert type(here) is type(there)
    if isinstance(here, NumericSupport) and isinstance(there, NumericSupport):
        assert here.edges.tolist() == there.edges.tolist()
        assert here.bin_of.tolist() == there.bin_of.tolist()
        assert (here.labels, here.unseen, here.bounds, here.own) == (
            there.labels,
            there.unseen,
            there.bounds,
            there.own,
        )
        assert (here.scale.basis, here.scale.clip) == (there.scale.basis, there.scale.clip)
        assert here.scale.unit == pytest.approx(there.scale.unit, rel=1e-12)
    elif isinstance(here, str):
        assert here == there
    else:
        assert not isinstance(there, str | NumericSupport)
        assert (here.categories, here.rarer, here.labels, here.own) == (
            there.categories, there.rarer, there.labels, there.own,
        )  # fmt: skip


# ---- the questions themselves, asked of DuckDB: what they count is what a streaming pass counts


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.words)
def test_the_questions_count_what_a_pass_over_the_rows_counts(cut):
    reference, production = near(hostile(900, 1)), near(hostile(1100, 2))
    supports = built(supports_of(reference))
    here = count(production, supports, "week", ["truth", "words"], cut=cut)
    assert_same_cells(here, count_there(production, supports, "week", ["truth", "words"], cut=cut))


@pytest.mark.parametrize("cohorts", [["whole"], ["day", "money"], ["zoned"], ["single", "tiny"], []])
def test_cohorts_of_every_type_are_named_alike(cohorts):
    dataset = near(hostile(600, 1))
    supports = {"mixed": built(supports_of(dataset))["mixed"]}
    assert_same_cells(count(dataset, supports, None, cohorts), count_there(dataset, supports, None, cohorts))


def test_many_rows_outside_every_window_are_kept_apart():
    table = pa.table({"at": pa.array([None, None], pa.timestamp("us")), "x": [1.0, 2.0]})
    dataset = near(table)
    supports = built(supports_of(dataset))
    assert_same_cells(count(dataset, supports, "day"), count_there(dataset, supports, "day"))


# ---- Spark


@pytest.mark.slow
def test_spark_fixes_the_same_supports_and_counts_the_same_cells_and_no_row_leaves_it(sides, monkeypatch):
    (reference, there), (here, away) = sides
    answers, asked = [], Spark.ask

    def counted(self, sql, values=(), where=None):
        found = asked(self, sql, values, where)
        answers.append((found.num_rows, sql))
        return found

    monkeypatch.setattr(Spark, "ask", counted)
    first, second = supports_of(reference), supports_of(there)
    for name, one in first.items():
        assert_same_support(one, second[name])
    supports = built(first)
    cells = count(away, supports, "week", ["truth", "words"])
    assert_same_cells(count(here, supports, "week", ["truth", "words"]), cells)
    few = max(sum(int((one > 0).sum()) for one in cells.counts.values()), 8 * 2500)
    assert answers and max(n for n, _ in answers) <= few
    assert all("count(" in sql or "sum(" in sql or "min(" in sql for _, sql in answers)
    assert len([one for one in there.columns if one.kind in ORDERED]) > 5


@pytest.mark.slow
def test_spark_means_the_same_by_a_cut(sides):
    """Every cut of one table, in one question: rows, and sums that tell which."""
    _, pair = sides
    told = []
    for side in pair:
        asked, values = [], []
        for i, cut in enumerate(CUTS):
            condition, more = side.where(cut)
            asked += [f"count(*) FILTER (WHERE {condition}) AS n{i}", f"sum(whole) FILTER (WHERE {condition}) AS s{i}"]
            values += [*more, *more]
        told.append(side.query(f"SELECT {', '.join(asked)} FROM {side.scan}", values).to_pylist()[0])
    assert {name: int(value or 0) for name, value in told[0].items()} == {
        name: int(value or 0) for name, value in told[1].items()
    }
    assert len({told[0][f"n{i}"] for i in range(len(CUTS))}) > 8 and told[0][f"n{len(CUTS) - 1}"] == 0


@pytest.mark.slow
def test_spark_counts_the_same_cells_of_a_cut(sides):
    (reference, _), (here, there) = sides
    some = {name: one for name, one in built(supports_of(reference)).items() if name in ("mixed", "words", "texts")}
    for cut in (CUTS[2], CUTS[9], CUTS[10]):
        assert_same_cells(count(here, some, "week", cut=cut), count(there, some, "week", cut=cut))

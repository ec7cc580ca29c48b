"""Crosstabs asked by questions are those of codes: every group, every bin, every row."""

import numpy as np
import pytest

from engine.pair import read_as
from engine.slices import Filter, Slice
from engine.tables.coded import Coded
from engine.tables.counted import counted
from engine.tables.crosstab import Crosstab, crosstabs
from engine.tables.sources import Dataset
from engine.tables.spark.crosstab import crosstabs_there
from engine.tables.supports import Support
from tests.tables.spark.hostile import hostile, near
from tests.tables.spark.test_cells import built, supports_of

CUTS = [Slice(), Slice((Filter("truth", "eq", (True,)),)), Slice((Filter("words", "eq", ("nobody",)),))]
SOME = ("mixed", "huge", "words", "whole", "truth", "texts")  # that Spark is asked for
BY = ["words", "whole", "truth", "texts"]


def here() -> tuple[Dataset, Dataset, dict[str, Support]]:
    reference = near(hostile(700, 1))
    return reference, read_as(reference, near(hostile(900, 2))), built(supports_of(reference))


def coded(dataset: Dataset, supports: dict[str, Support]) -> Coded:
    found = counted(dataset, supports)[1]
    assert found is not None
    return found


def assert_same(first: list[Crosstab], second: list[Crosstab]) -> None:
    assert [one.by for one in first] == [one.by for one in second]
    for one, other in zip(first, second, strict=True):
        assert one.keys.tolist() == other.keys.tolist()
        assert [rows.tolist() for rows in one.rows] == [rows.tolist() for rows in other.rows]
        for mine, theirs in ((one.reference, other.reference), (one.production, other.production)):
            assert list(mine) == list(theirs)
            assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.words)
@pytest.mark.parametrize("by", [BY[:2], BY, ["money"]], ids=", ".join)
def test_questions_count_what_codes_count(cut, by):
    reference, production, supports = here()
    expected = crosstabs((coded(reference, supports), cut), (coded(production, supports), cut), by)
    assert_same(expected, crosstabs_there((reference, cut), (production, cut), supports, by))


@pytest.mark.slow
def test_spark_counts_the_same(sides):
    (reference, first), (production, second) = sides
    production, second = read_as(reference, production), read_as(first, second)
    some = {name: one for name, one in built(supports_of(reference)).items() if name in SOME}
    expected = crosstabs((coded(reference, some), CUTS[1]), (coded(production, some), CUTS[1]), BY[:2])
    assert_same(expected, crosstabs_there((first, CUTS[1]), (second, CUTS[1]), some, BY[:2]))

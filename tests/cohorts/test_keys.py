"""The filters of a cohort keep its rows and no others: bins of every kind of column, asked of the database."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.cohorts import by, document, find
from engine.cohorts.keys import filters_of
from engine.columns import Column, Kind
from engine.pair import open_both
from engine.reference import window_excess
from engine.slices import Slice
from engine.tables.counted import counted
from engine.tables.crosstab import MISSING, crosstabs
from engine.tables.supports import build_support
from engine.tables.values import read

WORDS = ("text", "flag", "whole", "many", "number", "few", "day", "at", "label")


def made(seed, n=4000, shift=0.0):
    random = np.random.default_rng(seed)
    at = [datetime(2024, 1, 1) + timedelta(minutes=30 * i) for i in range(n)]
    gone = random.random(n) < 0.1
    return pa.table({
        "at": at,
        "day": pa.array([one.date() for one in at]),
        "text": pa.array(random.choice(["a", "b c", "d,e", "x'y"], n), mask=gone),
        "flag": pa.array(random.random(n) < 0.3, mask=random.random(n) < 0.05),
        "whole": pa.array(random.integers(0, 6, n), mask=gone),
        "many": random.integers(-50, 50, n),
        "number": np.where(random.random(n) < 0.3, 0.0, random.normal(size=n)),
        "few": random.choice([0.5, 1.5, 2.5], n),
        "label": random.integers(1, 4, n),
        "y": random.normal(shift, 1, n),
    })  # fmt: skip


@pytest.fixture(scope="module")
def opened():
    first, second = open_both(made(1), made(2, shift=1.0))
    kinds = {"label": "categorical"}
    first, second = first.assign(kinds, {"at": "feature"}), second.assign(kinds, {"at": "feature"})
    supports = {c.name: build_support(c, read(first, c, Slice())) for c in first.columns}
    codes = [counted(side, supports)[1] for side in (first, second)]
    return first, second, supports, codes


@pytest.mark.parametrize("name", WORDS)
def test_filters_keep_the_rows_of_their_bin(opened, name):
    first, second, supports, codes = opened
    tabs = crosstabs((codes[0], Slice()), (codes[1], Slice()), [name])
    listed = by(tabs, supports, name, columns={"y"})
    assert sum(one.n_production for one in listed) == 4000
    told = [one for one in listed if one.cohort]
    assert len(told) >= len(listed) - 2
    for one in told:
        for side, rows in ((first, one.n_reference), (second, one.n_production)):
            condition, values = side.where(Slice(one.cohort))
            query = f"SELECT count(*) AS n FROM {side.scan} WHERE {condition}"
            assert side.query(query, values)["n"][0].as_py() == rows, one.words


def test_bins_that_filters_cannot_tell(opened):
    supports = opened[2]
    assert filters_of(supports["text"], len(supports["text"].labels) - 1) is None, "unseen"
    readable = Column("text", "VARCHAR", Kind.NUMERIC)
    as_text = replace(supports["number"], column=readable)
    assert filters_of(as_text, MISSING) is None, "what cannot be read is missing to us alone"
    assert [one.operator for one in filters_of(supports["number"], MISSING)] == ["is_null"], "not-a-number too"
    assert [one.operator for one in filters_of(supports["whole"], MISSING)] == ["is_null"]
    span = build_support(Column("t", "TIME", Kind.DATETIME), read(opened[0], opened[0].column("at"), Slice()))
    assert filters_of(span, 1) is None, "a time of day"


def test_the_document_holds_values_as_json_does(opened):
    supports, codes = opened[2], opened[3]
    tabs = crosstabs((codes[0], Slice()), (codes[1], Slice()), ["day", "flag"])
    said = document(find(tabs, supports, columns={"y"}), note="x")
    assert (said["schema_version"], said["kind"], said["note"]) == (1, "cohorts", "x")
    values = [one["value"] for row in said["cohorts"] for one in row["cohort"]]
    assert values and all(isinstance(value, str | bool) or value is None for value in values)


def weekly(seed, effect, weeks=8, rows=600):
    """Weeks whose level moves by itself."""
    random = np.random.default_rng(seed)
    level = np.repeat(random.normal(0, effect, weeks), rows)
    start = np.datetime64("2024-01-01", "us")
    at = start + (np.arange(weeks * rows) * (7 * 86400 // rows)).astype("timedelta64[s]")
    return pa.table({"at": at, "x": level + random.normal(size=weeks * rows)})


def test_windows_that_differ_have_an_excess_and_others_none():
    found = []
    for effect in (0.0, 0.5):
        first, _ = open_both(weekly(1, effect), weekly(2, effect))
        supports = {"x": build_support(first.column("x"), read(first, first.column("x"), Slice()))}
        cells, _ = counted(first, supports, "week")
        found.append(window_excess(cells, Slice(), supports, [first.column("x")], 0.5)["x"])
        assert window_excess(cells, Slice(), supports, [first.column("x")], 0.5, "null_rate")["x"] == 0.0
    assert found[0] < 0.01 < 0.1 < found[1]
    short, _ = open_both(weekly(1, 0.5, weeks=5), weekly(2, 0.5))
    cells, _ = counted(short, supports, "week")
    assert window_excess(cells, Slice(), supports, [short.column("x")], 0.5) == {}

"""Text columns of more categories than memory holds: refused as a reference, counted by the reference's names as
production, and never read into memory whole."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.look import compare
from engine.slices import Slice
from engine.tables.connection import MEMORY, connect
from engine.tables.examples import outside
from engine.tables.known import known_categories
from engine.tables.sources import open_dataset
from engine.tables.supports import build_support
from engine.tables.values import NAME, NAMES, Categories, Uncounted, read_categories

LITTLE = 20_000_000  # bytes: names may take 1.25 MB, some 9,000 of them
ROWS = 60_000


def write(path, texts):
    pq.write_table(pa.table({"word": pa.array(texts, pa.string())}), path)
    return str(path)


def opened(path):
    return open_dataset(path, connect({path.rpartition("/")[0]}))


@pytest.fixture
def sides(tmp_path):
    """A reference of 300 words, and production in which a third of the rows have a word of their own."""
    random = np.random.default_rng(5)
    usual = [f"word {i}" for i in np.minimum(random.geometric(0.02, ROWS), 300)]
    other = [f"id {i}" if i % 3 == 0 else None if i % 50 == 1 else word for i, word in enumerate(usual)]
    other[3:300:3] = ["often"] * 99
    return write(tmp_path / "reference.parquet", usual), write(tmp_path / "production.parquet", other)


def test_ids_are_found_out_by_their_first_rows_and_not_counted(tmp_path, monkeypatch):
    monkeypatch.setenv(MEMORY, f"{LITTLE}B")
    dataset = opened(write(tmp_path / "ids.parquet", [f"id {i}" for i in range(ROWS)]))
    asked = []
    stream = type(dataset).stream
    monkeypatch.setattr(type(dataset), "stream", lambda *all: asked.append(all[1]) or stream(*all))
    found = read_categories(dataset, dataset.column("word"), Slice())
    assert isinstance(found, Uncounted) and found.quality.rows == ROWS and not asked
    assert "names take more than 1 MB, one part in 16 of PLUMBLINE_MEMORY" in found.because


def test_what_is_found_out_late_is_not_held_either(tmp_path, monkeypatch):
    monkeypatch.setenv(MEMORY, f"{LITTLE}B")
    many = LITTLE // NAMES // NAME
    texts = ["same"] * (3 * many) + [f"id {i}" for i in range(2 * many)] + [None]
    dataset = opened(write(tmp_path / "late.parquet", texts))
    found = read_categories(dataset, dataset.column("word"), Slice())
    assert isinstance(found, Uncounted)
    assert (found.quality.rows, found.quality.nulls) == (5 * many + 1, 1)


def test_a_column_of_ids_is_told_and_takes_no_other_with_it(tmp_path, monkeypatch):
    monkeypatch.setenv(MEMORY, f"{LITTLE}B")
    table = pa.table({"name": [f"user {i}" for i in range(ROWS)], "x": np.arange(ROWS) * 1.0})
    pq.write_table(table, tmp_path / "r.parquet")
    run = compare(str(tmp_path / "r.parquet"), str(tmp_path / "r.parquet"))
    because = {one.because for one in run.not_computed if one.column == "name" and one.metric == "psi"}
    assert len(because) == 1 and "too many categories" in because.pop()
    assert any(one.column == "x" and one.metric == "psi" for one in run.findings)
    assert any(one.column == "name" and one.metric == "null_rate" for one in run.findings)


def test_known_names_are_counted_exactly_and_others_as_one(sides):
    reference, production = map(opened, sides)
    column = reference.column("word")
    support = build_support(column, read_categories(reference, column, Slice()))
    whole = read_categories(production, column, Slice())
    found = known_categories(production, column, Slice(), support)
    assert isinstance(whole, Categories) and found.quality == whole.quality and found.n == whole.n
    assert np.array_equal(support.counts(found), support.counts(whole))
    assert found.rest > 15_000 and len(found.names) < 320 and "often" in found.names


def test_production_of_too_many_categories_reads_as_with_more_memory(sides, monkeypatch):
    said, unseen = [], []
    for memory in ("4GB", f"{LITTLE}B"):
        monkeypatch.setenv(MEMORY, memory)
        run = compare(*sides)
        said.append([(one.metric, one.value, one.severity) for one in run.findings])
        unseen.append(run.summaries["word"].quality.unseen)
    assert said[0] == said[1] and said[0]
    assert unseen[0][0] == unseen[1][0] == ("often", 99), "the most frequent new one is named with all its rows"


def test_examples_of_unseen_categories_do_not_hold_all(sides, monkeypatch):
    reference = opened(sides[0])
    column = reference.column("word")
    support = build_support(column, read_categories(reference, column, Slice()))
    monkeypatch.setenv(MEMORY, f"{LITTLE}B")
    found = outside(opened(sides[1]), column, support, Slice())
    assert (found[0].value, found[0].rows) == ("often", 99)

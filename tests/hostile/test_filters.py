"""Column names, categories and filters that mean harm: each is a name or a value, and finds its own rows alone."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.columns import Column, Kind
from engine.errors import InvalidFilter, PlumblineError
from engine.slices import Filter, Slice, parse_window, quoted
from engine.slices.texts import check_syntax, joined_text, parse_filter, parse_filters
from engine.tables.sources import open_dataset
from tests.hostile.texts import STORABLE, TEXTS, WORD

ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
KEPT = pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
VALUES = [*STORABLE.values(), None]


@pytest.fixture(scope="module")
def categories():
    """A table of which one column holds every text once, another a number, another a moment."""
    return open_dataset(pa.table({"c": VALUES, "n": list(range(len(VALUES))), "d": [float(len(VALUES))] * len(VALUES)}))


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """A file with a column under every text."""
    path = tmp_path_factory.mktemp("names") / "names.parquet"
    pq.write_table(pa.table({text: [1.0, 2.0, None] for text in STORABLE.values()}), path)
    found = open_dataset(path)
    assert len(found.columns) == len(STORABLE)
    return found


def rows(dataset, *filters):
    """How many rows a cohort has, asked of the database."""
    condition, values = dataset.where(Slice(filters))
    return dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", values)["n"][0].as_py()


@KEPT
def test_a_category_finds_its_own_rows(categories, text):
    one = Filter("c", "eq", (text,))
    assert rows(categories, one) == VALUES.count(text) == 1
    assert rows(categories, Filter("c", "ne", (text,))) == len(VALUES) - 1
    assert rows(categories, Filter("c", "in", (text, "no such thing"))) == 1
    assert rows(categories, Filter("c", "contains", (text,))) == sum(text in one for one in VALUES if one is not None)
    again = parse_filters(joined_text([one, Filter("c", "in", (text, "z"))]), categories.columns)
    assert again == (one, Filter("c", "in", (text, "z")))


@KEPT
def test_a_column_of_any_name_is_asked_as_itself(names, text):
    if not text:
        assert any("the column '' is read as" in note for note in names.notes)
        return
    assert names.has(text), "names of columns are kept as they are"
    one = Filter(text, "ge", (2,))
    assert quoted(text) in one.sql and text in one.words
    assert rows(names, one) == 1
    assert rows(names, Filter(text, "is_null")) == 1
    assert parse_filter(one.text, names.columns) == one


@ALL
def test_a_filter_is_understood_or_refused(categories, text):
    for asked in (text, f"c={text}", f"c in({text})", f"c contains({text})", f"n>={text}", f"n between({text},{text})",
                  f"d={text}", f"{text}=1", f'"{text}" is_null'):  # fmt: skip
        try:
            filters = parse_filters(asked, categories.columns)
            assert 0 <= rows(categories, *filters) <= len(VALUES)
        except PlumblineError as error:
            said = str(error)
            assert said.isprintable() and len(said) < 1000 and WORD not in said
        try:
            check_syntax(asked)
        except PlumblineError as error:
            assert str(error).isprintable() and len(str(error)) < 1000


@ALL
def test_a_span_of_time_is_understood_or_refused(text):
    if text == "2013-04-29..2013-04-22":
        with pytest.raises(InvalidFilter, match="ends after it starts"):
            parse_window(text)
        return
    with pytest.raises(InvalidFilter, match="is not a window"):
        parse_window(text)


@ALL
def test_a_value_for_a_moment_is_understood_or_refused(text):
    column = Column("at", "TIMESTAMP", Kind.DATETIME)
    with pytest.raises(InvalidFilter):
        parse_filter(f"at>={text or 'x'}", [column])


def test_all_categories_are_compared_as_they_are(categories):
    run = compare(categories, categories)
    parts = next(one.parts for one in run.findings if one.column == "c" and one.parts)
    assert sum(one.reference for one in parts) == pytest.approx(1.0)
    assert WORD not in run.to_json()

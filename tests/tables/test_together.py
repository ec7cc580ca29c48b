"""Columns read together are what each is when read alone, and one that cannot be read takes no other with it."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.columns import Column, Kind
from engine.errors import Cancelled
from engine.explore import open_monitor
from engine.monitor.read import parse_monitor
from engine.slices import Filter, Slice
from engine.tables.sources import open_dataset
from engine.tables.supports import build_support
from engine.tables.together import MOST, NARROW, PARTS, TEXT, VALUES, in_groups, read_together
from engine.tables.values import Numbers, read
from tests.tables.test_values import MAKER, SQL

WIDE = NARROW + 6
NAMES = "reference", "production"


def same(one, other):
    assert type(one) is type(other) and one.quality == other.quality
    if isinstance(one, Numbers):
        assert one.infinite == other.infinite and np.array_equal(one.values, other.values)
    else:
        assert one.names == other.names and np.array_equal(one.counts, other.counts)


@pytest.fixture(scope="module")
def typed():
    """A column of every type, missing in every seventh row, and numbers that are none."""
    columns = [f'CASE WHEN i % 7 <> 0 THEN {sql} END AS "{name}"' for name, sql in SQL.items()]
    odd = ["'nan'::DOUBLE", "'-inf'::FLOAT", "'1e200'::DOUBLE"]
    columns += [f"CASE WHEN i % 3 = 0 THEN {sql} ELSE i END AS odd{at}" for at, sql in enumerate(odd)]
    columns.append("CASE WHEN i % 3 = 0 THEN 'x' WHEN i % 3 = 1 THEN i::VARCHAR END AS texts")
    return open_dataset(MAKER.query(f"SELECT i, {', '.join(columns)} FROM {MAKER.scan}"))


@pytest.mark.parametrize("kind", [None, "numeric", "categorical", "datetime"])
@pytest.mark.parametrize("cut", [Slice(), Slice((Filter("i", "lt", (20,)),)), Slice((Filter("i", "lt", (0,)),))])
def test_columns_of_every_type_are_read_together_as_alone(typed, kind, cut):
    flat = [column for column in typed.columns if column.kind is not Kind.NESTED]
    wanted = typed.columns if kind is None else [column.as_kind(kind) for column in flat]
    for column, found in zip(wanted, read_together(typed, wanted, cut), strict=True):
        same(found, read(typed, column, cut))


def test_texts_among_numbers_are_counted_as_type_errors(typed):
    texts = typed.column("texts").as_kind("numeric")
    found = read_together(typed, [typed.column("i"), texts], Slice())[1]
    assert (found.quality.type_errors, found.quality.nulls, len(found.values)) == (20, 20, 20)


@pytest.mark.parametrize("rows", [1, 1000, 20_000, 3_000_000])
@pytest.mark.parametrize("count", [1, NARROW, NARROW + 1, 5000])
def test_groups_hold_every_column_once_and_no_more_than_they_may(rows, count):
    kinds = [Kind.CATEGORICAL if i % 3 == 0 else Kind.NUMERIC for i in range(count)]
    columns = [Column(f"x{i}", "DOUBLE", kind) for i, kind in enumerate(kinds)]
    groups = in_groups(columns, rows, count, 4 << 30)
    assert [one for group in groups for one in group] == columns
    assert max(map(len, groups)) <= MOST
    sizes = [sum(rows * (TEXT if one.kind is Kind.CATEGORICAL else 1) for one in group) for group in groups]
    assert all(size <= VALUES for size, group in zip(sizes, groups, strict=True) if len(group) > 1)
    if count > NARROW:
        assert len(groups) >= PARTS
    else:
        assert len(groups) == count


def wide(seed, columns=WIDE, rows=300, shift=0.0):
    random = np.random.default_rng(seed)
    table = {f"x{i}": random.normal(shift * (i % 2), 1, rows) for i in range(columns - 3)}
    table["name"] = random.choice(["a", "b", "c"], rows)
    table["texts"] = random.choice(["1", "2", "x"], rows)
    return pa.table({**table, "list": pa.array([[1]] * rows)})


def test_a_wide_comparison_says_what_narrow_ones_say():
    old, new = wide(1), wide(2, shift=0.5)
    whole = compare(old, new)
    for at in range(0, WIDE, 10):
        names = old.column_names[at : at + 10]
        part = compare(old.select(names), new.select(names))
        for one in part.findings:
            other = next(f for f in whole.findings if (f.column, f.metric) == (one.column, one.metric))
            assert (one.value, one.p_value, one.parts, one.n_production) == (
                other.value, other.p_value, other.parts, other.n_production
            )  # fmt: skip


def broken(path, name):
    """The file with the first page of a column overwritten."""
    at = pq.read_schema(path).names.index(name)
    chunk = pq.read_metadata(path).row_group(0).column(at)
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(b"\xff" * 40)


def test_a_column_that_cannot_be_read_takes_no_other_with_it(tmp_path):
    paths = [tmp_path / name for name in ("old.parquet", "new.parquet")]
    for seed, path in enumerate(paths):
        pq.write_table(wide(seed), path, compression="none", use_dictionary=False)
    broken(paths[1], "x5")
    run = compare(*paths)
    because = {gap.column: gap.because for gap in run.not_computed}
    assert because.pop("x5").startswith("its values cannot be read: ")
    assert "x4" not in because and {f.column for f in run.findings} >= {"x4", "x6", "name"}
    assert "x5" not in {f.column for f in run.findings}


def test_a_column_that_production_lacks_is_told_among_the_others():
    run = compare(wide(1), wide(2).drop_columns("x5"))
    assert {gap.because for gap in run.not_computed if gap.column == "x5"} == {"production has no such column"}
    assert "missing_column" in {f.metric for f in run.findings if f.column == "x5"}


def test_progress_of_a_wide_comparison_rises_to_all_columns_and_stops_it():
    told = []
    compare(wide(1), wide(2), progress=lambda share, said: told.append((share, said)))
    assert len(told) >= PARTS and told[-1] == (1.0, f"{WIDE} of {WIDE} columns")
    assert [share for share, _ in told] == sorted(share for share, _ in told)

    def stop(share, said):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        compare(wide(1), wide(2), progress=stop)


def test_a_wide_monitor_opens_with_the_supports_of_its_columns_read_alone(tmp_path):
    paths = [tmp_path / name for name in ("old.parquet", "new.parquet")]
    for seed, path in enumerate(paths):
        pq.write_table(wide(seed), path)
    sides = [f"{side}: {{path: {json.dumps(str(path))}}}" for side, path in zip(NAMES, paths, strict=True)]
    opened = open_monitor(parse_monitor("\n".join(["monitor: wide", *sides])))
    for column in opened.columns:
        alone = build_support(column, read(opened.reference, column, Slice()))
        found = opened.supports[column.name]
        assert found == alone if isinstance(alone, str) else found.digest == alone.digest

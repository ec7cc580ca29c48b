"""Cohort columns of every type: each value is one cohort, found by cells as by the data, or the column is refused."""

from itertools import count as numbers

import pyarrow.parquet as pq
import pytest

from engine.errors import UnknownName, UnusableData
from engine.explore import cohort_columns, found, look, mix_of, open_monitor
from engine.explore.history import cohort_history, values_of
from engine.explore.opened import rows_in
from engine.findings import Severity
from engine.monitor import read_monitor
from engine.slices import Filter, Slice, parse_filter
from engine.tables.connection import connect

ROWS = 2000
SOURCE = (
    "SELECT TIMESTAMP '2013-01-01' + INTERVAL (i) HOUR AS at, i % 7 + (i * 7919 % 100) / 100.0 AS x, "
    "{} AS \"{}\" FROM range(2000) t(i)"
)  # fmt: skip
NAMES = numbers()


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))

    def make(reference, production=None, name="c", kind=None):
        folder = tmp_path / str(next(NAMES))
        folder.mkdir()
        root = connect([folder])
        for side, sql in (("old", reference), ("new", production or reference)):
            with root.cursor() as cursor:
                table = cursor.sql(SOURCE.format(sql, name)).to_arrow_table()
                if "HUGEINT" not in sql:
                    cursor.sql(SOURCE.format(sql, name)).write_parquet(str(folder / f"{side}.parquet"))
                else:
                    pq.write_table(table, folder / f"{side}.parquet")
        kinds = f"\n  kinds: {{{name}: {kind}}}" if kind else ""
        (folder / "m.yaml").write_text(
            "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
            f"columns:\n  timestamp: at\n  cohorts: [{name}]{kinds}\n"
        )
        return open_monitor(read_monitor(folder / "m.yaml"), folder)

    return make


def each_value_is_one_cohort(opened, name="c"):
    """The cohorts of a column, whose rows add up on both sides, by cells, by the data and as typed."""
    values = opened.cohorts[name]
    total = {"reference": 0, "production": 0}
    for value in values:
        one = Filter(name, "is_null") if value is None else Filter(name, "eq", (value,))
        for side in total:
            data = opened.sides[side].dataset
            condition, asked = data.where(Slice((one,)))
            rows = data.query(f"SELECT count(*) AS n FROM {data.scan} WHERE {condition}", asked)["n"][0].as_py()
            assert rows_in(opened, side, Slice((one,))) == rows, (value, side)
            typed = parse_filter(one.text, opened.reference.columns)
            assert rows_in(opened, side, Slice((typed,))) == rows, (value, side, typed)
            total[side] += rows
        look(opened, Slice((one,))).to_json()
    assert total == {"reference": ROWS, "production": ROWS}
    history = cohort_history(opened, name, "psi", "x")
    assert history.values == values == values_of(opened, name)
    assert len(history.cells) == len(values) * len(opened.windows)
    return values


FOUR = "CASE i % 4 WHEN 0 THEN '{}'::{t} WHEN 1 THEN NULL WHEN 2 THEN 0.3::{t} ELSE 2.0::{t} END"


@pytest.mark.parametrize("type_", ["DOUBLE", "FLOAT"])
@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_not_a_number_is_missing_and_one_cohort(opened, type_, kind):
    one = opened(FOUR.format("nan", t=type_), kind=kind)
    assert each_value_is_one_cohort(one) == (0.3, 2.0, None)
    assert rows_in(one, "production", Slice((Filter("c", "is_null"),))) == ROWS / 2
    parts = mix_of(one, "x", "c", Slice())
    missing = next(part for part in parts if part.words == "c missing")
    assert missing.cohort == (Filter("c", "is_null"),) and missing.n_production == ROWS / 2
    again = open_monitor(one.monitor, one.base)  # from what was kept
    assert again.cohorts == one.cohorts and list(again.sides["reference"].cells.rows) == list(
        one.sides["reference"].cells.rows
    )


def test_an_infinite_value_is_a_cohort_too(opened):
    assert each_value_is_one_cohort(opened(FOUR.format("inf", t="DOUBLE"))) == (0.3, 2.0, float("inf"), None)


@pytest.mark.parametrize(
    ("reference", "production", "kind", "values"),
    [
        ("(0.3 + i % 2)::FLOAT", "(0.3 + i % 2)::DOUBLE", None, (0.3, 1.3)),
        ("CASE i % 3 WHEN 0 THEN 'a' ELSE CAST(i % 3 AS VARCHAR) END", "i % 3", None, (0, "1", "2", "a")),
        ("i % 3", "CAST(i % 3 AS VARCHAR)", "categorical", (0, 1, 2)),
        ("i % 2 = 0", "CASE i % 2 WHEN 0 THEN 'true' ELSE 'false' END", None, (False, True)),
    ],
)
def test_a_value_of_another_type_is_no_other_cohort(opened, reference, production, kind, values):
    assert each_value_is_one_cohort(opened(reference, production, kind=kind)) == values


@pytest.mark.parametrize(
    "sql",
    [
        "CASE i % 2 WHEN 0 THEN '\\xFFa'::BLOB ELSE 'b'::BLOB END",
        "INTERVAL (i % 3) DAY",
        "(i % 3)::HUGEINT * 10000000000000000000000000",
        "('00000000-0000-0000-0000-00000000000' || (i % 3))::UUID",
        "CAST(TIME '12:00:00.5' + INTERVAL (i % 3) HOUR AS TIME)",
        "(i % 3)::UBIGINT + 18446744073709551613",
        "(i % 3 / 10)::DECIMAL(5, 2)",
        "DATE '2013-01-01' + (i % 3)::INTEGER",
        "TIMESTAMP_NS '2013-01-01 10:00:00.123456789'",
    ],
)
def test_values_of_any_type_make_cohorts(opened, sql):
    each_value_is_one_cohort(opened(sql))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("{'a': i % 2}", "'c' holds lists or structures"),
        ("[i % 2]", "'c' holds lists or structures"),
        ("DATE '0044-03-15 (BC)'", "'c' holds moments before the year 1"),
        ("DATE 'infinity'", "'c' holds moments before the year 1"),
    ],
)
def test_a_column_that_cannot_name_cohorts_is_refused_by_name(opened, sql, said):
    with pytest.raises(UnusableData, match=said):
        opened(sql)


def test_too_many_values_are_refused_by_name(opened, monkeypatch):
    monkeypatch.setattr("engine.tables.groups.GROUPS", 100)
    with pytest.raises(UnusableData, match="The cohort column 'c' has more than 100 values"):
        opened("i")


@pytest.mark.parametrize("name", ["file_index", "file_row_number", "filename"])
def test_columns_named_as_the_databases_own_are_columns(opened, name):
    one = opened("i % 3", name=name)
    assert each_value_is_one_cohort(one, name) == (0, 1, 2)
    if name == "filename":
        assert sum(part.n_production for part in mix_of(one, "x", name, Slice())) == ROWS
        return
    for ask in (lambda: mix_of(one, "x", name, Slice()), lambda: found(one, Slice())):
        with pytest.raises(UnusableData, match=f"a column named '{name}' hides the places of the rows. Rename"):
            ask()


def test_a_cohort_column_that_is_not_there_or_empty_is_told(opened):
    one = opened("NULL::VARCHAR")
    with pytest.raises(UnknownName, match="Unknown column 'origni'"):
        mix_of(one, "x", "origni", Slice())
    with pytest.raises(UnknownName, match="Did you mean 'x'"):
        mix_of(one, "X ", "x", Slice())
    with pytest.raises(UnusableData, match=r"column 'c': .*the reference has no value"):
        mix_of(one, "x", "c", Slice())
    assert cohort_columns(one) == () and found(one, Slice()).notes == ("No cohorts of c: the reference has no value.",)


LGA = Slice((Filter("origin", "eq", ("LGA",)),))


def test_what_defines_a_cohort_is_no_news(demo):
    run = look(demo, LGA, "whole reference")
    mine = [one for one in run.findings if one.column == "origin"]
    assert {"psi", "constant", "null_rate"} <= {one.metric for one in mine}
    assert {one.severity for one in mine} == {Severity.NOT_JUDGED}
    assert all(one.sentence.endswith("origin defines the cohort: that it differs is no news.") for one in mine)
    (psi,) = (one for one in mine if one.metric == "psi")
    assert psi.value > psi.threshold.critical, "its reading stands"
    assert "origin defines the cohort: that it differs is no news." in run.notes
    assert "origin" not in run.reasons
    history = cohort_history(demo, "origin", "psi", "origin", against="whole reference")
    assert {one.severity for one in history.cells.values()} == {Severity.NOT_JUDGED}


def test_the_finder_does_not_look_at_what_defines_the_cohort(demo):
    result = found(demo, LGA, "everyone else", columns=["origin", "seats"])
    assert {one.column for one in result.cohorts} == {"seats"}
    assert result.notes == ("origin defines the cohort: that it differs is no news.",)


def test_what_both_sides_share_is_judged(demo):
    run = look(demo, LGA)
    assert not any("defines the cohort" in text for text in (*run.notes, *(one.sentence for one in run.findings)))
    assert {one.severity for one in run.findings if (one.column, one.metric) == ("origin", "psi")} == {Severity.OK}

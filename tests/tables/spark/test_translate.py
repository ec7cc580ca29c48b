"""Questions for DuckDB as Spark's: what both mean alike, what is refused, and that no row is asked for."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.errors import UnusableData
from engine.slices import quoted
from engine.tables.connection import connect
from engine.tables.spark.session import spark
from engine.tables.spark.translate import translate
from tests.tables.spark.hostile import ADDRESS

OUTSIDE = [
    ("regexp_matches(a, 'x')", "regular expressions"),
    ("approx_count_distinct(a)", "approx"),
    ("quantile_cont(a, 0.5)", "percentile_cont"),
    ("median(a)", "median"),
    ("time_bucket(INTERVAL '1 day', t)", "date_bin"),
    ("dayofweek(t)", "day_of_week"),
    ("a LIKE 'x!%' ESCAPE '!'", "LIKE"),
    ("kurtosis(a)", "kurtosis"),
    ("stddev(a)", "stddev"),
    ("read_csv('/etc/passwd')", "read_csv"),
    ("sleep_for(3)", "sleep_for"),
]
ROWS = [
    "SELECT a FROM v",
    "SELECT * FROM v",
    "SELECT 1 FROM v",
    "SELECT a, 1 FROM v LIMIT 10",
    "SELECT count(*) OVER () FROM v",
    "SELECT a FROM (SELECT a FROM v) AS s",
    "SELECT s.a FROM (SELECT a, count(*) AS n FROM v GROUP BY a) AS s JOIN v AS w ON s.a = w.a",
]
COUNTS = [
    "SELECT count(*) AS n FROM v",
    "SELECT a, count(*) AS n FROM v GROUP BY a",
    "SELECT DISTINCT a FROM v",
    "SELECT a, n FROM (SELECT a, count(*) AS n FROM v GROUP BY a) AS s WHERE n > 1",
    "SELECT sum(a) / count(*) AS m, 2 AS two FROM (SELECT * FROM v) AS s",
]


@pytest.mark.parametrize(("part", "said"), OUTSIDE, ids=lambda one: one)
def test_what_both_do_not_mean_alike_is_refused(part, said):
    with pytest.raises(UnusableData, match="Spark and DuckDB do not mean the same") as told:
        translate(f"SELECT count(*) FROM v WHERE ({part}) IS NOT NULL")
    assert said in told.value.message and "duckdb" in told.value.hint


@pytest.mark.parametrize("sql", ROWS)
def test_rows_are_not_asked_for(sql):
    with pytest.raises(UnusableData, match="rows stay in Spark"):
        translate(sql)


@pytest.mark.parametrize("sql", COUNTS)
def test_counts_are(sql):
    assert translate(sql)[0].startswith("SELECT")


def test_what_cannot_be_read_is_told():
    with pytest.raises(UnusableData, match="cannot be asked of Spark"):
        translate("SELECT count(* FROM")
    with pytest.raises(UnusableData, match="1 places was given 2 values"):
        translate("SELECT count(*) FROM v WHERE a = ?", [1, 2])
    with pytest.raises(UnusableData, match="cannot be asked of Spark"):
        translate("SELECT count(*) FROM v WHERE a = ?", [object()])


def test_a_part_that_is_said_twice_has_its_value_twice():
    said, values = translate("SELECT count(*) AS n FROM v WHERE TRY_CAST(? AS DOUBLE) > 1", ["2"])
    assert values == {"v0": "2"} and said.count(":v0") > 1 and "?" not in said.replace(")?", "").replace("]?", "")


def test_what_is_least_of_one_value_is_turned_too():
    for name in ("least", "greatest"):
        said, _ = translate(f"SELECT min({name}(TRY_CAST(a AS DOUBLE))) AS m, min({name}(floor(a))) AS f FROM v")
        plain, _ = translate("SELECT min(TRY_CAST(a AS DOUBLE)) AS m, min(floor(a)) AS f FROM v")
        assert said == plain and "RLIKE" in said


VALUES = [
    1, -(2**63) + 1, 2**64, 1.5, float("inf"), float("-inf"), Decimal("1.50"), Decimal("-0.001"), "it's", "a\\b", "\n",
    "?", ":v0", "${x}", True, date(2024, 2, 29), datetime(2024, 2, 29, 12, 0, 0, 5), datetime(2024, 1, 1, tzinfo=UTC),
]  # fmt: skip
TEXTS = [
    "1", "1d", "1f", "1_000", "0x10", " 1 ", "\t1\n", "1e5", "1E+5", ".5", "5.", "inf", "-inf", "+inf", "Infinity",
    "nan", "NaN", "-nan", "", "1,5", "--1", "+1", "1e400", "1e-400", "infinit", "1e", "٣", "0b1", "1__0", "_1", "1_",
    "1._5", "1e1_0", "1\u00a0", "0x1p3", "1L", "-", ".",
]  # fmt: skip


def test_values_and_texts_mean_the_same_to_both(java_here):
    there, here = spark(ADDRESS), connect(())
    same = [f"? = ? AS c{i}" for i in range(len(VALUES))]
    twice = [value for value in VALUES for _ in range(2)]
    assert all(there.ask(f"SELECT {', '.join(same)}, count(*) AS n", twice).to_pylist()[0].values())
    numbers = f"SELECT {', '.join(f'TRY_CAST(? AS DOUBLE) AS c{i}' for i in range(len(TEXTS)))}, count(*) AS n"
    mine = here.sql(numbers, params=TEXTS).to_arrow_table().to_pylist()[0]
    theirs = there.ask(numbers, TEXTS).to_pylist()[0]
    assert [repr(one) for one in mine.values()] == [repr(one) for one in theirs.values()]


NAMES = ['a"b', "a`b", "a.b", "a b", "ü", "SELECT", "a'b", "a\\b", "; DROP TABLE v"]


def test_a_name_is_a_name_whatever_stands_in_it(java_here, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.tables.spark.opening import open_path

    pq.write_table(pa.table({name: [i, i, None] for i, name in enumerate(NAMES)}), tmp_path / "it's.parquet")
    found = open_path(str(tmp_path / "it's.parquet"), spark(ADDRESS))
    assert [column.name for column in found.columns] == NAMES and found.rows == 3
    asked = ", ".join(f"max({quoted(name)}) AS c{i}, count({quoted(name)}) AS n{i}" for i, name in enumerate(NAMES))
    row = found.query(f"SELECT {asked} FROM {found.scan}").to_pylist()[0]
    assert [(row[f"c{i}"], row[f"n{i}"]) for i in range(len(NAMES))] == [(i, 2) for i in range(len(NAMES))]


def test_moments_and_whole_numbers_are_read_alike(java_here):
    there, here = spark(ADDRESS), connect(())
    at, far = datetime(2024, 2, 29, 23, 59, 59, 999999), datetime(1931, 5, 5, 1, 2, 3)
    asked = (
        "SELECT min(epoch(CAST(? AS TIMESTAMP))) AS e, min(date_trunc('week', CAST(? AS TIMESTAMP))) AS w, "
        "min(date_trunc('month', CAST(? AS TIMESTAMP))) AS m, min(epoch(CAST(? AS DATE))) AS d, "
        "bool_and(floor(CAST(? AS DOUBLE)) = CAST(? AS DOUBLE)) AS whole, min(least(CAST(? AS DOUBLE))) AS l, "
        "count(*) FILTER (isfinite(CAST(? AS DOUBLE))) AS f, count(*) FILTER (isinf(CAST(? AS DOUBLE))) AS i"
    )
    for values in (
        [at, at, at, at.date(), 1e300, 1e300, -0.5, float("nan"), float("-inf")],
        [far, far, far, far.date(), -2.5, -2.5, 1e-300, float("inf"), float("nan")],
    ):
        assert there.ask(asked, values).to_pylist() == here.sql(asked, params=values).to_arrow_table().to_pylist()

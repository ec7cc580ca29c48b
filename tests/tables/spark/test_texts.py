"""Texts that are read as moments and truths: what one database takes for one, the other does too."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Column, Kind
from engine.tables.spark.session import spark
from engine.tables.values import value_sql
from tests.tables.spark.hostile import ADDRESS, ROOT, open_dataset, open_path

MOMENTS = [
    "2024-01-02", "2024-01-02 03:04:05", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05+02",
    "2024-01-02 03:04:05.5", "2024-1-2", "2024/01/02", "2024/1/2 03:04", "01/02/2024", " 2024-01-02 ",
    "2024", "2024-01",
    "2024-01-02 03", "2024-01-02T", "2024-02-30", "2024-01-02 25:00:00", "20240102", "03:04:05",
    "now", "today", "0001-01-01",
    "-0001-01-01", "1500-01-01", "2024-01-02 03:04:05 UTC", "2024-01-02 03:04:05 Europe/Berlin", "x", "", "infinity",
    "2024-01-02 03:04:05+02:00", "2024-01-02 03:04:05.123456+0530", "2024-W01-1", "tomorrow",
]  # fmt: skip
TRUTHS = ["true", "TRUE", "t", "yes", "y", "1", "0", "no", "n", "f", " true ", "on", "tr", "2", "1.0", "", "x"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Kind.DATETIME, Kind.CATEGORICAL], ids=["moments", "truths"])
def test_both_read_the_same_texts(kind, java_here, tmp_path):
    words = MOMENTS if kind is Kind.DATETIME else TRUTHS
    table = pa.table({"m": words})
    place = tmp_path / "texts.parquet"
    pq.write_table(table, place)
    here, there = open_dataset(table, ROOT), open_path(str(place), spark(ADDRESS), f"texts {kind}")
    text = Column("m", "VARCHAR", Kind.CATEGORICAL)
    value = (
        value_sql(text, text.as_kind(kind)) if kind is Kind.DATETIME else 'CAST(TRY_CAST("m" AS BOOLEAN) AS VARCHAR)'
    )
    read = []
    for side in (here, there):
        asked = f"SELECT m, min(v) AS v, count(*) AS n FROM (SELECT m, {value} AS v FROM {side.scan}) AS r GROUP BY m"
        read.append({row["m"]: row["v"] for row in side.query(asked).to_pylist()})
    assert read[0] == read[1]

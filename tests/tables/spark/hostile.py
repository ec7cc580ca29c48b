"""A table of every type that both databases have, with what is hard in each; any table as one that lies in Spark."""

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.tables.connection import connect
from engine.tables.sources import Dataset, open_dataset
from engine.tables.spark.opening import open_path
from engine.tables.spark.session import Spark

ROOT = connect(())
ADDRESS = os.environ.get("PLUMBLINE_TEST_SPARK", "local[2]")  # of the Spark that is asked; sc://host:port of a server
NUMBERS = [0.0, -0.0, 1.0, 2.5, 1e149, -1e149, 1e150, -1e200, 1.7e308, 5e-324, np.inf, -np.inf, np.nan]
TEXTS = [
    "1", "2.5", " 7 ", "1e3", "-inf", "Infinity", "nan", "NaN", "", "x", "1d", "1f", "0x10", "0x1p3", "1_000", "1,5",
    ".5", "5.", "--5", "1e400", "é", "１", "true", "+3", "1e", "\t4\n", "5 5", "1e5d", "-0",
]  # fmt: skip
WORDS = [
    "a",
    "A",
    "Ä",
    "ä",
    "",
    " ",
    "a ",
    "a'b",
    'a"b',
    "a\\b",
    "a\nb",
    "?",
    "{x}",
    "😀",
    "ﬀ",
    "NULL",
    "null",
    "%",
    "é",
    "é",
]
START = datetime(2024, 1, 1)


def hostile(rows: int, seed: int) -> pa.Table:
    """Rows of all that is hard; what is drawn differs by seed, as production differs from its reference."""
    rng = np.random.default_rng(seed)

    def some(values, gone=0.1):
        picked = rng.integers(0, len(values), rows)
        return [None if rng.random() < gone else values[i] for i in picked.tolist()]

    spread = rng.lognormal(seed / 10, 1.0, rows)
    mixed = np.where(rng.random(rows) < 0.3, 0.0, spread)
    mixed[: len(NUMBERS)] = NUMBERS
    moments = [START + timedelta(microseconds=int(us)) for us in rng.integers(0, 40 * 86_400_000_000, rows)]
    moments[:3] = [datetime(1500, 1, 1), datetime(9999, 12, 31), datetime(1970, 1, 1)]
    zoned = [None if rng.random() < 0.1 else one.replace(tzinfo=UTC) for one in moments]
    return pa.table(
        {
            "mixed": pa.array([None if rng.random() < 0.05 else float(x) for x in mixed], pa.float64()),
            "numbers": pa.array(some(NUMBERS), pa.float64()),
            "far": pa.array(1.6e9 + rng.random(rows) * 1e6),
            "single": pa.array(some([0.1, 0.2, 1e-7, 16777216.0, 3.4e38, float("nan"), float("-inf")]), pa.float32()),
            "tiny": pa.array(some([-128, 0, 127]), pa.int8()),
            "whole": pa.array(rng.integers(0, 400, rows), pa.int32()),
            "huge": pa.array(some([2**63 - 1, -(2**63), 2**53 + 1, 2**53, 0]), pa.int64()),
            "money": pa.array(some([Decimal("0.01"), Decimal("-99999.99"), Decimal("1.10")]), pa.decimal128(10, 2)),
            "truth": pa.array(some([True, False]), pa.bool_()),
            "day": pa.array(
                some([date(1, 1, 1), date(1582, 10, 15), date(2024, 2, 29), date(9999, 12, 31)]), pa.date32()
            ),
            "at": pa.array(moments, pa.timestamp("us")),
            "zoned": pa.array(zoned, pa.timestamp("us", tz="UTC")),
            "texts": pa.array(some(TEXTS), pa.string()),
            "words": pa.array(some([*WORDS, *([f"new {seed}"] if seed > 1 else [])]), pa.string()),
            "many": pa.array([f"k{i}" for i in rng.integers(0, 300 + 20 * seed, rows)], pa.string()),
            "gone": pa.array([None] * rows, pa.float64()),
            "silent": pa.array([None] * rows, pa.string()),
            "list": pa.array(some([[1], [], [1, 2]]), pa.list_(pa.int32())),
            "a b?": pa.array(some([1.5, 2.5]), pa.float64()),
            'quo"te`s': pa.array(some(["x", "y"]), pa.string()),
        }
    )


def near(table: pa.Table) -> Dataset:
    """The table on this machine."""
    return _known(open_dataset(table, ROOT))


def far(table: pa.Table, folder: Path, name: str, root: Spark) -> Dataset:
    """The same table as one that lies in Spark, in several files."""
    place = folder / name
    place.mkdir(exist_ok=True)
    for i in range(0, table.num_rows, 700):
        pq.write_table(table.slice(i, 700), place / f"{i:06}.parquet")
    return _known(open_path(str(place), root, name))


def _known(dataset: Dataset) -> Dataset:
    names = {column.name for column in dataset.columns}
    return dataset.assign({"texts": "numeric"}, {"at": "timestamp"}) if "texts" in names else dataset

"""How much room cells take: measured on disk for some shapes of data, then simulated for a fleet of monitors.

python benchmarks/cell_volume.py [--spark]: with it, what counting costs a local Spark is measured instead.
What is measured are the files that the engine keeps; what is simulated is told as that. docs/scale.md reads it.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from engine.slices import Slice
from engine.tables.connection import cache_folder, connect
from engine.tables.count import count
from engine.tables.counted import counted
from engine.tables.sources import Dataset, open_dataset
from engine.tables.supports import Support, build_support
from engine.tables.together import read_each

COLUMNS = 20  # of each shape; sizes are told per column
ROWS = (2_000, 20_000, 200_000)  # of a window
COHORTS = (0, 20, 200)  # groups of a window; 0: no cohort column
DAYS, MONITORS, WIDE = 365, 2_000, 500  # a year, the fleet, columns of a monitor
# What a fleet may look like: share of the monitors, columns, groups of a window, rows of a day. 1 TB a day in all.
FLEET = ((0.50, 100, 1, 50_000), (0.30, 500, 20, 500_000), (0.15, 500, 20, 2_000_000), (0.05, 500, 200, 2_000_000))


@dataclass(frozen=True, slots=True)
class Measured:
    """Bytes of one column in one group of a window, on disk and in memory."""

    rows: int
    groups: int
    disk: float
    memory: float


def table(rows: int, cohorts: int, seed: int) -> pa.Table:
    """A day: half of the columns of many values, a quarter of few, a quarter of categories."""
    rng = np.random.default_rng(seed)
    found: dict[str, object] = {}
    for i in range(COLUMNS):
        kind = i % 4
        if kind < 2:
            found[f"c{i}"] = rng.lognormal(0, 1, rows)
        elif kind == 2:
            found[f"c{i}"] = rng.poisson(4, rows).astype(np.float64)
        else:
            found[f"c{i}"] = pa.array([f"v{k}" for k in rng.zipf(1.6, rows).clip(max=300)])
    if cohorts:
        found["who"] = pa.array([f"g{k}" for k in (rng.power(3, rows) * cohorts).astype(int)])
    return pa.table(found)


def opened(rows: int, cohorts: int, home: Path, seed: int = 0) -> Dataset:
    place = home / f"{rows}-{cohorts}-{seed}.parquet"
    pq.write_table(table(rows, cohorts, seed), place)
    return open_dataset(place, connect([home]))


def supports_of(reference: Dataset) -> dict[str, Support]:
    columns = [one for one in reference.columns if one.name != "who"]
    pairs = zip(columns, read_each(reference, columns, Slice()), strict=True)
    built = {c.name: one if isinstance(one, str) else build_support(c, one) for c, one in pairs}
    return {name: one for name, one in built.items() if not isinstance(one, str)}


def measured(home: Path) -> list[Measured]:
    """What cells of a day take, for every shape."""
    supports = supports_of(opened(200_000, 0, home, seed=1))
    found = []
    for rows in ROWS:
        for cohorts in COHORTS:
            day = opened(rows, cohorts, home)
            known = set((cache_folder() / "counted").glob("*/cells.arrow"))
            cells, _ = counted(day, supports, None, ["who"] if cohorts else [])
            (kept,) = set((cache_folder() / "counted").glob("*/cells.arrow")) - known
            parts = len(cells.counts) * len(cells.rows)
            found.append(Measured(rows, len(cells.rows), kept.stat().st_size / parts, cells.size / parts))
    return found


def near(found: list[Measured], rows: int, groups: int) -> Measured:
    """What was measured of the shape that is nearest, by rows of a group: a fuller group compresses less."""
    return min(found, key=lambda one: abs(np.log(one.rows / one.groups) - np.log(max(rows / groups, 1))))


def simulated(found: list[Measured]) -> None:
    """A year of a fleet."""
    rng = np.random.default_rng(0)
    total, day, most, table_rows = 0.0, 0.0, 0.0, 0.0
    for share, columns, groups, rows in FLEET:
        for _ in range(round(share * MONITORS)):
            mine = max(int(rng.lognormal(np.log(rows), 0.7)), 100)
            one = near(found, mine, groups)
            size = columns * groups * one.disk
            day, total = day + size, total + size * DAYS
            most = max(most, columns * groups * one.memory * DAYS)
            table_rows += mine * columns
    print(f"\nsimulated: {MONITORS:,} monitors, daily windows, {table_rows / 1e9:,.0f} billion values a day")
    print(f"cells of a day, all monitors   {day / 1e9:10.2f} GB on disk")
    print(f"cells of a year, all monitors  {total / 1e12:10.2f} TB on disk")
    print(f"the widest monitor, a year     {most / 1e9:10.2f} GB in memory")
    for columns, groups, days in ((WIDE, 1, DAYS), (WIDE, 20, DAYS), (WIDE, 200, DAYS), (WIDE, 200, 30)):
        one = near(found, 500_000, groups)
        size = columns * groups * days
        print(
            f"{columns} columns × {groups:3} groups × {days:3} days: {size * one.memory / 1e9:7.2f} GB in memory, "
            f"{size * one.disk / 1e9:6.2f} GB on disk"
        )


def counting(home: Path) -> None:
    """What counting costs a Spark of this machine, beside DuckDB: the same cells of the same rows."""
    from engine.tables.spark.opening import open_path
    from engine.tables.spark.session import spark

    rows = 100_000
    place = home / "spark.parquet"
    pq.write_table(table(rows, 20, 3), place)
    here, there = open_dataset(place, connect([home])), open_path(str(place), spark("local[2]"))
    supports = supports_of(opened(50_000, 0, home, seed=1))
    count(there, supports, None, ["who"])  # the first time Spark compiles
    for name, dataset in (("DuckDB", here), ("Spark", there)):
        begun, worked = time.perf_counter(), processor()
        count(dataset, supports, None, ["who"])
        took, worked = time.perf_counter() - begun, processor() - worked
        each = worked / rows / COLUMNS * 1e9
        print(f"{name:7} {worked:6.2f} s of processors for {rows:,} rows × {COLUMNS} columns: {each:.0f} ns a value")
        print(f"        {took:6.2f} s by the clock")


def processor() -> float:
    """Seconds of processors that this process and the JVM that it started have had."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spark", action="store_true", help="what counting costs, and nothing else")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PLUMBLINE_HOME"] = f"{folder}/home"  # what is kept is its own, and goes with it
        if asked.spark:
            return counting(Path(folder))
        found = measured(Path(folder))
        print("  rows of a window  groups   bytes of a column in a group: on disk   in memory")
        for one in found:
            print(f"{one.rows:18,}  {one.groups:6}  {one.disk:39,.0f}  {one.memory:10,.0f}")
        simulated(found)


if __name__ == "__main__":
    main()

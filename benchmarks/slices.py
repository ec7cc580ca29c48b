"""Cells: how long they take to build, and how fast any slice of them answers, on 1M rows and on the demo.

Usage: python benchmarks/slices.py [--rows 1000000] [--columns 20] [--write]
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import DATA, machine, section  # noqa: E402
from benchmarks.data import make  # noqa: E402
from engine.explore import Opened, cells_for, history, look, open_monitor, summaries_of  # noqa: E402
from engine.metrics import METRICS  # noqa: E402
from engine.monitor.model import Columns, Monitor, Place  # noqa: E402
from engine.slices import Filter, Slice  # noqa: E402
from engine.tables.grid import ks_grid, psi_grid  # noqa: E402


def timed(task: object, times: int = 15) -> float:
    """Median milliseconds of a call, after one to warm up."""
    assert callable(task)
    task()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        found.append((time.perf_counter() - start) * 1e3)
    return statistics.median(found)


def one_slice(opened: Opened, column: str, cut: Slice) -> object:
    """PSI of one column of one slice, from its cells."""
    summary = summaries_of(opened, cut, only=column)[column]
    assert not isinstance(summary, str)
    return METRICS["psi"].compute(summary.histogram)


def grids(opened: Opened) -> object:
    """PSI and KS of every column in every cell of window × cohort."""
    cells = [opened.sides[side].cells for side in ("reference", "production")]
    return psi_grid(*cells, opened.built), ks_grid(*cells, opened.built)


def middle(opened: Opened, column: str) -> float:
    """A value that about half of a column's rows lie above."""
    edges = opened.built[column].edges  # type: ignore[union-attr]
    return float(edges[len(edges) // 2])


def measure(name: str, monitor: Monitor) -> list[str]:
    """The rows of the table for one monitor."""
    cache = Path(tempfile.mkdtemp(prefix="plumbline-"))
    os.environ["PLUMBLINE_HOME"] = str(cache)
    try:
        return rows_of(name, monitor)
    finally:
        shutil.rmtree(cache)


def rows_of(name: str, monitor: Monitor) -> list[str]:
    """As measure, in the cache folder that is set."""
    start = time.perf_counter()
    opened = open_monitor(monitor, ROOT)
    built = time.perf_counter() - start
    cells = [opened.sides[side].cells for side in ("reference", "production")]
    window = opened.windows[3]
    cohort, values = next(iter(opened.cohorts.items()))
    cut = Slice((Filter(cohort, "eq", (values[0],)),), window)
    column = next(one.name for one in opened.columns if str(one.kind) == "numeric" and str(one.role) == "feature")
    groups = len(cells[1].rows)
    some = Slice((Filter(column, "gt", (middle(opened, column),)),))

    def free() -> None:
        opened.recounted.clear()
        for side in opened.sides:
            cells_for(opened, side, some)

    rows = [
        (f"{name}: open, bin and count ({groups} groups)", built * 1e3),
        (f"{name}: open again, from what was kept", timed(lambda: open_monitor(monitor, ROOT), 5)),
        (f"{name}: one column of one slice, PSI", timed(lambda: one_slice(opened, column, cut))),
        (f"{name}: all columns of one slice, every metric read", timed(lambda: summaries_of(opened, cut))),
        (f"{name}: a whole run of one slice, floors and verdicts", timed(lambda: look(opened, cut), 7)),
        (f"{name}: PSI and KS of all columns × {groups} cells", timed(lambda: grids(opened))),
        (f"{name}: a free filter over half the rows, both sides, all windows and columns", timed(free, 7)),
        (
            f"{name}: findings of PSI, all columns × {len(opened.windows)} windows",
            timed(lambda: history(opened, "psi"), 5),
        ),
    ]
    return [f"| {label} | {value:,.1f} |" for label, value in rows]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    from engine.monitor import read_monitor

    DATA.mkdir(parents=True, exist_ok=True)
    size = f"{given.rows}x{given.columns}"
    reference = make(DATA / f"reference-{size}.parquet", given.rows, given.columns, 1)
    production = make(DATA / f"production-{size}.parquet", given.rows, given.columns, 2, 0.05)
    made = Monitor(
        monitor="generated",
        reference=Place(path=str(reference)),
        production=Place(path=str(production)),
        columns=Columns(timestamp="at", cohorts=["c0", "c1"]),
    )
    lines = ["| | milliseconds |", "|---|---|"]
    lines += measure("flights demo", read_monitor(ROOT / "data" / "monitors" / "flights.yaml"))
    lines += measure(f"{given.rows:,} × {given.columns}", made)
    text = "\n".join(lines)
    print(f"{text}\n{machine()}")
    if given.write:
        section(ROOT / "docs" / "benchmarks.md", "Slices from cells", f"{machine()}\n\n{text}")


if __name__ == "__main__":
    main()

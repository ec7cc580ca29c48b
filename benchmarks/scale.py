"""Large data: how long cells and codes take against a bare scan, what slices of them cost then, and the memory.

Usage: python benchmarks/scale.py [--sizes 10000000x30 100000000x8] [--write]   (--write keeps docs/benchmarks.md)
Each size runs in a process of its own with an empty cache. The reference has 10M rows at most: it is as large as it
needs to be, production as large as it comes. Memory is the peak of the whole process, pages of mapped files included.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import engine  # noqa: F401,E402  first: it chooses numpy's kernels before numpy is imported

# isort: split
from benchmarks.compare import DATA, machine, scan, section  # noqa: E402
from benchmarks.data import make  # noqa: E402

REFERENCE = 10_000_000
BY = ("c0", "c1", "c2", "c3", "n2", "n7")  # 6 cohort columns of 2 to 50 bins


def files(size: str) -> tuple[Path, Path]:
    """The reference and production of a size, made if missing."""
    rows, columns = (int(one) for one in size.split("x"))
    DATA.mkdir(parents=True, exist_ok=True)
    small = min(rows, REFERENCE)
    reference = make(DATA / f"reference-{small}x{columns}.parquet", small, columns, 1)
    return reference, make(DATA / f"production-{size}.parquet", rows, columns, 2, 0.05)


def seconds(task: Callable[[], object], times: int = 1) -> float:
    """The fastest of so many calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        found.append(time.perf_counter() - start)
    return min(found)


def peak() -> float:
    """Peak memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(size: str) -> dict[str, float]:
    """What is measured of one size: seconds, and GB at the end of a step."""
    from engine.cohorts import search
    from engine.explore import cells_for, crosstabs_of, open_monitor, summaries_of
    from engine.monitor.model import Columns, Monitor, Place
    from engine.slices import Filter, Slice
    from engine.tables.binned import binned
    from engine.tables.connection import connect
    from engine.tables.counted import counted
    from engine.tables.sources import open_dataset

    first, second = files(size)
    found = {"bare scan of production": seconds(scan(second, second), 3) / 2}  # scan reads two files
    root = connect({DATA})
    reference, production = (open_dataset(str(one), root).assign({}, {"at": "timestamp"}) for one in (first, second))
    start = time.perf_counter()
    made = binned(reference, reference.columns)
    found["bins of the reference"] = time.perf_counter() - start
    found["GB, bins"] = peak()
    supports = {name: one for name, one in made.items() if not isinstance(one, str)}
    found["cells and codes of production"] = seconds(lambda: counted(production, supports, "week", ["c0", "c1"]))
    found["GB, cells and codes"] = peak()
    monitor = Monitor(
        monitor="generated",
        reference=Place(path=str(first)),
        production=Place(path=str(second)),
        columns=Columns(timestamp="at", cohorts=["c0", "c1"]),
    )
    open_monitor(monitor)
    found["open again, after a restart"] = seconds(lambda: open_monitor(monitor), 3)
    opened = open_monitor(monitor)
    window = opened.windows[3]
    cohort = Slice((Filter("c0", "eq", ("category 1",)),), window)
    found["a slice from cells, all columns"] = seconds(lambda: summaries_of(opened, cohort), 5)
    for share, limit in (("9 %", 1.3), ("50 %", 0.0)):
        cut = Slice((Filter("n0", "gt", (limit,)),))

        def free(cut: Slice = cut) -> None:
            opened.recounted.clear()
            cells_for(opened, "production", cut)

        found[f"a free filter over {share} of production, all windows and columns"] = seconds(free, 3)
    by = [name for name in BY if name in opened.built]

    def finder() -> None:
        search(crosstabs_of(opened, Slice(), "same cohort", by), opened.built, plan=opened.plan)

    found[f"cohort finder, {len(by)} cohort columns and their pairs, both sides"] = seconds(finder, 2)
    found["GB, in all"] = peak()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", nargs="*", default=["10000000x30", "100000000x8"])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--size")
    given = parser.parse_args()
    if given.size:
        print(json.dumps(measure(given.size)))
        return
    for size in given.sizes:
        files(size)
        with tempfile.TemporaryDirectory(dir=DATA) as home:
            command = [sys.executable, __file__, "--size", size]
            done = subprocess.run(
                command, env={**os.environ, "PLUMBLINE_HOME": home, "PLUMBLINE_CACHE_GB": "100"},
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        base = found["bare scan of production"]
        lines = ["| | seconds | × bare scan |", "|---|---|---|"]
        lines += [
            f"| {name} | {value:.3g} | {value / base:.2g} |"
            for name, value in found.items()
            if not name.startswith("GB")
        ]
        lines += [
            f"| peak memory, {name[4:]} | {value:.2f} GB | |" for name, value in found.items() if name[:2] == "GB"
        ]
        rows, columns = size.split("x")
        title = f"Cells and codes of {int(rows):,} rows × {columns} columns"
        text = "\n".join(lines)
        print(f"{title}\n{text}\n{machine()}")
        if given.write:
            section(ROOT / "docs" / "benchmarks.md", title, f"{machine()}\n\n{text}")


if __name__ == "__main__":
    main()

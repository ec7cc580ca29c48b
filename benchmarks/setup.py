"""From two unknown files to the first findings: what the page Data and the first run cost the machine, step by step.

Usage: python benchmarks/setup.py [--rows 1000000] [--columns 20] [--write]   (--write keeps docs/benchmarks.md)
Each kind of file runs in a process of its own with an empty cache, as a visitor's first two files do. What is read
while a person looks at the page counts too: nothing of it is free.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import engine  # noqa: F401,E402  first: it chooses numpy's kernels before numpy is imported

# isort: split
from benchmarks.compare import DATA, machine, section  # noqa: E402
from benchmarks.data import make  # noqa: E402

KINDS = ("parquet", "csv")


def files(kind: str, rows: int, columns: int) -> tuple[Path, Path]:
    """Reference and production, made if missing."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    DATA.mkdir(parents=True, exist_ok=True)
    found = []
    for side, seed, shift in (("reference", 1, 0.0), ("production", 2, 0.05)):
        path = make(DATA / f"{side}-{rows}x{columns}.parquet", rows, columns, seed, shift)
        if kind == "csv":
            text = path.with_suffix(".csv")
            if not text.exists():
                pc.write_csv(pq.read_table(path), text)
            path = text
        found.append(path)
    return found[0], found[1]


def measure(kind: str, rows: int, columns: int) -> dict[str, tuple[float, float]]:
    """Seconds of the clock and of the processor, by step."""
    from engine.explore import first_look, look, open_monitor
    from engine.explore.brought import beside, brought
    from engine.monitor import Monitor
    from engine.monitor.model import Columns, Place, WindowRule
    from engine.slices import Slice

    paths = files(kind, rows, columns)
    found: dict[str, tuple[float, float]] = {}

    def step(name: str, task: Callable[[], Any]) -> Any:
        clock, busy = time.perf_counter(), time.process_time()
        result = task()
        found[name] = time.perf_counter() - clock, time.process_time() - busy
        return result

    def quiet(share: float, said: str) -> None:
        pass

    def bring() -> list[Any]:
        with ThreadPoolExecutor(2) as pool:  # as the page does: both sides at a time
            return [*pool.map(lambda one: brought(str(one), None, quiet), paths)]

    first, second = step("both files read, and their columns looked at", bring)
    step("shapes on the same bars", lambda: beside(first, second, quiet))
    step("differences between the files", lambda: first_look(first.dataset, second.dataset))
    monitor = Monitor(
        monitor="new", reference=Place(path=str(paths[0])), production=Place(path=str(paths[1])),
        columns=Columns.model_validate({"timestamp": "at", "cohorts": ["c0", "c1"]}), window=WindowRule(every="1 week"),
    )  # fmt: skip
    opened = step("monitor opened: bins, cells and codes", lambda: open_monitor(monitor))
    step("first findings", lambda: look(opened, Slice(window=opened.windows[-1])))
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--kind")
    given = parser.parse_args()
    if given.kind:
        print(json.dumps(measure(given.kind, given.rows, given.columns)))
        return
    found: dict[str, dict[str, list[float]]] = {}
    for kind in KINDS:
        files(kind, given.rows, given.columns)
        least: dict[str, list[float]] = {}
        for _ in range(given.times):
            with tempfile.TemporaryDirectory(dir=DATA) as home:
                command = [sys.executable, __file__, "--kind", kind, "--rows", str(given.rows), "--columns",
                           str(given.columns)]  # fmt: skip
                about = dict(os.environ, PLUMBLINE_HOME=home)
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=about)
            for name, (clock, busy) in json.loads(done.stdout).items():
                known = least.setdefault(name, [clock, busy])
                least[name] = [min(known[0], clock), min(known[1], busy)]
        least["all"] = [sum(one[i] for one in least.values()) for i in (0, 1)]
        found[kind] = least
    head = "| seconds of the clock and of the processor |" + "".join(f" {kind}: clock | processor |" for kind in KINDS)
    lines = [machine(), "", head, "|---|" + "---|---|" * len(KINDS)]
    for name in found["csv"]:
        lines.append(f"| {name} |" + "".join(f" {found[k][name][0]:.2f} | {found[k][name][1]:.2f} |" for k in KINDS))
    said = (
        f"From two files of {given.rows:,} rows × {given.columns} columns to the first findings; cache empty, each step"
    )
    text = f"{said}\nthe fastest of {given.times}. " + "\n".join(lines)
    print(text)
    if given.write:
        section(ROOT / "docs" / "benchmarks.md", "Setup", text)


if __name__ == "__main__":
    main()

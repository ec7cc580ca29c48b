"""Wide tables: what a comparison costs a column, as columns grow from 20 to ten thousand. Time, ratio and peak memory.

Usage: python benchmarks/wide.py [--only 20000x500] [--write]   (--write keeps docs/benchmarks.md)
Processor seconds are told beside the clock's: on a machine that others use, they are what the work took.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DATA = ROOT / ".plumbline" / "benchmarks"
SIZES = ((20_000, 20), (20_000, 500), (20_000, 2000), (1000, 20), (1000, 10_000))


def measure(rows: int, columns: int) -> None:
    """Compare two files of this size in this process and print what it took as JSON, becoming JSON included."""
    from benchmarks.data import make
    from engine import compare

    DATA.mkdir(parents=True, exist_ok=True)
    size = f"{rows}x{columns}"
    sides = [
        make(DATA / f"{name}-{size}.parquet", rows, columns, seed, shift)
        for name, seed, shift in (("reference", 1, 0.0), ("production", 2, 0.05))
    ]
    clock, used = time.perf_counter(), time.process_time()
    run = compare(*map(str, sides))
    compared = time.perf_counter() - clock, time.process_time() - used
    clock, used = time.perf_counter(), time.process_time()
    text = run.to_json()
    told = time.perf_counter() - clock, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"compared": compared, "told": told, "size": len(text) / 1e6, "peak": peak}))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only")
    parser.add_argument("--measure")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.measure:
        measure(*map(int, given.measure.split("x")))
        return
    from benchmarks.compare import machine, section

    head = (
        "rows × columns per side",
        "seconds",
        "processor seconds",
        "of them a column, ms",
        "JSON, processor s",
        "MB",
        "GB",
    )
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for rows, columns in SIZES:
        size = f"{rows}x{columns}"
        if given.only and size != given.only:
            continue
        done = subprocess.run([sys.executable, __file__, "--measure", size], capture_output=True, text=True, check=True)
        one = json.loads(done.stdout.splitlines()[-1])
        (seconds, used), (_, told) = one["compared"], one["told"]
        cells = f"{seconds:.1f}", f"{used:.1f}", f"{1000 * used / columns:.1f}", f"{told:.1f}", f"{one['size']:.0f}"
        lines.append("| " + " | ".join((f"{rows:,} × {columns:,}", *cells, f"{one['peak']:.2f}")) + " |")
        print(lines[-1], flush=True)
    text = "\n".join(lines)
    print(f"{text}\n{machine()}")
    if given.write:
        said = "MB: of the run's JSON; GB: peak memory. The first columns pay for what is imported once (scipy.stats)."
        section(ROOT / "docs" / "benchmarks.md", "Wide tables", f"{machine()}\n\n{text}\n\n{said}")


if __name__ == "__main__":
    main()

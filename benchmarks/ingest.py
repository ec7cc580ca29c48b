"""What reading CSV costs beside DuckDB alone: seconds of processor and clock, and memory, of one file of every kind.

Run: python benchmarks/ingest.py [ROWS]. Both write the same Parquet; DuckDB alone decides types by 20,480 rows, and
stops at what does not fit. Processor seconds are the ratio to read on a machine that others use.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

COLUMNS = {"numbers": 8, "counts": 4, "words": 3}


def write(path: Path, rows: int) -> None:
    """A file of an id, a moment, numbers, counts and words."""
    rng = np.random.default_rng(1)
    columns = {"id": np.arange(rows), "at": np.datetime64("2013-01-01", "s") + rng.integers(0, 30_000_000, rows)}
    columns |= {f"x{i}": np.round(rng.normal(size=rows), 4) for i in range(COLUMNS["numbers"])}
    columns |= {f"k{i}": rng.integers(0, 10_000, rows) for i in range(COLUMNS["counts"])}
    words = np.array(["alpha", "beta", "gamma"])
    columns |= {f"c{i}": words[rng.integers(0, 3, rows)] for i in range(COLUMNS["words"])}
    pc.write_csv(pa.table(columns), path)


def _most() -> float:
    """The most memory that this process ever held, in MB; what getrusage tells is the parent's too."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def measured(kind: str, path: Path) -> None:
    """One reading in a process of its own: clock, processor and growth of memory are printed."""
    from engine.tables.connection import connect
    from engine.tables.text.delimited import ingest

    root = connect([path.parent])
    root.execute("SELECT 1")
    before = _most()
    clock, busy = time.perf_counter(), time.process_time()
    if kind == "bare":
        target = path.with_suffix(".parquet")
        root.execute(f"COPY (SELECT * FROM read_csv('{path}')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    else:
        ingest(path, root)
    clock, busy = time.perf_counter() - clock, time.process_time() - busy
    print(clock, busy, _most() - before)


def main() -> None:
    if len(sys.argv) == 3:
        return measured(sys.argv[1], Path(sys.argv[2]))
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
        found = {}
        for kind in ("bare", "ingest"):
            runs = []
            for _ in range(3):
                done = subprocess.run(
                    [sys.executable, __file__, kind, str(path)], capture_output=True, text=True, check=True,
                    env={"PYTHONPATH": str(Path(__file__).parents[1]), "PLUMBLINE_HOME": tempfile.mkdtemp(dir=folder)},
                )  # fmt: skip
                runs.append([float(one) for one in done.stdout.split()])
            found[kind] = [min(one) for one in zip(*runs, strict=True)]
            clock, busy, memory = found[kind]
            print(f"{kind:<7} {clock:6.2f} s, processor {busy:6.2f} s, {memory:5.0f} MB more")
        ratios = [bare / ours for bare, ours in zip(found["bare"][:2], found["ingest"][:2], strict=True)]
        print(f"speed beside DuckDB alone: {ratios[0]:.0%} by the clock, {ratios[1]:.0%} by the processor")


if __name__ == "__main__":
    main()

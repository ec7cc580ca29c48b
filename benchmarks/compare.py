"""Every metric of every column, exact, against a bare DuckDB scan and a plain scipy loop: time and peak memory.

Usage: python benchmarks/compare.py [--rows 1000000] [--columns 20] [--write]   (--write keeps docs/benchmarks.md)
Each contender runs in a process of its own, several times; the fastest counts, so that a busy machine hurts all alike.
The loop runs twice over: as anybody would write it, and with the choice of numpy's kernels that engine/cpu.py makes.
"""

import argparse
import json
import platform
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DATA = ROOT / ".plumbline" / "benchmarks"


def ours(reference: Path, production: Path) -> Callable[[], object]:
    from engine import compare
    from engine.tables.connection import cache_folder

    def measured() -> object:
        shutil.rmtree(cache_folder() / "prints", ignore_errors=True)  # a remembered fingerprint would cost nothing
        return compare(str(reference), str(production)).counts

    return measured


def ours_without_prints(reference: Path, production: Path) -> Callable[[], object]:
    """As ours, but files are not fingerprinted: what the metrics alone cost."""
    from engine.pair import open_both

    def measured() -> object:
        from engine.look import look
        from engine.signals import Plan
        from engine.slices import Slice

        sides = open_both(str(reference), str(production))
        for side in sides:
            side.__dict__["sha256"] = "not taken"
        return look(*sides, Slice(), Plan()).counts

    return measured


def scan(reference: Path, production: Path) -> Callable[[], object]:
    """Read every value of both files once: sums of numbers, counts of texts."""
    import duckdb

    def one(path: Path) -> object:
        connection = duckdb.connect()
        named = connection.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
        read = [f'sum("{row[0]}")' if row[0].startswith("n") else f'count("{row[0]}")' for row in named]
        return connection.sql(f"SELECT {', '.join(read)} FROM '{path}'").fetchall()

    return lambda: (one(reference), one(production))


def scipy_loop(reference: Path, production: Path) -> Callable[[], object]:
    """What an analyst writes: pandas columns, ks_2samp, wasserstein_distance, PSI and Jensen-Shannon on deciles."""
    import numpy as np
    import pandas as pd
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

    def shares(first: object, second: object) -> tuple[np.ndarray, np.ndarray]:
        p, q = (np.maximum(np.asarray(side, float) / np.sum(side), 1e-4) for side in (first, second))
        return p, q

    def measured() -> object:
        a, b = pd.read_parquet(reference), pd.read_parquet(production)
        found = {}
        for name in a.columns.drop("at"):
            x, y = a[name].dropna(), b[name].dropna()
            if name.startswith("n"):
                edges = np.unique(np.quantile(x, np.linspace(0, 1, 11)))
                edges[0], edges[-1] = -np.inf, np.inf
                counts = np.histogram(x, edges)[0], np.histogram(y, edges)[0]
                rest = (ks_2samp(x, y, method="asymp").statistic, wasserstein_distance(x, y) / x.std())
            else:
                both = pd.concat([x.value_counts(), y.value_counts()], axis=1).fillna(0).to_numpy()
                counts, rest = (both[:, 0], both[:, 1]), ()
            p, q = shares(*counts)
            table = np.stack(counts)[:, np.sum(counts, axis=0) > 0]
            found[name] = (((q - p) * np.log(q / p)).sum(), jensenshannon(p, q, base=2), abs(p - q).max(),
                           chi2_contingency(table).statistic, a[name].isna().mean(), *rest)  # fmt: skip
        return found

    return measured


CONTENDERS = {
    "Plumbline, all metrics exact, files fingerprinted": (ours, 3),
    "Plumbline, all metrics exact": (ours_without_prints, 3),
    "bare DuckDB scan": (scan, 3),
    "plain scipy loop": (scipy_loop, 3),
    "plain scipy loop, numpy's kernels chosen as ours": (scipy_loop, 3),
}


def contend(name: str, reference: Path, production: Path) -> None:
    """Run one contender in this process and print seconds and peak memory as JSON."""
    prepare, times = CONTENDERS[name]
    task = prepare(reference, production)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": min(seconds), "peak": peak / 1e6, "imports": before / 1e6}))


def processor() -> str:
    """The machine's processor as it names itself."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def machine() -> str:
    """The machine in a line."""
    import os

    import duckdb
    import numpy

    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, numpy {numpy.__version__}"
    return f"{processor()}, {os.cpu_count()} cores; {versions}; {date.today().isoformat()}"


def section(path: Path, title: str, text: str) -> None:
    """Put a section of docs/benchmarks.md in the place of the one with the same title."""
    old = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    kept = re.sub(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", "", old, flags=re.DOTALL).rstrip()
    path.write_text(f"{kept}\n\n## {title}\n{text}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--contender")
    given = parser.parse_args()
    if "Plumbline" in (given.contender or "") or "as ours" in (given.contender or ""):
        import engine  # noqa: F401  first: it chooses numpy's kernels before numpy is imported, as the command line does
    from benchmarks.data import make

    DATA.mkdir(parents=True, exist_ok=True)
    size = f"{given.rows}x{given.columns}"
    reference = make(DATA / f"reference-{size}.parquet", given.rows, given.columns, 1)
    production = make(DATA / f"production-{size}.parquet", given.rows, given.columns, 2, 0.05)
    if given.contender:
        contend(given.contender, reference, production)
        return
    found = {}
    for name in CONTENDERS:
        if name.startswith("plain scipy loop") and given.rows > 2_000_000:
            continue
        command = [sys.executable, __file__, "--rows", str(given.rows), "--columns", str(given.columns)]
        done = subprocess.run([*command, "--contender", name], capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
    base = found["bare DuckDB scan"]["seconds"]
    lines = ["| | seconds | × bare scan | peak memory, GB |", "|---|---|---|---|"]
    for name, one in found.items():
        lines.append(f"| {name} | {one['seconds']:.2f} | {one['seconds'] / base:.1f} | {one['peak']:.2f} |")
    text = "\n".join(lines)
    title = f"{given.rows:,} rows × {given.columns} columns per side"
    print(f"{title}\n{text}\n{machine()}")
    if given.write:
        section(ROOT / "docs" / "benchmarks.md", title, f"{machine()}\n\n{text}")


if __name__ == "__main__":
    main()

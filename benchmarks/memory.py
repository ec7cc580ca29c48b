"""Larger than memory: 100 million rows compared and opened with 4 GB and with 1 GB, how much is taken and what is told.

Usage: python benchmarks/memory.py [--rows 100000000] [--columns 9] [--only compare-1GB] [--keep] [--write]
Each task runs in a process of its own with an empty cache, watched from outside fifty times a second. With 1 GB it
stands in a memory cgroup of 1 GB, where one may be made: the kernel gives it no more, pages of files included, and
would end it. Files that were made are taken away again, but for --keep. --write keeps docs/benchmarks.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import engine  # noqa: F401,E402  first: it chooses numpy's kernels before numpy is imported

# isort: split
from benchmarks.compare import DATA, machine, scan, section  # noqa: E402
from benchmarks.data import make  # noqa: E402

REFERENCE = 10_000_000
CGROUPS = Path("/sys/fs/cgroup/memory/plumbline-benchmark"), Path("/sys/fs/cgroup/plumbline-benchmark")
LIMITS = "memory.limit_in_bytes", "memory.max"  # of the first version of cgroups, and of the second
STOP = 3.0  # seconds after which a task is stopped that is to be stopped
TASKS = {
    "scan": ("a bare scan of both by DuckDB", "4GB", False),
    "compare": ("`compare`, every metric exact", "4GB", False),
    "compare-1GB": ("`compare`, every metric exact", "1GB", True),
    "both-1GB": ("`compare` with a reference as long, of one column less", "1GB", True),
    "open": ("a monitor opened: bins, cells and codes", "4GB", False),
    "open-1GB": ("a monitor opened: bins, cells and codes", "1GB", True),
    "stop-compare": ("`compare`, stopped", "1GB", False),
    "stop-open": ("a monitor, stopped while it opens", "1GB", False),
}


SAID = """`python benchmarks/memory.py`: Parquet with a timestamp and two cohort columns, a reference of 10M rows (but
where both sides are as long); each task in a process of its own with an empty cache, fingerprints included. *No more
from the kernel*: in a memory cgroup of 1 GB, which counts pages of files and ends what wants more. GB at most: with
pages of files, among them libraries that others hold too. The longest silence is that of the progress; to stop: from
the last word before somebody stopped it until it had ended."""


def perform(task: str, first: Path, second: Path) -> dict[str, float]:
    """A task in this process: seconds of the clock, and the longest silence of its progress after the first word.

    Of one that is stopped, the seconds from the first moment in which it could hear that until it had ended.
    """
    from engine import compare
    from engine.errors import Cancelled
    from engine.explore import open_monitor
    from engine.freed import keep_freed
    from engine.monitor.model import Columns, Monitor, Place

    told: list[float] = []
    begun = time.perf_counter()

    def progress(share: float, said: str) -> None:
        told.append(time.perf_counter())
        if task.startswith("stop") and told[-1] - begun > STOP:
            raise Cancelled("Stopped.")

    if task == "scan":
        scan(second, second.with_name(first.name))()
    elif "open" in task:
        places = {"reference": Place(path=str(first)), "production": Place(path=str(second))}
        columns = Columns(timestamp="at", cohorts=["c0", "c1"])
        with suppress(Cancelled):
            open_monitor(Monitor(monitor="generated", columns=columns, **places), progress=progress)
    else:
        keep_freed()  # as the command line does
        with suppress(Cancelled):
            compare(str(first), str(second), progress=progress)
    end = time.perf_counter()
    # what is told when a task is stopped, and what was told before it, both lie within this
    silences = [b - a for a, b in pairwise([*told, end])]
    return {"silence": max(silences, default=0.0), "stopped in": sum(silences[-2:]), "seconds": end - begun}


def fenced(limit: int) -> Path | None:
    """A memory cgroup of so many bytes, made; None where that is not allowed."""
    for folder, name in zip(CGROUPS, LIMITS, strict=True):
        try:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(str(limit))
            return folder
        except OSError:
            with suppress(OSError):
                folder.rmdir()
    return None


def watched(task: str, first: Path, second: Path, memory: str, fence: Path | None) -> dict[str, float]:
    """The task in a process of its own: its own account, processor seconds, and peaks of memory in GB."""
    with tempfile.TemporaryDirectory(dir=DATA) as home:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [sys.executable, __file__, "--task", task, str(first), str(second)],
            env={**os.environ, "PLUMBLINE_HOME": home, "PLUMBLINE_MEMORY": memory, "PLUMBLINE_CACHE_GB": "100"},
            stdout=subprocess.PIPE,
            text=True,
        )
        if fence:
            (fence / "cgroup.procs").write_text(str(process.pid))  # it imports for a second yet
        peaks = {"VmRSS": 0, "RssAnon": 0}
        while process.poll() is None:
            with suppress(OSError):
                for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                    name, _, value = line.partition(":")
                    if name in peaks:
                        peaks[name] = max(peaks[name], int(value.split()[0]))
            time.sleep(0.02)
        said = process.stdout.read() if process.stdout else ""
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{task} ended with {process.returncode}: {said}")
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**found, "processor": busy, "GB": peaks["VmRSS"] / 1e6, "own": peaks["RssAnon"] / 1e6}


def row(task: str, found: dict[str, float], base: float, fence: bool) -> str:
    said, memory, _ = TASKS[task]
    end = f"{found['stopped in']:.1f} to stop" if task.startswith("stop") else f"{found['silence']:.1f}"
    cells = [
        said,
        memory + (", and no more from the kernel" if fence else "") if task != "scan" else "",
        f"{found['seconds']:.0f}",
        f"{found['processor']:.0f}",
        f"{found['processor'] / base:.1f}",
        f"{found['GB']:.2f}",
        f"{found['own']:.2f}",
        end if task != "scan" else "",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--columns", type=int, default=9)
    parser.add_argument("--only", nargs="*", choices=list(TASKS))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--task", nargs=3)
    given = parser.parse_args()
    if given.task:
        print(json.dumps(perform(given.task[0], Path(given.task[1]), Path(given.task[2]))))
        return
    DATA.mkdir(parents=True, exist_ok=True)
    small = min(given.rows, REFERENCE)
    first = DATA / f"reference-{small}x{given.columns}.parquet"
    second = DATA / f"production-{given.rows}x{given.columns}.parquet"
    other = DATA / f"production-{given.rows}x{given.columns - 1}.parquet"  # benchmarks/scale.py reads it too
    mine = [one for one in (first, second, other) if not one.exists()]
    make(first, small, given.columns, 1)
    make(second, given.rows, given.columns, 2, 0.05)
    make(other, given.rows, given.columns - 1, 2, 0.05)
    title = f"Larger than memory: {given.rows:,} rows × {given.columns + 1} columns"
    lines = [
        "| | PLUMBLINE_MEMORY | seconds | of the processor | × scan | GB at most | without pages of files "
        "| longest silence, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    fence = fenced(1 << 30)
    try:
        base = 0.0
        for task, (_, memory, closely) in TASKS.items():
            if given.only and task not in given.only and task != "scan":
                continue
            found = watched(
                task, other if task.startswith("both") else first, second, memory, fence if closely else None
            )
            base = base or found["processor"]
            lines.append(row(task, found, base, closely and fence is not None))
            print(lines[-1], flush=True)
    finally:
        if fence:
            fence.rmdir()
        for one in () if given.keep else mine:
            one.unlink(missing_ok=True)
    text = "\n".join(lines)
    print(f"{title}\n{machine()}\n{text}")
    if given.write:
        section(ROOT / "docs" / "benchmarks.md", title, f"{SAID}\n{machine()}\n\n{text}")


if __name__ == "__main__":
    main()

"""How often a policy calls for somebody when nothing changed: worlds drawn anew, every week recorded and judged.

    python benchmarks/policy_alarms.py [WORLDS]

Two worlds. Rows alike: all weeks come from one distribution. Weeks alike: each week has a level of its own for every
column, as weather and campaigns give it, in the reference too. What is printed is the share of weeks in which anything
is in alarm, per policy; docs/review.md quotes it.
"""

import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.explore import look, open_monitor
from engine.findings import Severity
from engine.monitor.read import parse_monitor
from engine.policy import verdict
from engine.record import Record
from engine.slices import Slice

WEEKS, ROWS, SIX = 12, 1000, 6  # weeks of production, rows a week, numeric columns (three more are categories)
POLICIES = ("1 of 1", "2 of 3", "3 of 3")


def table(random: np.random.Generator, start: datetime, weeks: int, moves: float) -> pa.Table:
    """Weeks of rows; moves: standard deviation of a week's own level, in those of rows."""
    n = weeks * ROWS
    at = [start + timedelta(weeks=i // ROWS, minutes=10 * (i % ROWS)) for i in range(n)]
    found: dict[str, object] = {"at": at}
    for i in range(SIX):
        level = np.repeat(random.normal(0, moves, weeks), ROWS)
        values = random.normal(size=n) + level
        found[f"x{i}"] = np.exp(values) if i % 2 else values
    for i in range(3):
        level = np.repeat(random.normal(0, moves, weeks), ROWS)
        found[f"c{i}"] = np.digitize(random.normal(size=n) + level, [-1, 0, 0.7]).astype(str)
    return pa.table(found)


def world(seed: int, weeks: int, moves: float, folder: Path) -> dict[str, tuple[int, int]]:
    """Weeks judged and weeks in alarm, per policy, of one world that does not change."""
    random = np.random.default_rng(seed)
    for name, start, n in (("old", datetime(2023, 1, 2), weeks), ("new", datetime(2024, 1, 1), WEEKS)):
        pq.write_table(table(random, start, n, moves), folder / f"{name}.parquet")
    text = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\ncolumns: {timestamp: at}\n"
    opened = open_monitor(parse_monitor(text), folder)
    records = []
    for i, window in enumerate(opened.windows):
        run = look(opened, Slice((), window))
        records.append(
            Record(str(i), window.end.isoformat(), "m", "", "", window, "reference", "", "due", opened.partial(window),
                   run.severity, run.counts, ROWS, run.findings, run.not_computed)
        )  # fmt: skip
    found = {}
    for policy in POLICIES:
        monitor = parse_monitor(f"{text}policy: {{persist: {policy}}}\n")
        told = [verdict(records[: i + 1], monitor) for i in range(len(records))]
        found[policy] = len(told), sum(one.severity in (Severity.WARNING, Severity.CRITICAL) for one in told if one)
    return found


def main(worlds: int = 40) -> None:
    for name, weeks, moves in (
        ("rows alike", 8, 0.0),
        ("weeks alike, W = 6", 6, 0.3),
        ("weeks alike, W = 12", 12, 0.3),
    ):
        total = {policy: [0, 0] for policy in POLICIES}
        for seed in range(worlds):
            with tempfile.TemporaryDirectory() as folder:
                for policy, counts in world(seed, weeks, moves, Path(folder)).items():
                    total[policy] = [a + b for a, b in zip(total[policy], counts, strict=True)]
        said = ", ".join(f"{policy}: {bad / n:.1%} of {n}" for policy, (n, bad) in total.items())
        print(f"{name}: {said}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

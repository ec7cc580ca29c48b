"""What a click costs the engine on the demo: python benchmarks/clicks.py

Each row is asked of slices that nobody asked before; what was asked before is kept by the pages, and costs nothing but
a look into a table. Prints the median and the slowest of each, by the clock and by the processor.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.explore import findings_of, history, look, open_monitor  # noqa: E402
from engine.explore.glances import cohort_glances, glances  # noqa: E402
from engine.explore.traced import called, traced  # noqa: E402
from engine.metrics import METRICS  # noqa: E402
from engine.monitor import read_monitor  # noqa: E402
from engine.monitor.edit import changed  # noqa: E402
from engine.review import review  # noqa: E402
from engine.slices import Filter, Slice  # noqa: E402
from engine.studio import replay  # noqa: E402
from tests.recorded import demo_records  # noqa: E402

MONITOR = ROOT / "data" / "monitors" / "flights.yaml"


def spent(tasks: list[Callable[[], object]]) -> str:
    """Milliseconds of some tasks, each done once: median and slowest, clock and processor."""
    clock, processor = [], []
    for task in tasks:
        at, used = time.perf_counter(), time.process_time()
        task()
        clock.append((time.perf_counter() - at) * 1e3)
        processor.append((time.process_time() - used) * 1e3)
    return " | ".join(f"{one:,.0f}" for found in (clock, processor) for one in (statistics.median(found), max(found)))


def main() -> None:
    opened = open_monitor(read_monitor(MONITOR), MONITOR.parent)
    plan, windows = opened.plan, [one for one in opened.windows if not opened.partial(one)]
    drift = [key for keys in plan.judged.values() for key in keys]
    judged = tuple(dict.fromkeys([*drift, *(key for key, one in METRICS.items() if one.signal == "data_quality")]))
    rest = tuple(key for key in judged if key != "psi")
    cohorts = [Slice((Filter("carrier", "eq", (one,)),)) for one in opened.cohorts["carrier"] if one is not None]
    names = list(opened.built)
    look(opened, Slice((), windows[0]))  # imports
    demo_records()
    findings_of(opened, names[0], Slice((), windows[0]))
    at = windows[20]
    rows = {
        "window: the run": [lambda w=w: look(opened, Slice((), w)) for w in windows[1:20]],
        "cohort: the run": [lambda c=c: look(opened, Slice(c.cohort, at)) for c in cohorts],
        "cohort: the map of PSI (Overview)": [lambda c=c: glances(opened, "psi", c) for c in cohorts],
        "cohort: the counts over windows of the rest (Overview)": [
            lambda c=c: called(opened, rest, c) for c in cohorts
        ],
        "cohort: the numbers of its map, as CSV": [lambda c=c: history(opened, "psi", c) for c in cohorts],
        "cohort: the lines of all columns (Columns)": [lambda c=c: traced(opened, "psi", c) for c in cohorts],
        "cohort and window: the run": [
            lambda c=c, w=w: look(opened, Slice(c.cohort, w)) for c, w in zip(cohorts, windows, strict=False)
        ],
        "column: all its numbers, read exactly": [lambda n=n: findings_of(opened, n, Slice((), at)) for n in names],
        "column: its windows": [lambda n=n: history(opened, "psi", column=n) for n in names],
        "column: every carrier in every window (Cohorts)": [
            lambda n=n: cohort_glances(opened, "carrier", "psi", n) for n in names
        ],
        "metric: the windows of a column": [
            lambda k=k: history(opened, k, column="late_probability") for k in METRICS if k in judged
        ],
        "forty weeks judged by other thresholds (Thresholds)": [
            lambda v=v: replay(demo_records(), opened.monitor, changed(opened.monitor, {"psi": (v, 2 * v)}))
            for v in (0.05, 0.1, 0.2, 0.3)
        ],
        "a week reviewed (Review)": [lambda n=n: review(demo_records()[:n], opened.monitor) for n in range(20, 40)],
    }
    print("| a click that nobody made before | clock: median | slowest | processor: median | slowest |")
    print("|---|---|---|---|---|")
    for name, tasks in rows.items():
        print(f"| {name} | {spent(tasks)} |", flush=True)


if __name__ == "__main__":
    main()

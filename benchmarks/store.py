"""How fast the store is with 200 monitors of 52 weeks: python benchmarks/store.py [sqlite:///… | postgresql://…]

Records real runs of the demo under many names and windows, then times what pages and command line ask.
"""

import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.explore import look, open_monitor
from engine.monitor import read_monitor
from engine.slices import Slice, Window
from engine.store import document, fleet, history, open_store, records, run_of, save
from engine.store.ledger import add
from engine.store.opening import writing
from engine.store.runs import entry_body, prepared
from engine.store.tables import FINDINGS, RUNS

MONITORS, WEEKS = 200, 52


def main() -> None:
    path = Path(__file__).resolve().parent.parent / "data" / "monitors" / "flights.yaml"
    monitor = read_monitor(path)
    opened = open_monitor(monitor, path.parent)
    run = look(opened, Slice(window=opened.windows[3]), exact=True)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/store.db")
        other = replace(run, at="2000-01-01T00:00:00+00:00")
        said("save one run", timed(lambda: save(store, other, monitor.model_copy(update={"monitor": "one"})), 1))
        fill(store, monitor, run)
        if store.path:
            print(f"{'size of a run in the file':34} {store.path.stat().st_size / MONITORS / WEEKS / 1000:8.0f} kB")
        name, some = "monitor 117", records(store, "monitor 117", findings=False)[20].id
        said(f"fleet of {MONITORS} monitors", timed(lambda: fleet(store)))
        said("records of one, with findings", timed(lambda: records(store, name)))
        said("records of one, without", timed(lambda: records(store, name, findings=False)))
        said("history of a column and metric", timed(lambda: history(store, name, "temp_f", "psi")))
        said("history of everything of one", timed(lambda: history(store, name)))
        said("a document", timed(lambda: document(store, some)))
        said("a run, to be drawn", timed(lambda: run_of(store, some)))
        store.engine.dispose()


def fill(store, monitor, run) -> None:
    """The same run under every name and week, as save would write it, but a monitor a transaction."""
    ready = prepared(run, monitor, "reference", "due", False)
    seq = 1
    for i in range(MONITORS):
        with writing(store) as connection:
            for week in range(WEEKS):
                seq += 1
                start = run.cut.window.start + timedelta(weeks=week)
                window = Window(start, start + timedelta(weeks=1))
                row = {**ready.row, "id": f"{seq:012x}", "monitor": f"monitor {i}", "revision": 0, "revises": None}
                row |= {"window_start": window.start.isoformat(), "window_end": window.end.isoformat()}
                connection.execute(RUNS.insert().values({**row, "seq": seq}))
                connection.execute(FINDINGS.insert(), [{**one, "run": seq} for one in ready.findings])
                add(connection, "run", entry_body(row))


def timed(deed, times: int = 9) -> tuple[float, float]:
    """Median seconds: by the clock, and of the processor, which other programs do not slow down."""
    spent = []
    for _ in range(times):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        deed()
        spent.append((time.perf_counter() - begin, time.process_time() - begin_cpu))
    return median(wall for wall, _ in spent), median(cpu for _, cpu in spent)


def said(what: str, seconds: tuple[float, float]) -> None:
    print(f"{what:34} {1000 * seconds[0]:8.1f} ms, {1000 * seconds[1]:8.1f} ms of the processor")


if __name__ == "__main__":
    main()

"""How long the command line and the dashboard take to begin: python benchmarks/startup.py [--runs 5] [cli] [app]

The command line: --help, and compare of two small files, each in a process of its own. The dashboard: `make app` on an
empty cache until a browser that was open shows the demo's Overview, its cards and its map drawn; a second session in a
new context of that browser; then the server anew on the cache that the first left. Python's bytecode is there, as after
any earlier start. Medians; beside the clock the processor's seconds, user and system, of the process and its children,
since other programs may have most of the machine. --docs writes the section of docs/benchmarks.md.
"""

import argparse
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import machine, section  # noqa: E402
from tests.getting import chromium  # noqa: E402

ROWS = 2_000  # of a small file
PATIENCE = 120.0  # seconds
QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
CARDS = "[data-testid=stMain] .st-key-cards [data-testid=stMetric]"
MAP = ".st-key-map_of .heatmaplayer image, .js-plotly-plot .heatmaplayer image"  # the map is drawn as a picture
RESTS = "[data-testid=stApp][data-test-script-state=notRunning]"


@dataclass
class Took:
    """Seconds of one thing, once per run: by the clock, and of the processor, that of the browser apart."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)

    def add(self, clock: float, processor: float, browser: float = 0.0) -> None:
        self.clock.append(clock)
        self.processor.append(processor)
        self.browser.append(browser)

    @property
    def row(self) -> str:
        each = (median(self.clock), min(self.clock), median(self.processor), median(self.browser))
        return " | ".join(f"{one:.2f}" for one in each)


def environment(home: str) -> dict[str, str]:
    """As on an installed machine: bytecode is written and read, in a folder of this benchmark; nothing is set else."""
    own = {"PLUMBLINE_HOME": home, "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | own


def commands(runs: int, folder: Path) -> dict[str, Took]:
    """The verbs, each several times in a process of its own."""
    chance = random.Random(7)
    for name, middle in (("reference", 50), ("production", 60)):
        lines = ["when,amount,rate,shop,age,paid"]
        for i in range(ROWS):
            moment = f"2026-01-{1 + i % 28:02d} 10:00:00"
            shop, age = chance.choice(["north", "south", "east"]), chance.randint(18, 90)
            lines.append(f"{moment},{chance.gauss(middle, 9):.2f},{chance.random():.4f},{shop},{age},{i % 2}")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        asked = [sys.executable, "-c", f"import duckdb; duckdb.sql(\"copy '{name}.csv' to '{name}.parquet'\")"]
        subprocess.run(asked, cwd=folder, check=True)
    names = ("reference", "production")
    sides = {kind: [str(folder / f"{name}.{kind}") for name in names] for kind in ("csv", "parquet")}
    verbs = {"`--help`": ["--help"]}
    verbs |= {f"`compare` of two {kind} files, {ROWS:,} × 6": ["compare", *files] for kind, files in sides.items()}
    found = {name: Took() for name in verbs}
    settings = environment(str(folder))
    for at in range(runs + 1):
        for name, arguments in verbs.items():
            before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "engine", *arguments], cwd=ROOT, env=settings, capture_output=True, text=True
            )
            clock, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode == 2:
                raise RuntimeError(done.stderr)
            if at:  # the first run writes the bytecode
                spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                found[name].add(clock, spent)
    return found


@contextmanager
def made(home: str) -> Iterator[tuple[str, float, psutil.Process]]:
    """What `make app` starts, as installed: its address, when it was started, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    installed = Path(sys.prefix)
    command = ["make", "-o", f"{installed}/.app", "app", f"VENV={installed}"]
    log = Path(home) / "server.log"
    with log.open("a") as stream:
        settings = environment(home) | {"STREAMLIT_SERVER_PORT": str(port)}
        begun = time.perf_counter()
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=stream, stderr=subprocess.STDOUT)
        of_make = psutil.Process(server.pid)
        try:
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=PATIENCE):
                        break
                except OSError:
                    pass
                if server.poll() is not None or time.perf_counter() - begun > PATIENCE:
                    raise RuntimeError(log.read_text())
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}/", begun, of_make
        finally:
            for child in of_make.children(recursive=True):
                child.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    if "Traceback" in log.read_text():
        raise RuntimeError(log.read_text())


def spent(server: psutil.Process) -> float:
    """Seconds of the processor that make and what it started took so far."""
    return sum(sum(one.cpu_times()[:2]) for one in (server, *server.children(recursive=True)))


def drawing() -> float:
    """Seconds of the processor that the browser's processes took so far."""
    mine = psutil.Process().children(recursive=True)
    return sum(sum(one.cpu_times()[:2]) for one in mine if "chrom" in one.name())


def shown(browser, address: str) -> float:
    """Open the Overview in a new context, and wait until all of it is drawn. Seconds of the browser's processor."""
    before = drawing()
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    try:
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address, wait_until="commit")
        page.locator(CARDS).first.wait_for()
        page.locator(MAP).first.wait_for(state="attached")
        page.wait_for_selector(RESTS)
        return drawing() - before
    finally:
        context.close()


def dashboard(runs: int) -> dict[str, Took]:
    """The dashboard from its start, several times; the first time, which writes bytecode, is not counted."""
    from playwright.sync_api import sync_playwright

    starts = ("`make app`, nothing counted yet", "`make app` again")
    said = ("the server answers", "the Overview is drawn", "the Overview in a second session")
    found = {f"{start}: {what}": Took() for start in starts for what in said}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.find(), args=QUIET.split())
        for at in range(runs + 1):
            with tempfile.TemporaryDirectory() as home:
                for start in starts:
                    with made(home) as (address, begun, server):
                        each = [(time.perf_counter() - begun, spent(server))]
                        drawn = shown(browser, address)
                        each.append((time.perf_counter() - begun, spent(server), drawn))
                        time.sleep(1)
                        again, before = time.perf_counter(), spent(server)
                        drawn = shown(browser, address)
                        each.append((time.perf_counter() - again, spent(server) - before, drawn))
                    for what, one in zip(said, each, strict=True):
                        if at:
                            found[f"{start}: {what}"].add(*one)
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["cli", "app"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    begun, idle = time.monotonic(), psutil.cpu_times().idle
    found: dict[str, Took] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(folder) / "bytecode"))
        if "cli" in asked.what:
            found |= commands(asked.runs, Path(folder))
        if "app" in asked.what:
            found |= dashboard(asked.runs)
    seconds = time.monotonic() - begun
    free = (psutil.cpu_times().idle - idle) / seconds / (os.cpu_count() or 1)
    lines = [
        "| seconds | median | fastest | of the processor, ours | of the processor, in the browser |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {name} | {one.row} |" for name, one in found.items()]
    text = "\n".join(lines)
    said = f"{machine()}; {asked.runs} runs, {free:.0%} of the machine idle meanwhile, this benchmark included"
    print(f"{text}\n{said}")
    if asked.docs:
        section(ROOT / "docs" / "benchmarks.md", "Start-up", f"{said}\n\n{text}")


if __name__ == "__main__":
    main()

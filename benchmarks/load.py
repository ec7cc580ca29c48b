"""Sessions that explore at once: python benchmarks/load.py [--sessions 20] [--seconds 120] [--think 1-3]

Each speaks Streamlit's protocol over a websocket of its own and does what an analyst does: opens a page, changes the
window, the cohort, the column, goes to another page; between two of these it thinks. Without --think it is measured
twice, each with an app that has computed nothing yet: with 1 to 3 seconds of thought, which is harsher than people are,
and with 3 to 10, as of a person who reads charts. Less than five minutes together. Starts the app with a store and a
cache of its own, unless --address names one that runs: that is measured once, with --think. Prints one row a kind of
interaction; memory before, at most, when all have left and 30 seconds after; processor milliseconds an interaction, and
how busy the machine was.
"""

import argparse
import asyncio
import json
import os
import random
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

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.visitor import Answer, Visitor  # noqa: E402

PAGES = ("", "columns", "column", "compare", "windows", "cohorts", "quality", "predictions", "performance")
KINDS = ("open", "page", "window", "cohort", "column", "metric")
WEIGHTS = {"window": 4, "cohort": 3, "column": 4, "metric": 1, "page": 3}
THINK = {"hurried": (1.0, 3.0), "reading charts": (3.0, 10.0)}  # seconds between two interactions
AFTER = 30.0  # seconds after which memory is looked at again: what was kept for visitors is given back within 20


Think = tuple[float, float]


@dataclass
class Load:
    """What a load came to. answers: of all sessions; the numbers of memory are bytes, of the processor seconds."""

    answers: list[Answer] = field(default_factory=list)
    before: int = 0
    most: int = 0
    left: int = 0
    later: int = 0
    processor: float = 0.0
    seconds: float = 0.0
    idle: float = 0.0  # share of the machine that nobody used meanwhile

    def of(self, kind: str | None) -> list[Answer]:
        return [one for one in self.answers if kind in (None, one.kind)]

    @property
    def wrong(self) -> list[str]:
        return [f"{one.kind}: {said}" for one in self.answers for said in one.wrong]


@contextmanager
def served(settings: dict[str, str] | None = None) -> Iterator[tuple[str, psutil.Process]]:
    """The app in a process of its own, with a store and a cache of its own; its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        own = {"PLUMBLINE_HOME": folder, "PLUMBLINE_STORE": f"sqlite:///{folder}/store.db"}
        log = Path(folder) / "server.log"
        with log.open("w") as stream:
            server = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
                cwd=ROOT, env=os.environ | own | (settings or {}), stdout=stream, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                address = f"http://127.0.0.1:{port}"
                _await(f"{address}/_stcore/health", server, log)
                yield address, psutil.Process(server.pid)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(timeout=30)
        said = log.read_text(encoding="utf-8", errors="replace")
        if "Traceback" in said:
            raise RuntimeError(said[-4000:])


def _await(address: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < end:
        try:
            if urllib.request.urlopen(address, timeout=1).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-4000:])


async def analyst(address: str, seed: int, until: float, think: Think, answers: list[Answer]) -> None:
    """One session, from its first page until the time is over. What was answered is added to answers."""
    chance = random.Random(seed)
    visitor = Visitor(address)
    await asyncio.sleep(chance.uniform(0, 2))
    answers.append(await visitor.come(chance.choice(PAGES)))
    while time.monotonic() < until and not answers[-1].wrong:
        await asyncio.sleep(chance.uniform(*think))
        answers.append(await _deed(visitor, chance))
    await visitor.leave()


async def _deed(visitor: Visitor, chance: random.Random) -> Answer:
    can = {"page": PAGES}
    cohorts = [key for key in visitor.elements if key.startswith("cohort-")]
    pickers = {"window": ["window"], "cohort": cohorts, "column": ["column", "selected"], "metric": ["metric"]}
    for kind, keys in pickers.items():
        found = [(key, option) for key in keys for option in visitor.options(key) if "◌" not in option]
        if found:
            can[kind] = found
    kind = chance.choices(list(can), [WEIGHTS[one] for one in can])[0]
    if kind == "page":
        return await visitor.go(chance.choice(PAGES))
    key, option = chance.choice(can[kind])
    return await visitor.choose(kind, key, option)


async def explore(
    address: str, sessions: int, seconds: float, think: Think, server: psutil.Process, load: Load
) -> None:
    """Let that many sessions explore at once, and watch the server's memory and processor meanwhile."""
    warm = Visitor(address)
    await warm.come()  # the monitor is open: what it takes belongs to no visitor
    await warm.leave()
    load.before, begun, spent = server.memory_info().rss, time.monotonic(), sum(server.cpu_times()[:2])
    idle = psutil.cpu_times().idle
    load.most = load.before
    until = begun + seconds
    tasks = [asyncio.create_task(analyst(address, seed, until, think, load.answers)) for seed in range(sessions)]
    while not all(task.done() for task in tasks):
        load.most = max(load.most, server.memory_info().rss)
        await asyncio.sleep(0.5)
    await asyncio.gather(*tasks)
    load.seconds = time.monotonic() - begun
    load.processor = sum(server.cpu_times()[:2]) - spent
    load.idle = (psutil.cpu_times().idle - idle) / load.seconds / (os.cpu_count() or 1)
    load.left = server.memory_info().rss
    await asyncio.sleep(AFTER)
    load.later = server.memory_info().rss


def measured(sessions: int, seconds: float, address: str | None = None, think: Think = THINK["hurried"]) -> Load:
    """The load of that many sessions, on the app started for it, or on one at an address on this machine."""
    load = Load()
    if address is not None:
        asyncio.run(explore(address, sessions, seconds, think, listening(address), load))
        return load
    with served() as (found, server):
        asyncio.run(explore(found, sessions, seconds, think, server, load))
    return load


def listening(address: str) -> psutil.Process:
    """The process on this machine that an address is answered by."""
    port = int(address.rstrip("/").rsplit(":", 1)[1].split("/")[0])
    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid:
            return psutil.Process(one.pid)
    raise SystemExit(f"Nothing on this machine listens on port {port}.")


def quantile(answers: list[Answer], share: float) -> float:
    """Seconds within which that share of the answers came."""
    ordered = sorted(one.seconds for one in answers)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def told(load: Load) -> str:
    lines = [f"{'interaction':12} {'n':>6} {'errors':>6} {'p50 s':>7} {'p95 s':>7} {'p99 s':>7} {'kB':>6}"]
    for kind in (*KINDS, None):
        found = load.of(kind)
        if not found:
            continue
        wrong = sum(bool(one.wrong) for one in found)
        times = " ".join(f"{quantile(found, share):7.2f}" for share in (0.5, 0.95, 0.99))
        size = sum(one.size for one in found) / len(found) / 1000
        lines.append(f"{kind or 'all':12} {len(found):6} {wrong:6} {times} {size:6.0f}")
    memory = ", ".join(
        f"{getattr(load, name) / 1e6:,.0f} MB {words}"
        for name, words in (
            ("before", "before"), ("most", "at most"), ("left", "when all had left"), ("later", f"{AFTER:g} s later"),
        )
    )  # fmt: skip
    many = max(len(load.answers), 1)
    lines.append(f"memory: {memory}")
    lines.append(
        f"processor: {load.processor:.0f} s in {load.seconds:.0f} s, {1000 * load.processor / many:.0f} ms an "
        f"interaction; {100 * load.idle:.0f} % of the machine idle"
    )
    return "\n".join([*lines, *(f"wrong: {one}" for one in sorted(set(load.wrong)))])


def thought(text: str, parser: argparse.ArgumentParser) -> Think:
    """Seconds from and to, as in 1-3; ends the program where they are not told."""
    try:
        low, high = (float(one) for one in text.split("-"))
    except ValueError:
        parser.error(f"--think {text} is no span of seconds: write two numbers, as in 1-3")
    return low, high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--think", help="seconds between two interactions, as in 1-3; both of them without")
    parser.add_argument("--address")
    parser.add_argument("--json", help="write every answer to this file as well")
    asked = parser.parse_args()
    if asked.address and asked.think is None:
        parser.error("--address wants --think: an app that runs would be measured anew, then with what it has computed")
    both = THINK if asked.think is None else {"asked for": thought(asked.think, parser)}
    loads = {}
    for name, think in both.items():
        loads[name] = load = measured(asked.sessions, asked.seconds, asked.address, think)
        print(f"{asked.sessions} sessions for {asked.seconds:g} s, {think[0]:g} to {think[1]:g} s of thought ({name})")
        print(f"{told(load)}\n", flush=True)
    if asked.json:
        answers = {name: [vars(one) for one in load.answers] for name, load in loads.items()}
        Path(asked.json).write_text(json.dumps(answers))
    sys.exit(1 if any(load.wrong for load in loads.values()) else 0)


if __name__ == "__main__":
    main()

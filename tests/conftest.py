"""What every test stands on: a cache folder of its own, and the demo opened once."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

os.environ["PLUMBLINE_HOME"] = tempfile.mkdtemp(prefix="plumbline-tests-")  # before anything opens a file
os.environ["PLUMBLINE_STORE"] = f"sqlite:///{os.environ['PLUMBLINE_HOME']}/store.db"  # nobody's own runs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow – fuzz, load, bombs – runs last in its file, files of nothing else after all others, and files that
    drive a browser at the very end: from then on Playwright keeps an event loop running in the process.

    make test hands out whole files in this order (--no-loadscope-reorder).
    """
    kinds: dict[Path, set[int]] = {}
    for one in items:
        kinds.setdefault(one.path, set()).add(_rank(one))
    items.sort(key=lambda one: (2 if 2 in kinds[one.path] else min(kinds[one.path]), min(_rank(one), 1)))


def _rank(item: pytest.Item) -> int:
    """0, 1 for a slow test, 2 for one that drives a browser."""
    if "browser" in getattr(item, "fixturenames", ()):
        return 2
    return int(item.get_closest_marker("slow") is not None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files are handed out whole, as --dist loadfile does it, and what asks Spark goes to one process altogether: the
    Java of a second one would start and compile what it runs anew, for a minute of the processor.
    """
    from xdist.scheduler import LoadFileScheduling

    if config.getoption("dist") != "loadfile":
        return None

    class SparkTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return SPARK if nodeid.startswith(SPARK) else super()._split_scope(nodeid)

    return SparkTogether(config, log)


ROOT = Path(__file__).resolve().parent.parent
SPARK = "tests/tables/spark/"


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """Where the demo's Parquet files lie."""
    return ROOT / "data" / "demo"


@pytest.fixture(scope="session")
def postgres():
    """The address of a running PostgreSQL of one's own, without a database."""
    from tests.getting import needed, postgresql
    from tests.store.servers import server

    with server(needed(postgresql)) as address:
        yield address


@pytest.fixture(scope="session")
def demo():
    """The demo monitor, opened on its data."""
    from engine.explore import open_monitor
    from engine.monitor import read_monitor

    path = ROOT / "data" / "monitors" / "flights.yaml"
    return open_monitor(read_monitor(path), path.parent)

"""What every test stands on: a cache folder of its own, and the demo opened once."""

import os
import tempfile
from pathlib import Path

import pytest

os.environ["PLUMBLINE_HOME"] = tempfile.mkdtemp(prefix="plumbline-tests-")  # before anything opens a file
os.environ["PLUMBLINE_STORE"] = f"sqlite:///{os.environ['PLUMBLINE_HOME']}/store.db"  # nobody's own runs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow – fuzz, load, bombs – runs last: in its file, and files of nothing else after all others.

    make test hands out whole files in this order (--no-loadscope-reorder).
    """
    items.sort(key=lambda one: one.get_closest_marker("slow") is not None)


ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """Where the demo's Parquet files lie."""
    return ROOT / "data" / "demo"


@pytest.fixture(scope="session")
def demo():
    """The demo monitor, opened on its data."""
    from engine.explore import open_monitor
    from engine.monitor import read_monitor

    path = ROOT / "data" / "monitors" / "flights.yaml"
    return open_monitor(read_monitor(path), path.parent)

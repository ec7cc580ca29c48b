"""Runs and snapshots that several tests look at, made once."""

import json
from pathlib import Path

import pytest

from engine.evidence.pdf import render_pdf
from engine.explore.look import look
from engine.explore.opened import open_monitor
from engine.monitor import read_monitor
from engine.slices import Slice, parse_window
from tests.evidence.steps import drawing_once, evidence, run_of
from tests.getting import chromium, needed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="package", autouse=True)
def once():
    with drawing_once():
        yield


@pytest.fixture(scope="session")
def demo():
    """Documents of two weeks of the demo, the later one first."""
    path = ROOT / "data" / "monitors" / "flights.yaml"
    opened = open_monitor(read_monitor(path), path.parent)
    weeks = ("2013-04-22..2013-04-29", "2013-04-15..2013-04-22")
    return [json.loads(look(opened, Slice((), parse_window(week))).to_json()) for week in weeks]


@pytest.fixture(scope="session")
def week(demo):
    """The snapshot of the week of 22 April 2013, with what changed since the week before."""
    return evidence(demo[0], previous=demo[1])


@pytest.fixture(scope="session")
def pdf(week):
    return render_pdf(week)


@pytest.fixture(scope="session")
def run():
    """A run over made-up tables."""
    return run_of()


@pytest.fixture(scope="session")
def small(run):
    """Its snapshot."""
    return evidence(run)


@pytest.fixture(scope="session")
def small_pdf(small):
    return render_pdf(small)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The machine's own Chromium; no server is needed, the page is a file."""
    return {**browser_type_launch_args, "executable_path": needed(chromium), "args": ["--no-sandbox", "--disable-gpu"]}

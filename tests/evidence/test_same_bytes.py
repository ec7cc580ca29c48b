"""The same snapshot is drawn as the same bytes by another Python, and on one core as on all."""

import os
import shutil
import subprocess
import sys
from functools import cache

import pytest

from engine.evidence.canonical import canonical, sha256
from tests.evidence.conftest import ROOT
from tests.evidence.steps import HOSTILE, evidence, renamed, run_of

VARIABLE = "PLUMBLINE_OTHER_PYTHON"
NAMES = [f"python3.{minor}" for minor in (11, 12, 13, 14)]
HAS = "import sys, engine.evidence.pdf; print(*sys.version_info[:2])"
DRAW = """
import json, os, sys
if sys.argv[1] == "one core":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    assert len(os.sched_getaffinity(0)) == 1
from engine.evidence.pdf import render_pdf
sys.stdout.buffer.write(render_pdf(json.loads(sys.stdin.buffer.read())))
"""


@cache
def others():
    """Pythons of other versions that have the packages: those that the variable names, else those on the PATH."""
    named = os.environ.get(VARIABLE)
    found = {}
    for one in named.split(os.pathsep) if named else map(shutil.which, NAMES):
        said = asked(one) if one else ""
        if named and not said:
            raise AssertionError(f"{VARIABLE} names {one}, which does not have the packages of requirements.txt")
        if said and said.split() != [str(part) for part in sys.version_info[:2]]:
            found.setdefault(said, one)
    return tuple(found.values())


def asked(python):
    """The version of a Python that has the packages; empty for one that has not, or is a shim with nothing behind."""
    try:
        where = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([python, "-c", HAS], capture_output=True, text=True, timeout=120, env=where)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture(scope="module")
def snapshots(week):
    """The demo's week, and forty hostile names."""
    document = run_of(40)
    names = sorted(one["column"] for one in document["quality"])
    return [week, evidence(renamed(document, dict(zip(names, HOSTILE, strict=True))))]


def drawn_by(python, snapshot, folder, how=""):
    done = subprocess.run(
        [python, "-c", DRAW, how], input=canonical(snapshot), capture_output=True, cwd=folder, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return sha256(done.stdout)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to a core")
def test_on_one_core(pdf, week, tmp_path):
    assert drawn_by(sys.executable, week, tmp_path, "one core") == sha256(pdf)


def test_by_another_python(snapshots, tmp_path):
    if not others():
        pytest.skip(f"no Python of another version has the packages; {VARIABLE} can name one")
    for snapshot in snapshots:
        here = drawn_by(sys.executable, snapshot, tmp_path)
        assert {python: drawn_by(python, snapshot, tmp_path) for python in others()} == dict.fromkeys(others(), here)

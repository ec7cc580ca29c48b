"""Memory that was freed is used again: counted by the kernel, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.freed import keep_freed

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = """
import resource, numpy
from engine.freed import keep_freed
kept = {kept} and keep_freed()
def columns():
    made = [numpy.ones(1_500_000) for _ in range(4)]  # 48 MB
columns(), columns()
before = resource.getrusage(resource.RUSAGE_SELF)
for _ in range(20):
    columns()
after = resource.getrusage(resource.RUSAGE_SELF)
print(int(kept), after.ru_minflt - before.ru_minflt)
"""


def pages(kept: bool, **settings: str) -> tuple[bool, int]:
    """Whether memory is kept, and how many pages the kernel brought for arrays made and freed again and again."""
    # without huge pages, which would hide 512 small ones each
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")} | settings
    environment["NUMPY_MADVISE_HUGEPAGE"] = "0"
    asked = [sys.executable, "-c", COLUMNS.format(kept=kept)]
    done = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    yes, count = done.stdout.split()
    return yes == "1", int(count)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other libraries")
def test_arrays_are_made_of_what_was_freed():
    yes, few = pages(True)
    if not yes:
        pytest.skip("this C library is not glibc")
    assert few < 1_000 < 100_000 < pages(False)[1]


def test_what_somebody_else_has_set_stays(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1000000")
    assert not keep_freed()
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed()

"""An executor, a process of its own on this machine, that is killed amid a count: what was counted is whole."""

import os
import subprocess
import sys

import pytest

from tests.tables.spark.conftest import ROOT, end_java

COUNTS = """
import os, signal, threading, time
from pathlib import Path
from pyspark.core.context import SparkContext
from engine.tables.count import count
from engine.tables.spark import connected
from engine.tables.spark.session import Spark
from tests.tables.spark.hostile import far, hostile, near
from tests.tables.spark.test_cells import assert_same_cells, built, supports_of

connected.LOCAL["spark.executor.extraJavaOptions"] = os.environ["SPARK_SUBMIT_OPTS"]
root = Spark("local-cluster[1,1,1024]")
here, there = near(hostile(600, 1)), far(hostile(600, 1), Path.cwd(), "hostile", root)
supports = {name: one for name, one in built(supports_of(here)).items() if name in ("mixed", "words")}


def executors():
    java = SparkContext._gateway.proc.pid
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(place.read_text().rpartition(")")[2].split()[1]) == java:
                found.append((int(place.parent.name), (place.parent / "cmdline").read_text()))
        except OSError:
            continue
    return [pid for pid, command in found if "CoarseGrainedExecutorBackend" in command]


def kill(session, sql, act=Spark._know):
    if "explode" in sql.lower() and not killed:
        killed.extend(executors())
        threading.Timer(0.3, os.kill, (killed[0], signal.SIGKILL)).start()
    return act(root, session, sql)


killed = []
Spark._know = lambda self, session, sql: kill(session, sql)
cells = count(there, supports, "week")
assert_same_cells(count(here, supports, "week"), cells)
print("killed", len(killed), "others now", not set(executors()) & set(killed))
"""


@pytest.mark.slow
def test_what_is_counted_while_an_executor_is_killed_is_whole(java_here, tmp_path):
    import pyspark

    end_java()
    settings = {"PLUMBLINE_HOME": str(tmp_path), "SPARK_HOME": os.path.dirname(pyspark.__file__)}
    done = subprocess.run(
        [sys.executable, "-c", COUNTS],
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.stdout.split("\n")[-2:-1] == ["killed 1 others now True"], done.stderr[-3000:]

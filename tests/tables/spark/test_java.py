"""The Java of a Spark in this process: what is said where there is none or it does not start, and one is killed."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import UnreadableSource
from engine.tables.spark import java
from engine.tables.spark.session import Spark
from tests.tables.spark.conftest import ROOT, end_java

# PySpark leaves open what it wrote to a Java that did not start.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
FAILS = """#!/bin/sh
echo once >> "{counted}"
echo "Error occurred during initialization of VM" >&2
echo "Could not reserve enough space for object heap" >&2
echo "	at nothing" >&2
exit 1
"""


def written(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True)
    place.write_text(text)
    place.chmod(0o755)
    return place


@pytest.fixture
def none_started(monkeypatch):
    """As in a process that has no Java yet; and the second one is not waited for."""
    from pyspark.core.context import SparkContext

    monkeypatch.setattr(SparkContext, "_gateway", None)
    monkeypatch.setattr(java, "WAIT", 0.1)
    yield
    gc.collect()


def test_no_java_is_told(none_started, monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableSource, match="Spark found no Java") as told:
        Spark("local[1]").do(lambda session: None)
    assert "Install openjdk-17" in told.value.hint and told.value.where == "local[1]"


def test_a_java_home_without_java_is_told_as_that(none_started, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UnreadableSource, match="Spark found no Java") as told:
        Spark("local[1]").do(lambda session: None)
    assert tmp_path.name[-20:] in told.value.hint


def test_a_java_that_does_not_start_is_tried_again_and_told_with_its_last_words(none_started, monkeypatch, tmp_path):
    counted = tmp_path / "counted"
    written(tmp_path / "bin" / "java", FAILS.format(counted=counted))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UnreadableSource, match="Java did not start Spark") as told:
        Spark("local[1]").do(lambda session: None)
    assert "Could not reserve enough space" in told.value.message and "at nothing" not in told.value.message
    assert counted.read_text().split() == ["once", "once"] and "Java 17" in told.value.hint


def test_a_spark_that_is_not_there_is_not_called_a_java(none_started, monkeypatch, tmp_path):
    written(tmp_path / "bin" / "java", "#!/bin/sh\n")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "none"))
    with pytest.raises(UnreadableSource, match=r"Java did not start Spark: .*spark-submit"):
        Spark("local[1]").do(lambda session: None)


ASKS = """
import os, signal
from pyspark.core.context import SparkContext
from engine.tables.spark.session import spark
for _ in range(2):
    print(spark("local[1]").ask_as_it_is("SELECT count(*) AS n FROM range(7)")["n"][0].as_py(), flush=True)
    os.kill(SparkContext._gateway.proc.pid, signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_java_that_fails_once_and_one_that_is_killed_are_followed_by_another(java_here, tmp_path):
    """In a process of its own: this one keeps its Java."""
    end_java()
    once = f"""#!/bin/sh
if mkdir "{tmp_path}/failed" 2>/dev/null; then echo no memory >&2; exit 1; fi
exec {os.path.realpath(java_here)} "$@"
"""
    home = written(tmp_path / "bin" / "java", once).parent.parent
    settings = {"JAVA_HOME": str(home), "PLUMBLINE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ASKS], env=os.environ | settings, cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.stdout.split() == ["7", "7"], done.stderr
    assert "no memory" in done.stderr

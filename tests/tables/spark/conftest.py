"""A server of Spark Connect of one's own, a table of all that is hard, and a small demo: both databases read them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine.tables.sources import Dataset
from engine.tables.spark.session import spark
from tests.getting import java, needed
from tests.tables.spark.hostile import ADDRESS, far, hostile, near

ROOT = Path(__file__).resolve().parents[3]
# Java compiles what it runs only once over: of small data, the second time costs three times what it saves.
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


OWN_JAVA = {"test_connect.py", "test_executor.py", "test_java.py"}  # files that end the Java of this process


def pytest_collection_modifyitems(items):
    """What asks Spark is slow; files that end this process's Java come last, so that the rest share one."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and "java_here" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda one: one.path.parent == here and one.path.name in OWN_JAVA)


@pytest.fixture(scope="session")
def java_here() -> str:
    return needed(java)


@pytest.fixture(scope="session")
def sides(java_here, tmp_path_factory) -> list[tuple[Dataset, Dataset]]:
    """Reference and production with all that is hard, each here and in Spark: opened once for all files."""
    folder, root = tmp_path_factory.mktemp("hostile"), spark(ADDRESS)
    tables = hostile(700, 1), hostile(900, 2)
    return [(near(one), far(one, folder, f"hostile_{i}", root)) for i, one in enumerate(tables)]


def end_java() -> None:
    """End the Java of this process where tests run side by side: who starts another has that alone, so two run at most.

    It is started again when it is next asked.
    """
    if "PYTEST_XDIST_WORKER" in os.environ and "pyspark.core.context" in sys.modules:
        gateway = sys.modules["pyspark.core.context"].SparkContext._gateway
        if gateway is not None:
            gateway.proc.kill()
            gateway.proc.wait()


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server of Spark Connect: its address, and its process, which is a group of its own."""
    import pyspark

    end_java()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
    }
    spark = Path(pyspark.__file__).parent
    command = [str(spark / "bin" / "spark-submit"), "--master", "local[2]"]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    log = home / "connect.log"
    environment = os.environ | {"SPARK_HOME": str(spark)}
    with log.open("w") as stream:
        server = subprocess.Popen(
            [*command, "spark-internal"],
            stdout=stream,
            stderr=stream,
            cwd=home,
            env=environment,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + 180
        while time.monotonic() < end and server.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.3)
        else:
            raise RuntimeError(log.read_text()[-3000:])
        yield f"sc://127.0.0.1:{port}", server
    finally:
        end_group(server)


def end_group(server: subprocess.Popen) -> None:
    """Kill a server and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, 9)
    server.wait()


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    return small_demo(tmp_path_factory.mktemp("small"))


def small_demo(home: Path) -> Path:
    """A folder with a monitor of every fortieth flight: reference.parquet, and production as a file a month."""
    from engine.tables.connection import connect

    (home / "production").mkdir()
    root = connect([home, ROOT / "data" / "demo"])
    some = "flight_id, scheduled_departure, origin, dest, hour, seats, temp_f, late_probability, predicted_late, late"
    for side in ("reference", "production"):
        source = f"(SELECT {some} FROM '{ROOT}/data/demo/{side}.parquet' WHERE flight_id % 40 = 0)"
        if side == "reference":
            root.execute(f"COPY {source} TO '{home}/reference.parquet'")
        else:
            for month in (4, 5):
                rows = f"SELECT * FROM {source} WHERE month(scheduled_departure) = {month}"
                root.execute(f"COPY ({rows}) TO '{home}/production/2013-{month:02}.parquet'")
    text = (ROOT / "data" / "monitors" / "flights.yaml").read_text(encoding="utf-8")
    text = text.replace("data/demo/reference.parquet", f"{home}/reference.parquet")
    text = text.replace("data/demo/production.parquet", f"{home}/production")
    lines = [one for one in text.splitlines() if not one.strip().startswith("attributions:")]
    (home / "here.yaml").write_text("\n".join(lines).replace("cohorts: [origin, carrier]", "cohorts: [origin]"))
    return home


def there(home: Path, remote: str) -> Path:
    """The same monitor on a Spark."""
    text = (home / "here.yaml").read_text().replace("monitor: flights-late", "monitor: flights-there")
    place = home / "there.yaml"
    place.write_text(text.replace("engine: {on: duckdb}", f'engine: {{on: spark, remote: "{remote}"}}'))
    return place

"""A server of Spark Connect of one's own, and a small demo that lies where both databases read it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.getting import java, needed

ROOT = Path(__file__).resolve().parents[3]
# Java compiles what it runs only once over: of small data, the second time costs three times what it saves.
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(str(item.path)).parent == Path(__file__).parent and "java_here" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def java_here() -> str:
    return needed(java)


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server of Spark Connect: its address, and its process, which is a group of its own."""
    import pyspark

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
    fewer = "EXCLUDE (humidity, wind_mph, gust_mph, precip_in, pressure_mb, visibility_mi, plane_age, weekday)"
    for side in ("reference", "production"):
        source = f"(SELECT * {fewer} FROM '{ROOT}/data/demo/{side}.parquet' WHERE flight_id % 40 = 0)"
        if side == "reference":
            root.execute(f"COPY {source} TO '{home}/reference.parquet'")
        else:
            for month in range(4, 8):
                some = f"SELECT * FROM {source} WHERE month(scheduled_departure) = {month}"
                root.execute(f"COPY ({some}) TO '{home}/production/2013-{month:02}.parquet'")
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

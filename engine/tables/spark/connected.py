"""A session of PySpark: made in this process or with a server of Spark Connect, looked at, and ended."""

import importlib
import logging
import warnings
from typing import Any

from engine.errors import PlumblineError, UnreadableSource
from engine.tables.spark import java
from engine.tables.spark.answers import called, is_lost, told

INSTALL = "Run pip install -r requirements-spark.txt -c constraints.txt; it also needs Java 17."
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",  # a moment with a zone is read in one clock, the same everywhere
    "spark.sql.ansi.enabled": "true",  # what cannot be computed is an error, not silently missing
    "spark.sql.caseSensitive": "true",  # X and x are two columns
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
}
LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def connected(remote: str) -> Any:
    """A new session. PySpark is imported here: nobody else needs it, nor Java.

    Raises UnreadableSource, UnusableData, and what PySpark says where a server was lost meanwhile.
    """
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)
    warnings.filterwarnings("ignore", "Unable to cleanly shutdown Spark JVM process", RuntimeWarning)
    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # what went wrong is told by who asked
    logging.getLogger("SQLQueryContextLogger").disabled = True  # it writes questions to the screen
    try:
        importlib.import_module("pyspark.sql")
    except ImportError:
        raise UnreadableSource(
            "Spark needs a package that is not installed.", where=called(remote), hint=INSTALL
        ) from None
    try:
        session = _local(remote) if remote.startswith("local") else _server(remote)
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
    except PlumblineError:
        raise
    except Exception as error:
        if is_lost(error):
            raise
        raise told(error, remote, None) from None
    return session


def _local(master: str) -> Any:
    from pyspark.sql import SparkSession

    from engine.tables.connection import cache_folder

    home = cache_folder() / "spark"
    home.mkdir(exist_ok=True)
    quiet = home / "log4j2.properties"
    quiet.write_text("rootLogger.level = off\n", encoding="ascii")
    places = {
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.local.dir": str(home),
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()}",
    }
    every = {"spark.app.name": "plumbline", "spark.master": master} | LOCAL | SETTINGS | places
    java.started(every, called(master))
    builder = SparkSession.builder
    for name, value in every.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _server(remote: str) -> Any:
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    java.forget_ended()
    session = SparkSession.builder.remote(remote).create()
    session.client.set_retry_policies([DefaultPolicy(max_retries=2, max_backoff=1000)])
    return session


def end(session: Any) -> None:
    """Stop a session, if it is still there."""
    try:
        session.stop()
    except Exception:  # it is gone already
        return


def is_stopped(session: Any) -> bool:
    """Whether a session of this process was stopped, which is the only one, whoever made it; or its Java ended."""
    context = getattr(session, "_sc", None)
    return context is not None and (context._jsc is None or java.is_ended(context._gateway))

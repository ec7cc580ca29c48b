"""The Java in which a Spark of this process runs: found, started a second time if need be, and what it said if not."""

import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from shutil import which
from threading import Thread
from typing import Any

from engine.errors import UnreadableSource, plain, shown

INSTALL = "Install openjdk-17-jre-headless, or say in JAVA_HOME where it is."
TRIES = 2  # on a machine that is busy or short of memory, what was ended once may start the next time
WAIT = 1.0  # second between them
SCRIPT = "bin/spark-class: line "
LINES = 50  # of what it says that are kept


def started(settings: Mapping[str, str], where: str) -> None:
    """Start Java for PySpark, where this process has none or the one that it had was ended. Raises UnreadableSource."""
    from pyspark.core.context import SparkContext

    with SparkContext._lock:
        forget_ended()
        if SparkContext._gateway is not None:
            return
        if not _java():
            home = os.environ.get("JAVA_HOME")
            hint = f"JAVA_HOME is {shown(home)}, where no bin/java is." if home else INSTALL
            raise UnreadableSource("Spark found no Java.", where=where, hint=hint)
        for left in reversed(range(TRIES)):
            said = deque[str](maxlen=LINES)
            try:
                gateway = _launched(settings, said)
                break
            except Exception as error:  # PySpark has an error of its own, the system others: no shell, no memory
                if not left:
                    words = plain(last_words(said) or str(error), 300).rstrip(".")
                    hint = "It wants Java 17 and about 1 GB of memory."
                    raise UnreadableSource(f"Java did not start Spark: {words}.", where=where, hint=hint) from None
            time.sleep(WAIT)
        SparkContext._ensure_initialized(gateway=gateway)


def last_words(said: deque[str]) -> str | None:
    """The last line that is no step of a trace, and not of the script that starts it.

    >>> last_words(deque(["Exception in main: no memory", "\\tat java.lang.Thread.run(Thread.java:1)", ""]))
    'Exception in main: no memory'
    """
    words = (line.rstrip() for line in reversed(said) if not (line[:1].isspace() or SCRIPT in line))
    return next((line for line in words if line), None)


def is_ended(gateway: Any) -> bool:
    """Whether the process behind a gateway was ended: killed, or out of memory."""
    process = getattr(gateway, "proc", None)
    return process is not None and process.poll() is not None


def _java() -> str | None:
    """Where java is: in JAVA_HOME alone where that is set, as Spark has it."""
    home = os.environ.get("JAVA_HOME")
    return which(os.path.join(home, "bin", "java")) if home else which("java")


def _launched(settings: Mapping[str, str], said: deque[str]) -> Any:
    """The way to a new Java. said: is given what it tells while it starts, which is written to our own errors too."""
    from pyspark import java_gateway
    from pyspark.conf import SparkConf

    reading, writing = os.pipe()
    hearing = Thread(target=_hear, args=(reading, said), daemon=True)
    hearing.start()
    try:
        launch: Callable[..., Any] = java_gateway.launch_gateway
        return launch(SparkConf().setAll(list(settings.items())), {"stderr": writing})
    except Exception:
        os.close(writing)
        writing = -1
        hearing.join(WAIT)  # what it said last may still be on its way
        raise
    finally:
        if writing >= 0:
            os.close(writing)


def _hear(reading: int, said: deque[str]) -> None:
    """Keep and pass on what Java writes as errors, until it ends."""
    with open(reading, "rb") as stream:
        for line in stream:
            said.append(line.decode(errors="replace"))
            os.write(2, line)


def forget_ended() -> None:
    """Take from PySpark a Java that was ended: it would ask it for ever, also of what a server is asked."""
    from pyspark.core.context import SparkContext
    from pyspark.sql import SparkSession

    with SparkContext._lock:
        gateway = SparkContext._gateway
        if gateway is None or not is_ended(gateway):
            return
        with suppress(OSError):  # the pipe by which it would have heard of our own end
            gateway.proc.stdin.close()
        SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
        SparkSession._instantiatedSession = SparkSession._activeSession = None

"""The one session per Spark that is asked: in this process, or a server of Spark Connect; retried, and interrupted."""

import importlib
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow as pa

from engine.errors import PlumblineError, UnreadableSource, shown
from engine.tables.spark.answers import TRIES, VIEW, is_lost, lost, told

INSTALL = "Run pip install -r requirements-spark.txt -c constraints.txt; it also needs Java 17."
FIRST_WAIT = 0.5  # seconds before a question that was lost is asked a second time
LOOK = 0.2  # seconds between two looks whether somebody wants to stop
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

Watch = Callable[[], None]
_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)
_sessions: dict[str, "Spark"] = {}
_guard = threading.Lock()


@dataclass(frozen=True, eq=False)
class Spark:
    """A Spark that can be asked. remote: sc://host:port, or the master of one in this process, as local[*].

    held: the session, once there is one. views: how to read what is asked for by name; named: which the session knows.
    """

    remote: str
    held: list[Any] = field(default_factory=list, repr=False)
    views: dict[str, Callable[[Any], Any]] = field(default_factory=dict, repr=False)
    named: set[str] = field(default_factory=set, repr=False)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "spark"), repr=False)
    guard: Any = field(default_factory=threading.RLock, repr=False)

    @property
    def session(self) -> Any:
        """PySpark's session; made when it is first wanted, and anew after it was lost."""
        with self.guard:
            if any(map(_is_stopped, self.held)):
                self._forget()
            if not self.held:
                self.held.append(_connected(self.remote))
            return self.held[0]

    def ask(self, sql: str, values: Iterable[Any] = (), where: str | None = None) -> pa.Table:
        """The answer to a question written for DuckDB, as Arrow. Raises UnusableData, UnreadableSource."""
        try:
            from engine.tables.spark.translate import translate  # sqlglot, 0.15 s for who has data in Spark
        except ImportError:
            raise UnreadableSource("Spark needs a package that is not installed.", where=where, hint=INSTALL) from None

        said, sent = translate(sql, values)
        return self.ask_as_it_is(said, sent, where)

    def ask_as_it_is(self, sql: str, values: Mapping[str, Any] = {}, where: str | None = None) -> pa.Table:
        """The answer to a question in Spark's own words, with :name for every value."""

        def act(session: Any) -> pa.Table:
            self._know(session, sql)
            return _plain(session.sql(sql, args=dict(values)).toArrow())

        return self.do(act, where)

    def name(self, view: str, make: Callable[[Any], Any], where: str | None = None, later: bool = False) -> None:
        """Give a name to what make reads with a session: now, or when it is asked for.

        view: plumbline_ and 24 hexadecimal digits. It is named again where the server forgot it.
        """
        with self.guard:
            self.views[view] = make
            self.named.discard(view)
        if not later:
            self.do(lambda session: self._know(session, view), where)

    def _know(self, session: Any, sql: str) -> None:
        """Name what a question asks for, where the session does not know it yet."""
        for view in dict.fromkeys(VIEW.findall(sql)):
            with self.guard:
                make = None if view in self.named else self.views.get(view)
            if make is not None:
                make(session).createOrReplaceTempView(view)
                with self.guard:
                    self.named.add(view)

    def do(self, act: Callable[[Any], Any], where: str | None = None) -> Any:
        """What act answers to a session: tried again where it was lost, interrupted where somebody stops waiting."""
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            asked = self._waited_for(act)  # what stops the waiting is raised there, what Spark says stands in it
            error = asked.exception()
            if error is None:
                return asked.result()
            if isinstance(error, PlumblineError) or not isinstance(error, Exception):
                raise error
            if not (is_lost(error) or any(map(_is_stopped, self.held))):
                raise told(error, self.remote, where) from None
            self._forget()
            if not left:
                raise lost(error, self.remote, where) from None
            _sleep(wait)
            wait *= 4
        raise AssertionError("the last try answers or raises")

    def _waited_for(self, act: Callable[[Any], Any]) -> Future[Any]:
        """What act came to, on a thread of its own under a tag by which it is interrupted."""
        tag, watch = f"plumbline-{uuid4().hex}", _watch.get()

        def tagged() -> Any:
            session = self.session
            session.addTag(tag)
            if (context := getattr(session, "_sc", None)) is not None:
                context.setJobGroup(tag, tag, interruptOnCancel=True)
            try:
                return act(session)
            finally:
                session.removeTag(tag)

        asked: Future[Any] = self.pool.submit(tagged)
        try:
            while not wait_for([asked], LOOK).done:
                if watch:
                    watch()
        except BaseException:
            for session in self.held:
                threading.Thread(target=_interrupted, args=(session, tag, asked), daemon=True).start()
            raise
        return asked

    def _forget(self) -> None:
        with self.guard:
            for old in self.held:
                _stop(old)
            self.held.clear()
            self.named.clear()


def spark(remote: str | None = None) -> Spark:
    """The Spark of an address, sc://host:port, or without one that of this process; one each for a process.

    Nothing is started before it is first asked. Raises UnreadableSource for what is no address.
    """
    address = remote or "local[*]"
    if not (address.startswith("local[") and address.endswith("]")):
        parts = urlsplit(address)
        if parts.scheme != "sc" or not parts.hostname:
            raise UnreadableSource("This is no address of Spark.", where=shown(address), hint="Write sc://host:15002.")
    with _guard:
        return _sessions.setdefault(address, Spark(address))


@contextmanager
def watched(watch: Watch | None) -> Iterator[None]:
    """While a question is waited for within this, watch is called a few times a second: what it raises stops it."""
    before = _watch.set(watch or _watch.get())
    try:
        yield
    finally:
        _watch.reset(before)


def _sleep(seconds: float) -> None:
    end, watch = time.monotonic() + seconds, _watch.get()
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(LOOK, left))
        if watch:
            watch()


def _connected(remote: str) -> Any:
    """A new session. PySpark is imported here: nobody else needs it, nor Java."""
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)
    logging.getLogger("SQLQueryContextLogger").disabled = True  # it writes questions to the screen
    try:
        importlib.import_module("pyspark.sql")
    except ImportError:
        raise UnreadableSource("Spark needs a package that is not installed.", where=remote, hint=INSTALL) from None
    try:
        session = _local(remote) if remote.startswith("local") else _server(remote)
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
    except Exception as error:
        if is_lost(error):
            raise
        if "JAVA_GATEWAY_EXITED" in str(error) or isinstance(error, FileNotFoundError):
            hint = "Install openjdk-17-jre-headless; if it is there, it did not start."
            raise UnreadableSource("Spark found no Java.", where=remote, hint=hint) from None
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
    builder = SparkSession.builder.appName("plumbline").master(master)
    for name, value in (LOCAL | SETTINGS | places).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _server(remote: str) -> Any:
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession.builder.remote(remote).create()
    session.client.set_retry_policies([DefaultPolicy(max_retries=2, max_backoff=1000)])
    return session


def _stop(session: Any) -> None:
    try:
        session.stop()
    except Exception:  # it is gone already
        return


def _interrupted(session: Any, tag: str, asked: Future[Any]) -> None:
    """Interrupt a question until it ends: what is still planned begins to run after it was interrupted once."""
    while not asked.done():
        try:
            session.interruptTag(tag)
            if (context := getattr(session, "_sc", None)) is not None:  # parts that run later carry no tag, but this
                context._jsc.sc().cancelJobGroupAndFutureJobs(tag)
        except Exception:  # it is gone already
            return
        wait_for([asked], LOOK)


def _is_stopped(session: Any) -> bool:
    """Whether a session of this process was stopped: its context is the only one, whoever made it."""
    context = getattr(session, "_sc", None)
    return context is not None and context._jsc is None


def _plain(table: pa.Table) -> pa.Table:
    """An answer without what Spark tells of its columns beside their types."""
    return pa.Table.from_arrays(table.columns, names=table.column_names)

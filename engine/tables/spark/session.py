"""The one session per Spark that is asked: in this process, or a server of Spark Connect; retried, and interrupted."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow as pa

from engine.errors import PlumblineError, UnreadableSource, shown
from engine.tables.spark.answers import TRIES, called, is_lost, lost, told
from engine.tables.spark.connected import INSTALL, connected, end, is_stopped
from engine.tables.spark.views import Make, View, Views
from engine.tables.watching import LOOK, tick

FIRST_WAIT = 0.5  # seconds before a question that was lost is asked a second time
_sessions: dict[str, "Spark"] = {}
_guard = threading.Lock()


@dataclass(frozen=True, eq=False)
class Held:
    """A session of PySpark. named: the views that it knows."""

    session: Any
    named: set[str] = field(default_factory=set)


class _Lost(Exception):
    """What a question came to whose session is gone; its cause says why."""


@dataclass(frozen=True, eq=False)
class Spark:
    """A Spark that can be asked. remote: sc://host:port, or the master of one in this process, as local[*].

    held: the session, once there is one. asked: how many times it was. views: what is asked for by name. columns: of
    files that were looked at, by what tells that one is the same. making: one thread at a time makes or ends the
    session, which may take long; guard: what is quickly done.
    """

    remote: str = field(repr=False)  # it may hold a token
    held: list[Held] = field(default_factory=list, repr=False)
    asked: list[int] = field(default_factory=lambda: [0], repr=False)
    views: Views = field(default_factory=Views, repr=False)
    columns: dict[tuple[Any, ...], list[str]] = field(default_factory=dict, repr=False)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "spark"), repr=False)
    making: Any = field(default_factory=threading.RLock, repr=False)
    guard: Any = field(default_factory=threading.Lock, repr=False)

    @property
    def session(self) -> Any:
        """PySpark's session; made when it is first wanted, and anew after it was lost."""
        with self.making:
            for one in [*self.held]:
                if is_stopped(one.session):
                    self._forget(one.session)
            if not self.held:
                self.held.append(Held(connected(self.remote)))
            return self.held[0].session

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

    def name(self, view: str, make: Make, where: str | None = None, later: bool = False) -> View:
        """Give a name to what make reads with a session: now, or when it is asked for.

        view: plumbline_ and 24 hexadecimal digits. It is named again where the server forgot it, and dropped some time
        after the last name of it that was given out is let go.
        """
        held = self.views.hold(view, make)
        with self.guard:
            for one in [*self.held]:
                one.named.discard(view)
        if not later:
            self.do(lambda session: self._know(session, view), where)
        return held

    def _know(self, session: Any, sql: str) -> None:
        """Name what a question asks for, where the session does not know it yet."""
        self.views.know(session, next((one.named for one in [*self.held] if one.session is session), set()), sql)

    def do(self, act: Callable[[Any], Any], where: str | None = None) -> Any:
        """What act answers to a session: tried again where it was lost, interrupted where somebody stops waiting."""
        self.asked[0] += 1
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            asked = self._waited_for(act)  # what stops the waiting is raised there, what Spark says stands in it
            error = asked.exception()
            if error is None:
                return asked.result()
            if isinstance(error, PlumblineError) or not isinstance(error, Exception):
                raise error
            if not isinstance(error, _Lost):
                raise told(error, self.remote, where) from None
            if not left:
                cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
                raise lost(cause, self.remote, where) from None
            _sleep(wait)
            wait *= 4
        raise AssertionError("the last try answers or raises")

    def _waited_for(self, act: Callable[[Any], Any]) -> Future[Any]:
        """What act came to, on a thread of its own; who watches is called meanwhile, and may stop it by raising."""
        tag, stopped, asking = f"plumbline-{uuid4().hex}", threading.Event(), list[Any]()
        asked = self.pool.submit(self._asked, act, tag, stopped, asking)
        try:
            while not wait_for([asked], LOOK).done:
                tick()
        except BaseException:
            stopped.set()  # what is still connecting asks nothing afterwards
            if not asked.cancel():
                threading.Thread(target=_interrupted, args=(asking, tag, asked), daemon=True).start()
            raise
        return asked

    def _asked(self, act: Callable[[Any], Any], tag: str, stopped: threading.Event, asking: list[Any]) -> Any:
        """What act answers, under a tag by which it is interrupted. asking: is given the session. Raises _Lost."""
        try:
            asking.append(session := self.session)
        except Exception as error:
            if is_lost(error):
                raise _Lost from error
            raise
        if stopped.is_set():
            raise CancelledError
        try:
            session.addTag(tag)
            if (context := getattr(session, "_sc", None)) is not None:
                context.setJobGroup(tag, tag, interruptOnCancel=True)
            return act(session)
        except PlumblineError:
            raise
        except Exception as error:  # also where another question ended the session that both had
            gone = is_stopped(session) or all(one.session is not session for one in [*self.held])
            if not (gone or is_lost(error)):
                raise
            self._forget(session)
            raise _Lost from error
        finally:
            with suppress(Exception):  # of a session that is gone
                session.removeTag(tag)

    def _forget(self, session: Any) -> None:
        """End a session that was lost, unless that was done already: the one that is held since is another."""
        with self.making:
            for one in [*self.held]:
                if one.session is session:
                    self.held.remove(one)
                    end(session)


def spark(remote: str | None = None) -> Spark:
    """The Spark of an address, sc://host:port, or without one that of this process; one each for a process.

    Nothing is started before it is first asked. Raises UnreadableSource for what is no address.
    """
    address = remote or "local[*]"
    if not (address.startswith("local[") and address.endswith("]")):
        try:
            parts = urlsplit(address)
            known = parts.scheme == "sc" and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number, as where options follow it without a slash
            known = False
        if not known:
            hint = "Write sc://host:15002, and options behind a slash: sc://host:15002/;use_ssl=true."
            raise UnreadableSource("This is no address of Spark.", where=shown(called(address)), hint=hint)
    with _guard:
        return _sessions.setdefault(address, Spark(address))


def _sleep(seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOK, left))
        tick()


def _interrupted(asking: list[Any], tag: str, asked: Future[Any]) -> None:
    """Interrupt a question until it ends: what is still planned begins to run after it was interrupted once.

    asking: the session, once it is there.
    """
    while not asked.done():
        try:
            for session in asking:
                session.interruptTag(tag)
                if (context := getattr(session, "_sc", None)) is not None:  # later parts carry no tag, but this
                    context._jsc.sc().cancelJobGroupAndFutureJobs(tag)
        except Exception:  # it is gone already
            return
        wait_for([asked], LOOK)


def _plain(table: pa.Table) -> pa.Table:
    """An answer without what Spark tells of its columns beside their types."""
    return pa.Table.from_arrays(table.columns, names=table.column_names)

"""A session that is lost, stopped or refused, held by fakes of one: who is asked again, who goes on, what is told."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyspark.errors import AnalysisException, PySparkRuntimeError, PySparkValueError
from pyspark.errors.exceptions.connect import NumberFormatException, SparkConnectGrpcException

from engine.errors import Cancelled, PlumblineError, UnreadableSource, UnusableData
from engine.tables.spark import connected as making
from engine.tables.spark import session as sessions
from engine.tables.spark.answers import is_lost, lost, told
from engine.tables.spark.session import Spark, spark
from engine.tables.spark.views import Views
from engine.tables.watching import heard, watched

TOKEN = "c2VjcmV0LXRva2Vu=="
REMOTE = f"sc://h:443/;use_ssl=true;token={TOKEN}"


class Session:
    """A session that ends the questions in it when it is stopped, and those that are interrupted."""

    def __init__(self):
        self.ended, self.interrupted = threading.Event(), threading.Event()

    def addTag(self, tag):
        pass

    def removeTag(self, tag):
        pass

    def interruptTag(self, tag):
        self.interrupted.set()

    def stop(self):
        self.ended.set()

    def work(self):
        """Four seconds of it."""
        for _ in range(80):
            if self.ended.wait(0.05):
                raise ValueError("Cannot invoke RPC: Channel closed!")
            if self.interrupted.is_set():
                raise RuntimeError("interrupted")


@pytest.fixture
def made(monkeypatch):
    """The sessions that are made, in their order."""
    found = []

    def connected(remote):
        found.append(Session())
        return found[-1]

    monkeypatch.setattr(sessions, "connected", connected)
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.01)
    return found


def test_one_lost_question_costs_the_others_one_session(made):
    root, together, first = Spark("sc://h"), threading.Barrier(4), threading.Event()

    def act(session):
        if session is made[0]:
            if together.wait(5) == 0 and not first.is_set():
                first.set()
                raise OSError("connection reset by peer")
            session.work()
        return made.index(session)

    with ThreadPoolExecutor(4) as pool:
        answers = [one.result(20) for one in [pool.submit(root.do, act) for _ in range(4)]]
    assert answers == [1] * 4 and len(made) == 2 and made[0].ended.is_set() and not made[1].ended.is_set()


def test_who_lost_the_session_before_does_not_end_that_of_now(made):
    root = Spark("sc://h")
    old = root.session
    root._forget(old)
    now = root.session
    root._forget(old)
    assert root.session is now and not now.ended.is_set() and len(made) == 2


def test_a_session_knows_its_own_views_and_no_other_s(made):
    root, view, named = Spark("sc://h"), "plumbline_" + "0" * 24, []

    class Frame:
        def __init__(self, session):
            self.session = session

        def createOrReplaceTempView(self, name):
            named.append((made.index(self.session), name))

    held = root.name(view, Frame)
    old = root.session
    root._forget(old)
    root._know(old, view)  # a question that was still under way in the old one
    root.do(lambda session: root._know(session, view))
    root.do(lambda session: root._know(session, view))
    assert named == [(0, view), (0, view), (1, view)] and held == view


def test_a_view_that_is_named_while_it_is_dropped_stays():
    """Dropping waits between forgetting and dropping: who names the same view then has it made after that."""
    views, name, done, dropping = Views(), "plumbline_" + "1" * 24, [], threading.Event()

    class Session:
        catalog = property(lambda self: self)

        def dropTempView(self, view):
            dropping.set()
            time.sleep(0.3)
            done.append("dropped")

        def createOrReplaceTempView(self, view):
            done.append("made")

    session, named = Session(), set()
    held = views.hold(name, lambda one: one)
    views.know(session, named, name)
    del held
    with ThreadPoolExecutor(1) as pool:
        dropped = pool.submit(views.know, session, named, "")
        assert dropping.wait(5)
        held = views.hold(name, lambda one: one)
        views.know(session, named, f"SELECT count(*) FROM {name}")
        dropped.result(5)
    assert done == ["made", "dropped", "made"] and named == {held} and views.holders == {name: 1}


@pytest.mark.parametrize(
    "error",
    [
        AnalysisException("[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `heartbeat` cannot be resolved."),
        NumberFormatException("The value 'unavailable' of the type STRING cannot be cast to DOUBLE."),
        SparkConnectGrpcException("the socket closed", errorClass="USER_RAISED_EXCEPTION"),
        PySparkValueError(errorClass="INVALID_CONNECT_URL", messageParameters={"detail": "unavailable"}),
    ],
)
def test_words_of_the_user_are_no_lost_session(made, error):
    assert not is_lost(error)
    root, asked = Spark("sc://h"), []

    def act(session):
        asked.append(session)
        raise error

    with pytest.raises(UnusableData, match="Spark said"):
        root.do(act)
    assert len(asked) == 1 and not made[0].ended.is_set()


@pytest.mark.parametrize(
    "error",
    [
        PySparkRuntimeError(errorClass="NO_ACTIVE_SESSION", messageParameters={}),
        SparkConnectGrpcException("It is gone.", errorClass="INVALID_HANDLE.SESSION_CLOSED"),
        SparkConnectGrpcException("<_InactiveRpcError status = StatusCode.UNAVAILABLE>"),
        ConnectionResetError("[Errno 104] Connection reset by peer"),
    ],
)
def test_what_is_lost_is_known(error):
    assert is_lost(error)


def test_a_stop_while_connecting_is_heard_and_asks_nothing_afterwards(made, monkeypatch):
    going, asked, root = threading.Event(), [], Spark("sc://h")
    connect = sessions.connected

    def slowly(remote):
        going.wait(10)
        return connect(remote)

    monkeypatch.setattr(sessions, "connected", slowly)

    def stop(said):
        raise Cancelled("Opening was stopped.")

    with watched(stop), pytest.raises(Cancelled):
        root.do(asked.append)
    going.set()
    root.pool.shutdown(wait=True)
    assert len(made) == 1 and asked == []


def test_what_waits_for_a_thread_is_not_begun_after_a_stop(made):
    root, asked, go = Spark("sc://h"), [], threading.Event()
    busy = [root.pool.submit(go.wait, 10) for _ in range(4)]

    def stop(said):
        raise Cancelled("Opening was stopped.")

    with watched(stop), pytest.raises(Cancelled):
        root.do(asked.append)
    go.set()
    root.pool.shutdown(wait=True)
    assert all(one.done() for one in busy) and asked == [] and made == []


def test_a_stop_is_heard_where_progress_was_told_and_interrupts_the_question(made):
    root, told = Spark("sc://h"), []

    def tell(share, said):
        told.append((share, said))
        if len(told) > 2:
            raise Cancelled("It was stopped.")

    begun = time.monotonic()
    with pytest.raises(Cancelled), heard(tell) as on:
        on(0.5, "window 3 of 6")
        root.do(Session.work)
    root.pool.shutdown(wait=True)
    assert told == [(0.5, "window 3 of 6")] * 3 and made[0].interrupted.is_set() and time.monotonic() - begun < 3


def said_of(remote, monkeypatch, refuse):
    """What is told where a session cannot be made."""
    monkeypatch.setattr(making, "_server", refuse)
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.01)
    with pytest.raises(PlumblineError) as found:
        Spark(remote).do(lambda session: None)
    return f"{found.value} {found.value.where} {found.value.hint} {Spark(remote)!r}"


def raising(error):
    def refuse(remote):
        raise error

    return refuse


@pytest.mark.parametrize(
    "error",
    [
        PySparkValueError(
            errorClass="INVALID_CONNECT_URL", messageParameters={"detail": f"Parameter 'token={TOKEN}' should be"}
        ),
        ValueError(f"no such host: http://h:443/;use_ssl=true;token={TOKEN}"),
        ValueError(f"Metadata ('authorization', 'Bearer {TOKEN}') is refused"),
        OSError(f"connection refused by {REMOTE}"),
    ],
)
def test_no_token_is_told_where_no_session_is_made(monkeypatch, error):
    said = said_of(REMOTE, monkeypatch, raising(error))
    assert TOKEN.rstrip("=") not in said and "sc://h:443" in said


def test_no_token_is_told_where_the_package_is_not_installed(monkeypatch):
    monkeypatch.setattr(making.importlib, "import_module", raising(ImportError("pyspark")))
    said = said_of(REMOTE, monkeypatch, raising(AssertionError))
    assert TOKEN.rstrip("=") not in said and "not installed" in said


def test_no_token_is_told_by_pyspark_s_own_reader_of_addresses(monkeypatch):
    said = said_of(REMOTE, monkeypatch, making._server)
    assert TOKEN.rstrip("=") not in said and "INVALID_CONNECT_URL" in said and "…" in said


@pytest.mark.parametrize(
    "remote",
    [
        "sc://host:15002;token=abc",
        "sc://me:abc@host:15002;token=abc",
        "spark://host:7077/;token=abc",
        "http://me:abc@host:1/?token=abc",
        "host:15002/;token=abc",
        "sc://[host;token=abc",
        "sc:///;token=abc",
    ],
)
def test_an_address_that_is_none_is_told_without_its_token(remote):
    with pytest.raises(UnreadableSource, match="no address of Spark") as found:
        spark(remote)
    assert "abc" not in f"{found.value} {found.value.where}"


def test_words_of_an_address_that_are_no_secret_stay_in_what_spark_says():
    for say in (lost, told):
        said = str(say(ValueError("true is no number; me:pw is nobody"), "sc://me:pw@h:1/;use_ssl=true;token=", None))
        assert "true is no number" in said and "me:pw" not in said and "sc://h:1" in said

"""The log: one line of JSON an event, nothing in it that is not listed, no value of the data, nothing on stdout."""

import json
import logging
import os
import subprocess
import sys

import pytest

from engine import logs
from engine.errors import PlumblineError
from tests.conftest import ROOT

SECRET = "Smith 4711"


@pytest.fixture
def lines(monkeypatch, capsys):
    """Begins a log as JSON, as the environment asks; gives what was written so far."""

    def begin(level: str = "info", **more):
        monkeypatch.setenv("PLUMBLINE_LOG", "json")
        monkeypatch.setenv("PLUMBLINE_LOG_LEVEL", level)
        logs.start_logging(**more)
        return lambda: [json.loads(one) for one in capsys.readouterr().err.splitlines()]

    kept = logs.LOGGER.handlers[:], logs.LOGGER.level, logs.LOGGER.propagate
    yield begin
    logs.LOGGER.handlers[:], logs.LOGGER.level, logs.LOGGER.propagate = kept


def test_an_event_is_one_line(lines):
    written = lines(session=lambda: "0123456789abcdef")
    logs.tell("recorded", monitor="a\nb", run="4f27", ms=12, kind="run", target="")
    (one,) = written()
    assert one.pop("time").endswith("+00:00")
    assert one == {
        "level": "info", "event": "recorded", "session": "01234567", "monitor": "a\nb", "run": "4f27", "ms": 12,
        "kind": "run",
    }  # fmt: skip


def test_what_is_not_listed_is_not_told():
    with pytest.raises(KeyError):
        logs.tell("decided", reason="because")


def test_levels_are_held(lines):
    written = lines("warning")
    logs.tell("recorded")
    logs.tell("failed", level="error")
    assert [one["event"] for one in written()] == ["failed"]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_an_error_tells_where_and_quotes_the_data_at_debug_alone(lines, level):
    written = lines(level)
    try:
        int(SECRET)
    except ValueError as error:
        logs.tell("failed", level="error", error=error, where="upload")
    (one,) = written()
    assert one["error"] == "ValueError" and one["raised"].startswith("tests/test_logs.py:")
    assert one["where"] == "upload", "what was done, as events without an error tell it"
    assert one["traceback"] and (SECRET in json.dumps(one)) == (level == "debug")


def test_libraries_speak_the_same_form(lines, capsys):
    other = logging.getLogger("some.package")
    other.addHandler(logging.StreamHandler(sys.stderr))
    written = lines(others=["some.package"])
    other.handlers[0].setStream(sys.stderr)
    other.error("it broke")
    (one,) = written()
    assert one["event"] == "it broke" and one["logger"] == "some.package"


@pytest.mark.parametrize(("name", "value"), [("PLUMBLINE_LOG", "jsn"), ("PLUMBLINE_LOG_LEVEL", "warn")])
def test_a_wrong_word_is_told_with_the_nearest(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(PlumblineError, match=r"Did you mean '(json|warning)'\?"):
        logs.start_logging()


def test_the_command_line_logs_when_asked_and_only_then(tmp_path):
    (tmp_path / "data").symlink_to(ROOT / "data")
    settings = {"PLUMBLINE_HOME": str(tmp_path), "PLUMBLINE_STORE": f"sqlite:///{tmp_path}/store.db"}

    def run(**more):
        asked = ["run", "data/monitors/flights.yaml", "--fail-on", "never", "--format", "json", "--again"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings, **more}
        command = [sys.executable, "-m", "engine", *asked]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment)
        assert done.returncode == 0, done.stderr
        json.loads(done.stdout)
        return done.stderr

    found = [json.loads(one) for one in run(PLUMBLINE_LOG="json").splitlines() if one.startswith("{")]
    events = {(one["event"], one.get("kind")): one for one in found}
    assert set(events) == {("computed", None), ("recorded", "run"), ("recorded", "monitor")}
    assert events["computed", None]["ms"] > 0
    assert events["recorded", "run"]["run"] == events["computed", None]["run"]
    assert events["recorded", "run"]["monitor"] == "flights-late"
    assert '"event"' not in run()

"""Logs: one line an event on stderr, as JSON or as words; what happened and to which run, never a value of the data.

PLUMBLINE_LOG is json or text; PLUMBLINE_LOG_LEVEL is debug, info, warning or error. In JSON an exception is told by its
type and the places it came through; its message may quote what stood in a cell, so that is told at debug alone.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import PlumblineError, nearest, plain, shown

FORM, LEVEL = "PLUMBLINE_LOG", "PLUMBLINE_LOG_LEVEL"
FORMS, LEVELS = ("text", "json"), ("debug", "info", "warning", "error")
LOGGER = logging.getLogger("plumbline")
LOGGER.addHandler(logging.NullHandler())
ROOT = Path(__file__).resolve().parent.parent

# All that an event may tell: names of monitors, ids, kinds and numbers.
FACTS = frozenset("monitor run ms entry kind severity target state version tries free_mb where".split())

Session = Callable[[], str | None]


def tell(event: str, level: str = "info", error: BaseException | None = None, **facts: Any) -> None:
    """Log an event. facts: of FACTS only; those that are None or empty are left out. error: with its traceback.

    Raises KeyError for a fact that is none of FACTS: what is not listed there is not told.
    """
    for name in facts:
        if name not in FACTS:
            raise KeyError(name)
    kept = {name: value for name, value in facts.items() if value not in (None, "")}
    LOGGER.log(logging.getLevelName(level.upper()), event, extra={"facts": kept}, exc_info=error)


def start_logging(others: Iterable[str] = (), session: Session | None = None) -> None:
    """Write events to stderr as the environment asks for. others: loggers of libraries that speak the same JSON then.

    session: tells whose session it is that is being served. Raises PlumblineError for a form or level there is not.
    """
    form, level = _asked(FORM, "text", FORMS), _asked(LEVEL, "info", LEVELS)
    handler = logging.StreamHandler(sys.stderr)
    quotes = level == "debug"
    handler.setFormatter(Lines(session, quotes) if form == "json" else Words())
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(level.upper())
    LOGGER.propagate = False
    if form == "json":
        for name in others:
            for one in logging.getLogger(name).handlers:
                one.setFormatter(Lines(session, quotes))


def _asked(variable: str, usual: str, known: tuple[str, ...]) -> str:
    given = os.environ.get(variable, "").strip().lower() or usual
    if given not in known:
        raise PlumblineError(f"{shown(given)} is no value of it.", where=variable, hint=nearest(given, known))
    return given


class Lines(logging.Formatter):
    """A record as one line of JSON: time, level, event, session, facts, and error, raised, traceback."""

    def __init__(self, session: Session | None, quotes: bool) -> None:
        super().__init__()
        self.session, self.quotes = session, quotes

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "event": plain(record.getMessage(), 500)}
        whose = self.session() if self.session else None
        if whose:
            line["session"] = whose[:8]
        if record.name != LOGGER.name:
            line["logger"] = record.name
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= told_of(record.exc_info[1], self.quotes)
        return json.dumps(line, ensure_ascii=False, default=str)


class Words(logging.Formatter):
    """A record for who sits before the terminal: time, level, event, facts."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(sep=" ", timespec="seconds")
        facts = " ".join(f"{name}={plain(value)}" for name, value in getattr(record, "facts", {}).items())
        said = f"{at} {record.levelname.lower():7} {record.getMessage()} {facts}".rstrip()
        if not record.exc_info:
            return said
        # what an exception quotes cannot steer the terminal, and no line of it reads as an event
        lines = self.formatException(record.exc_info).split("\n")
        return "\n".join([said, *(f"  {plain(line, 2000)}" for line in lines)])


def told_of(error: BaseException, quotes: bool = False) -> dict[str, Any]:
    """An exception as facts: its type, where it was raised, the places it came through; its message only if asked for.

    >>> told_of(ValueError("4711 Smith"))
    {'error': 'ValueError', 'raised': '', 'traceback': []}
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{_short(one.filename)}:{one.lineno} {one.name}" for one in frames]
    raised = places[-1] if places else ""
    found: dict[str, Any] = {"error": type(error).__name__, "raised": raised, "traceback": places}
    return found | ({"message": plain(str(error), 500)} if quotes else {})


def _short(name: str) -> str:
    try:
        return Path(name).resolve().relative_to(ROOT).as_posix()
    except ValueError:
        return "/".join(Path(name).parts[-3:])

"""What Spark says when something is wrong, in our words; and the names by which it is asked."""

import re

from engine.errors import PlumblineError, UnreadableSource, UnusableData, plain
from engine.tables.texts import reason

TRIES = 3  # how often a question is asked that was lost on the way
VIEW = re.compile(r"\bplumbline_[0-9a-f]{24}\b")
# What Spark says when a question was lost, not wrong: asked again, it may be answered.
LOST = (
    "executorlost", "executor lost", "lost executor", "fetchfailed", "lost task", "slave lost", "unavailable",
    "no_active_session", "connection refused", "connection reset", "socket closed", "session_not_found",
    "session_changed", "session_closed", "operation_not_found", "stopped sparkcontext", "sparkcontext was shut down",
    "goaway", "py4jnetworkerror", "answer from java side is empty", "deadline_exceeded", "heartbeat",
)  # fmt: skip


def is_lost(error: Exception) -> bool:
    """Whether a question was lost on the way, so that it may be asked again."""
    said = f"{type(error).__name__} {error}".lower()
    return any(sign in said for sign in LOST)


def lost(error: Exception, remote: str, where: str | None) -> UnreadableSource:
    """The error for a question that was lost each time."""
    hint = "Is the server running, and its name and port right?" if remote.startswith("sc:") else "Try again."
    called = where or _without_secrets(remote)
    return UnreadableSource(f"Spark was lost {TRIES} times: {_reason(error)}", where=called, hint=hint)


def told(error: Exception, remote: str, where: str | None) -> PlumblineError:
    """The error for what Spark refused."""
    return UnusableData(f"Spark said: {_reason(error)}", where=where or _without_secrets(remote))


def _reason(error: Exception) -> str:
    """What Spark says was wrong, in one line, without its address and plans."""
    said = str(error)
    for line in said.splitlines():
        if "details = " in line:
            said = line.split("details = ", 1)[1].strip('"')
    return plain(reason(ValueError(said)).rstrip("."), 300) + "."


def _without_secrets(remote: str) -> str:
    """An address without its options, of which one is a token.

    >>> _without_secrets("sc://host:15002/;token=abc")
    'sc://host:15002'
    """
    return remote.split("/;")[0].rstrip("/")

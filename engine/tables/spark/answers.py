"""What Spark says when something is wrong, in our words; and the names by which it is asked."""

import re
from urllib.parse import unquote

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
ENDED = re.compile(r"py4jerror an error occurred while calling \S+")  # without what Java says of it: it says nothing
CONDITIONS = (
    "NO_ACTIVE_SESSION", "RESPONSE_ALREADY_RECEIVED", "INVALID_HANDLE.OPERATION_ABANDONED",
    "INVALID_HANDLE.OPERATION_NOT_FOUND", "INVALID_HANDLE.SESSION_CHANGED", "INVALID_HANDLE.SESSION_CLOSED",
    "INVALID_HANDLE.SESSION_NOT_FOUND",
)  # fmt: skip
WRONG = frozenset({"AnalysisException", "ParseException", "NumberFormatException"})  # what they quote is the user's
HARMLESS = ("use_ssl", "user_id", "session_id", "grpc_max_message_size")  # options of an address that are no secrets


def is_lost(error: Exception) -> bool:
    """Whether a question was lost on the way, so that it may be asked again.

    What Spark itself calls by a condition is known by that: its words may be those of a column or of a value.
    """
    if WRONG & {kind.__name__ for kind in type(error).__mro__}:
        return False
    if (condition := _condition(error)) is not None:
        return condition in CONDITIONS
    said = f"{type(error).__name__} {error}".lower()
    return any(sign in said for sign in LOST) or ENDED.fullmatch(said) is not None


def _condition(error: Exception) -> str | None:
    """What PySpark calls an error, None where it has no name for it."""
    try:
        found = error.getCondition()  # type: ignore[attr-defined]
    except Exception:  # no error of PySpark, or one of a Java that is gone
        return None
    return found or None


def lost(error: Exception, remote: str, where: str | None) -> UnreadableSource:
    """The error for a question that was lost each time."""
    hint = "Is the server running, and its name and port right?" if remote.startswith("sc:") else "Try again."
    said = f"Spark was lost {TRIES} times: {_reason(error, remote)}"
    return UnreadableSource(said, where=where or called(remote), hint=hint)


def told(error: Exception, remote: str, where: str | None) -> PlumblineError:
    """The error for what Spark refused."""
    return UnusableData(f"Spark said: {_reason(error, remote)}", where=where or called(remote))


def called(remote: str) -> str:
    """An address without who asks and without its options, of which one is a token.

    >>> called("sc://host:15002/;token=abc"), called("sc://me:abc@host:15002;token=abc"), called("local[*]")
    ('sc://host:15002', 'sc://host:15002', 'local[*]')
    """
    scheme, mark, rest = re.split(r"[;?#]", remote)[0].rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2].split('/')[0]}"


def _reason(error: Exception, remote: str) -> str:
    """What Spark says was wrong, in one line, without its plans and what may be secret of its address."""
    said = str(error)
    for secret in _secrets(remote):
        said = said.replace(secret, "…")
    for line in said.splitlines():
        if "details = " in line:
            said = line.split("details = ", 1)[1].strip('"')
    return plain(reason(ValueError(said)).rstrip("."), 300) + "."


def _secrets(remote: str) -> list[str]:
    """What an error may repeat of an address and nobody should read: its options, each of them, and the user's name."""
    host, *options = re.split(r"[;?#&]", remote)
    found = [remote[len(host) + 1 :], host.rpartition("@")[0].rpartition("://")[2], *options]
    for option in options:
        name, _, value = option.partition("=")
        if name not in HARMLESS:
            found += [value, unquote(value), value.rstrip("=")]
    return sorted({one for one in found if one}, key=len, reverse=True)

"""What a process is to the collector: a name that no other has, locks that end with it, its end and its children."""

import atexit
import os
import re
import secrets
import socket
import weakref
from contextlib import suppress
from typing import Protocol

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCKS = fcntl is not None


def process_name() -> str:
    """A name that no other process has: host, process number, and six digits of chance.

    >>> process_name() != process_name()
    True
    """
    host = re.sub(r"[^A-Za-z0-9]+", "", socket.gethostname())[:24] or "host"
    return f"{host}-{os.getpid()}-{secrets.token_hex(3)}"


def locked(file: int) -> bool:
    """Whether this process holds the lock of an open file now; always where the system has no such locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Tied(Protocol):
    """What hears of the process's end and of forks."""

    def close(self) -> None: ...
    def begin_anew(self) -> None: ...


def tie(one: Tied) -> None:
    """Close it when the interpreter ends, begin it anew in a child; for as long as somebody else holds it."""
    held = weakref.ref(one)

    def end() -> None:
        if (found := held()) is not None:
            found.close()

    def begin_anew() -> None:
        with suppress(Exception):
            if (found := held()) is not None:
                found.begin_anew()

    atexit.register(end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_anew)

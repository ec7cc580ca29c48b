"""Whose turn it is to write to an upload: the newest connection's, whatever an older one that hangs still brings."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pages.shared.allowance import Refused
from pages.shared.inbox import Parcel, arrived

TURNS: dict[str, object] = {}
WRITING = threading.Lock()


@contextmanager
def turn(upload: str) -> Iterator[object]:
    """Take the turn of an upload; whoever had it may not write any more."""
    TURNS[upload] = mine = object()
    try:
        yield mine
    finally:
        if TURNS.get(upload) is mine:
            del TURNS[upload]


def append(home: Path, one: Parcel, mine: object, block: bytes) -> None:
    """Write a block where the file ends. Raises Refused out of turn, beyond the size, or when it was cancelled."""
    with WRITING:
        if TURNS.get(one.id) is not mine:
            raise Refused(409, "Another connection goes on with this upload.", offset=arrived(home, one))
        if arrived(home, one) + len(block) > one.size:
            raise Refused(413, "This is more than the file was said to have.")
        try:
            handle = os.open(home / one.file, os.O_WRONLY | os.O_APPEND)  # never made anew: it may have been cancelled
        except FileNotFoundError:
            raise Refused(404, "This upload was cancelled.", "Begin it again.") from None
        try:
            while block:
                block = block[os.write(handle, block) :]
        finally:
            os.close(handle)

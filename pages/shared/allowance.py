"""How much may be brought in: by one file, by one session, and by the disk that all share."""

import os
import re
import shutil
from pathlib import Path

from engine.errors import PlumblineError, shown

LIMIT = "PLUMBLINE_UPLOAD_LIMIT"  # of one file, as in 2GB; a session may bring three times as much
SESSION = 3
SPARE = 500_000_000  # bytes of the disk that uploads leave free
UNITS = {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


class Refused(PlumblineError):
    """An upload that is not taken. status: what HTTP calls it; offset: where to go on, if a piece was not the next."""

    def __init__(self, status: int, message: str, hint: str | None = None, offset: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status, self.offset = status, offset


def largest() -> int:
    """Bytes that one file may have. Raises PlumblineError for a setting that is no amount."""
    text = os.environ.get(LIMIT, "").strip() or "2GB"
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B?)", text.upper())
    if found is None or found[2] not in UNITS:
        raise PlumblineError(f"{shown(text)} is no amount of bytes.", where=LIMIT, hint="Write 2GB.")
    return int(float(found[1]) * UNITS[found[2]])


def amount(size: float) -> str:
    """Bytes for a reader.

    >>> amount(2e9), amount(43_500_000), amount(900)
    ('2 GB', '43.5 MB', '900 B')
    """
    for unit in ("GB", "MB", "KB"):
        if size >= UNITS[unit]:
            return f"{size / UNITS[unit]:.3g} {unit}"
    return f"{size:.0f} B"


def room(home: Path, size: int) -> None:
    """Raise Refused where so many more bytes would fill the disk."""
    free = shutil.disk_usage(home).free - SPARE
    if size > free:
        raise Refused(507, f"The server has no room: {amount(size)} more are needed, {amount(max(free, 0))} are free.",
                      "Ask whoever runs it, or point to the file where it lies.")  # fmt: skip


def admit(home: Path, size: int, held: int) -> None:
    """Raise Refused for a file that is empty, too large, too much for a session that holds so many bytes, or for the
    disk."""
    most = largest()
    if size <= 0:
        raise Refused(400, "The file is empty.")
    if size > most:
        raise Refused(413, f"The file has {amount(size)}; an upload has at most {amount(most)}.",
                      "Point to it where it lies instead.")  # fmt: skip
    if held + size > SESSION * most:
        raise Refused(413, f"This session has brought in {amount(held)}; {amount(SESSION * most)} is the most.",
                      "Point to the file where it lies instead.")  # fmt: skip
    room(home, size)

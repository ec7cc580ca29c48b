"""What a process has taken and what it has written, so that the next one can say what was lost when it was killed.

A journal is one line of JSON beside the files, rewritten in place in one call ten times a second at most while rows
come: a kill leaves it whole, and can hide what came in the last tenth of a second. The process holds a lock on it for
as long as it lives; a journal without one is of a process that ended without saying so.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import time

import pyarrow as pa
import pyarrow.parquet as pq

from engine.collect.files import UNFINISHED
from engine.collect.process import LOCKS, locked

JOURNAL, LOST = ".journal", ".lost"
SIZE = 1024  # bytes of the line, always: one call overwrites it whole
STALE = 600.0  # seconds without a line after which a journal is left behind, where there are no locks


@dataclass(frozen=True, slots=True)
class Loss:
    """The count of one process that ended. handed: rows taken into its queue; written: rows in its files; dropped: rows
    refused by a full queue; failed: rows that could not be written or understood; skipped: left out by sampling."""

    process: str
    started: str
    handed: int
    written: int
    dropped: int
    failed: int
    skipped: int = 0
    files: int = 0

    @property
    def rows(self) -> int:
        """Rows handed over but not written, for whatever reason."""
        return max(self.handed - self.written, 0)

    @property
    def words(self) -> str:
        """The loss as a sentence.

        >>> Loss("web-7-a0b1c2", "2026-11-21T12:00:00", 100, 90, 5, 0).words
        'web-7-a0b1c2, started 2026-11-21T12:00:00: 10 rows handed over but not written, 5 dropped by a full queue.'
        """
        dropped = f", {self.dropped:,} dropped by a full queue" if self.dropped else ""
        return f"{self.process}, started {self.started}: {self.rows:,} rows handed over but not written{dropped}."


class Journal:
    """The journal of this process, open and locked. Raises OSError as files do."""

    def __init__(self, folder: Path, process: str) -> None:
        self.path = folder / f"{process}{JOURNAL}"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        locked(self._file)

    def write(self, loss: Loss, sync: bool = False) -> None:
        """The counts as they are now."""
        line = json.dumps(asdict(loss)).encode().ljust(SIZE - 1) + b"\n"
        if hasattr(os, "pwrite"):
            os.pwrite(self._file, line, 0)
        else:
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, line)
        if sync:
            os.fsync(self._file)

    def close(self, loss: Loss) -> None:
        """The end of a process that could say goodbye: nothing stays unless something was lost."""
        try:
            self.write(loss)
            if loss.rows or loss.dropped:
                self.path.replace(self.path.with_suffix(LOST))
            else:
                self.path.unlink(missing_ok=True)
        finally:
            self.forget()

    def forget(self) -> None:
        """Let go of the file and its lock; after a fork the parent still holds both."""
        with suppress(OSError):
            os.close(self._file)


def claim(folder: Path) -> tuple[Loss, ...]:
    """What processes that were killed have lost, each told once: their journals become .lost files."""
    found = []
    for path in sorted(folder.glob(f"*{JOURNAL}")):
        with suppress(OSError):
            loss = _claimed(path)
            if loss is not None:
                found.append(loss)
    return tuple(found)


def lost(folder: str | Path) -> tuple[Loss, ...]:
    """All losses that were found in a folder so far, in order of the processes' names."""
    read = [_read(path.read_text()) for path in sorted(Path(folder).glob(f"*{LOST}"))]
    return tuple(one for one in read if one is not None)


def _claimed(path: Path) -> Loss | None:
    """A dead process's loss, or None for one that lives, or that another process has claimed."""
    opened = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if not locked(opened) or (not LOCKS and time() - path.stat().st_mtime < STALE):
            return None
        if not path.exists():  # its owner, or another claimer, was faster
            return None
        loss = _read(os.read(opened, SIZE).decode("utf-8", "replace"))
        if loss is None:  # killed before its first line
            path.unlink()
            return None
        for half in path.parent.glob(f"*-{loss.process}-*{UNFINISHED}"):
            half.unlink(missing_ok=True)
        loss = _with_last_file(loss, path.parent)
        kept = path.with_suffix(LOST)
        half = path.with_suffix(f"{LOST}{UNFINISHED}")
        half.write_text(json.dumps(asdict(loss)))
        half.replace(kept)
        path.unlink()
        if not loss.rows and not loss.dropped:
            kept.unlink()
            return None
        return loss
    finally:
        os.close(opened)


def _with_last_file(loss: Loss, folder: Path) -> Loss:
    """The loss without the rows of a file that was complete when the kill came before the journal knew."""
    more = 0
    for path in folder.glob(f"*Z-{loss.process}-{loss.files:06d}.parquet"):
        with suppress(OSError, pa.ArrowException):
            more += pq.read_metadata(path).num_rows
    return Loss(**{**asdict(loss), "written": loss.written + more, "handed": max(loss.handed, loss.written + more)})


def _read(line: str) -> Loss | None:
    try:
        found = json.loads(line)
        return Loss(**found) if isinstance(found, Mapping) else None
    except (ValueError, TypeError):
        return None

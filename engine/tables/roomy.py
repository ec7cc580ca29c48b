"""Columns that are too large for memory are sorted in files, of which the system keeps in memory what it has room for.

Runs of values are sorted and written one after the other, then merged piece by piece (engine/tables/mapped.py reads the
result). Files are written, never mapped to be written to: pages that only were read can be let go of at once. They have
no name and go with their array, however the process ends.
"""

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np

from engine.errors import UnusableData
from engine.summaries import Floats
from engine.tables.connection import spill_folder
from engine.tables.mapped import STEP, mapped, read
from engine.tables.watching import tick

SHARE = 8  # of the memory, one part is what an array may take: two columns of two sides, and what reads them, fit
RUN = 32  # of the memory, one part is a run


class Sorting:
    """Numbers that come batch by batch and are sorted: in memory, or in a file where they would take much of it.

    >>> from contextlib import closing
    >>> values = np.array([3.0, 1.0, 2.0, np.nan])
    >>> for memory in (4 << 30, 64):
    ...     with closing(Sorting(4, memory)) as found:
    ...         found.add(values)
    ...         print(found.done())
    [ 1.  2.  3. nan]
    [ 1.  2.  3. nan]
    """

    def __init__(self, rows: int, memory: int, where: str = "") -> None:
        """rows: how many are awaited; memory: bytes, as of memory_of; where: what an error names."""
        self.rows, self.memory, self.where = rows, memory, where
        self.spills = 8 * rows * SHARE > memory
        self._held: Floats = np.empty(max(memory // (8 * RUN), 1) if self.spills else rows)
        self._filled = 0
        self._runs: list[int] = []
        self._file: IO[bytes] | None = None

    def add(self, values: Floats) -> None:
        """Add some. Raises UnusableData where they go to a file and the disk is full."""
        while self.spills and self._filled + len(values) > len(self._held):
            some = len(self._held) - self._filled
            self._held[self._filled :], values = values[:some], values[some:]
            self._filled = len(self._held)
            self._write()
        if self._filled + len(values) > len(self._held):  # more than there were when the dataset was opened
            self._held = np.concatenate([self._held[: self._filled], np.empty(max(self._filled, len(values)))])
        self._held[self._filled : self._filled + len(values)] = values
        self._filled += len(values)

    def done(self) -> Floats:
        """All of them, ascending, not-a-number last; not to be written to where they lie in a file."""
        if self._file is None:
            found = self._held[: self._filled]
            found.sort()
            return found
        if self._filled:
            self._write()
        most, self._held = len(self._held), np.empty(0)
        with self._told(), self._made() as file:
            self._file.flush()
            written, marks = 0, []
            for some in _merged(self._file.fileno(), self._runs, most):
                file.write(some.data)
                marks.append(some[-written % STEP :: STEP].copy())
                written += len(some)
                tick(f"sorted {written:,} values of one column" + (f" of {self.where}" if self.where else ""))
            return mapped(file, np.concatenate(marks))

    def close(self) -> None:
        """Let go of the file, if there is one; what done gave stays."""
        if self._file is not None:
            self._file.close()

    def _write(self) -> None:
        """Sort what is held and put it into the file as a run."""
        with self._told():
            self._file = self._file or self._made()
            run = self._held[: self._filled]
            run.sort()
            self._file.write(run.data)
        self._runs.append(self._filled)
        self._filled = 0

    def _made(self) -> IO[bytes]:
        folder = spill_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)

    def _told(self) -> "_Told":
        return _Told(self)


class _Told:
    """Within this, a full disk is told with what would be needed."""

    def __init__(self, sorting: Sorting) -> None:
        self.sorting = sorting

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, OSError):
            return
        size = 8 * self.sorting.rows
        raise UnusableData(
            f"A column of {self.sorting.rows:,} rows is sorted in files of {2 * size / 1e9:,.1f} GB, for which there "
            f"is no room in {spill_folder()}: {error.strerror}.",
            where=self.sorting.where,
            hint="Free some disk space, point PLUMBLINE_HOME to a folder with room, or set PLUMBLINE_MEMORY to "
            f"{-(-size * SHARE // 10**9)}GB.",
        ) from None


def _merged(file: int, runs: Sequence[int], most: int) -> Iterator[Floats]:
    """The values of a file's sorted runs in ascending order, in pieces, each run read from front to back.

    file: its number; runs: how long each is; most: how many values are held. Not-a-number comes last, as in each run.
    """
    ends = np.cumsum(runs)
    at = (ends - runs).tolist()
    size = max(most // len(runs), 1)
    held = [np.empty(0)] * len(runs)
    while True:
        for i, end in enumerate(ends.tolist()):
            if not len(held[i]) and at[i] < end:
                stop = min(at[i] + size, end)
                held[i], at[i] = read(file, at[i], stop), stop
        last = np.sort([one[-1] for one, start, end in zip(held, at, ends, strict=True) if start < end])
        parts = held
        if len(last):  # what is smaller than all that was not yet read; not-a-number is the largest
            upto = [int(one.searchsorted(last[0], side="right")) for one in held]
            parts = [one[:stop] for one, stop in zip(held, upto, strict=True)]
            held = [one[stop:] for one, stop in zip(held, upto, strict=True)]
        yield np.sort(np.concatenate(parts))
        if not len(last):
            return

"""Columns that are too large for memory are sorted in files, of which the system keeps in memory what it has room for.

Runs of values are sorted and written one after the other, then merged piece by piece. Files are written, never mapped
to be written to: pages that only were read can be let go of at once. They have no name and go with their array, however
the process ends.
"""

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import IO

import numpy as np

from engine.errors import UnusableData
from engine.summaries import Floats
from engine.tables.connection import spill_folder
from engine.tables.watching import tick

SHARE = 8  # of the memory, one part is what an array may take: two columns of two sides, and what reads them, fit
RUN = 32  # of the memory, one part is a run
SAMPLED = 64  # pieces of each run whose ends are looked at to tell where runs are cut


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
        whole = _mapped(self._file)
        ends = np.cumsum([0, *self._runs])
        with self._told(), self._made() as file:
            for piece in _merged([whole[a:b] for a, b in pairwise(ends)], most):
                file.write(piece.data)
                tick()
            return _mapped(file)

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


def _mapped(file: IO[bytes]) -> Floats:
    """The numbers that a file holds, to be read."""
    file.flush()
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.float64)


def _merged(runs: Sequence[Floats], most: int) -> Iterator[Floats]:
    """The values of several sorted runs in ascending order, in pieces of about so many; what is equal as it stands."""
    step = max(most // SAMPLED, 1)
    samples = np.sort(np.concatenate([run[::step] for run in runs]))
    cuts = np.unique(samples[:: max(most // (2 * step), 1)])
    before = [0] * len(runs)
    for cut in cuts:
        for side in ("left", "right"):
            ends = [int(run.searchsorted(cut, side=side)) for run in runs]
            parts = [run[a:b] for run, a, b in zip(runs, before, ends, strict=True) if b > a]
            before = ends
            yield from parts if side == "right" else _sorted(parts)
    yield from _sorted([run[a:] for run, a in zip(runs, before, strict=True) if len(run) > a])


def _sorted(parts: Sequence[Floats]) -> Iterator[Floats]:
    if parts:
        yield np.sort(np.concatenate(parts))

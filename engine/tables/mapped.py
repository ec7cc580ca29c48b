"""Ascending numbers in a file without a name: ranks are looked up through a map, all of them are read in pieces.

The map fetches single pages: a system that reads ahead would fetch the whole file for some hundred ranks. Every so
many-th number stays in memory, so that a number's place is found by one page. The file goes with the last array of it.
"""

import mmap
import os
from collections.abc import Iterator
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from engine.summaries import Floats

STEP = 512  # numbers of a page
PIECE = 1 << 18  # numbers that are read at a time where all are

Side = Literal["left", "right"]


class Mapped(mmap.mmap):
    """The map of a file, with what reads it in pieces. fd: the file's number; marks: each STEP-th number."""

    fd: int
    marks: Floats

    def __del__(self) -> None:
        os.close(self.fd)


def mapped(file: IO[bytes], marks: Floats) -> Floats:
    """The numbers that a file holds, at least one, to be read. marks: each STEP-th of them."""
    file.flush()
    fd = os.dup(file.fileno())
    try:
        found = Mapped(fd, 0, access=mmap.ACCESS_READ)
    except BaseException:
        os.close(fd)
        raise
    found.fd, found.marks = fd, marks
    if hasattr(mmap, "MADV_RANDOM"):
        found.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(found, dtype=np.float64)


def read(file: int, start: int, stop: int) -> Floats:
    """Numbers of a file by their positions. file: its number. They are not wanted again soon."""
    if not hasattr(os, "preadv"):  # Windows: through a map of its own, since all who read share one position
        with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as whole:
            some = np.frombuffer(whole[8 * start : 8 * stop], dtype=np.float64).copy()
        if len(some) < stop - start:
            raise OSError("the file is shorter than it was")
        return some
    found = np.empty(stop - start)
    left, at = found.data.cast("B"), 8 * start
    while len(left):
        got = os.preadv(file, [left], at)
        if not got:
            raise OSError("the file is shorter than it was")
        left, at = left[got:], at + got
    if hasattr(os, "posix_fadvise"):  # else the system would look through them for what it can let go of
        os.posix_fadvise(file, 8 * start, 8 * (stop - start), os.POSIX_FADV_DONTNEED)
    return found


def piece(values: Floats, start: int, stop: int) -> Floats:
    """Numbers from one position to another, both within: of those in a file a copy, else as they stand."""
    there = _file_of(values)
    if there is None or start == stop:
        return values[start:stop]
    file, first = there
    return read(file.fd, first + start, first + stop)


def pieces(values: Floats) -> Iterator[Floats]:
    """All numbers, some at a time."""
    for start in range(0, len(values), PIECE):
        yield piece(values, start, min(start + PIECE, len(values)))


def upto(values: Floats, wanted: Floats, side: Side) -> NDArray[np.int64]:
    """How many numbers lie below each wanted one (left), or up to it (right), as searchsorted tells. Shape as wanted.

    >>> upto(np.array([1.0, 2.0, 2.0]), np.array([2.0, 9.0]), "left").tolist()
    [1, 3]
    """
    there = _file_of(values)
    if there is None:
        return np.asarray(values.searchsorted(wanted, side=side))
    wanted, shape = np.atleast_1d(wanted), np.shape(wanted)
    file, first = there
    marks = -(-first // STEP)  # the first mark that stands for one of these values
    ahead = marks * STEP - first
    place = file.marks[marks:].searchsorted(wanted, side=side)
    found = np.empty(len(place), dtype=np.int64)
    for i, (one, at) in enumerate(zip(wanted.tolist(), place.tolist(), strict=True)):
        start, stop = max(ahead + (at - 1) * STEP, 0), min(ahead + at * STEP, len(values))
        start = min(start, stop)
        found[i] = start + values[start:stop].searchsorted(one, side=side)
    return found.reshape(shape)


def _file_of(values: Floats) -> tuple[Mapped, int] | None:
    """The file that numbers lie in, and the position of the first; None where they lie in memory."""
    base = values.base
    while isinstance(base, np.ndarray):
        base = base.base
    base = base.obj if isinstance(base, memoryview) else base
    if not isinstance(base, Mapped):
        return None
    assert values.strides == (8,), "some of them that do not follow each other"
    whole = np.frombuffer(base, dtype=np.float64)
    return base, (values.ctypes.data - whole.ctypes.data) // 8

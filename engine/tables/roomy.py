"""Arrays that are too large for memory stand in files, of which the system keeps in memory what it has room for.

A file has no name and goes with its array, however the process ends.
"""

import mmap
import os
import tempfile

import numpy as np

from engine.errors import UnusableData
from engine.summaries import Floats
from engine.tables.connection import spill_folder

SHARE = 8  # of the memory, one part is what an array may take: two columns of two sides, and what reads them, fit


def room_for(rows: int, memory: int, where: str = "") -> Floats:
    """An array of so many doubles to be written to: in memory, or in a file where it would take an eighth of that.

    memory: bytes, as of memory_of. Its values are not set. Raises UnusableData where the disk has no room either.

    >>> room_for(3, 4 << 30).shape, room_for(1_000_000, 1 << 20).shape
    ((3,), (1000000,))
    """
    size = 8 * rows
    if size * SHARE <= memory:
        return np.empty(rows)  # what is not written to takes no memory
    folder = spill_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)  # else a full disk would end the process at some write
            return np.frombuffer(mmap.mmap(file.fileno(), size), dtype=np.float64)
    except OSError as error:
        raise UnusableData(
            f"A column of {rows:,} rows is sorted in a file of {size / 1e9:,.1f} GB, for which there is no room in "
            f"{folder}: {error.strerror}.",
            where=where,
            hint=f"Free some disk space, point PLUMBLINE_HOME to a folder with room, or set PLUMBLINE_MEMORY to "
            f"{size * SHARE / 1e9:,.0f}GB.",
        ) from None

"""Memory that was freed stays with the process for what is wanted next, up to a bound: the command line's columns.

glibc gives large arrays back to the system and asks for them again, column after column, and the kernel clears every
page anew: a comparison of a million rows × 20 columns met 85,000 such pages, 0.42 of its 1.6 seconds of the processor,
and meets 25,000 now, 0.2 of 1.3. A dashboard lives on, shows that it gives back, and leaves these settings alone.
"""

import ctypes
import os
import sys

TRIM, MMAP = -1, -3  # mallopt's names for them, in malloc.h
KEPT = 64 << 20  # bytes that may lie free at the end of a heap, of which every thread has one
MAPPED = 32 << 20  # bytes of an array that is a mapping of its own, given back when it is freed: as large as glibc lets


def keep_freed() -> bool:
    """Whether freed memory is kept from here on; not where the system's C library is another, or was told otherwise."""
    if not sys.platform.startswith("linux") or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    library = ctypes.CDLL(None)
    is_glibc = hasattr(library, "gnu_get_libc_version")  # another may have a mallopt that does nothing
    return is_glibc and bool(library.mallopt(MMAP, MAPPED) and library.mallopt(TRIM, KEPT))

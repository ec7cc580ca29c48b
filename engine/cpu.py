"""One processor's quirk: on AMD family 25 (Zen 4) numpy's AVX-512 sort is six times slower than its AVX2 sort.

The store form of the compress instruction is microcoded there: 52 ns a value instead of 9, measured on 1M doubles.
numpy reads its switch when it is first imported, so this must run before; it imports nothing but the standard library.
"""

import os
import re
import sys
from pathlib import Path


def slow_avx512_sort(cpuinfo: str) -> bool:
    """Whether /proc/cpuinfo describes a processor with AVX-512 whose compress-store is microcoded.

    >>> slow_avx512_sort("vendor_id : AuthenticAMD\\ncpu family : 25\\nflags : avx2 avx512f")
    True
    >>> slow_avx512_sort("vendor_id : GenuineIntel\\ncpu family : 6\\nflags : avx2 avx512f")
    False
    """
    return (
        "AuthenticAMD" in cpuinfo and re.search(r"cpu family\s*:\s*25\b", cpuinfo) is not None and "avx512f" in cpuinfo
    )


def choose_sort() -> None:
    """Switch numpy to its AVX2 kernels where that is faster, if numpy is not imported yet."""
    if "numpy" in sys.modules or "NPY_DISABLE_CPU_FEATURES" in os.environ or not sys.platform.startswith("linux"):
        return
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text()[:4096]
    except OSError:
        return
    if slow_avx512_sort(cpuinfo):
        os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4"

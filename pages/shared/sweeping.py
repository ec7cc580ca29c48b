"""Sweeping: garbage is collected for all sessions together, every few seconds, not by each after every run.

Streamlit's own way (runner.postScriptGC) walks over all that lives after every interaction of every visitor: with
twenty of them that was a seventh of the processor. Python's own collector still runs meanwhile.
"""

import asyncio
import ctypes
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

EVERY = 30.0  # seconds


@asynccontextmanager
async def swept() -> AsyncIterator[None]:
    """Collect all generations every few seconds for as long as this is entered."""
    task = asyncio.create_task(_sweep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep() -> None:
    while True:
        await asyncio.sleep(EVERY)
        await asyncio.to_thread(swept_once)


def swept_once() -> None:
    """Collect all generations, and give the system back what the C library holds for later, where it can be asked."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc's has no such call
            ctypes.CDLL(None).malloc_trim(0)

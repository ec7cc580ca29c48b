"""Sweeping: garbage is collected for all sessions together, every few seconds, not by each after every run.

Streamlit's own way (runner.postScriptGC) walks over all that lives after every interaction of every visitor: with
twenty of them that was a seventh of the processor. Python's own collector still runs meanwhile. When the last visitor
has left, what was computed for visitors is given back as well.
"""

import asyncio
import ctypes
import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from streamlit import runtime
from streamlit.runtime import RuntimeState

from engine.logs import tell

EVERY = 30.0  # seconds
LOOK = 10.0  # seconds after which it is looked again whether anybody is there


@asynccontextmanager
async def swept(let_go: Callable[[], None]) -> AsyncIterator[None]:
    """Collect all generations every few seconds for as long as this is entered, and let_go when everybody has left."""
    tasks = [asyncio.create_task(_sweep()), asyncio.create_task(_watch(let_go))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _sweep() -> None:
    while True:
        await asyncio.sleep(EVERY)
        await asyncio.to_thread(swept_once)


async def _watch(let_go: Callable[[], None]) -> None:
    """Let go once nobody was there at two looks in a row: who reloads a page or loses the line comes back sooner."""
    alone = 2  # nobody has come yet: nothing to let go
    while True:
        await asyncio.sleep(LOOK)
        alone = 0 if anybody() else alone + 1
        if alone == 2:
            await asyncio.to_thread(_given_back, let_go)


def anybody() -> bool:
    """Whether a browser is connected."""
    return runtime.exists() and runtime.get_instance().state == RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED


def _given_back(let_go: Callable[[], None]) -> None:
    try:
        let_go()
    except Exception as error:  # nobody is there to be told, and the next visitor misses nothing
        tell("not given back", "error", error)
    swept_once()


def swept_once() -> None:
    """Collect all generations, and give the system back what the C library holds for later, where it can be asked."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc's has no such call
            ctypes.CDLL(None).malloc_trim(0)

"""Warming up: the address answers at once, and what pages need is imported meanwhile, in the background.

A browser that comes early gets the app's own files, which are those of Streamlit and half of what a first visit waits
for. All else waits until everything is imported: nothing that asks who is there, and no page, runs on half of it.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

from streamlit.auth_util import get_secrets_auth_section

from engine.logs import tell
from pages.shared.gate import steps_below

OWN = (["static"], ["healthz"], ["_stcore", "health"], ["_stcore", "host-config"])  # how paths begin: Streamlit's, ours


class Warming:
    """Plain ASGI: who asks for more than the app's own files waits for the warm-up that begin() began."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if begun and not begun[-1].done() and scope["type"] != "lifespan" and not early(scope):
            await asyncio.shield(begun[-1])
        await self.app(scope, receive, send)


begun: list[asyncio.Future[None]] = []


def begin(warm: Callable[[], None]) -> None:
    """Run warm in a thread. Where it fails, nothing would ever work: the server stops, and the log says why."""
    begun[:] = [asyncio.ensure_future(asyncio.to_thread(_warmed, warm))]


def _warmed(warm: Callable[[], None]) -> None:
    try:
        warm()
    except BaseException as error:
        tell("not started", "error", error)
        os.kill(os.getpid(), signal.SIGTERM)
        raise


def early(scope: Any) -> bool:
    """Whether a request is for what everybody gets, whoever they are and whatever is loaded.

    The document of a page is that too, but where visitors sign in: who is not let in is led through the sign-in there.

    >>> early({"type": "http", "method": "GET", "path": "/static/js/index.js"})
    True
    >>> early({"type": "http", "method": "GET", "path": "/media/a.png"}), early({"type": "websocket", "path": "/"})
    (False, False)
    """
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    steps = steps_below(scope["path"])
    if any(steps[: len(own)] == own for own in OWN):
        return True
    return not steps and not get_secrets_auth_section()

"""An ASGI middleware that hands every request of some paths to a collector, bodies passing through untouched.

It is plain ASGI: FastAPI, Starlette, Litestar, Quart and Django take it. Bodies are kept while they pass, up to a
limit, and only if they say they are JSON; they are read by the collector's thread, not while the client waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from time import perf_counter
from typing import Any

from engine.collect.collector import Collector

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LIMIT = 64 << 10  # bytes of a body that are kept; a longer one is left out
CLIENT_GONE = 499  # nginx's word for a request whose client left; no error of the server
LONGEST_ID = 128


class CollectMiddleware:
    """Wraps an ASGI app. path: one path, several, or None for all; limit: bytes of a body.

    What cannot be read (no JSON, compressed, streamed as something else, too long) is left out of a row that still says
    when, how long and with which status. The end of the server (lifespan shutdown) closes the collector.
    """

    def __init__(
        self, app: App, collector: Collector, path: str | Iterable[str] | None = None, limit: int = LIMIT
    ) -> None:
        self.app, self.collector, self.limit = app, collector, limit
        self.paths = None if path is None else frozenset([path] if isinstance(path, str) else path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif (
            scope["type"] != "http"
            or (self.paths is not None and scope["path"] not in self.paths)
            or not self.collector.chosen()
        ):
            await self.app(scope, receive, send)
        else:
            await self._served(scope, receive, send)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = perf_counter()
        asked, answered = Body(self.limit, scope["headers"]), Body(self.limit)
        status: int | None = None
        gone = False

        async def listen() -> Message:
            nonlocal gone
            message = await receive()
            if message["type"] == "http.request":
                asked.add(message.get("body", b""))
            elif message["type"] == "http.disconnect":
                gone = True
            return message

        async def speak(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered.headed(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                answered.add(message.get("body", b""))
            await send(message)

        failed = False
        try:
            await self.app(scope, listen, speak)
        except Exception:
            failed = True
            raise
        finally:
            took = (perf_counter() - start) * 1e3
            if failed:  # the server answers 500, or breaks off what was begun
                status = 500
            elif status is None:
                status = CLIENT_GONE if gone or _cancelled() else 500
            size = asked.size + answered.size
            self.collector.put(asked.content, answered.content, asked.request_id, took, status, size=size)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Closes the collector between the app's own end and the server's; speaks for an app that has no lifespan."""
        told: set[str] = set()

        async def speak(message: Message) -> None:
            told.add(message["type"])
            if message["type"].startswith("lifespan.shutdown"):
                await asyncio.to_thread(self.collector.close)
            await send(message)

        try:
            await self.app(scope, receive, speak)
        except Exception:
            if told:  # it does speak, and something is wrong with it
                raise
        if not told:
            await send({"type": "lifespan.startup.complete"})
            while (await receive())["type"] != "lifespan.shutdown":
                pass
            await speak({"type": "lifespan.shutdown.complete"})


class Body:
    """What passes of a body: its bytes up to a limit, as long as its headers call them plain JSON."""

    def __init__(self, limit: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.limit, self.size, self.request_id = limit, 0, ""
        self._kept: list[bytes] | None = []
        self.headed(headers)

    def headed(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            name = name.lower()
            if name == b"content-type":
                kind = value.split(b";")[0].strip().lower()
                if kind != b"application/json" and not kind.endswith(b"+json"):
                    self._kept, self.size = None, 0
            elif name == b"content-encoding" and value.lower() != b"identity":
                self._kept, self.size = None, 0
            elif name == b"x-request-id":
                self.request_id = value[:LONGEST_ID].decode("latin-1")

    def add(self, chunk: bytes) -> None:
        if self._kept is None or not chunk:
            return
        self.size += len(chunk)
        if self.size > self.limit:
            self._kept, self.size = None, 0
        else:
            self._kept.append(bytes(chunk))

    @property
    def content(self) -> bytes | None:
        """The whole body, or None where it is not kept or empty."""
        return b"".join(self._kept) or None if self._kept else None


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

"""The addresses that tell whether the server lives and whether it can work: for a proxy, a container, an alarm."""

import time
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from engine.health import Health

KEPT = 5.0  # seconds for which an answer stands: nobody loads the server by asking
PATIENCE = 10.0  # seconds after which a look that does not end counts as a no


def health_routes(base: str = "") -> list[Route]:
    """/healthz and /readyz. base: the path that the whole app is served under."""
    under = f"/{base.strip('/')}" if base.strip("/") else ""
    return [Route(f"{under}/healthz", _live), Route(f"{under}/readyz", _ready)]


async def _live(_: Request) -> JSONResponse:
    """The process answers: nothing else is looked at, so a slow store gets no server killed."""
    return JSONResponse({"schema_version": 1, "kind": "live", "ok": True}, headers={"cache-control": "no-store"})


last: list[tuple[float, "Health | None"]] = []


async def _ready(_: Request) -> JSONResponse:
    """200 where runs can be read and recorded, else 503; the body says which of the checks failed."""
    if not last or time.monotonic() - last[0][0] > KEPT:
        last[:] = [(time.monotonic(), await _looked())]
    found = last[0][1]
    body = found.document() if found else {"schema_version": 1, "kind": "ready", "ok": False, "checks": {}}
    return JSONResponse(body, 200 if body["ok"] else 503, {"cache-control": "no-store"})


async def _looked() -> "Health | None":
    """None where the disk or the database does not answer in time."""
    from anyio import move_on_after

    from engine.health import health  # the store and its database: loaded while the port answers

    with move_on_after(PATIENCE):
        return await to_thread.run_sync(health, abandon_on_cancel=True)
    return None

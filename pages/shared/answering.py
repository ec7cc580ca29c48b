"""How requests of the uploader are answered: for a session's own page alone, in words, once they were heard out."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from engine.errors import PlumblineError
from pages.shared.allowance import Refused
from pages.shared.inbox import folder_of

TOKEN = "x-plumbline-upload"
LARGEST_PIECE = 16 << 20  # bytes that are read of what is refused; our page sends pieces of half as many

Answer = Callable[[Request, Path], Awaitable[dict[str, Any]]]


def answered(deed: Answer) -> Callable[[Request], Awaitable[Response]]:
    """A deed that is done for a session's own page alone; what is wrong is told in words."""

    async def endpoint(request: Request) -> Response:
        try:
            try:
                return JSONResponse(await deed(request, _inbox(request)))
            except Refused as error:
                said, status = {**error.document(), "offset": error.offset}, error.status
            except PlumblineError as error:
                said, status = error.document(), 500
            except OSError as error:
                told = Refused(507, f"The server cannot write the file: {error.strerror}.", "Ask whoever runs it.")
                said, status = told.document(), told.status
            await _hear_out(request)
            return JSONResponse(said, status)
        except ClientDisconnect:  # nobody is there to read it
            return Response(status_code=499)

    return endpoint


async def _hear_out(request: Request) -> None:
    """Read what is left of a piece: whoever is answered while still sending sees a broken connection and no answer."""
    left = LARGEST_PIECE
    with suppress(RuntimeError):  # all was read
        async for part in request.stream():
            left -= len(part)
            if left < 0:
                return


def _inbox(request: Request) -> Path:
    """The inbox that the token opens. Raises Refused for a page of another site and for a token that opens none."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site != "same-origin" if site else bool(origin) and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise Refused(403, "Uploads come from this app's own page only.")
    return _opened(request.headers.get(TOKEN, ""))


def _opened(token: str) -> Path:
    home = folder_of(token)
    if not re.fullmatch(r"[0-9a-f]{32,}", token) or not home.is_dir():
        raise Refused(403, "This page's session is over.", "Reload the page and choose the file again.")
    return home

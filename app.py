"""The dashboard's launcher: streamlit run app.py. Answers at once, warms up meanwhile and sends security headers."""

import gc
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import engine  # first: it chooses a faster sort, which numpy reads when it is imported

# isort: split
import streamlit as st
from starlette.middleware import Middleware
from streamlit.config import get_option

from engine.logs import tell
from pages.shared.gate import Gate
from pages.shared.health import health_routes
from pages.shared.logged import begin_log
from pages.shared.receive import routes
from pages.shared.sweeping import swept
from pages.shared.warming import Warming, begin
from pages.shared.ways import Ways

# Streamlit's own page holds one inline script: its hash is allowed, whatever version is installed.
INDEX = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
HASHES = "".join(
    f" 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
    for script in re.findall(r"<script>(.*?)</script>", INDEX, re.DOTALL)
)
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" + HASHES.encode() + b"; "
        b"style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        b"frame-ancestors 'none'; base-uri 'self'; object-src 'none'; form-action 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class SecurityHeaders:
    """Plain ASGI, so that uploads and the websocket pass untouched."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Imports and first calls cost seconds: they are paid in the background, while a first visitor's browser loads."""
    begin_log()
    gc.disable()  # until all is imported: it stays, and looking for garbage in it takes a sixth of the time
    begin(warm)
    async with swept(let_go):
        yield {"engine": engine.__name__}
    tell("stopped")


def let_go() -> None:
    """Give back what was computed for visitors who have left."""
    from pages.shared.letting_go import let_all_go  # with all that pages need: loaded while they are served

    let_all_go()


def warm() -> None:
    """Import what pages need, and begin to open the first monitor."""
    import pandas  # noqa: F401
    import streamlit.elements.plotly_chart  # noqa: F401

    from engine.charts.timeline import timeline
    from engine.run import VERSION
    from pages.shared import first_view

    timeline([], "warm").to_json()
    first_view.begin()
    begin_log()  # now that all who log are loaded
    gc.collect()
    gc.freeze()  # what lives as long as the process need not be looked at when garbage is collected
    gc.enable()
    tell("started", version=VERSION)


BASE = str(get_option("server.baseUrlPath") or "")
app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    lifespan=lifespan,
    middleware=[Middleware(SecurityHeaders), Middleware(Warming), Middleware(Gate), Middleware(Ways)],
    routes=[*routes(BASE), *health_routes(BASE)],
)

if __name__ == "__main__":
    app.run()

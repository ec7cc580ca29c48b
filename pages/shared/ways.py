"""Links that would be lost on their way: through sign-in, which leads back to the root, and to a page that is there."""

import re
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, unquote

from starlette.responses import RedirectResponse
from streamlit.auth_util import get_secrets_auth_section
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from engine.errors import PlumblineError
from pages.shared.gate import base, claims_of, steps_below

CAME_FOR, SECONDS, LONGEST = "plumbline_came_for", 600, 2000  # a cookie, how long it is kept, and its characters
PAGE = re.compile(r"[a-z_]{0,40}(\?[^\x00-\x20\\#\x7f]*)?")  # below the app's own path: no other host can be meant
ROOT, ASKED = "overview", "?at=overview"  # the page at the root, by its name; what is asked for where nothing else is


class Ways:
    """Plain ASGI. A page's name at the root is led there; who must sign in first is led on to what they came for."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        steps = steps_below(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if steps == [ROOT]:
            query = scope["query_string"].decode("latin-1")
            to = place(f"?{query}" if query else ASKED) or place(ASKED)
            await RedirectResponse(str(to), 307)(scope, receive, send)
            return
        change = None
        if steps == ["oauth2callback"]:
            change = lead_on(scope)
        elif steps is not None and len(steps) < 2 and document(scope):
            change = remember(scope, steps)
        if change is None:
            await self.app(scope, receive, send)
            return

        async def changed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = change(message["status"], list(message["headers"]))
            await send(message)

        await self.app(scope, receive, changed)


def place(wanted: str) -> str | None:
    """A page of this app as a path on this server; None for what is none.

    >>> place("column?column=x"), place("/evil.example"), place("column?a=1\\r\\nSet-Cookie: b"), place("//x")
    ('/column?column=x', None, None, None)
    """
    return f"{base()}/{wanted}" if PAGE.fullmatch(wanted) else None


def document(scope: Any) -> bool:
    """Whether a browser asks for a page, not for a file of it."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def remember(scope: Any, steps: list[str]) -> Any:
    """Of who is not let in yet, the page that they came for; None where there is nothing to remember."""
    query = scope["query_string"].decode("latin-1")
    wanted = "".join(steps) + (f"?{query}" if query else "")
    if not get_secrets_auth_section() or not wanted or len(wanted) > LONGEST or place(wanted) is None:
        return None
    from pages.shared.visiting import visitor_by  # half of the engine: as in gate.py

    try:
        if visitor_by(claims_of(scope)).roles:
            return None
    except PlumblineError:  # nobody gets in before it is mended
        return None
    kept = cookie(quote(wanted, safe=""), SECONDS, scope["scheme"])
    return lambda status, headers: [*headers, (b"set-cookie", kept)] if status == 200 else headers


def lead_on(scope: Any) -> Any:
    """Of who has just signed in, on to the page that they came for; None where none is known."""
    sent = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    try:
        wanted = SimpleCookie(sent).get(CAME_FOR)
    except CookieError:
        return None
    to = place(unquote(wanted.value)) if wanted else None
    if to is None:
        return None

    def change(status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        begins = USER_COOKIE_NAME.encode()
        signed = any(
            name == b"set-cookie" and re.match(rb'[^=]+="?[^;"]', value) and value.startswith(begins)
            for name, value in headers
        )
        if status != 302 or not signed:
            return headers
        kept = [(name, value) for name, value in headers if name != b"location"]
        return [*kept, (b"location", to.encode("latin-1")), (b"set-cookie", cookie("", 0, scope["scheme"]))]

    return change


def cookie(value: str, seconds: int, scheme: str) -> bytes:
    """What is remembered, for this app alone and for no script."""
    secure = "; Secure" if scheme == "https" else ""
    said = f"{CAME_FOR}={value}; Path={base() or '/'}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    return said.encode("latin-1")

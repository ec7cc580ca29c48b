"""What is fetched beside a page – files, uploads – is for who is signed in, as pages are: the cookie is asked."""

import json
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.responses import PlainTextResponse
from streamlit import get_option
from streamlit.auth_util import get_origin_from_redirect_uri, get_secrets_auth_section
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from engine.errors import PlumblineError
from engine.logs import tell
from pages.shared.spoken import listening

GUARDED = {"/media": "look", "/upload": "upload", "/_stcore/upload_file": "verify"}  # where a path begins -> deed


class Gate:
    """Plain ASGI, so that uploads stream through. Where sign-in is not set up, everything passes."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            receive = listening(receive, lambda deed: passes(scope, deed))
        deed = deed_at(scope["path"]) if scope["type"] == "http" else None
        if deed is not None and not passes(scope, deed):
            tell("refused", "warning", where=deed)
            await PlainTextResponse("Sign in first.", 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def deed_at(path: str) -> str | None:
    """What is done by who asks for a path; None for what everybody may have: the app itself, its fonts, sign-in.

    >>> deed_at("/media/a.png"), deed_at("//upload/1"), deed_at("/static/media/font.woff2"), deed_at("/uploads")
    ('look', 'upload', None, None)
    """
    said = "/" + "/".join(steps_below(path)) + "/"
    return next((deed for begins, deed in GUARDED.items() if said.startswith(f"{begins}/")), None)


def base() -> str:
    """The path that the app is served under: "/drift", or "" at the root."""
    named = str(get_option("server.baseUrlPath") or "").strip("/")
    return f"/{named}" if named else ""


def steps_below(path: str) -> list[str]:
    """The parts of a path below the app's own."""
    steps, own = ([one for one in text.split("/") if one] for text in (path, base()))
    return steps[len(own) :] if steps[: len(own)] == own else steps


def passes(scope: Any, deed: str) -> bool:
    """Whether who sent a request may do a deed."""
    from pages.shared.visiting import visitor_by  # half of the engine, which is loaded while the port answers

    try:
        return visitor_by(claims_of(scope)).may(deed)
    except PlumblineError:  # of a file of roles that is broken the pages tell
        return False


def claims_of(scope: Any) -> Mapping[str, Any] | None:
    """What the signed cookie of a request says, as claims() of a session; empty for a cookie that is none of ours."""
    if not get_secrets_auth_section():
        return None
    sent = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    try:
        cookies = {name: one.value for name, one in SimpleCookie(sent).items()}
        raw = _get_signed_cookie_with_chunks(cookies, USER_COOKIE_NAME)
        said = json.loads(raw) if raw else {}
    except (CookieError, ValueError):
        return {}
    known = isinstance(said, dict) and said.get("origin") == get_origin_from_redirect_uri()
    return said if known else {}

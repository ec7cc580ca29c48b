"""While the app warms up: what is served at once, what waits, and what happens when warming up fails."""

import asyncio
import signal
import threading

import pytest

from pages.shared import warming


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    warming.begun.clear()


async def ok(scope, receive, send):
    await send({"type": "reached", "path": scope["path"]})


def asked(path, method="GET", kind="http"):
    return {"type": kind, "method": method, "path": path, "headers": []}


def reached(scopes):
    """Which of these requests came through while the warm-up lasted, and which after it."""
    go_on, during, after = threading.Event(), [], []

    async def serve():
        warming.begin(lambda: go_on.wait(20))

        async def send(message):
            (after if go_on.is_set() else during).append(message["path"])

        tasks = [asyncio.create_task(warming.Warming(ok)(scope, None, send)) for scope in scopes]
        await asyncio.sleep(0.2)
        go_on.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)

    asyncio.run(serve())
    return during, after


def test_the_apps_own_files_are_served_while_all_else_waits():
    early = ["/", "/static/js/index.js", "/healthz", "/_stcore/health", "/_stcore/host-config"]
    late = ["/media/a.png", "/upload", "/readyz", "/_stcore/upload_file", "/overview"]
    during, after = reached([asked(path) for path in early + late])
    assert during == early and sorted(after) == sorted(late)


def test_who_sends_or_connects_waits_wherever_it_is():
    scopes = [asked("/static/a", "PUT"), asked("/_stcore/stream", kind="websocket")]
    assert reached(scopes)[0] == []


def test_where_visitors_sign_in_the_document_waits_for_who_leads_them_there(monkeypatch):
    monkeypatch.setattr(warming, "get_secrets_auth_section", lambda: {"redirect_uri": "https://a.example"})
    assert reached([asked("/"), asked("/static/a.js")]) == (["/static/a.js"], ["/"])


def test_a_warm_up_that_fails_ends_the_server_and_stands_in_the_log(caplog):
    caught, before = [], signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: caught.append("stopped"))

    def fail():
        raise ImportError("no such thing")

    async def serve():
        warming.begin(fail)
        with pytest.raises(ImportError, match="no such thing"):
            await warming.Warming(ok)(asked("/media/a"), None, None)

    try:
        with caplog.at_level("ERROR", logger="plumbline"):
            asyncio.run(serve())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught == ["stopped"] and "not started" in caplog.text

"""What the middleware sees of a request, and that the app and its client cannot tell it is there."""

import asyncio
import json

import pytest

from engine.collect import CollectMiddleware
from tests.collect.conftest import rows

JSON = (b"content-type", b"application/json")


def request(app, chunks=(b"{}",), headers=(JSON,), path="/predict", kind="http"):
    """What an ASGI server would have sent for one request; all messages of the app."""
    waiting = [{"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)]
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": kind, "path": path, "headers": list(headers)}, receive, send))
    return sent


def answering(body=b'{"score": 0.5}', status=200, headers=(JSON,), parts=1):
    """An app that reads all of its request and answers with it and a body in parts."""

    async def app(scope, receive, send):
        app.read = b""
        more = True
        while more:
            message = await receive()
            app.read += message.get("body", b"")
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        size = -(-len(body) // parts)
        for i in range(parts):
            part = body[i * size : (i + 1) * size]
            await send({"type": "http.response.body", "body": part, "more_body": i < parts - 1})

    return app


def test_bodies_in_chunks_pass_through_as_they_are(collect, folder):
    one, app = collect(), answering(parts=3)
    sent = request(CollectMiddleware(app, one, "/predict"), [b'{"a": ', b"", b"1}"])
    assert (
        app.read == b'{"a": 1}' and b"".join(m.get("body", b"") for m in sent) == b'{"score": 0.5}' and len(sent) == 4
    )
    one.close()
    (row,) = rows(folder)
    assert (row["a"], row["score"], row["status_code"]) == (1, 0.5, 200) and row["latency_ms"] > 0


@pytest.mark.parametrize(
    ("headers", "body"),
    [((JSON,), b"x" * 100_000), (((b"content-type", b"text/plain"),), b'{"a": 1}'), ((), b'{"a": 1}'[:-1]),
     ((JSON, (b"content-encoding", b"gzip")), b'{"a": 1}'), ((JSON,), b""), ((JSON,), b"\xff\xfe")],
    ids=["long", "text", "broken", "compressed", "empty", "no text"],
)  # fmt: skip
def test_a_body_that_is_not_kept_leaves_a_row_of_the_rest(collect, folder, headers, body):
    one, app = collect(), answering(body, headers=headers)
    sent = request(CollectMiddleware(app, one), [body], headers)
    assert app.read == body and sent[1]["body"] == body
    one.close()
    (row,) = rows(folder)
    assert row["status_code"] == 200 and "a" not in row
    assert one._held == 0


def test_a_stream_passes_piece_by_piece_and_is_not_kept(collect, folder):
    one = collect()
    held = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
            held.append(one._held)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    assert len(request(CollectMiddleware(app, one))) == 1002
    one.close()
    assert max(held) == 0 and len(rows(folder)) == 1


def test_other_paths_and_kinds_are_not_looked_at(collect, folder):
    one = collect()
    wrapped = CollectMiddleware(answering(), one, ["/predict", "/score"])
    for path in ("/predict", "/score", "/health"):
        request(wrapped, path=path)
    request(wrapped, kind="websocket")
    one.close()
    assert len(rows(folder)) == 2


def test_the_clients_own_id_is_kept(collect, folder):
    one = collect()
    request(CollectMiddleware(answering(), one), headers=[JSON, (b"X-Request-ID", b"abc" * 100)])
    one.close()
    assert rows(folder)[0]["request_id"] == ("abc" * 100)[:128]


def test_an_app_that_fails_fails_as_before_and_is_counted(collect, folder):
    one = collect()

    async def app(scope, receive, send):
        await receive()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        request(CollectMiddleware(app, one), [b'{"a": 1}'])
    one.close()
    assert [(row["a"], row["status_code"]) for row in rows(folder)] == [(1, 500)]


def test_a_client_that_left_is_no_error_of_the_server(collect, folder):
    one = collect()

    async def patient(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass

    async def cancelled(scope, receive, send):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    request(CollectMiddleware(patient, one))
    with pytest.raises(asyncio.CancelledError):
        request(CollectMiddleware(cancelled, one))
    one.close()
    assert [row["status_code"] for row in rows(folder)] == [499, 499]


def test_a_collector_that_is_broken_never_reaches_the_request(collect, monkeypatch):
    one = collect()
    monkeypatch.setattr(one, "_enqueue", lambda row: 1 / 0)
    sent = request(CollectMiddleware(answering(), one), [b"{}"])
    assert sent[0]["status"] == 200 and one.counts.failed == 1


def test_what_sampling_leaves_out_is_counted(collect, folder):
    one = collect(sample=0.5)
    wrapped = CollectMiddleware(answering(), one)
    for i in range(200):
        request(wrapped, [json.dumps({"i": i}).encode()])
    one.close()
    kept = rows(folder)
    assert 60 < len(kept) < 140 and {row["sample_rate"] for row in kept} == {0.5}
    assert one.counts.skipped == 200 - len(kept)


# ---- the server's beginning and end


def live(app, messages=("lifespan.startup", "lifespan.shutdown")):
    waiting, sent = list(messages), []

    async def receive():
        return {"type": waiting.pop(0)}

    async def send(message):
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))
    return sent


async def with_lifespan(scope, receive, send):
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def without_lifespan(scope, receive, send):
    assert scope["type"] == "http"


async def silent(scope, receive, send):
    return


@pytest.mark.parametrize("app", [with_lifespan, without_lifespan, silent])
def test_the_end_of_the_server_writes_everything(collect, folder, app):
    one = collect(seconds=3600)
    one.log({"x": 1})
    assert live(CollectMiddleware(app, one)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(rows(folder)) == 1 and not list(folder.glob("*.journal"))


def test_an_app_that_cannot_start_still_says_so(collect):
    async def failing(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no model"})
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        live(CollectMiddleware(failing, collect()))

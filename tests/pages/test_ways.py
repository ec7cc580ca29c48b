"""Links that sign-in would lose, and a page that is served at the root: where each of them leads, and nowhere else."""

import asyncio
from types import SimpleNamespace

import pytest

from pages.shared import ways

SIGNED = (b"set-cookie", ways.USER_COOKIE_NAME.encode() + b"=abc; Path=/")


@pytest.fixture
def ask(monkeypatch):
    """Asks for a path; answers status and headers. who: whether somebody is let in; under: the app's own path."""

    def asked(path, query="", cookie="", who=False, answer=(200, []), under="", accept="text/html", sign_in=True):
        monkeypatch.setattr("pages.shared.gate.get_option", lambda name: under)
        monkeypatch.setattr(ways, "get_secrets_auth_section", lambda: {"a": 1} if sign_in else {})
        monkeypatch.setattr(ways, "claims_of", lambda scope: {})
        there = SimpleNamespace(roles=("viewer",) if who else ())
        monkeypatch.setattr("pages.shared.visiting.visitor_by", lambda said: there)
        sent = []

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": answer[0], "headers": list(answer[1])})

        async def send(message):
            sent.append(message)

        headers = [(b"accept", accept.encode()), (b"cookie", cookie.encode())]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers,
                 "scheme": "http"}  # fmt: skip
        asyncio.run(ways.Ways(app)(scope, None, send))
        told: dict[str, list[str]] = {}
        for name, value in sent[0]["headers"]:
            told.setdefault(name.decode(), []).append(value.decode())
        return sent[0]["status"], told

    return asked


@pytest.mark.parametrize("under", ["", "/drift/"])
def test_the_page_at_the_root_is_found_by_its_name(ask, under):
    own = under.rstrip("/")
    assert ask(f"{own}/overview", "monitor=a%20b", under=under)[1]["location"] == [f"{own}/?monitor=a%20b"]
    status, told = ask(f"{own}/overview", under=under)
    assert (status, told["location"]) == (307, [f"{own}/?at=overview"])
    assert ask(f"{own}/column", under=under)[0] == 200


@pytest.mark.parametrize("under", ["", "/drift"])
def test_who_signs_in_comes_to_what_they_came_for(ask, under):
    _, told = ask(f"{under}/column", "column=temp_f&filter=a%3Db", under=under)
    (kept,) = told["set-cookie"]
    assert "HttpOnly" in kept and "SameSite=Lax" in kept and f"Path={under or '/'};" in kept
    back = (302, [(b"location", under.encode() + b"/"), SIGNED])
    status, told = ask(f"{under}/oauth2callback", "code=1", kept.split(";")[0], answer=back, under=under)
    assert (status, told["location"]) == (302, [f"{under}/column?column=temp_f&filter=a%3Db"])
    assert any(one.startswith(f"{ways.CAME_FOR}=;") and "Max-Age=0" in one for one in told["set-cookie"])


def test_nothing_is_remembered_of_who_is_in_of_files_and_where_nobody_signs_in(ask):
    for more in ({"who": True}, {"accept": "image/png"}, {"sign_in": False}, {"answer": (404, [])}):
        assert "set-cookie" not in ask("/column", "column=x", **more)[1]
    assert "set-cookie" not in ask("/")[1]
    assert "set-cookie" not in ask("/column", "x=" + "y" * 3000)[1]


@pytest.mark.parametrize(
    "wanted", ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%5Cevil", "column%3Fa%0D%0AX%3A1", "a.b", "..%2Fx"]
)
def test_no_cookie_leads_to_another_host(ask, wanted):
    back = (302, [(b"location", b"/"), SIGNED])
    assert ask("/oauth2callback", "code=1", f"{ways.CAME_FOR}={wanted}", answer=back)[1]["location"] == ["/"]


def test_who_did_not_get_in_is_led_nowhere(ask):
    for cookies in ([], [(b"set-cookie", ways.USER_COOKIE_NAME.encode() + b'=""; Max-Age=0')]):
        back = (302, [(b"location", b"/"), *cookies])
        _, told = ask("/oauth2callback", "code=1", f"{ways.CAME_FOR}=column", answer=back)
        assert told["location"] == ["/"]

"""Pages by role, without a browser: each page for each role, hidden monitors, drafts of their names, open servers."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from engine.access import Visitor, parse_access
from engine.evidence.exported import evidence_of
from engine.evidence.forms import render
from engine.store import records
from pages.shared import entrance, visiting
from pages.shared.checking import check, known_to
from pages.shared.entrance import loopback
from pages.shared.gate import deed_at
from tests.pages.conftest import APART, PAGES, ROOT, words
from tests.pages.recorded import record, write_monitor

ACCESS = """people:
  vera@example.com: viewer
  anna@example.com: analyst
  rita@example.com: reviewer
  adam@example.com: admin
monitors: {"secret*": {people: nobody@example.com}}
ask: Grace
"""
EXPLORE = {
    "Columns", "Column", "Cohorts", "Compare", "Windows", "Predictions", "Attribution", "Operations", "Data quality",
}  # fmt: skip
CLOSED = {
    "vera": EXPLORE | {"Data", "Monitor", "Thresholds"},
    "anna": {"Monitor"},
    "rita": {"Data", "Monitor"},
    "adam": set(),
}


@pytest.fixture
def signed_in(monkeypatch, tmp_path):
    """Makes somebody the one who is there: signed_in('vera')."""
    path = tmp_path / "access.yaml"
    path.write_text(ACCESS, encoding="utf-8")
    monkeypatch.setenv("PLUMBLINE_ACCESS", str(path))

    def become(login: str | None) -> None:
        said = {"is_logged_in": False}
        if login:
            said = {"is_logged_in": True, "iat": time.time(), "iss": "https://id.example.com"}
            said |= {"name": login.capitalize(), "email": f"{login}@example.com"}
        monkeypatch.setattr(visiting, "claims", lambda: said)
        monkeypatch.setattr(entrance, "claims", lambda: said)

    return become


@pytest.fixture
def two(monitors, two_files, store_url):
    """Two monitors on record, one of them hidden."""
    record(write_monitor(monitors, two_files(), "small"), store_url)
    return record(write_monitor(monitors, two_files(), "secret"), store_url)


@pytest.mark.parametrize("login", CLOSED)
def test_each_page_opens_for_whom_it_is(app, two, signed_in, login):
    signed_in(login)
    for page in [*PAGES, *APART]:
        at = app(page)
        said = words(at)
        assert ("This page is not yours to see" in said) == (page in CLOSED[login]), f"{page} for {login}: {said}"
        if login != "adam":
            assert "secret" not in said, page


def test_nobody_is_there_and_nothing_is_shown(app, two, signed_in):
    signed_in(None)
    for page in [*PAGES, *APART]:
        at = app(page)
        assert "Sign in to see the monitors" in words(at) and "small" not in words(at)
        assert not at.text_input and not at.selectbox and not at.dataframe


def test_sign_in_that_is_not_installed_is_told(app, two, signed_in, monkeypatch):
    signed_in(None)
    monkeypatch.setattr(entrance, "find_spec", lambda name: None)
    at = app()
    assert "not installed" in words(at) and "requirements-auth.txt" in words(at) and not at.button


@pytest.mark.parametrize("text", [None, "people: {vera@example.com: vewer}", ""])
def test_a_broken_file_of_roles_closes_every_page(app, two, signed_in, text, tmp_path, caplog):
    signed_in("adam")
    path = tmp_path / "access.yaml"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    for page in ("Overview", "Runs", "Monitor"):
        said = words(app(page))
        assert "Closed" in said and "small" not in said and "vewer" not in said
    assert "access is closed" in caplog.text, "who runs the server is told what is wrong"


def test_a_file_of_roles_without_sign_in_closes_every_page(app, two, signed_in, monkeypatch):
    signed_in("adam")
    monkeypatch.setattr(visiting, "claims", lambda: None)
    assert "Closed" in words(app("Runs"))


def test_a_draft_with_the_name_of_a_hidden_monitor_shows_nothing_of_it(app, two, signed_in):
    from engine.monitor import Monitor
    from pages.shared.view import OWN

    signed_in("anna")
    at = app("Home")
    run = records(two, "secret", findings=False)[-1]
    file = {"path": str(ROOT / "data" / "demo" / "reference.parquet")}
    at.session_state[OWN] = {"secret": Monitor(monitor="secret", reference=file, production=file)}
    at.run()
    fleet = at.dataframe[0].value.set_index("Monitor")
    assert fleet.loc["secret", "Recorded"] == "–" and fleet.loc["small", "Recorded"] != "–"
    at.session_state["monitor"] = "secret"
    for page in ("review/review.py", "setup/thresholds.py", "evidence/runs.py", "evidence/snapshot.py"):
        at.switch_page(page).run()
        assert not at.exception and run.id not in words(at) and "of secret, against" not in words(at), page


def test_on_verify_a_hidden_run_is_one_that_nobody_recorded(two):
    rules = parse_access(ACCESS)
    rita = Visitor("Rita", "rita@example.com", frozenset({"reviewer"}), signed_in=True, access=rules)
    files = {}
    for name in ("small", "secret"):
        made = evidence_of(two, records(two, name)[-1].id, requested_by="Jo", generated_at="2026-11-21T14:00:00+00:00")
        files[name] = render(made, "json")
    assert known_to(rita, files["small"], two) is two and known_to(rita, files["secret"], two) is None
    assert known_to(rita, files["secret"].replace(b'"secret"', b'"small"'), two) is None, "whatever monitor it names"
    found, why = check(rita, files["secret"], "x.json", two, True, {}, {}, lambda share, said: None)
    assert "pointing to others takes the role admin" in why and found.levels[3].state == "unknown"
    assert known_to(Visitor("Adam", roles=frozenset({"admin"}), access=rules), files["secret"], two) is two


def openness(address: str, headers: dict[str, str], monkeypatch) -> str:
    """What a page says about who can reach it."""
    monkeypatch.setattr(entrance.st, "get_option", lambda name: address)

    def page() -> None:
        from pages.shared.entrance import show_openness

        show_openness()

    class Context:
        pass

    context = Context()
    context.headers = headers  # type: ignore[attr-defined]
    monkeypatch.setattr(entrance.st, "context", context)
    at = AppTest.from_function(page).run()
    assert not at.exception, at.exception
    return "".join([one.value for one in at.warning] + [f"small: {one.value}" for one in at.sidebar.caption])


@pytest.mark.parametrize(
    ("address", "headers", "said"),
    [
        ("127.0.0.1", {"Host": "localhost:8501"}, ""),
        ("127.0.0.1", {"host": "[::1]:8501"}, ""),
        ("0.0.0.0", {"host": "localhost:8501"}, "listens on 0"),
        (None, {}, "listens on all addresses"),
        ("127.0.0.1", {"host": "localhost", "X-Forwarded-For": "10.0.0.7"}, "a proxy hands visits on"),
        ("127.0.0.1", {"host": "plumbline.example.com"}, "visited as plumbline"),
    ],
)
def test_an_open_server_says_so(address, headers, said, monkeypatch):
    headers = {name.lower(): value for name, value in headers.items()}
    told = openness(address, headers, monkeypatch).replace("\\", "")
    assert said in told and bool(said) == bool(told)
    if said:
        assert "Anyone who can reach this address may see and change everything" in told
        monkeypatch.setenv("PLUMBLINE_OPEN", "1")
        assert openness(address, headers, monkeypatch).startswith("small: ")


def test_what_lies_beside_pages_is_for_who_may_fetch_it():
    for path, deed in (
        ("/media/a.png", "look"), ("//media//a", "look"), ("/upload", "upload"), ("/upload/7", "upload"),
        ("/_stcore/upload_file/a/b", "verify"), ("/static/media/a.woff2", None), ("/uploads", None), ("/", None),
        ("/_stcore/stream", None), ("/auth/login", None), ("/healthz", None),
    ):  # fmt: skip
        assert deed_at(path) == deed, path


def test_names_of_this_machine():
    assert [one for one in ("localhost", "app.localhost", "127.8.0.1", "::1") if not loopback(one)] == []
    assert [one for one in ("0.0.0.0", "::", "localhost.example.com", "10.0.0.1", "") if loopback(one)] == []

"""The app with sign-in on a real OpenID provider: each on a port of its own, people of every role, and the way in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import free_port, serving
from tests.browser.steps import ready
from tests.conftest import ROOT
from tests.pages.conftest import rows
from tests.pages.recorded import write_monitor

PROVIDER = Path(__file__).with_name("provider.mjs")
PEOPLE = {
    "vera": {"name": "Vera Viewer", "email": "vera@example.com", "email_verified": True, "roles": ["readers"]},
    "anna": {"name": "Anna Analyst", "email": "anna@example.com", "roles": ["analysts"]},
    "rita": {"name": "Rita Reviewer", "email": "rita@example.com"},
    "adam": {"name": "Adam Admin", "email": "adam@example.com", "roles": ["bosses"]},
    "nemo": {"name": "Nemo Nobody", "email": "nemo@example.com", "roles": ["admin", "reviewer"]},
    "mala": {"name": "Mala Fide", "email": "rita@example.com", "email_verified": False},
}
ACCESS = """claims: {roles: roles, groups: groups}
roles: {readers: viewer, analysts: analyst, bosses: admin}
people: {rita@example.com: reviewer}
monitors: {"secret-*": {people: nobody@example.com}}
ask: Grace Hopper, grace@example.com
"""
SECRETS = """[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{cookie}"
client_id = "plumbline"
client_secret = "a-secret-of-the-tests"
server_metadata_url = "http://localhost:{port}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login" }}
"""
NAMES = ("id", "at", "amount", "region")
COOKIE = "a cookie secret of the tests, which nobody else knows"


def write_secrets(folder: Path, provider: int, app: str = "") -> Path:
    """What the app is told of the provider. app: where visitors see it, if that is not its own port."""
    text = SECRETS.format(port=provider, cookie=COOKIE)
    path = folder / "secrets.toml"
    path.write_text(text.replace("http://127.0.0.1:{port}", app) if app else text, encoding="utf-8")
    return path


def put_on_record(home: Path) -> dict[str, str]:
    """Two monitors of which one is hidden, both on record, and the file of roles; the settings of an app with them."""
    files = []
    for side, start, days in (("reference", "2024-01-01", 56), ("production", "2024-03-04", 28)):
        path = home / f"{side}.csv"
        lines = [",".join(map(str, row)) for row in [NAMES, *rows(start, days, 40.0 * (side == "production"), NAMES)]]
        path.write_text("\n".join(lines), encoding="utf-8")
        files.append(path)
    folder = home / "monitors"
    folder.mkdir()
    for name in ("open-one", "secret-one"):
        write_monitor(folder, (files[0], files[1]), name)
    (home / "access.yaml").write_text(ACCESS, encoding="utf-8")
    settings = {
        "PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db",
        "PLUMBLINE_MONITORS": str(folder),
    }  # fmt: skip
    command = [sys.executable, "-m", "engine", "run", str(folder), "--all", "--fail-on", "never"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=os.environ | settings)
    return settings | {"PLUMBLINE_ACCESS": str(home / "access.yaml")}


@contextmanager
def signed_in(home: Path, modules: Path, seen_at: str = "", **more: str) -> Iterator[str]:
    """The address of the app with sign-in and what put_on_record made.

    seen_at: where visitors see it, if a proxy stands before it; more: settings of its environment.
    """
    provider = free_port()
    secrets = write_secrets(home, provider, seen_at)
    settings = put_on_record(home) | {"STREAMLIT_SECRETS_FILES": str(secrets)} | more
    with serving(home, settings) as address, providing(modules, provider, seen_at or address):
        yield address


@contextmanager
def providing(modules: Path, port: int, app: str) -> Iterator[None]:
    """The provider, for an app that is there already: it must know where to send people back to."""
    command = ["node", str(PROVIDER), str(modules), str(port), f"{app}/oauth2callback", json.dumps(PEOPLE)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout is not None
    try:
        said = ""
        for line in server.stdout:
            said += line
            if "listening" in line:
                break
        assert "listening" in said, said
        yield
    finally:
        server.terminate()
        server.communicate(timeout=20)


def enter(page: Page, address: str, login: str) -> None:
    """Sign in as somebody, from the entrance on; ends where the app has sent them."""
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("Enter any login").fill(login)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{address.partition('?')[0].rstrip('/')}**")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    ready(page)


def words(page: Page) -> str:
    """All that the page says once it changes no more, without the joiners that keep names from becoming links."""
    seen: list[str] = []
    while len(seen) < 4 or (len(set(seen[-4:])) > 1 and len(seen) < 60):
        seen.append(page.get_by_test_id("stApp").inner_text().replace("\u2060", ""))
        page.wait_for_timeout(250)
    return seen[-1]

"""The app with sign-in on a real OpenID provider: each on a port of its own, people of every role, and the way in."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.steps import ready

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
COOKIE = "a cookie secret of the tests, which nobody else knows"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_secrets(folder: Path, provider: int) -> Path:
    """What the app is told of the provider."""
    path = folder / "secrets.toml"
    path.write_text(SECRETS.format(port=provider, cookie=COOKIE), encoding="utf-8")
    return path


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

"""access.yaml: what it says, every mistake with its line and the nearest right name, and nothing let through."""

import re
import subprocess
import sys

import pytest

from engine.access import Access, parse_access, read_access
from engine.errors import InvalidAccess
from tests.conftest import ROOT

WHOLE = """claims: {roles: realm_access.roles, groups: groups}
roles: {plumbline-admins: admin, risk: [analyst, reviewer]}
people: {Ada@Example.com: reviewer}
default: viewer
monitors:
  "credit-*": {groups: credit, people: [eve@example.com]}
  "*-draft": {roles: analyst}
ask: Grace, grace@example.com
hours: 8
"""


def test_a_whole_file_is_read_as_it_is_written():
    made = parse_access(WHOLE)
    assert made.claims.roles == "realm_access.roles" and made.claims.name == "name"
    assert made.roles == {"plumbline-admins": ("admin",), "risk": ("analyst", "reviewer")}
    assert made.people == {"ada@example.com": ("reviewer",)} and made.default == ("viewer",) and made.hours == 8
    assert made.whose("credit-cards").people == ("eve@example.com",) and made.whose("flights") is None


def test_the_first_pattern_that_fits_decides():
    made = parse_access('default: viewer\nmonitors: {"a-*": {roles: reviewer}, "*": {roles: admin}}')
    assert made.whose("a-b").roles == ("reviewer",) and made.whose("b").roles == ("admin",)
    assert Access(monitors={"A*": {"roles": "admin"}}).whose("a") is None, "names of monitors know upper and lower case"


@pytest.mark.parametrize(
    ("first", "second", "never"),
    [
        ("team-?", "team-*", False), ("team-*", "team-?", True), ("team-*", "team-a", True), ("*", "team-*", True),
        ("*-a", "team-*", False), ("*-*", "team-*", True), ("a?*", "a*", False), ("a*?", "a?*", True),
        ("a*b", "a*b*b", True), ("a*b*b", "a*b", False), ("[ab]-*", "a-*", False), ("[ab]-*", "a-x", True),
        ("[!a]?", "??", False), ("?-*", "[ab]-*", True), ("[a]", "[a]x", False), ("a", "A", False),
        ("*a*", "a*a*a*a*a*a*a*a*a", True), ("*a*", "a*a*a*a*a*a*a*a*a*a", False),
    ],
)  # fmt: skip
def test_a_pattern_is_never_reached_where_all_its_names_fit_one_above(first, second, never):
    text = f'default: viewer\nmonitors:\n  "{first}": {{roles: admin}}\n  "{second}": {{roles: viewer}}\n'
    if not never:
        assert list(parse_access(text).monitors) == [first, second]
        return
    with pytest.raises(InvalidAccess, match=f"line 4, monitors.{re.escape(second)}: is never reached"):
        parse_access(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "people: {Ada@x.com: admin, ada@x.com: viewer}",
            "line 1, people: 'Ada@x.com' and 'ada@x.com' are one address",
        ),
        ("defalt: viewer", "line 1, defalt: unknown field. Did you mean 'default'?"),
        ("default: viewer\nclaims: {role: r}", "line 2, claims.role: unknown field. Did you mean 'roles'?"),
        ("people: {ada@example.com: admim}", "unknown role 'admim'. Did you mean 'admin'?"),
        ("people: {ada: admin}", "People are named by their e-mail address"),
        ("people:\n  a@b.c: admin\n  a@b.c: viewer", "line 3, file: not YAML: the key 'a@b.c' is given twice"),
        ("roles: {x: admin}", "line 1, roles: values of a claim are given roles, but claims.roles does not say which"),
        ('default: viewer\nmonitors: {"x": {groups: g}}', "line 2, monitors: groups are named, but claims.groups"),
        ('default: viewer\nmonitors:\n  "*": {roles: admin}\n  "a": {roles: viewer}', "line 4, monitors.a: is never"),
        ("ask: Grace", "nobody has a role"),
        ("", "a file of access is a list of 'key: value' lines"),
        ("- admin", "a file of access is a list of 'key: value' lines"),
        ("default: viewer\nhours: 0", "line 2, hours: "),
        ("default: viewer\nhours: .nan", "line 2, hours: "),
        ("default: viewer\nclaims: {roles: a..b}", "line 2, claims.roles: A claim is a name"),
        ("default: {viewer: yes}", "line 1, default: "),
        ("default: [viewer", "file: not YAML"),
    ],
)
def test_a_mistake_is_told_and_closes_the_door(text, said):
    with pytest.raises(InvalidAccess) as error:
        parse_access(text, "access.yaml")
    assert said in str(error.value), str(error.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InvalidAccess) as error:
        parse_access("defalt: viewer\npeople: {a@b.c: kin}\nhours: -1")
    assert [one.line for one in error.value.problems] == [1, 2, 3]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"default: viewer\n" + b"#" * (1 << 20)])
def test_a_file_that_cannot_be_read_closes_the_door(tmp_path, content):
    path = tmp_path / "access.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidAccess):
        read_access(path)


def test_the_command_tells_mistakes_or_who_may_what(tmp_path):
    path = tmp_path / "access.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    command = [sys.executable, "-m", "engine.access", str(path), "credit-cards", "flights"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert "reviewer: ada@example.com, risk\n" in done.stdout and "viewer: everybody who signs in\n" in done.stdout
    assert "credit-cards is seen by admin, credit, eve@example.com\nflights is seen by everybody" in done.stdout
    path.write_text(WHOLE.replace("default", "defalt"), encoding="utf-8")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "line 4, defalt: unknown field. Did you mean 'default'?" in done.stderr
    assert "Traceback" not in done.stderr

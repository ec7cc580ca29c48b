"""access.yaml: which claims name roles, who has which, and which monitors are whose; read as strictly as monitors."""

import re
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from engine.access.deeds import ROLES
from engine.errors import InvalidAccess, Problem, nearest, shown
from engine.monitor.document import LARGEST, line_at, load, problem_of

STARS, NOBODY = 8, "\ue000"  # of a pattern that is compared, at most; a sign that no name has


def _role(name: str) -> str:
    if name not in ROLES:
        raise ValueError(f"unknown role {shown(name)}. {nearest(name, ROLES)}")
    return name


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _address(text: str) -> str:
    if text.count("@") != 1 or not all(text.split("@")) or any(one.isspace() for one in text):
        raise ValueError("People are named by their e-mail address, as in ada@example.com.")
    return text.casefold()


def _once(value: Any) -> Any:
    """Addresses that are one but for upper and lower case would take each other's roles."""
    known: dict[str, str] = {}
    for one in (one for one in value if isinstance(one, str)) if isinstance(value, dict) else ():
        first = known.setdefault(one.casefold(), one)
        if first != one:
            raise ValueError(f"{shown(first)} and {shown(one)} are one address")
    return value


def _dotted(text: str) -> str:
    if not all(text.split(".")):
        raise ValueError("A claim is a name, or names joined by dots, as in realm_access.roles.")
    return text


Role = Annotated[str, AfterValidator(_role)]
Roles = Annotated[tuple[Role, ...], BeforeValidator(_several)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(_several)]
Claim = Annotated[str, AfterValidator(_dotted)]


class Part(BaseModel):
    """A part of the file; unknown keys are refused, nothing is converted in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Claims(Part):
    """Where the sign-in token says what: each a dotted path into its claims."""

    name: Claim = "name"
    email: Claim = "email"
    roles: Claim | None = None
    groups: Claim | None = None


class Whose(Part):
    """Who sees the monitors of a pattern; one of the three is enough. An admin sees all."""

    roles: Roles = ()
    groups: Names = ()
    people: Addresses = ()


class Access(Part):
    """All that access.yaml says.

    roles: a value of the roles claim -> our roles; people: e-mail address -> our roles; default: roles of everybody
    who is signed in; monitors: pattern of names -> who sees them, the first pattern that fits decides; ask: who grants
    roles, told to those who have none; hours: how long a sign-in lasts, 0.25 to 720.
    """

    claims: Claims = Claims()
    roles: dict[str, Roles] = {}
    people: Annotated[dict[Address, Roles], BeforeValidator(_once)] = {}
    default: Roles = ()
    monitors: dict[str, Whose] = {}
    ask: str = ""
    hours: float = Field(default=12.0, ge=0.25, le=720.0, allow_inf_nan=False)

    def whose(self, monitor: str) -> Whose | None:
        """Who sees a monitor, by the first pattern that fits its name; None where none does: everybody who may look.

        >>> Access(monitors={"credit-*": {"groups": "credit"}}).whose("credit-cards").groups
        ('credit',)
        """
        return next((one for pattern, one in self.monitors.items() if fnmatchcase(monitor, pattern)), None)


def read_access(path: str | Path) -> Access:
    """What a file of access says. Raises InvalidAccess with every problem; also where there is no such file."""
    try:
        if Path(path).stat().st_size > LARGEST:
            raise InvalidAccess(str(path), (Problem(None, "file", "has more than 1 MB"),))
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidAccess(str(path), (Problem(None, "file", f"cannot be read: {error.strerror}"),)) from None
    except ValueError:
        raise InvalidAccess(str(path), (Problem(None, "file", "is not UTF-8 text"),)) from None
    return parse_access(text, str(path))


def parse_access(text: str, where: str = "access") -> Access:
    """What a text of access says.

    >>> parse_access("people: {ada@example.com: revewer}")
    Traceback (most recent call last):
        ...
    engine.errors.InvalidAccess: access: 1 problem
      line 1, people.ada@example.com.0: unknown role 'revewer'. Did you mean 'reviewer'? (given: 'revewer')
    """
    found = load(text, "a file of access")
    if isinstance(found, Problem):
        raise InvalidAccess(where, (found,))
    raw, node = found
    try:
        made = Access.model_validate(raw)
    except ValidationError as error:
        problems = [problem_of(dict(one), node, Access) for one in error.errors(include_url=False)]
        raise InvalidAccess(where, tuple(sorted(problems, key=lambda one: (one.line or 0, one.field)))) from None
    if problems := _lints(made, node):
        raise InvalidAccess(where, tuple(problems))
    return made


def _lints(made: Access, node: Any) -> list[Problem]:
    """What is well formed and cannot be meant."""
    problems = []
    if made.roles and made.claims.roles is None:
        said = "values of a claim are given roles, but claims.roles does not say which claim"
        problems.append(Problem(line_at(node, ("roles",)), "roles", said, "Add claims: {roles: …}."))
    if made.claims.groups is None and any(one.groups for one in made.monitors.values()):
        said = "groups are named, but claims.groups does not say which claim holds them"
        problems.append(Problem(line_at(node, ("monitors",)), "monitors", said, "Add claims: {groups: …}."))
    if not (made.roles or made.people or made.default):
        problems.append(Problem(1, "file", "nobody has a role", "Add people: {you@example.com: admin}."))
    patterns = list(made.monitors)
    for i, one in enumerate(patterns):
        over = next((first for first in patterns[:i] if _covers(first, one)), None)
        if over is not None:
            said = f"is never reached: {shown(over)} above it fits the same names"
            problems.append(Problem(line_at(node, ("monitors", one)), f"monitors.{one}", said, "Put it above."))
    return problems


def _covers(first: str, one: str) -> bool:
    """Whether every name that fits a pattern fits the first one. A name is tried for every way to fill it: a star by
    nothing or by more than a pattern without a star can hold, a sign by one that nobody writes.

    >>> _covers("team-*", "team-?"), _covers("team-?", "team-*")
    (True, False)
    """
    stars = one.count("*")
    if stars > STARS or ("[" in first and any(sign in one for sign in "*?[")):
        return False  # nobody looked
    signs = re.sub(r"\[!?\]?[^\]]*\]|\?", NOBODY, one).replace("{", "{{").replace("}", "}}").replace("*", "{}")
    fills = product(("", NOBODY * (len(first) + 1)), repeat=stars)
    return all(fnmatchcase(signs.format(*fill), first) for fill in fills)

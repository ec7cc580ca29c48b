"""Who is there, what they may do and see; and the one question that every deed asks first."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.access.deeds import ADMIN, ROLES, deed_of, either
from engine.access.rules import Access
from engine.errors import Forbidden, UnknownName, plain
from engine.logs import tell

LONGEST = 200  # letters of a name
EARLY = 300  # seconds that another clock may be ahead
# What somebody chose is written without the signs in which a signature says what is vouched for.
CHOSEN = str.maketrans("<>()＜＞（）", "‹›[]‹›[]")


@dataclass(frozen=True, eq=False)
class Visitor:
    """Somebody who asks. name, email, issuer: as the token says, empty where nobody is signed in.

    roles: ours; access: what decides which monitors are seen, None where the machine is one's own and all may be done;
    refused: why somebody who is signed in gets in nowhere, in a sentence.
    """

    name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    signed_in: bool = False
    issuer: str = ""
    access: Access | None = None
    refused: str = ""

    def may(self, deed: str, monitor: str | None = None) -> bool:
        """Whether this visitor may do a deed, to a monitor where one is named."""
        return bool(self.roles & deed_of(deed).roles) and (monitor is None or self.sees(monitor))

    def sees(self, monitor: str) -> bool:
        """Whether a monitor is there for this visitor; a name that no monitor has is seen as one that all see."""
        if not self.roles:
            return False
        if self.access is None or ADMIN in self.roles:
            return True
        whose = self.access.whose(monitor)
        return whose is None or bool(
            self.roles & set(whose.roles) or self.groups & set(whose.groups) or self.email.casefold() in whose.people
        )

    @property
    def sees_all(self) -> bool:
        """Whether no monitor is hidden, whatever it is called."""
        return bool(self.roles) and (self.access is None or ADMIN in self.roles or not self.access.monitors)

    def signature(self, typed: str = "") -> str:
        """The name as ledger and evidence have it. typed: what somebody wrote who is not signed in; empty stays so.

        >>> LOCAL.signature("Ada")
        'Ada (as typed)'
        >>> Visitor("Ada", "ada@example.com", signed_in=True, issuer="https://id.example.com").signature("Eve")
        'Ada <ada@example.com> (signed in via id.example.com)'
        """
        name, email = (one.strip().translate(CHOSEN) for one in (self.name if self.signed_in else typed, self.email))
        if not self.signed_in:
            return f"{name} (as typed)" if name else ""
        known = f"{name} <{email}>" if email else name
        return f"{known} (signed in via {self.issuer.partition('://')[2] or self.issuer})"


# With no configuration the visitor sits at the machine: everything may be done.
LOCAL = Visitor(roles=frozenset(ROLES))


def require(visitor: Visitor, deed: str, monitor: str | None = None, known: Iterable[str] = ()) -> None:
    """Let nobody pass who may not do a deed. known: names of monitors, of which those that are seen may be hinted at.

    Raises Forbidden; UnknownName for a monitor that is not seen, in the words for one that is not there. Either is
    told in the log.

    >>> require(Visitor(roles=frozenset({"viewer"}), signed_in=True), "sign")
    Traceback (most recent call last):
        ...
    engine.errors.Forbidden: sign: You may not sign a run: that takes the role reviewer or admin, and yours is viewer.
    """
    row = deed_of(deed)
    if not visitor.roles & row.roles:
        have = either(visitor.roles).replace(" or ", " and ") if visitor.roles else "none"
        ask = visitor.access.ask if visitor.access else ""
        tell("refused", "warning", where=deed, monitor=monitor)
        raise Forbidden(
            f"You may not {row.words}: that takes the role {either(row.roles)}, and yours is {have}.",
            where=deed, hint=f"Ask {plain(ask)}." if ask else None,
        )  # fmt: skip
    if monitor is not None and not visitor.sees(monitor):
        tell("refused", "warning", where=deed, monitor=monitor)
        raise UnknownName.of("monitor", monitor, [one for one in known if visitor.sees(one)])


def visitor_of(claims: Mapping[str, Any], access: Access | None, now: float | None = None) -> Visitor:
    """Who the claims of a sign-in token say is there. access: None where no file gives roles, so nobody has one.

    now: seconds since 1970. An address that its provider did not verify names nobody; a sign-in that is older than
    access.hours is over, and so is one that does not say when it was.
    """
    rules = access or Access()
    name = _text(_claim(claims, rules.claims.name)) or _text(claims.get("preferred_username"))
    verified = str(claims.get("email_verified", True)).lower() == "true"  # some providers write it as a text
    email = _text(_claim(claims, rules.claims.email)) if verified else ""
    name, issuer = name or email or _text(claims.get("sub")), _text(claims.get("iss"))
    if access is None:
        said = "Sign-in is set up, but no file says who has which role."
        return Visitor(name, email, signed_in=True, issuer=issuer, refused=said)
    since = claims.get("iat")
    moment = now if now is not None else time.time()
    age = moment - since if isinstance(since, int | float) and not isinstance(since, bool) else None
    if age is None or not -EARLY <= age <= 3600 * access.hours:
        said = f"A sign-in lasts {access.hours:g} hours; this one is over."
        return Visitor(name, email, signed_in=True, issuer=issuer, access=access, refused=said)
    roles = set(access.default) | set(access.people.get(email.casefold(), ()))
    for value in _values(_claim(claims, access.claims.roles)):
        roles |= set(access.roles.get(value, ()))
    groups = frozenset(_values(_claim(claims, access.claims.groups)))
    said = "" if roles else f"{plain(email or name) or 'You'} has no role here."
    return Visitor(name, email, frozenset(roles), groups, True, issuer, access, said)


def _claim(claims: Mapping[str, Any], path: str | None) -> Any:
    """A claim by its dotted path; a claim whose own name holds dots (https://…) is found as it is."""
    if path is None or path in claims:
        return claims.get(path) if path is not None else None
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _values(claim: Any) -> list[str]:
    """A claim as texts: a list of them, or one, taken whole: names of groups hold blanks."""
    if isinstance(claim, str):
        return [claim]
    return [one for one in claim if isinstance(one, str)] if isinstance(claim, list | tuple) else []


def _text(claim: Any) -> str:
    return plain(claim.strip(), LONGEST) if isinstance(claim, str) else ""

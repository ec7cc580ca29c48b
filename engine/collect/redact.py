"""Columns that must not be kept as they are: left out, or replaced by a keyed hash, before anything is written."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.errors import PlumblineError, UnknownName

WAYS = ("drop", "hash")
SALT = "PLUMBLINE_SALT"  # the environment's say, where none is given


@dataclass(frozen=True, slots=True)
class Redaction:
    """Which names are dropped and which hashed, in lower case; key: of the hash."""

    drop: frozenset[str] = frozenset()
    hash: frozenset[str] = frozenset()
    key: bytes = field(default=b"", repr=False)

    def way(self, name: str, path: str) -> str | None:
        """What happens to a value: "drop", "hash" or None. name: its own; path: dotted, from the outermost.

        >>> redaction(["ssn", "user.name"]).way("SSN", "user.ssn"), redaction(["user.name"]).way("name", "name")
        ('drop', None)
        """
        if not self.drop and not self.hash:
            return None
        names = {name.lower(), path.lower()}
        if names & self.drop:
            return "drop"
        return "hash" if names & self.hash else None

    def hashed(self, text: str) -> str:
        """Sixteen hexadecimal digits that are the same for the same text and salt, and say nothing without the salt."""
        said = text.encode("utf-8", "backslashreplace")
        return hashlib.blake2b(said, key=self.key, digest_size=8).hexdigest()


def redaction(names: Iterable[str] | Mapping[str, str], salt: str | None = None) -> Redaction:
    """The redaction that names stand for: a list is dropped, a mapping says "drop" or "hash" for each.

    A name is that of a column wherever it stands, or a dotted path; case does not matter. Raises PlumblineError for a
    hash without a salt: a hash that anyone can repeat hides no name, number or address.
    """
    if isinstance(names, str):
        names = [names]
    ways = {str(k).lower(): v for k, v in names.items()} if isinstance(names, Mapping) else {}
    ways = ways or {str(name).lower(): "drop" for name in names}
    for way in ways.values():
        if way not in WAYS:
            raise UnknownName.of("redaction", str(way), WAYS)
    by_way = {way: frozenset(name for name, chosen in ways.items() if chosen == way) for way in WAYS}
    salt = salt or os.environ.get(SALT, "")
    if by_way["hash"] and not salt:
        raise PlumblineError("Columns are hashed with a salt only.", where="redact", hint=f"Give salt=, or set {SALT}.")
    return Redaction(by_way["drop"], by_way["hash"], hashlib.sha256(salt.encode()).digest())

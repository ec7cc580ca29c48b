"""What is put on the wire: a body, where it goes, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request. url and body may hold secrets, so neither is ever shown."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fine: tuple[int, ...] = (200, 201, 202, 204)


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail, whole. server: an address that may hold a password, so it is never shown."""

    server: str = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try ended. again: whether another can help; after: not before so many seconds; said: without secrets."""

    ok: bool
    said: str
    again: bool = False
    after: float | None = None

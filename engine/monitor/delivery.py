"""The deliver section of a monitor file: to whom findings are sent, when, and how often."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from engine.errors import shown
from engine.monitor.sections import Section

VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
# What each kind of target must have, and may have.
NEEDS = {
    "webhook": (("url",), ("secret",)),
    "slack": (("url",), ()),
    "teams": (("url",), ()),
    "pagerduty": (("key",), ("url",)),
    "email": (("sender", "recipients"), ("server",)),
    "prometheus": (("path",), ()),
}
OWN = ("url", "key", "secret", "server", "sender", "recipients", "path")
SECRET = ("key", "secret")  # these, and the addresses of chats, open a door to whoever reads them


def _variable(text: str) -> str:
    if not VARIABLE.fullmatch(text):
        raise ValueError("A secret is not written into a file: write ${NAME}, a variable of the environment.")
    return text


def _address(text: str) -> str:
    if len(text) > 254 or not (VARIABLE.fullmatch(text) or ADDRESS.fullmatch(text)):
        raise ValueError("Write an address, as in ops@example.com.")
    return text


def _web(text: str) -> str:
    if not VARIABLE.match(text) and not re.match(r"https?://[^\s/?#@]+([/?][^\s#]*)?$", text):
        raise ValueError("Write https://host/path without a password in it, or ${NAME}.")
    return text


def _metrics_file(text: str) -> str:
    if not text.endswith(".prom") or "\0" in text:
        raise ValueError("Prometheus reads files that end in .prom.")
    return text


def _server(text: str) -> str:
    if not VARIABLE.fullmatch(text) and not re.fullmatch(r"smtps?://[^\s/@:]+(:\d{1,5})?", text):
        raise ValueError("Write smtp://host:port or smtps://host:port, or ${NAME} where it holds a password.")
    return text


Variable = Annotated[str, AfterValidator(_variable)]
Address = Annotated[str, AfterValidator(_address)]


class Delivery(Section):
    """Where findings are sent, and when; ${NAME} is filled in when something is sent, and nowhere kept.

    when: the least severity that is told; decision: a verdict that calls for a decision, and decisions; always: every
    run. digest: at most one message a day or week, none: at once; by default daily, and at once for PagerDuty.
    """

    to: Literal["webhook", "slack", "teams", "pagerduty", "email", "prometheus"]
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$")
    url: Annotated[str, AfterValidator(_web)] | None = None
    key: Variable | None = None
    secret: Variable | None = None
    server: Annotated[str, AfterValidator(_server)] | None = None
    sender: Address | None = None
    recipients: list[Address] | None = Field(default=None, min_length=1, max_length=50)
    path: Annotated[str, AfterValidator(_metrics_file)] | None = None
    when: Literal["info", "warning", "critical", "decision", "always"] = "critical"
    digest: Literal["none", "daily", "weekly"] | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "Delivery":
        needs, may = NEEDS[self.to]
        for field in needs:
            if getattr(self, field) is None:
                raise ValueError(f"{self.to} needs {field}.")
        for field in OWN:
            if getattr(self, field) is not None and field not in needs + may:
                raise ValueError(f"{self.to} has no {field}; it takes {', '.join(needs + may)}.")
        if self.to in ("slack", "teams") and not VARIABLE.fullmatch(self.url or ""):
            raise ValueError(f"Whoever has the address can write to {self.to}: write ${{NAME}} for url.")
        if self.to == "pagerduty" and self.digest in ("daily", "weekly"):
            raise ValueError("PagerDuty is told at once: leave digest out.")
        return self

    @property
    def rhythm(self) -> Literal["none", "daily", "weekly"]:
        """The digest, with its default."""
        return self.digest or ("none" if self.to == "pagerduty" else "daily")


def names_of(deliveries: Sequence[Delivery]) -> tuple[str, ...]:
    """What each target is called: its name, else its kind, numbered from the second on.

    >>> names_of([Delivery(to="webhook", url="https://a.example"), Delivery(to="webhook", url="https://b.example")])
    ('webhook', 'webhook-2')
    """
    found: list[str] = []
    for one in deliveries:
        number = 1 + sum(other.to == one.to and other.name is None for other in deliveries[: len(found)])
        found.append(one.name or (one.to if number == 1 else f"{one.to}-{number}"))
    return tuple(found)


def told_apart(deliveries: list[Delivery]) -> list[Delivery]:
    """The targets; ValueError where two have one name."""
    names = names_of(deliveries)
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(f"Two targets are called {shown(name)}.")
    return deliveries

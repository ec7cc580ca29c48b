"""Targets: who is told, and how a message for each kind of them is made. A kind is a row of a table."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.deliver.event import Event, identity
from engine.deliver.letters import letter
from engine.deliver.message import Letter, Post
from engine.deliver.pagerduty import ENQUEUE, pagerduty
from engine.deliver.secrets import filled
from engine.deliver.signature import HEADER, sign
from engine.deliver.slack import slack
from engine.deliver.teams import teams
from engine.monitor import Monitor
from engine.monitor.delivery import Delivery, names_of

SERVER = "${PLUMBLINE_SMTP}"  # of e-mail, where the monitor names none


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a monitor file. name: as the file calls it; key: under which the outbox holds what it was told."""

    monitor: str
    name: str
    delivery: Delivery

    @property
    def key(self) -> str:
        return key_of(self.monitor, self.name)

    @property
    def incident(self) -> str:
        """The same for all that is told of this monitor to this target."""
        return identity("incident", self.monitor, self.name)


def key_of(monitor: str, name: str) -> str:
    """A target's key: the monitor's name comes last, since it may hold anything.

    >>> key_of("flights/late", "slack")
    'slack of flights/late'
    """
    return f"{name} of {monitor}"


def targets_of(monitor: Monitor) -> tuple[Target, ...]:
    """The targets that a monitor sends messages to; files for Prometheus are written, not sent."""
    names = names_of(monitor.deliver)
    rows = zip(names, monitor.deliver, strict=True)
    return tuple(Target(monitor.monitor, name, one) for name, one in rows if one.to != "prometheus")


def message(event: Event, target: Target) -> Post | Letter:
    """What is sent to a target, secrets filled in. Raises PlumblineError for a variable that is not set."""
    return MAKERS[target.delivery.to](event, target)


def _webhook(event: Event, target: Target) -> Post:
    body, secret = event.to_json().encode(), target.delivery.secret
    headers = {"Plumbline-Event": event.event_id, "Idempotency-Key": event.event_id, "Plumbline-Kind": str(event.kind)}
    if secret is not None:
        headers[HEADER] = sign(body, filled(secret, target.name), int(time.time()))
    return _post(_url(target), body, headers)


def _slack(event: Event, target: Target) -> Post:
    return _post(_url(target), slack(event))


def _teams(event: Event, target: Target) -> Post:
    return _post(_url(target), teams(event))


def _pagerduty(event: Event, target: Target) -> Post:
    key = filled(target.delivery.key or "", target.name)
    return _post(filled(target.delivery.url or ENQUEUE, target.name), pagerduty(event, key))


def _email(event: Event, target: Target) -> Letter:
    one, name = target.delivery, target.name
    recipients = [filled(address, name) for address in one.recipients or ()]
    return letter(event, filled(one.server or SERVER, name), filled(one.sender or "", name), recipients)


def _url(target: Target) -> str:
    return filled(target.delivery.url or "", target.name)


def _post(url: str, body: bytes | Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Post:
    said = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    return Post(url, said, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


MAKERS: Mapping[str, Callable[[Event, Target], Post | Letter]] = {
    "webhook": _webhook,
    "slack": _slack,
    "teams": _teams,
    "pagerduty": _pagerduty,
    "email": _email,
}

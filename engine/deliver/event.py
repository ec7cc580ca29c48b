"""An event: what is told about a monitor, the same for every target; its JSON form is stable and holds no rows.

docs/event.schema.json is its schema. Names and sentences are plain text: what cannot be seen is escaped, what is long
is shortened, and the findings are the worst FINDINGS of them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

SCHEMA_VERSION = 1
FINDINGS = 50  # in the JSON form; messages for people show fewer


class Kind(StrEnum):
    """What an event is. alert: something new or worse; recovered: nothing but findings that are over."""

    ALERT = "alert"
    DIGEST = "digest"
    DECISION = "decision"
    RECOVERED = "recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as it is told. name: COLUMN.METRIC or METRIC; since: the first day of the first window it held in.

    state: new, worse, awake (its mute is over), came and went (between two messages), persisting, recovered, eased
    (to less than what this target is told), or muted (accepted ones too).
    """

    name: str
    signal: str
    column: str | None
    metric: str
    severity: str
    state: str
    value: float | None
    warning: float | None
    critical: float | None
    since: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Span:
    """The window: start included, end excluded, ISO 8601 in the data's own clock."""

    start: str
    end: str
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done, and why."""

    action: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided. until: the last day of a mute; findings: empty when it is about the whole run."""

    choice: str
    reason: str
    by: str
    at: str
    until: str | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What is told. at: when it was made, UTC; severity: of what is open; window: the newest that it covers.

    what, where, how_bad, since: the same in words. open: findings that are open now; total: findings that there were
    to tell, of which findings holds the worst; runs: recorded since the message before. incident: the same for an alert
    and for what says that it is over. link: to this very view, None where the address of the dashboard is not known.
    """

    event_id: str
    kind: Kind
    at: str
    monitor: str
    model: str
    version: str
    owner: str
    incident: str
    severity: str
    what: str
    where: str
    how_bad: str
    since: str
    run: str | None = None
    window: Span | None = None
    against: str = "reference"
    cohort: str = ""
    findings: tuple[Told, ...] = ()
    total: int = 0
    open: int = 0
    runs: int = 0
    verdict: Verdict | None = None
    decision: Decided | None = None
    link: str | None = None

    def document(self) -> dict[str, Any]:
        """The event as the JSON document that receivers lean on: names are added to it, never changed."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self), "kind": str(self.kind)}

    def to_json(self) -> str:
        """The document as canonical JSON: UTF-8, sorted keys, no not-a-number."""
        return canonical(self.document())


def canonical(document: Mapping[str, Any]) -> str:
    """A document as canonical JSON.

    >>> canonical({"b": "é", "a": None})
    '{"a":null,"b":"é"}'
    """
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def event_of(document: Mapping[str, Any]) -> Event:
    """The event that a document describes; fields that a later version added are passed over."""
    given: dict[str, Any] = {one.name: document[one.name] for one in fields(Event) if one.name in document}
    verdict, decision, window = (document.get(name) for name in ("verdict", "decision", "window"))
    given |= {
        "kind": Kind(document["kind"]),
        "window": _only(Span, window) if window else None,
        "findings": tuple(_only(Told, one) for one in document["findings"]),
        "verdict": Verdict(verdict["action"], tuple(verdict["because"])) if verdict else None,
        "decision": _only(Decided, {**decision, "findings": tuple(decision["findings"])}) if decision else None,
    }
    return Event(**given)


def _only(shape: Any, given: Mapping[str, Any]) -> Any:
    return shape(**{one.name: given[one.name] for one in fields(shape) if one.name in given})


def identity(*parts: str) -> str:
    """An id that the same parts give again: 32 hexadecimal digits.

    >>> identity("m", "slack", "run1") == identity("m", "slack", "run1") != identity("m", "slack", "run2")
    True
    """
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]

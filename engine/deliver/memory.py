"""What a target was last told, kept with the message itself: news is what differs from it.

So nothing is told twice, whatever is called how often, and nothing is lost when a call is: the next one sees the same
difference. A message that was given up was never told, so what stood in it is told with the next.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from engine.deliver.event import Event, canonical, event_of
from engine.store import Store
from engine.store.outbox import last_delivery

QUIET = "quiet"  # in place of a severity: open, but muted or accepted


@dataclass(frozen=True, slots=True)
class Memory:
    """standing: finding -> severity as told, or QUIET. seen: when the newest run that it knows was computed. told: when
    the last message about findings was made, empty for none. action: of the last verdict; decided: of the last decision
    that was told. Moments are UTC, ISO 8601. last: id of the message that it was kept with.
    """

    standing: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""
    told: str = ""
    action: str = ""
    decided: str = ""
    last: str = ""


def body_of(event: Event | None, memory: Memory) -> str:
    """What the outbox keeps: the event, None where there was nothing to tell yet, and what its target knows by it."""
    return canonical({"event": event.document() if event else None, "memory": asdict(memory)})


def event_in(body: str) -> Event | None:
    """The event of a message that was kept."""
    found = json.loads(body)["event"]
    return event_of(found) if found else None


def memory_of(store: Store, key: str) -> Memory | None:
    """What a target knows, sent to it or on the way; None where it was never told anything."""
    kept = last_delivery(store, key)
    return Memory(**json.loads(kept.body)["memory"]) if kept else None

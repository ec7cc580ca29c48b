"""PagerDuty: Events API v2; one incident a monitor, opened and worsened by one key, resolved when none is open."""

from typing import Any

from engine.deliver.event import Event, Kind
from engine.deliver.words import finding_lines, headline, lines

ENQUEUE = "https://events.pagerduty.com/v2/enqueue"
FINDINGS = 10
SEVERITIES = {"critical": "critical", "warning": "warning"}


def pagerduty(event: Event, key: str) -> dict[str, Any]:
    """The event to enqueue. key: the integration's routing key."""
    found: dict[str, Any] = {
        "routing_key": key,
        "event_action": "resolve" if is_over(event) else "trigger",
        "dedup_key": event.incident[:255],
    }
    if is_over(event):
        return found
    found["payload"] = {
        "summary": headline(event)[:1024],
        "source": event.monitor[:255],
        "severity": SEVERITIES.get(event.severity, "info"),
        "timestamp": event.at,
        "component": event.model[:255],
        "group": "plumbline",
        "class": str(event.kind),
        "custom_details": _details(event),
    }
    found["client"] = "Plumbline"
    if event.link is not None:
        found["client_url"] = event.link
        found["links"] = [{"href": event.link, "text": "Open this view"}]
    return found


def is_over(event: Event) -> bool:
    """Whether nothing is open any more, so that the incident is resolved: what came and went beside it opens none."""
    return event.kind in (Kind.ALERT, Kind.DIGEST, Kind.RECOVERED) and not event.open


def _details(event: Event) -> dict[str, Any]:
    """The lines of the message, its findings as a list."""
    rows = {label: text for label, text in lines(event, 0) if label != "More"}
    told = [f"{label}: {text}" for label, text in finding_lines(event, FINDINGS)]
    return {**rows, "findings": told, "total": event.total, "event_id": event.event_id}

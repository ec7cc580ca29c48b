"""Microsoft Teams: an Adaptive Card as a workflow's webhook takes it.

Text from outside stands in TextRuns, which read no Markdown.
"""

import json
from typing import Any

from engine.deliver.event import Event
from engine.deliver.words import headline, lines, severity_words
from engine.errors import plain

COLOURS = {"critical": "Attention", "warning": "Warning"}
LARGEST = 26_000  # bytes of a card; Teams takes 28 KB


def teams(event: Event) -> dict[str, Any]:
    """The message: one attachment with the card; findings are left out from the end until it fits."""
    for most in (5, 3, 1, 0):
        found = _message(event, most)
        if len(json.dumps(found, ensure_ascii=False).encode()) <= LARGEST:
            break
    return found


def _message(event: Event, most: int) -> dict[str, Any]:
    colour = COLOURS.get(event.severity, "Default")
    body = [_runs((headline(event), {"weight": "Bolder", "size": "Medium", "color": colour}))]
    for label, text in lines(event, most):
        body.append(_runs((f"{label}: ", {"weight": "Bolder"}), (text, {})))
    body.append(_runs((f"Plumbline, event {event.event_id}", {"isSubtle": True, "size": "Small"})))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": f"{plain(event.monitor)}: {severity_words(event.severity)}",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if event.link is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open this view", "url": event.link}]
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _runs(*runs: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    inlines = [{"type": "TextRun", "text": text, **how} for text, how in runs]
    return {"type": "RichTextBlock", "inlines": inlines, "separator": False}

"""Slack: an incoming webhook's message in Block Kit; text from outside is plain_text, where nothing is markup."""

from typing import Any

from engine.deliver.event import Event
from engine.deliver.words import headline, lines

HEADER, TEXT = 150, 2900  # characters that a header and a text may have (3,000, some left)


def slack(event: Event) -> dict[str, Any]:
    """The message. Its top-level text is what a notification shows, escaped as Slack asks."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(_cut(headline(event), HEADER))}]
    for label, text in lines(event):
        blocks.append({"type": "section", "text": _plain(_cut(f"{label}: {text}", TEXT))})
    if event.link is not None:
        said = f"<{_address(event.link)}|Open this view>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": said, "verbatim": True}})
    blocks.append({"type": "context", "elements": [_plain(f"Plumbline, event {event.event_id}")]})
    return {"text": escaped(headline(event)), "mrkdwn": False, "blocks": blocks, "unfurl_links": False}


def escaped(text: str) -> str:
    """A text in which nothing is a link or calls a channel.

    >>> escaped("<!channel> & <@U1>")
    '&lt;!channel&gt; &amp; &lt;@U1&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _address(link: str) -> str:
    """An address within <…|…>: the two signs that would end it are written as their codes."""
    return escaped(link.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C"))


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

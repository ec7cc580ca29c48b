"""E-mail: plain text with a simple HTML alternative, all of it escaped; no text from outside can become a header."""

import html
from collections.abc import Sequence
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from engine.deliver.event import Event, Kind
from engine.deliver.message import Letter
from engine.deliver.words import headline, lines
from engine.errors import plain

MOST = 10  # findings
STYLE = "font-family:sans-serif;font-size:14px;color:#1a1a1a"


def letter(event: Event, server: str, sender: str, recipients: Sequence[str]) -> Letter:
    """The e-mail. Its Message-ID is made of the event's id, so that one that comes twice can be told to be one.

    Raises ValueError for a sender or recipient that is no address.
    """
    message = EmailMessage(policy=SMTP.clone(max_line_length=200))
    message["Subject"] = plain(headline(event), 200)
    message["From"] = _address(sender, "Plumbline")
    message["To"] = tuple(_address(one) for one in recipients)
    message["Date"] = format_datetime(datetime.fromisoformat(event.at))
    message["Message-ID"] = f"<{event.event_id}@plumbline>"
    message["Auto-Submitted"] = "auto-generated"  # no holiday note answers it
    if event.kind is not Kind.TEST:
        message["References"] = f"<{event.incident}@plumbline>"  # what is about one monitor is one thread
    message["X-Plumbline-Event"] = event.event_id
    message.set_content(text(event))
    message.add_alternative(page(event), subtype="html")
    return Letter(server, sender, tuple(recipients), message.as_bytes())


def _address(written: str, name: str = "") -> Address:
    try:
        return Address(name, addr_spec=written)
    except (HeaderParseError, LookupError, AttributeError) as error:  # what Python's parser ends in: ops@, <ops@b.c>
        raise ValueError("no address") from error


def text(event: Event) -> str:
    """The plain text."""
    said = [headline(event), "", *(f"{label}: {one}" for label, one in lines(event, MOST))]
    said += ["", event.link] if event.link else []
    return "\n".join([*said, "", f"Plumbline, event {event.event_id}", ""])


def page(event: Event) -> str:
    """The same as HTML without pictures, scripts or anything that is loaded."""
    rows = "".join(
        f'<tr><th align="left" valign="top" style="padding:2px 12px 2px 0">{html.escape(label)}</th>'
        f"<td>{html.escape(one)}</td></tr>\n"
        for label, one in lines(event, MOST)
    )
    link = f'<p><a href="{html.escape(event.link)}">Open this view</a></p>' if event.link else ""
    return (
        f'<!doctype html><html lang="en"><body style="{STYLE}"><h2 style="font-size:17px">'
        f"{html.escape(headline(event))}</h2>\n<table>\n{rows}</table>{link}\n"
        f'<p style="color:#666">Plumbline, event {html.escape(event.event_id)}</p></body></html>\n'
    )

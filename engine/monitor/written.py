"""Held against its data: what a monitor file says of how text files are written."""

from collections.abc import Iterator
from typing import Any

from engine.monitor.limits import Row
from engine.monitor.model import Monitor
from engine.tables.sources import Dataset
from engine.tables.text.preview import unfit
from engine.tables.text.text_format import TextFormat

FIELDS = ("reference", "production", "columns.target", "columns.attributions")  # what names text files


def text_of(monitor: Monitor, field: str) -> TextFormat | None:
    """What the file says of how a side, or a table beside the sides, is written. field: as in the file."""
    named: Any = monitor
    for step in field.split("."):
        named = getattr(named, step)
    return None if named is None or isinstance(named, str) else named.text


def choices(monitor: Monitor, sides: dict[str, Dataset]) -> Iterator[Row]:
    """Choices for text files that do not fit what the file looks like, or that stand beside a file of another kind."""
    for side in FIELDS:
        text = text_of(monitor, side)
        if text is None or side not in sides:
            continue
        if sides[side].text is None:
            yield f"{side}.csv", "it is no text file: nothing of this is used", None, "warning"
        elif sides[side].files:
            for said in unfit(sides[side].files[0], text):
                yield f"{side}.csv", said, "Leave it out to have it found out.", "warning"

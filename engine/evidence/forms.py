"""The forms that evidence leaves the house in: PDF, HTML, JSON and CSV, each drawn from the same snapshot."""

from collections.abc import Mapping
from typing import Any

from engine.errors import UnknownName
from engine.evidence.canonical import canonical

FORMS = {"pdf": "application/pdf", "html": "text/html", "json": "application/json", "csv": "text/csv"}


def render(made: Mapping[str, Any], form: str) -> bytes:
    """A snapshot in one of the forms. Raises UnknownName for another, UnusableData for what is no snapshot.

    >>> render({"kind": "snapshot"}, "json")
    b'{"kind":"snapshot"}'
    """
    if form == "pdf":
        from engine.evidence.pdf import render_pdf

        return render_pdf(made)
    if form == "html":
        from engine.evidence.html import html

        return html(made).encode("utf-8", "backslashreplace")
    if form == "csv":
        from engine.evidence.sheet import csv

        return csv(made).encode("utf-8", "backslashreplace")
    if form != "json":
        raise UnknownName.of("form", form, FORMS)
    return canonical(made)

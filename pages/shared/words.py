"""Words and marks on the screen: text from outside shown as it is, severities as word, shape and colour."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.charts.theme import MARKS, WORDS
from engine.findings import Severity, three
from engine.spreadsheet import runs

COLOURS: dict[Severity, str] = {
    Severity.CRITICAL: "red",
    Severity.WARNING: "orange",
    Severity.NOT_ENOUGH_DATA: "gray",
    Severity.INFO: "blue",
    Severity.OK: "green",
    Severity.NOT_JUDGED: "gray",
}
JOINER = "\u2060"  # takes no room; breaks what Streamlit would turn into an icon, an emoji, an arrow or a link


def plain(text: object) -> str:
    r"""Text from outside for Markdown, shown letter by letter: no markup, formula, icon, emoji or link comes of it.

    >>> plain("a*b")
    'a\\*b'
    >>> plain(":material/home:").replace(JOINER, "|")
    '\\:|material\\/home\\:|'
    """
    said = " ".join(str(text).split())
    said = re.sub(r"([:@]|www(?=\.))", rf"\1{JOINER}", said)
    said = re.sub(r"(?<=[-<>=~])(?=[-<>=~])", JOINER, said)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", said)


def mark(severity: Severity) -> str:
    """Shape and word: '■ critical'."""
    return f"{MARKS[severity]} {WORDS[severity]}"


def badge(severity: Severity, said: str | None = None) -> str:
    """A severity as Markdown: shape, word and colour together."""
    return f":{COLOURS[severity]}-badge[{MARKS[severity]} {plain(said) if said else WORDS[severity]}]"


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it has to be.

    >>> counted(1, "finding"), counted(2300, "row")
    ('1 finding', '2,300 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def number(value: float | None) -> str:
    """Three significant digits, or a dash."""
    return "–" if value is None else three(value)


def safe_cell(value: Any) -> Any:
    """A value that a spreadsheet will not run as a formula.

    >>> safe_cell("=1+1"), safe_cell(-1.5), safe_cell("plain")
    ("'=1+1", -1.5, 'plain')
    """
    return f"'{value}" if isinstance(value, str) and runs(value) else value


def to_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV text, every cell safe to open in a spreadsheet."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow([safe_cell(name) for name in columns])
    writer.writerows([safe_cell(row.get(name)) for name in columns] for row in rows)
    return sheet.getvalue()

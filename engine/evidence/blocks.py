"""What a page of evidence is made of: a few kinds of block, the same for PDF and HTML; every text is ready to be drawn.

A cell of a table is a text, or a mapping with one key: badge (a severity), mono, strong or soft.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.evidence.glyphs import shortened
from engine.findings import three

Block = dict[str, Any]
Cell = str | dict[str, str]
MARKS = {"ok": "●", "info": "●", "not_enough_data": "◌", "warning": "▲", "critical": "■", "not_judged": "–"}


def badge(severity: str) -> Cell:
    """A severity as mark and word."""
    return {"badge": severity}


def mono(text: object) -> Cell:
    """A digest or an id, in letters of one width."""
    return {"mono": str(text)}


def strong(text: object) -> Cell:
    """What a row is about."""
    return {"strong": shortened(str(text))}


def soft(text: object) -> Cell:
    """What matters less."""
    return {"soft": str(text)}


def text(said: str, tone: str = "", sticky: bool = False) -> Block:
    """A paragraph. tone: "", soft or strong; sticky: it stays on the page of what follows, as above a table."""
    return {"type": "text", "text": said, "tone": tone, "sticky": sticky}


def notice(title: str, said: str, severity: str, title_more: str = "", more: str = "") -> Block:
    """A band with a mark, a title and a sentence; then a second title with what belongs to it."""
    return {
        "type": "notice", "title": title, "text": said, "severity": severity, "title-more": title_more, "more": more,
    }  # fmt: skip


def facts(rows: Iterable[tuple[str, Cell]], columns: int = 1, small: bool = False) -> Block:
    """Names and values, in one column or two."""
    return {"type": "facts", "rows": [[name, value] for name, value in rows], "columns": columns, "small": small}


def group(blocks: Iterable[Block]) -> Block:
    """Blocks that stay on one page."""
    return {"type": "group", "blocks": list(blocks)}


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    align: str,
    widths: Sequence[str],
    *,
    empty: str = "",
    tall: bool = False,
    small: bool = False,
) -> Block:
    """A table. align: a letter a column, l or r; widths: auto, or a number of shares as in 1fr. empty: what is said
    where there is no row; tall: rows with room to write in; small: in small letters.

    >>> table(["a"], [], "l", ["1fr"], empty="None.")["rows"]
    []
    """
    listed = [list(row) for row in rows]
    assert len(align) == len(widths) == len(head) and all(len(row) == len(head) for row in listed), head
    return {
        "type": "table", "head": list(head), "rows": listed, "align": align, "widths": list(widths), "empty": empty,
        "tall": tall, "small": small,
    }  # fmt: skip


def bullets(said: Iterable[str]) -> Block:
    """Sentences, one a bullet."""
    return {"type": "bullets", "items": list(said)}


def heading(title: str) -> Block:
    """A heading within a section."""
    return {"type": "heading", "text": title}


def section(title: str, blocks: Iterable[Block | None], fresh: bool = False) -> dict[str, Any]:
    """A section. fresh: it starts on a page of its own."""
    return {"title": title, "blocks": [one for one in blocks if one], "fresh": fresh}


def number(value: float | None) -> str:
    """Three significant digits, or a dash for none.

    >>> number(0.28384), number(None)
    ('0.284', '–')
    """
    return "–" if value is None else three(value).replace("-", "−")


def share(value: float | None) -> str:
    """A share as a percentage; what is not nothing never reads as nothing.

    >>> share(0.0), share(0.00001), share(0.1234), share(None)
    ('0 %', '< 0.1 %', '12.3 %', '–')
    """
    if value is None:
        return "–"
    if 0 < value < 0.0005:
        return "< 0.1 %"
    return f"{100 * value:.1f} %" if value else "0 %"


def count(value: int | None) -> str:
    """A count of rows with thousands set apart."""
    return "–" if value is None else f"{value:,}"


def instant(at: str) -> str:
    """A moment as a reader has it, UTC.

    >>> instant("2026-11-21T14:35:13+00:00")
    '2026-11-21 14:35:13 UTC'
    """
    return f"{at[:19].replace('T', ' ')} UTC" if at.endswith("+00:00") else at.replace("T", " ")


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "finding"), plural(2, "finding")
    ('1 finding', '2 findings')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def limits(finding: Mapping[str, Any]) -> tuple[str, str]:
    """Warning and critical of a finding, as cells."""
    threshold = finding["threshold"] or {}
    return number(threshold.get("warning")), number(threshold.get("critical"))

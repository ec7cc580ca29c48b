"""A text without its comments, and with tabs where runs of blanks divide fields: what DuckDB does not read itself."""

from collections.abc import Iterable, Iterator

from engine.tables.text.dialect import split_blanks
from engine.tables.text.text_format import TextFormat


def mended(parts: Iterable[str], text: TextFormat, start: int, width: int, comments: list[int]) -> Iterator[str]:
    """The text in pieces. start: lines before the first row; comments: grows by the number of each line that is one.

    A comment becomes a blank line, so that lines keep their numbers; in a table of one column a blank line would be a
    missing value, and it goes. A line within a quoted text is never a comment.

    >>> "".join(mended(["a,b\\n# x", "\\n1,2"], TextFormat(delimiter=",", quote='"', comment="#"), 1, 2, []))
    'a,b\\n\\n1,2'
    """
    comment, blanks, quote = text.comment or "", text.delimiter == " ", text.quote or ""
    if not comment and not blanks:
        yield from parts
        return
    held, inside, number = "", False, 0
    for part in _ended(parts):
        lines = (held + (part or "")).split("\n")
        held = lines.pop() if part is not None else ""
        found: list[str] = []
        for i, line in enumerate(lines):
            number += 1
            end = "" if part is None and i == len(lines) - 1 else "\n"
            if comment and not inside and line.startswith(comment):
                if number > start:
                    comments.append(number)
                if width > 1 or number <= start:
                    found.append(end)
                continue
            if quote and line.count(quote) % 2:
                inside = not inside
            found.append(("\t".join(split_blanks(line, quote)) if blanks else line) + end)
        yield "".join(found)


def _ended(parts: Iterable[str]) -> Iterator[str | None]:
    yield from parts
    yield None

"""Cells that no spreadsheet takes for a formula and that steer no terminal, and rows of them as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")  # what a spreadsheet may begin to compute at


def runs(text: str) -> bool:
    """Whether a spreadsheet might compute a text, blanks before it or not.

    >>> runs("=1+1"), runs("  ＠a"), runs("a=1")
    (True, True, False)
    """
    return text.startswith(FORMULA) or text.lstrip().startswith(FORMULA)


def cell(value: Any) -> str:
    """A value as a cell: numbers in full, nothing as nothing; a text that could run is set off by a '.

    >>> cell(0.1), cell(None), cell(True), cell("=1+1"), cell("a\\x1b[31m"), cell(-0.5)
    ('0.1', '', 'true', "'=1+1", 'a\\\\x1b[31m', '-0.5')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    said = str(value)
    seen = visible(said)
    return f"'{seen}" if runs(said) else seen


def visible(text: str) -> str:
    """A text with what cannot be seen escaped, at any length.

    >>> visible("a\\tb\\x1b[31m")
    'a\\\\tb\\\\x1b[31m'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV under the names of these columns; what a row lacks is an empty cell. Lines end in LF."""
    stream = io.StringIO()
    out = csv.writer(stream, lineterminator="\n")
    out.writerow([cell(name) for name in columns])
    out.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return stream.getvalue()

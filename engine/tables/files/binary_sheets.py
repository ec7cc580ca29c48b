"""Cells of binary workbooks (xlsb) in a form that our reader leaves out without a word: found, so as to be refused."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from engine.tables.files.archives import BROKEN

SHORT = range(12, 19)  # records of cells that do not say their column: BrtShortBlank to BrtShortIsst of [MS-XLSB]
LOOKED_AT = 1 << 18  # bytes of each sheet: who writes cells so writes the first of them so


def short_cells(path: Path) -> bool:
    """Whether a binary workbook holds cells that do not say their column, but stand behind the one before."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = [one for one in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.bin", one)]
            return any(_short(archive, one) for one in sheets)
    except BROKEN:  # or old Excel: the reader says so
        return False


def _short(archive: zipfile.ZipFile, sheet: str) -> bool:
    with archive.open(sheet) as stream:
        return any(one in SHORT for one in records(stream.read(LOOKED_AT)))


def records(content: bytes) -> Iterator[int]:
    """The kinds of the records of a part: each has its kind in one or two bytes, its size in up to four, and so much.

    >>> list(records(bytes([129, 1, 0, 2, 1, 7, 17, 2, 0, 0])))
    [129, 2, 17]
    """
    at = 0
    while at + 1 < len(content):
        kind, at = content[at], at + 1
        if kind & 0x80 and at < len(content):
            kind, at = (kind & 0x7F) | (content[at] << 7), at + 1
        size = shift = 0
        while at < len(content) and shift < 28:
            byte, at = content[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind
        at += size

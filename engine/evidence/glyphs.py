"""What the shipped fonts can draw; everything else is written as its code point, so that nothing is drawn as a box.

PDF/A refuses a file with a character that no font draws. Control, bidirectional and zero-width characters are never
drawn, since they change how their neighbours read.
"""

import os
import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "fonts"
VARIABLE = "PLUMBLINE_FONTS"  # a folder of more fonts (.ttf, .otf), for scripts that the shipped ones do not draw
LONGEST = 100  # characters of one name
STACKED = 8  # marks on one letter; hundreds would cover the lines around it


def font_folders() -> tuple[Path, ...]:
    """The shipped fonts, then those of the folder that the environment names."""
    more = os.environ.get(VARIABLE)
    return (SHIPPED, Path(more)) if more and Path(more).is_dir() else (SHIPPED,)


def font_files() -> tuple[Path, ...]:
    """Every font, in the order of folder and name."""
    return tuple(
        path
        for folder in font_folders()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (".ttf", ".otf")
    )


@cache
def covered(path: Path) -> frozenset[int]:
    """The code points that a font draws, from its cmap table (formats 4 and 12; OpenType specification, cmap)."""
    data = path.read_bytes()
    tables = struct.unpack(">H", data[4:6])[0]
    places = {
        data[12 + 16 * i : 16 + 16 * i]: struct.unpack(">I", data[20 + 16 * i : 24 + 16 * i])[0] for i in range(tables)
    }
    start = places[b"cmap"]
    best = (0, 0)
    for i in range(struct.unpack(">H", data[start + 2 : start + 4])[0]):
        platform, _, offset = struct.unpack(">HHI", data[start + 4 + 8 * i : start + 12 + 8 * i])
        form = struct.unpack(">H", data[start + offset : start + offset + 2])[0]
        if form in (4, 12) and platform in (0, 3):
            best = max(best, (form, start + offset))
    return frozenset(_groups(data, best[1]) if best[0] == 12 else _segments(data, best[1]))


def _groups(data: bytes, at: int) -> set[int]:
    """Format 12: ranges of code points."""
    found: set[int] = set()
    for i in range(struct.unpack(">I", data[at + 12 : at + 16])[0]):
        first, last, _ = struct.unpack(">III", data[at + 16 + 12 * i : at + 28 + 12 * i])
        found.update(range(first, last + 1))
    return found


def _segments(data: bytes, at: int) -> set[int]:
    """Format 4: segments, some of which point into a table of glyphs."""
    n = struct.unpack(">H", data[at + 6 : at + 8])[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack(f">{n}H", data[place : place + 2 * n])
        for place in (at + 14, at + 16 + 2 * n, at + 16 + 4 * n, at + 16 + 6 * n)
    )
    found: set[int] = set()
    for i in range(n):
        for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
            if offsets[i]:
                place = at + 16 + 6 * n + 2 * i + offsets[i] + 2 * (code - starts[i])
                glyph = struct.unpack(">H", data[place : place + 2])[0]
            else:
                glyph = (code + deltas[i]) & 0xFFFF
            if glyph:
                found.add(code)
    return found


def drawn(text: str) -> str:
    """A text as it can be drawn; what cannot be, or would not be seen, stands as its code point.

    A mark that is set on a letter must be in a font that has the letter too.

    >>> drawn("größe"), drawn("a\\u202eb"), drawn("模型")
    ('größe', 'a‹U+202E›b', '‹U+6A21›‹U+578B›')
    """
    if text.isascii() and text.isprintable():
        return text
    fonts = [covered(path) for path in font_files()]
    out: list[str] = []
    base: list[frozenset[int]] = []  # the fonts that have the letter and the marks on it so far
    marks = 0
    for sign in text:
        category = unicodedata.category(sign)
        having = [one for one in fonts if ord(sign) in one]
        marks = marks + 1 if category[0] == "M" else 0
        if marks:
            both = [one for one in base if ord(sign) in one]
            seen = bool(both) and marks <= STACKED
            base = both or base
        else:
            seen = sign == " " or (category[0] not in "CZ" and bool(having))
            base = having if seen and sign != " " else []
        out.append(sign if seen else f"‹U+{ord(sign):04X}›")
    return "".join(out)


def shortened(text: str, most: int = LONGEST) -> str:
    """A name short enough for a page; the whole stands in the JSON.

    >>> shortened("x" * 1000, most=8)
    'xxxx … xxxx (1,000 characters)'
    """
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} … {text[-(most // 2) :]} ({len(text):,} characters)"


def begun(text: str, most: int) -> str:
    """The beginning of a text, where all of it has no room; the whole stands in the JSON.

    >>> begun("one two three", 10)
    'one two …'
    """
    if len(text) <= most:
        return text
    return f"{text[: most - 2].rsplit(' ', 1)[0].rstrip()} …"


def drawable(value: Any) -> Any:
    """A JSON value with every text as it can be drawn."""
    if isinstance(value, str):
        return drawn(value)
    if isinstance(value, list | tuple):
        return [drawable(one) for one in value]
    if isinstance(value, dict):
        return {key: drawable(one) for key, one in value.items()}
    return value

"""Any text file as UTF-8 with one kind of line end: its encoding and line ends found over every byte, copied in pieces.

A file that is already so is read where it lies. What is compressed is expanded within limits.
"""

import codecs
import gzip
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.errors import PlumblineError, UnreadableSource, shown
from engine.tables.texts import reason

PIECE = 1 << 20  # bytes that are held at once
LONGEST = 1_990_000  # of a line: longer ones DuckDB leaves out, some without a word
GIGABYTES, RATIO = "PLUMBLINE_EXPAND_GB", "PLUMBLINE_EXPAND_RATIO"  # limits of what is expanded; the environment's say
HARMLESS = 256 << 20  # bytes up to which no ratio is too large
BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# What a file without a table begins with, and what it then is. The first bytes tell, never the name.
OTHERS = (
    (rb"\x89PNG", "a PNG picture"), (rb"\xff\xd8\xff", "a JPEG picture"), (rb"GIF8", "a GIF picture"),
    (rb"%PDF", "a PDF document"), (rb"PK\x03\x04", "a ZIP archive or an Excel file"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel or Word file"), (rb"SQLite format 3", "an SQLite database"),
    (rb"ARROW1", "an Arrow file"), (rb"\x7fELF|MZ", "a program"), (rb"\x80[\x02-\x05]", "a Python pickle"),
    (rb"(?is)\s*(<!doctype html|<html|<head|<body)", "a web page (HTML), not the table that it may show"),
    (rb"(?s)\s*<\?xml", "an XML document"), (rb'(?s)\s*(\{\s*("|\})|\[\s*(\{|\[|\]))', "JSON"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Census:
    """What every byte of a text file told. encoding: as Python calls it; why: what spoke for it.

    mixed: lines end in more than one way; boms: marks of byte order after the first; broken: places that are not of the
    encoding; longest: bytes of the longest line, where that is more than a piece holds, else at most PIECE; lines: how
    many there are, of UTF-8.
    """

    size: int
    encoding: str
    why: str
    mixed: bool
    boms: int
    broken: int
    longest: int
    lines: int

    @property
    def plain(self) -> bool:
        """Whether it can be read where it lies."""
        return self.encoding == "utf-8" and not self.mixed and not self.boms and self.longest < LONGEST


def looks_like(head: bytes) -> str | None:
    """What a file is that begins so, where it holds no text table; None for what may be one.

    >>> looks_like(b"<!DOCTYPE html><p>Sign in"), looks_like(b"a,b\\n1,2\\n")
    ('a web page (HTML), not the table that it may show', None)
    """
    return next((said for pattern, said in OTHERS if re.match(pattern, head)), None)


def compression_of(path: Path) -> str | None:
    """gzip or zstd, by the first bytes; None for a file that is not compressed."""
    head = first_bytes(path, 4)
    return "gzip" if head[:2] == b"\x1f\x8b" else "zstd" if head == b"\x28\xb5\x2f\xfd" else None


def first_bytes(path: Path, size: int) -> bytes:
    """The beginning of a file as it lies there."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise UnreadableSource(f"The file cannot be read: {error.strerror}.", where=str(path)) from None


def head_of(path: Path, compression: str | None) -> bytes:
    """The beginning of what is in a file, expanded where it is compressed."""
    return next(pieces(path, compression), b"")[:4096]


def pieces(path: Path, compression: str | None = None) -> Iterator[bytes]:
    """The bytes of a file in pieces, expanded where it is compressed: no more than the limits allow."""
    try:
        with _stream(path, compression) as stream:
            size, most, ratio = 0, _limit(GIGABYTES, 50.0) * 1e9, _limit(RATIO, 200.0)
            packed = path.stat().st_size
            while part := stream.read(PIECE):
                size += len(part)
                if compression and (size > most or (size > HARMLESS and size > ratio * packed)):
                    said = f"It is {packed:,} bytes and expands to more than {size - len(part):,}."
                    hint = f"{GIGABYTES} and {RATIO} set how far a file may expand."
                    raise UnreadableSource(said, where=str(path), hint=hint)
                yield bytes(part)
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or (reason(error) if str(error).strip() else "it ends too early")
        raise UnreadableSource(f"The file cannot be read: {why.rstrip('.')}.", where=str(path)) from None


def _stream(path: Path, compression: str | None) -> Any:
    if compression == "gzip":
        return gzip.open(path, "rb")
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") if compression else path.open("rb")


def _limit(name: str, default: float) -> float:
    text = os.environ.get(name, "")
    try:
        found = float(text) if text else default
    except ValueError:
        found = -1.0
    if not found > 0:
        raise PlumblineError(f"{shown(text)} is no number above zero.", where=name, hint=f"Write {default:g}.")
    return found


def census(path: Path, chosen: str | None = None, compression: str | None = None) -> Census:
    """Read every byte once: encoding, unless it is chosen, and line ends.

    Raises UnreadableSource for what is empty or no text.
    """
    utf8, size = _Utf8(), 0
    returns = feeds = both = nuls = boms = high = undefined = 0
    head, last, run, longest = b"", b"", 0, 0
    for part in pieces(path, compression):
        if not size:
            head = part[:65536]
        size += len(part)
        feeds += part.count(b"\n")
        if b"\r" in part or last == b"\r":
            returns += part.count(b"\r")
            both += part.count(b"\r\n") + (last == b"\r" and part[:1] == b"\n")
        ends = [at for at in (part.find(b"\n"), part.find(b"\r")) if at >= 0]
        longest = max(longest, run + (min(ends) if ends else len(part)))
        run = len(part) - 1 - max(part.rfind(b"\n"), part.rfind(b"\r")) if ends else run + len(part)
        nuls += part.count(b"\0")
        if not part.isascii():
            boms += part.count(codecs.BOM_UTF8)
            high += len(part.translate(None, NOT_HIGH))
            undefined += len(part.translate(None, NOT_UNDEFINED))
        utf8.feed(part)
        last = part[-1:]
    if not size:
        raise UnreadableSource("The file is empty.", where=str(path))
    utf8.end()
    encoding, why = (chosen, "chosen") if chosen else _encoding(head, utf8, high, undefined)
    if encoding is None or (nuls > size // 10 and not encoding.startswith(("utf-16", "utf-32"))):
        raise UnreadableSource("It is neither Parquet nor text.", where=str(path), hint=why or None)
    wide = encoding.startswith(("utf-16", "utf-32"))  # their line ends are counted when they are copied
    starts = head.startswith(codecs.BOM_UTF8)
    more = 0 if wide or encoding != "utf-8" else boms - starts
    mixed = bool(feeds and returns and not feeds == returns == both)
    lines = max(feeds, returns) + (last not in (b"\n", b"\r"))
    return Census(size, encoding, why, mixed, more, utf8.broken, longest, lines)


NOT_HIGH = bytes(one for one in range(256) if not 0x80 <= one < 0xA0)
NOT_UNDEFINED = bytes(one for one in range(256) if one not in (0x81, 0x8D, 0x8F, 0x90, 0x9D))


class _Utf8:
    """Counts the places where bytes are not UTF-8, and the characters beyond ASCII that are."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.loose: Callable[..., str] | None = None
        self.broken = self.good = 0

    def feed(self, part: bytes, final: bool = False) -> None:
        if self.loose is None:
            if part.isascii() and not final and not self.decoder.getstate()[0]:
                return
            try:
                self.good += _beyond(self.decoder.decode(part, final))
                return
            except UnicodeDecodeError:
                self.loose = codecs.getincrementaldecoder("utf-8")("replace").decode
        text = self.loose(part, final)
        bad = text.count("\ufffd")
        self.broken += bad
        self.good += _beyond(text) - bad

    def end(self) -> None:
        self.feed(b"", final=True)


def _beyond(text: str) -> int:
    return 0 if text.isascii() else len(re.findall(r"[^\x00-\x7f]", text))


def _encoding(head: bytes, utf8: _Utf8, high: int, undefined: int) -> tuple[str | None, str]:
    """The encoding and what spoke for it; None where it is no text."""
    for mark, name in BOMS:
        if head.startswith(mark):
            return name, "a mark of byte order stands at its beginning"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if len(head) > 3 and max(even, odd) > 0.4 * half and min(even, odd) < 0.1 * half:
        return ("utf-16-le" if odd > even else "utf-16-be"), "every other byte is zero"
    if head.count(0) > len(head) // 10:
        return None, "It holds many bytes that are zero."
    if not utf8.broken:
        return "utf-8", "every byte fits"
    if utf8.good > 10 * utf8.broken:
        return "utf-8", f"all but {utf8.broken:,} places fit"
    controls = len(re.findall(rb"[\x00-\x08\x0e-\x1f\x7f]", head))
    if controls > len(head) // 50:
        return None, "It holds many bytes that are no letters."
    if high and not undefined:
        return "cp1252", "it is no UTF-8, and has characters of Windows"
    return "latin-1", "it is no UTF-8; every byte fits"


def text_of(path: Path, encoding: str, compression: str | None = None) -> Iterator[str]:
    """The text of a file in pieces, decoded, without marks of byte order, every line ended by a line feed alone.

    What is not of the encoding becomes U+FFFD, which the reader of rows refuses no more than any other character.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("replace")
    held = ""
    for part in pieces(path, compression):
        text = held + decoder.decode(part)
        held = "\r" if text.endswith("\r") else ""  # a line feed may follow in the next piece
        yield _lines_alike(text[: len(text) - len(held)])
    yield _lines_alike(held + decoder.decode(b"", final=True))


def _lines_alike(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\ufeff", "") if "\ufeff" in text else text


def beginning(path: Path, encoding: str, size: int, compression: str | None = None) -> tuple[str, bool]:
    """The first characters of a text, no more than size, up to the end of a line; and whether that is all of it."""
    found: list[str] = []
    length = 0
    for part in text_of(path, encoding, compression):
        found.append(part)
        length += len(part)
        if length > size:
            text = "".join(found)[:size]
            cut = text.rfind("\n") + 1
            return (text[:cut] if cut else text), False
    return "".join(found), True


def short_lines(parts: Iterable[str], blank: bool, long: list[tuple[int, str]]) -> Iterator[str]:
    """A text without the lines that are longer than LONGEST; long: grows by number and beginning of each.

    blank: whether an empty line stands in its place, so that lines keep their numbers. Held at once: one line.
    """
    held, size, number, dropping = list[str](), 0, 1, False
    for part in parts:
        *lines, rest = part.split("\n")
        out = []
        for line in lines:
            whole = "".join(held) + line
            if dropping or len(whole) > LONGEST:
                long += [] if dropping else [(number, whole[:500])]
                out.append("\n" if blank else "")
            else:
                out.append(whole + "\n")
            held, size, dropping = [], 0, False
            number += 1
        if not dropping:
            held.append(rest)
            size += len(rest)
            if size > LONGEST:
                long.append((number, "".join(held)[:500]))
                held, dropping = [], True
        yield "".join(out)
    yield "".join(held)


def rewritten(text: Iterator[str], target: Path) -> int:
    """Write a text as UTF-8, piece by piece, and tell how many lines it has."""
    lines, last = 0, "\n"
    with target.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        for part in text:
            stream.write(part)
            lines += part.count("\n")
            last = part[-1:] or last
    return lines + (last != "\n")

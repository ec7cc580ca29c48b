"""Quotes that are opened and not closed: the line that each opens on is left out, so that it takes no other with it.

A reader of rows goes on to the next quote, wherever that is: one stray quote swallows the rest of a file, or the rows
up to the next text in quotes. Only what spans several lines is looked at, and what makes a whole row with its quotes
closed is one, whatever stands within: no row is taken apart that was written as one.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from engine.tables.text.dialect import RECORDS, commonest, delimiter_of, escape_of, quote_of
from engine.tables.text.plain_text import LONGEST, PIECE
from engine.tables.text.sniff import Sniffed
from engine.tables.text.text_format import TextFormat
from engine.tables.text.text_types import TEXT, fits
from engine.tables.watching import tick

LOOKED = 200  # lines within a quote that are looked at
LIKE = 0.5  # share of them that must have as many fields as rows have, for the quote to be a stray one
PATIENCE = 10  # times the file is read at most, for quotes that each seem to run to its end
BEGINNING = 500  # characters of a line that are kept
TOLD = 1 << 14  # lines after which whoever watches is told

Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Unclosed:
    """opened: lines on which a stray quote opens, with their beginnings. long: rows that are too long to be read, by
    their first line, and how many lines each takes.
    """

    opened: list[Line] = field(default_factory=list)
    long: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signs:
    """What cuts lines into fields, as patterns. delimiter: between two fields; inner: what a quote may hold; whole: a
    line in which every quote is closed; one: a field, as it is written; row: as many fields as rows have, each of them
    in quotes or without any, over as many lines as it takes.
    """

    delimiter: str
    quote: str
    inner: re.Pattern[str]
    whole: re.Pattern[str]
    one: re.Pattern[str]
    row: re.Pattern[str]


def signs_of(seen: Sniffed) -> Signs | None:
    """The signs of a text, None where it has no quotes."""
    text = seen.text
    quote, delimiter = text.quote or "", "\t" if text.delimiter == " " else text.delimiter or ","
    if not quote:
        return None
    q, d, escape = re.escape(quote), re.escape(delimiter), text.escape or quote
    e = re.escape(escape)
    inner = rf"[^{q}]*(?:{q}{q}[^{q}]*)*" if escape == quote else rf"[^{q}{e}]*(?:{e}(?:.|\Z)[^{q}{e}]*)*"
    one = rf"{q}{inner}{q}|(?:[^{q}{d}][^{d}]*)?"
    proper = rf"{q}{inner}{q}|[^{q}{d}]*" if escape == quote else rf"{q}{inner}{q}|(?:{e}{q}|[^{q}{d}])*+"
    return Signs(
        delimiter, quote, re.compile(inner, re.DOTALL), re.compile(rf"(?:{one})(?:{d}(?:{one}))*"), re.compile(one),
        re.compile(rf"(?:{proper})(?:{d}(?:{proper})){{{max(len(seen.names) - 1, 0)}}}", re.DOTALL),
    )  # fmt: skip


def state(signs: Signs, line: str, inside: bool) -> str:
    """Where a line ends that begins within a quote or not: "inside", "outside", or "broken": text follows a quote.

    >>> from engine.tables.text.text_format import TextFormat
    >>> signs = signs_of(Sniffed(TextFormat(delimiter=",", quote='"', escape='"'), (), (), 0, TextFormat()))
    >>> state(signs, '1,"a', False), state(signs, 'b",2', True), state(signs, 'b"c', True), state(signs, '5" x', False)
    ('inside', 'outside', 'broken', 'outside')
    >>> signs = signs_of(Sniffed(TextFormat(delimiter=",", quote='"', escape="\\\\"), (), (), 0, TextFormat()))
    >>> state(signs, '1,"a\\\\', False), state(signs, '1,"a\\\\"', False)  # before the end of a line, or a quote
    ('inside', 'inside')
    """
    at, size = 0, len(line)
    while True:
        if inside:
            found = signs.inner.match(line, at)
            at = found.end() if found else at
            if at >= size:
                return "inside"
            at += 1
            if at < size and line[at] != signs.delimiter:
                return "broken"
        else:
            if line[at : at + 1] == signs.quote:
                at, inside = at + 1, True
                continue
            at = line.find(signs.delimiter, at)
        if at < 0 or at >= size:
            return "outside"
        at, inside = at + 1, False


def fields_of(signs: Signs, line: str) -> list[str]:
    """The fields of a line by itself, without their quotes; none where its quotes do not close."""
    if signs.quote not in line:
        return line.split(signs.delimiter)
    if not signs.whole.fullmatch(line):
        return []
    found, at = list[str](), 0
    while at <= len(line):
        one = signs.one.match(line, at)
        text = one[0] if one else ""
        found.append(text[1:-1] if text[:1] == signs.quote else text)
        at += len(text) + 1
    return found


def closed(sample: str, text: TextFormat) -> str:
    """The beginning of a text without the lines on which stray quotes open: else no row after them would be looked at.

    text: the choices that were given. What cuts rows is guessed as if there were no quotes.
    """
    quote = text.quote if text.quote is not None else quote_of(sample, {})
    lines = sample.split("\n")
    if not quote or not any(line.count(quote) % 2 for line in lines):
        return sample
    escape = text.escape if text.escape is not None else escape_of(sample, quote, {})
    delimiter = text.delimiter or delimiter_of(sample, "", "", "", {})
    width = commonest([line.count(delimiter) + 1 for line in lines[:RECORDS] if line])
    bare = TextFormat(delimiter=delimiter, quote=quote, escape=escape)
    seen = Sniffed(bare, ("",) * width, (TEXT,) * width, 0, text)
    gone = {number for number, _ in unclosed(partial(_after, lines), len(sample), seen).opened}
    return "\n".join("" if number in gone else line for number, line in enumerate(lines, 1)) if gone else sample


def _after(lines: Sequence[str], number: int) -> Iterator[Line]:
    return enumerate(lines[number:], number + 1)


def unclosed(after: Callable[[int], Iterator[Line]], size: int, seen: Sniffed) -> Unclosed:
    """The stray quotes of a text: each is not closed before the end, or not as a text is.

    after: the lines that follow the one of this number, as lines_of gives them; size: of all, in characters, about.
    """
    signs, found = signs_of(seen), Unclosed()
    if signs is None:
        return found
    lines, ahead, left = after(0), deque[Line](), PATIENCE * max(size, 1)
    while left > 0:
        one = ahead.popleft() if ahead else next(lines, None)
        if one is None:
            break
        number, line = one
        if number <= seen.start or signs.quote not in line or signs.whole.fullmatch(line):
            continue
        if state(signs, line, False) != "inside":
            continue
        held, length, ends = [one], len(line), "inside"
        while ends == "inside" and length <= LONGEST:
            following = ahead.popleft() if ahead else next(lines, None)
            if following is None:
                break
            held.append(following)
            length += len(following[1]) + 1
            if signs.quote in following[1]:
                ends = state(signs, following[1], True)
        left -= length
        stray = _stray(signs, seen, [line for _, line in held], ends)
        if stray and ends == "inside" and length > LONGEST:  # where it ends tells whether it is one long text
            left -= size
            stray = _ending(signs, after(held[-1][0])) != "outside"
        if stray:
            found.opened.append((number, line[:BEGINNING]))
            ahead.extendleft(reversed(held[1:]))
        elif ends == "inside" and length > LONGEST:  # one long text, as far as it goes
            found.long[number] = _taken(signs, lines, ahead, held[-1][0]) - number + 1
    return found


def _stray(signs: Signs, seen: Sniffed, lines: Sequence[str], ends: str) -> bool:
    """Whether a quote is a stray one, by the line on which it opens and those that follow, up to the last one."""
    width, following = len(seen.names), lines[1:]
    if ends == "outside":  # it ends as a text does
        if signs.row.fullmatch("\n".join(line for line in lines if signs.quote in line)):
            return False
        rows = [fields_of(signs, line) for line in (*following[:LOOKED], following[-1])]
        return len(following) > 1 and all(len(one) == width and _fits(seen, one) for one in rows)
    rows = [fields_of(signs, line) for line in following[:LOOKED] if line]
    return not following or sum(len(one) == width for one in rows) > LIKE * len(rows)


def _fits(seen: Sniffed, values: Sequence[str]) -> bool:
    """Whether values are those of a row: where columns hold no words, what stands there is of their kind."""
    told = [(one, text) for one, text in zip(seen.readings, values, strict=True) if one.type != TEXT.type]
    there = [(one, text) for one, text in told if text not in one.nulls]
    return bool(there) and all(fits(one, text) for one, text in there)


def _ending(signs: Signs, lines: Iterator[Line]) -> str:
    """How a quote ends that is open before these lines: "outside", "broken", or "inside" where it never does."""
    each = (state(signs, line, True) for _, line in lines if signs.quote in line)
    return next((ends for ends in each if ends != "inside"), "inside")


def _taken(signs: Signs, lines: Iterator[Line], ahead: "deque[Line]", last: int) -> int:
    """The line on which a quote is closed that was open for long; the last line where it never is."""
    while (one := ahead.popleft() if ahead else next(lines, None)) is not None:
        last = one[0]
        if signs.quote in one[1] and state(signs, one[1], True) != "inside":
            break
    return last


def lines_of(read: Path, after: int = 0) -> Iterator[Line]:
    """The lines of a UTF-8 file with their numbers, without their ends: those that follow the one of this number."""
    with read.open(encoding="utf-8", errors="replace", newline=_end(read)) as text:
        for number, line in islice(enumerate(text, 1), after, None):
            if not number % TOLD:
                tick(f"looking at line {number:,}")
            yield number, line.rstrip("\r\n")


def _end(read: Path) -> str:
    """What lines of a file are cut at."""
    with read.open("rb") as stream:
        return "\n" if b"\n" in stream.read(1 << 22) else "\r"


def without(read: Path, opened: Sequence[Line], blank: bool, target: Path) -> None:
    """Write a file without these lines. blank: whether an empty one stands in the place of each, so that lines keep
    their numbers; in a table of one column that would be a missing value.
    """
    left, end = {number for number, _ in opened}, _end(read).encode()
    with read.open("rb") as source, target.open("wb") as stream:
        for number, line in enumerate(_cut(source, end), 1):
            if number not in left:
                stream.write(line)
            elif blank:
                stream.write(line[len(line.rstrip(b"\r\n")) :])


def _cut(source: BinaryIO, end: bytes) -> Iterator[bytes]:
    """The lines of a file byte by byte, with their ends: what is not of an encoding is for the reader to refuse."""
    if end == b"\n":
        yield from source
        return
    held = b""
    while part := source.read(PIECE):
        *lines, held = (held + part).split(end)
        yield from (line + end for line in lines)
    if held:
        yield held

"""Quotes that are opened and not closed: the line that each opens on is left out, so that it takes no other with it.

A reader of rows goes on to the next quote, wherever that is: one stray quote swallows the rest of a file, or the rows
up to the next text in quotes. Only what spans several lines is looked at, and a text of several lines stays one where
it ends as a text does and what stands within it is not itself rows.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.tables.text.dialect import RECORDS, commonest, delimiter_of, escape_of, quote_of
from engine.tables.text.plain_text import LONGEST
from engine.tables.text.sniff import Sniffed
from engine.tables.text.text_format import TextFormat
from engine.tables.text.text_types import TEXT, fits

LOOKED = 200  # lines within a quote that are looked at
LIKE = 0.5  # share of them that must have as many fields as rows have, for the quote to be a stray one
PATIENCE = 10  # times the file is read at most, for quotes that each seem to run to its end
BEGINNING = 500  # characters of a line that are kept

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
    line in which every quote is closed; one: a field, as it is written.
    """

    delimiter: str
    quote: str
    inner: re.Pattern[str]
    whole: re.Pattern[str]
    one: re.Pattern[str]


def signs_of(seen: Sniffed) -> Signs | None:
    """The signs of a text, None where it has no quotes."""
    text = seen.text
    quote, delimiter = text.quote or "", "\t" if text.delimiter == " " else text.delimiter or ","
    if not quote:
        return None
    q, d, escape = re.escape(quote), re.escape(delimiter), text.escape or quote
    e = re.escape(escape)
    inner = rf"[^{q}]*(?:{q}{q}[^{q}]*)*" if escape == quote else rf"[^{q}{e}]*(?:{e}.[^{q}{e}]*)*"
    one = rf"{q}{inner}{q}|(?:[^{q}{d}][^{d}]*)?"
    return Signs(
        delimiter, quote, re.compile(inner, re.DOTALL), re.compile(rf"(?:{one})(?:{d}(?:{one}))*"), re.compile(one)
    )


def state(signs: Signs, line: str, inside: bool) -> str:
    """Where a line ends that begins within a quote or not: "inside", "outside", or "broken": text follows a quote.

    >>> from engine.tables.text.text_format import TextFormat
    >>> signs = signs_of(Sniffed(TextFormat(delimiter=",", quote='"', escape='"'), (), (), 0, TextFormat()))
    >>> state(signs, '1,"a', False), state(signs, 'b",2', True), state(signs, 'b"c', True), state(signs, '5" x', False)
    ('inside', 'outside', 'broken', 'outside')
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
    gone = {number for number, _ in unclosed(enumerate(lines, 1), len(sample), seen).opened}
    return "\n".join("" if number in gone else line for number, line in enumerate(lines, 1)) if gone else sample


def unclosed(lines: Iterator[Line], size: int, seen: Sniffed) -> Unclosed:
    """The stray quotes of a text: each is not closed before the end, or not as a text is, or holds whole rows.

    lines: with their numbers, as lines_of gives them; size: of all, in characters, about.
    """
    signs, found = signs_of(seen), Unclosed()
    if signs is None:
        return found
    ahead, left = deque[Line](), PATIENCE * max(size, 1)
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
        if _stray(signs, seen, [line for _, line in held[1:]], ends):
            found.opened.append((number, line[:BEGINNING]))
            ahead.extendleft(reversed(held[1:]))
        elif ends == "inside" and length > LONGEST:  # one long text, as far as it goes
            found.long[number] = _taken(signs, lines, ahead, held[-1][0]) - number + 1
    return found


def _stray(signs: Signs, seen: Sniffed, lines: Sequence[str], ends: str) -> bool:
    """Whether a quote is a stray one, by the lines that follow the one on which it opens, the last one among them."""
    width = len(seen.names)
    if ends == "outside":  # it ends as a text does: then what it holds must be rows, by their values too
        within = [fields_of(signs, line) for line in lines[:-1][:LOOKED]]
        return bool(within) and all(len(one) == width and _fits(seen, one) for one in within)
    within = [fields_of(signs, line) for line in lines[:LOOKED] if line]
    return not lines or sum(len(one) == width for one in within) > LIKE * len(within)


def _fits(seen: Sniffed, values: Sequence[str]) -> bool:
    """Whether values are those of a row: where columns hold no words, what stands there is of their kind."""
    told = [(one, text) for one, text in zip(seen.readings, values, strict=True) if one.type != TEXT.type]
    there = [(one, text) for one, text in told if text not in one.nulls]
    return bool(there) and all(fits(one, text) for one, text in there)


def _taken(signs: Signs, lines: Iterator[Line], ahead: "deque[Line]", last: int) -> int:
    """The line on which a quote is closed that was open for long; the last line where it never is."""
    while (one := ahead.popleft() if ahead else next(lines, None)) is not None:
        last = one[0]
        if signs.quote in one[1] and state(signs, one[1], True) != "inside":
            break
    return last


def lines_of(read: Path) -> Iterator[Line]:
    """The lines of a UTF-8 file with their numbers, without their ends."""
    with read.open("rb") as stream:
        end = "\n" if b"\n" in stream.read(1 << 22) else "\r"
    with read.open(encoding="utf-8", errors="replace", newline=end) as text:
        for number, line in enumerate(text, 1):
            yield number, line.rstrip("\r\n")


def without(read: Path, opened: Sequence[Line], blank: bool, target: Path) -> None:
    """Write a file without these lines. blank: whether an empty one stands in the place of each, so that lines keep
    their numbers; in a table of one column that would be a missing value.
    """
    left = {number for number, _ in opened}
    with target.open("w", encoding="utf-8", newline="") as stream:
        for number, line in lines_of(read):
            if number not in left:
                stream.write(line + "\n")
            elif blank:
                stream.write("\n")

"""What a text table looks like: delimiter, quotes, header and kinds of columns, guessed from its first rows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import UnreadableSource
from engine.tables.text.dialect import (
    Record,
    comment_of,
    delimiter_of,
    escape_of,
    quote_of,
    records,
    skipped,
    width_of,
)  # fmt: skip
from engine.tables.text.header import header_rows, names_of
from engine.tables.text.plain_text import beginning, census, compression_of, head_of, looks_like
from engine.tables.text.text_format import CHOSEN, NULL_WORDS, SAID, TextFormat
from engine.tables.text.text_types import TEXT, Reading, candidates, fit

SAMPLE = 4 << 20  # characters that are looked at; a first line that is longer is of no table
WIDEST = 20_000  # columns; a megabyte of commas would take gigabytes
MARKS = 50_000  # numbers that are looked at for their marks
UNSURE_COMMA, UNSURE_POINT = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}"), re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
COMMA, POINT = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?"), re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:([., '\u00a0\u202f])\d{3})(?:\1\d{3})*([.,]\d+)?")
MOMENTS = ("DATE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first rows of a text table say. names, readings: per column; start: lines before the first row.

    text: all choices in force; given: those that were not sniffed; unsure: columns that only all rows can decide;
    ambiguous: those whose days and months could be told either way.
    """

    text: TextFormat
    names: tuple[str, ...]
    readings: tuple[Reading, ...]
    start: int
    given: TextFormat
    notes: tuple[str, ...] = ()
    unsure: frozenset[int] = frozenset()
    ambiguous: tuple[str, ...] = ()


def sniff(path: Path | str) -> TextFormat:
    """The choices that the file itself suggests, all filled in; why says what spoke for each.

    Reads every byte for the encoding, and of the rows the first ones. Raises UnreadableSource where there is no table.
    """
    path = Path(path)
    packed = compression_of(path)
    refuse_others(path, head_of(path, packed))
    found = census(path, compression=packed)
    sample, whole = beginning(path, found.encoding, SAMPLE, packed)
    seen = sniffed(sample, whole, TextFormat(encoding=found.encoding), str(path)).text
    return replace(seen, why={**seen.why, "encoding": found.why})


def refuse_others(path: Path, head: bytes) -> None:
    """Raise UnreadableSource for a file that is of another kind than text tables, with what it looks like."""
    other = looks_like(head)
    if other:
        raise UnreadableSource(f"It is no text table: it looks like {other}.", where=str(path))


def sniffed(sample: str, whole: bool, given: TextFormat, where: str) -> Sniffed:
    """All choices for a text of which this is the beginning: the given ones, the others guessed.

    whole: whether the sample is all there is. Raises UnreadableSource where it holds no line that ends.
    """
    if not sample.strip("\n \t"):
        raise UnreadableSource("The file holds nothing but blanks.", where=where)
    if not whole and "\n" not in sample:
        raise UnreadableSource(f"Its first line has more than {SAMPLE:,} characters: it is no table.", where=where)
    why: dict[str, str] = {}
    quote = given.quote if given.quote is not None else quote_of(sample, why)
    escape = given.escape if given.escape is not None else escape_of(sample, quote, why)
    comment = given.comment if given.comment is not None else comment_of(sample, given.delimiter, why)
    delimiter = given.delimiter or delimiter_of(sample, quote, escape, comment, why)
    lines = list(records(sample, delimiter, quote, escape, comment))
    if not lines:
        raise UnreadableSource("It holds comments and no row.", where=where)
    if not whole and len(lines) > 1:
        lines.pop()  # it may be cut in the middle of a quoted text
    skip, lines = skipped(lines, given.skip, why)
    width = width_of([record for _, record in lines])
    if width > WIDEST:
        said = f"It has {width:,} columns; of a text file at most {WIDEST:,} are read."
        raise UnreadableSource(said, where=where, hint="Is the delimiter another? Otherwise give it as Parquet.")
    body = [record for _, record in lines]
    decimal, thousands = _marks(body[1:] or body, given, delimiter, why)
    nulls = NULL_WORDS if given.nulls is None else given.nulls
    tried = candidates(decimal, thousands, given.dates, given.timestamps)
    header = given.header
    if header is None:
        header = header_rows(body, width, tried, nulls, why)
    header = min(header, len(lines))
    start = lines[header - 1][0] if header else skip
    start = max(start, skip)
    names, notes = names_of(body[:header], width, body[header:])
    width = len(names)
    rows = [record for record in body[header:] if len(record) in (width, width + 1)]
    fitted = [fit([row[i] for row in rows], tried, nulls) for i in range(width)]
    words = {word for _, _, found in fitted for word in found}
    kept = tuple(dict.fromkeys(("", *(one for one in NULL_WORDS if one in words)))) if given.nulls is None else nulls
    plain = replace(TEXT, nulls=given.nulls or ())
    readings = tuple(replace(one, nulls=kept) if one is not TEXT and share == 1 else plain for one, share, _ in fitted)
    unsure = frozenset(
        i for i, (one, share, _) in enumerate(fitted) if readings[i] is plain and (one is not TEXT or share)
    )
    days, stamps = (next((one.format for one in readings if one.type == kind and one.format), "") for kind in MOMENTS)
    either = tuple(name for i, (name, one) in enumerate(zip(names, readings, strict=True)) if _either(one, rows, i))
    if either:
        why["dates"] = f"{either[0]}: no day is above 12; day and month could be the other way round"
    text = TextFormat(
        encoding=given.encoding or "utf-8", delimiter=delimiter, quote=quote, escape=escape, comment=comment,
        decimal=decimal, thousands=thousands, header=header, skip=skip, nulls=kept,
        dates=days if given.dates is None else given.dates,
        timestamps=stamps if given.timestamps is None else given.timestamps,
        why=why | dict.fromkeys(given.chosen, CHOSEN),
    )  # fmt: skip
    return Sniffed(text, names, readings, start, given, notes, unsure, either)


def _marks(rows: Sequence[Record], given: TextFormat, delimiter: str, why: dict[str, str]) -> tuple[str, str]:
    """Decimal mark and thousands separator, by the shape of all numbers of the sample."""
    if given.decimal is not None:
        return given.decimal, given.thousands or ""
    found = [one.strip() for row in rows for one in row if one[:1].isdigit() or one[:1] in " +-.,"]
    if not any(sign in one for one in found for sign in ", '\u00a0\u202f") and not any(
        one.count(".") > 1 for one in found
    ):
        return ".", given.thousands or ""
    commas = points = 0
    groups: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    for text in found[:MARKS]:
        if UNSURE_COMMA.fullmatch(text):
            unsure[","] += 1
        elif COMMA.fullmatch(text):
            commas += 1
        elif UNSURE_POINT.fullmatch(text):
            unsure["."] += 1
        elif POINT.fullmatch(text):
            points += 1
        elif grouped := GROUPED.fullmatch(text):
            groups[grouped[1]] += 1
            commas += grouped[2] is not None and grouped[2][0] == ","
            points += grouped[2] is not None and grouped[2][0] == "."
    if groups[","] or groups["."]:  # a separator that stands twice in a number is no decimal mark
        decimal = "," if groups["."] > groups[","] else "."
    elif commas or points:
        decimal = "," if commas > points else "."
    else:
        decimal = "," if unsure[","] and delimiter not in (",",) and not unsure["."] else "."
        if unsure[","]:
            why["decimal"] = "numbers as 1,234 could be told either way"
    thousands = next((sign for sign, _ in groups.most_common() if sign != decimal), "")
    if not thousands and decimal == "." and unsure[","]:
        thousands = ","
    if decimal == ",":
        why.setdefault("decimal", f"{commas:,} numbers have a comma")
    if thousands:
        why["thousands"] = f"{groups[thousands] or unsure[thousands]:,} numbers have it"
    return decimal, given.thousands if given.thousands is not None else thousands


def _either(reading: Reading, rows: Sequence[Record], i: int) -> bool:
    """Whether a column of days would be read as well with day and month the other way round."""
    form = reading.format
    if "%d" not in form or "%m" not in form or form.startswith("%Y"):
        return False
    other = form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
    values = [row[i] for row in rows if row[i] not in reading.nulls]
    return fit(values, [replace(reading, format=other)], ())[1] == 1


def described(text: TextFormat) -> str:
    """How a text was read, in one line.

    >>> described(TextFormat("latin-1", ";", '"', '"', "", ",", "", 1, 0, ("",), "", ""))
    'CSV, semicolon-separated, with header, decimal comma, read as latin-1'
    """
    sign = SAID.get(text.delimiter or ",", "other")
    said = ["CSV", f"{sign}-separated", "with header" if text.header else "without header"]
    if (text.header or 0) > 1:
        said[-1] = f"with {text.header} header rows"
    if text.decimal == ",":
        said.append("decimal comma")
    if text.thousands:
        said.append(f"thousands as 1{text.thousands}000")
    if text.quote == "'":
        said.append("single quotes")
    if text.skip:
        said.append("1 line skipped" if text.skip == 1 else f"{text.skip:,} lines skipped")
    if text.dates or text.timestamps:
        said.append(f"dates as {text.dates or text.timestamps}")
    if text.encoding != "utf-8":
        said.append(f"read as {text.encoding}")
    return ", ".join(said)

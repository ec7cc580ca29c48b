"""The dialect of a text table: which signs cut rows into fields, guessed by what cuts most rows alike."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from engine.errors import UnreadableSource
from engine.tables.text.text_types import number_pattern

RECORDS, CELLS = 1000, 400_000  # that are looked at
DELIMITERS = "\t;|, "  # the first of equals wins

Record = list[str]


def records(text: str, delimiter: str, quote: str, escape: str, comment: str) -> Iterator[tuple[int, Record]]:
    """The records of a text with the line that each ends in, counted from 1; blank lines and comments are left out."""
    lines = (line if not comment or not line.startswith(comment) else "\n" for line in text.splitlines(keepends=True))
    if delimiter == " ":
        lines, delimiter = ("\t".join(split_blanks(line, quote)) + "\n" for line in lines), "\t"
    double = escape in ("", quote)
    csv.field_size_limit(1 << 24)
    reader = csv.reader(
        lines, delimiter=delimiter, quotechar=quote or None, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        doublequote=double, escapechar=None if double else escape,
    )  # fmt: skip
    cells = 0
    try:
        for n, record in enumerate(reader):
            if record and record != [""]:
                cells += len(record)
                yield reader.line_num, record
            if n >= RECORDS or cells > CELLS:
                return
    except csv.Error:
        return


def split_blanks(line: str, quote: str) -> list[str]:
    """A line whose fields stand apart by runs of blanks; quotes stay, and hold blanks together.

    >>> split_blanks('  a  "b c" 1\\n', '"')
    ['a', '"b c"', '1']
    """
    return re.findall(rf"{quote}[^{quote}]*{quote}(?!\S)|\S+", line) if quote else line.split()


def quote_of(sample: str, why: dict[str, str]) -> str:
    double = len(re.findall(r'(?m)(?:^|[,;\t| ])"', sample))
    single = len(re.findall(r"(?m)(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", sample))
    if single > 2 and single > double:
        why["quote"] = f"{single:,} fields stand in single quotes"
        return "'"
    return '"'


def escape_of(sample: str, quote: str, why: dict[str, str]) -> str:
    if quote and f"\\{quote}" in sample and not re.search(rf"[^,;\t|\n]{quote}{quote}[^,;\t|\n]", sample):
        why["escape"] = "quotes within fields have a backslash before them"
        return "\\"
    return quote


def comment_of(sample: str, delimiter: str | None, why: dict[str, str]) -> str:
    """# where lines among the rows begin with it; one at the very top that is like the rows is the header."""
    lines = [line for line in sample.splitlines()[:RECORDS] if line.strip()]
    marked = [line for line in lines if line.startswith("#")]
    others = [line for line in lines if not line.startswith("#")]
    if not marked or not others:
        return ""
    signs = delimiter or DELIMITERS
    if marked == lines[:1] and any(
        line_has == others_has > 0 for line_has, others_has in _counts(marked, others, signs)
    ):
        return ""
    why["comment"] = f"{len(marked):,} lines begin with it"
    return "#"


def _counts(marked: list[str], others: list[str], signs: str) -> Iterator[tuple[int, int]]:
    yield from ((marked[0].count(sign), others[0].count(sign)) for sign in signs)


def delimiter_of(sample: str, quote: str, escape: str, comment: str, why: dict[str, str]) -> str:
    """The character that cuts most rows into one number of fields, those of the first row above all."""
    best: tuple[bool, float, int] = (False, 0.0, 0)
    found, fields = "", 1
    for place, sign in enumerate(DELIMITERS):
        lengths = [len(record) for _, record in records(sample[:262_144], sign, quote, escape, comment)]
        width = commonest(lengths)
        if width < 2:
            continue
        share = sum(one == width for one in lengths) / len(lengths)
        agrees = lengths[0] == width or (width > 2 and lengths[0] == width - 1)
        score = (agrees and share > 0.5, round(share, 2), -place)
        if score > best:
            best, found, fields = score, sign, width
    if found == "," and not best[0] and fields == 2:  # one column of decimal commas under a name
        rows = [record for _, record in records(sample, "\0", quote, escape, comment)]
        if (
            rows
            and "," not in "".join(rows[0])
            and all(re.fullmatch(number_pattern(",", ""), "".join(row)) for row in rows[1:])
        ):
            found = ""
    if found and best[1] >= 0.3:
        why["delimiter"] = f"{best[1]:.0%} of rows have {fields} fields by it"
        return found
    why["delimiter"] = "there is one column"
    return next((sign for sign in ",\t;|" if sign not in sample), "\x1f")


def commonest(lengths: Sequence[int]) -> int:
    counts = Counter(lengths)
    return max(counts, key=lambda one: (counts[one], one)) if counts else 0


def skipped(
    lines: list[tuple[int, Record]], given: int | None, why: dict[str, str]
) -> tuple[int, list[tuple[int, Record]]]:
    """How many lines stand before the table, and its records: titles have other numbers of fields than the rows."""
    if given is not None:
        kept = [one for one in lines if one[0] > given]
        if not kept:
            raise UnreadableSource(f"Nothing follows the {given:,} lines that are skipped.", hint="Choose fewer.")
        return given, kept
    width = commonest([len(record) for _, record in lines])
    least = width - 1 if width > 2 else width
    first = next((i for i, (_, record) in enumerate(lines) if len(record) >= least), 0)
    if first and width > 1:
        why["skip"] = "the lines before it have fewer fields"
        return lines[first - 1][0], lines[first:]
    return 0, lines


def width_of(rows: Sequence[Record]) -> int:
    """How many columns there are: as the rows below the first have it, or the first where there is no other."""
    return commonest([len(row) for row in rows[1:]]) or len(rows[0])

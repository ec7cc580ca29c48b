"""Filters and values as people type them, read back in the column's own type."""

import csv
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from engine.columns import NUMBERS, Column, Kind
from engine.errors import InvalidFilter, UnknownName, shown
from engine.slices.filters import OPERATORS, SIMPLE, SYMBOLS, WORDS, Filter, Operator, in_quotes

QUOTED = re.compile(r'"((?:[^"]|"")*)"', re.DOTALL)
JOINT = " & "  # between the filters of one text
PIECES = re.compile(r'"(?:[^"]|"")*"| & |.', re.DOTALL)  # what stands in quotes is one piece, a lone quote a sign
SYNTAX = re.compile(
    r'\s*("(?:[^"]|"")*"|.*?)\s*([!<>]=|[=<>]|\s(?:not_in|in|between|contains)\(|\sis_null|\snot_null)', re.DOTALL
)

FINER = re.compile(r"\.\d{7,}")  # nanoseconds, which no datetime has


def parse_filter(text: str, columns: Iterable[Column]) -> Filter:
    """The filter that a text like 'seats>=100' or 'carrier in(EV,UA)' means, its values in the column's type.

    A name in double quotes is that column. Otherwise the longest plain name that the text begins with is the column, or
    else the longest of any kind, so names may hold spaces and signs. Values may stand in double quotes.

    >>> seats = Column("seats", "INTEGER", Kind.NUMERIC)
    >>> parse_filter("seats>=100", [seats])
    Filter(column='seats', operator='ge', values=(100,))
    >>> parse_filter("seat>=100", [seats])
    Traceback (most recent call last):
        ...
    engine.errors.UnknownName: Unknown column 'seat'. Did you mean 'seats'?
    """
    known = tuple(columns)
    found = _column(text, known)
    if found is None:
        name = re.split(r"[!<>=]|\s(?:not_in|in|between|contains)\(|\sis_null|\snot_null", text, maxsplit=1)[0].strip()
        if any(one.name == name for one in known):
            raise InvalidFilter(
                f"{shown(text)} holds no operator.", hint="Write COLUMN=VALUE, !=, >=, <, in(a,b) or is_null."
            )
        raise UnknownName.of("column", name, [one.name for one in known])
    column, row, rest = found
    values = _values(row, rest, column)
    return Filter(column.name, row.key, tuple(values if row.key == "contains" else (typed(v, column) for v in values)))


def parse_filters(text: str, columns: Iterable[Column]) -> tuple[Filter, ...]:
    """The filters of one text, joined by " & " as joined_text writes them; none of an empty text.

    >>> seats, dest = Column("seats", "INTEGER", Kind.NUMERIC), Column("dest", "VARCHAR", Kind.CATEGORICAL)
    >>> parse_filters('seats>=100 & dest="A & B"', [seats, dest])[1]
    Filter(column='dest', operator='eq', values=('A & B',))
    """
    known = tuple(columns)
    return tuple(parse_filter(one, known) for one in split_text(text))


def split_text(text: str) -> list[str]:
    """The texts of single filters in one text; a sign between double quotes parts nothing.

    >>> split_text('a=1 & b="x & y" &  c is_null')
    ['a=1', 'b="x & y"', 'c is_null']
    """
    found = [""]
    for piece in PIECES.findall(text):
        found = [*found, ""] if piece == JOINT else [*found[:-1], found[-1] + piece]
    return [one.strip() for one in found if one.strip()]


def joined_text(filters: Iterable[Filter]) -> str:
    """Filters as one text that parse_filters reads back.

    >>> joined_text([Filter("seats", "ge", (100,)), Filter("dest", "in", ("A & B", "C"))])
    'seats>=100 & dest in("A & B","C")'
    """
    return JOINT.join(_whole(one) for one in filters)


def _whole(one: Filter) -> str:
    """A filter's text, its values in quotes where the text would not stay one among others."""
    if not any(sign in str(value) for value in one.values for sign in '&"'):
        return one.text
    row, values = OPERATORS[one.operator], [in_quotes(str(value)) for value in one.values]
    name = one.column if SIMPLE.fullmatch(one.column) else in_quotes(one.column)
    return f"{name}{row.text}{values[0]}" if row in SYMBOLS else f"{name} {row.text}({','.join(values)})"


def check_syntax(text: str) -> None:
    """Raises InvalidFilter for a text that is no filter, whatever the columns are.

    >>> check_syntax("seats > 100")
    >>> check_syntax("seats")
    Traceback (most recent call last):
        ...
    engine.errors.InvalidFilter: 'seats' holds no operator. Write COLUMN=VALUE, !=, >=, <, in(a,b) or is_null.
    """
    found = SYNTAX.match(text)
    name = found[1].strip() if found else text.strip()
    if not name:
        raise InvalidFilter(f"{shown(text)} names no column.", hint="Write COLUMN=VALUE.")
    quoted = QUOTED.fullmatch(name)
    name = quoted[1].replace('""', '"') if quoted else name
    parse_filter(text, [Column(name, "VARCHAR", Kind.CATEGORICAL)])


def _column(text: str, known: tuple[Column, ...]) -> tuple[Column, Operator, str] | None:
    """The column that a text begins with, the operator that follows, and the rest."""
    starts = []
    quoted = QUOTED.match(text.lstrip())
    if quoted:
        name = quoted[1].replace('""', '"')
        starts += [(column, text.lstrip()[quoted.end() :]) for column in known if column.name == name]
    by_length = sorted(known, key=lambda one: (not SIMPLE.fullmatch(one.name), -len(one.name)))
    starts += [(column, text[len(column.name) :]) for column in by_length if text.startswith(column.name)]
    for column, rest in starts:
        operator = _operator(rest)
        if operator:
            return column, *operator
    return None


def _operator(rest: str) -> tuple[Operator, str] | None:
    """The operator that a text begins with, and what follows it."""
    bare = rest.strip()
    for row in WORDS:
        if row.values == 0 and bare == row.text:
            return row, ""
        if row.values != 0 and bare.startswith(f"{row.text}(") and bare.endswith(")"):
            return row, bare[len(row.text) + 1 : -1]
    return next(((row, bare[len(row.text) :].strip()) for row in SYMBOLS if bare.startswith(row.text)), None)


def _values(row: Operator, rest: str, column: Column) -> list[str]:
    """The values that follow an operator, out of their quotes."""
    if row.values == 0:
        return []
    if row in SYMBOLS:
        whole = QUOTED.fullmatch(rest)
        return [whole[1].replace('""', '"') if whole else rest]
    try:
        values = next(csv.reader([rest], skipinitialspace=True), [])
    except csv.Error:
        raise InvalidFilter(f"{shown(rest)} is no list of values.", where=f"column {shown(column.name)}") from None
    return [rest] if row.key == "contains" and len(values) != 1 else values


def typed(value: Any, column: Column) -> Any:
    """A value from outside as the column's own type.

    >>> typed("2013-04-22", Column("at", "TIMESTAMP", Kind.DATETIME))
    datetime.datetime(2013, 4, 22, 0, 0)
    """
    text = str(value).strip()
    try:
        if column.base == "BOOLEAN":
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        moment = column.base.startswith(("TIMESTAMP", "DATE"))
        if moment or (column.kind is Kind.DATETIME and column.base == "VARCHAR"):
            if isinstance(value, datetime | date):
                return value
            plain = column.base == "DATE" and re.fullmatch(r"\d{4}-\d\d-\d\d", text)
            at = date.fromisoformat(text) if plain else datetime.fromisoformat(text)
            return text if column.base == "TIMESTAMP_NS" and FINER.search(text) else at
        if column.base in ("TIME", "TIME_NS") and "ZONE" not in column.type.upper():
            return time.fromisoformat(text)
        if column.base in NUMBERS or (column.kind is Kind.NUMERIC and column.base == "VARCHAR"):
            return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    except (ValueError, KeyError):
        said = f"not a value of type {column.type}"
        if column.base == "VARCHAR":
            said = "no number" if column.kind is Kind.NUMERIC else "no moment in time"
        raise InvalidFilter(f"{shown(text)} is {said}.", where=f"column {shown(column.name)}") from None
    return (
        text.lower() if column.base == "UUID" else str(value)
    )  # what has no form of its own is told by what it prints

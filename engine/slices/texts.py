"""Filters and values as people type them, read back in the column's own type."""

import csv
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from engine.columns import Column, Kind
from engine.errors import InvalidFilter, UnknownName, shown
from engine.slices.filters import SIMPLE, SYMBOLS, WORDS, Filter, Operator

QUOTED = re.compile(r'"((?:[^"]|"")*)"', re.DOTALL)


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
        if column.kind is not Kind.NUMERIC and column.base in ("VARCHAR", "ENUM", "UUID", "BLOB"):
            return str(value)
        if column.kind is Kind.DATETIME and column.base.startswith(("TIMESTAMP", "DATE")):
            if isinstance(value, datetime | date):
                return value
            plain = column.base == "DATE" and re.fullmatch(r"\d{4}-\d\d-\d\d", text)
            return date.fromisoformat(text) if plain else datetime.fromisoformat(text)
        if column.base not in ("TIME", "INTERVAL"):
            return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    except (ValueError, KeyError):
        raise InvalidFilter(
            f"{shown(text)} is not a value of type {column.type}.", where=f"column {shown(column.name)}"
        ) from None
    return value

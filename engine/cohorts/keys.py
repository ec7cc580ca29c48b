"""What a bin of a cohort column is called, and the filters that keep its rows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from engine.columns import Column, Kind
from engine.errors import InvalidFilter, plain
from engine.slices import Filter, typed
from engine.tables.crosstab import MISSING
from engine.tables.labels import is_atom
from engine.tables.supports import NAMED, CategoricalSupport, NumericSupport, Support


def label_of(support: Support, at: int) -> str:
    """A bin in words: 'origin LGA', 'seats 101 – 150', 'seats missing'."""
    return f"{plain(support.column.name)} {'missing' if at == MISSING else support.labels[at]}"


def filters_of(support: Support, at: int) -> tuple[Filter, ...] | None:
    """The filters whose rows are those of a bin; None for one that filters cannot tell.

    These are categories together (other, unseen), all rows, and missing values where a value that cannot be read counts
    as missing beside NULL. A category is typed as the column stores it; a numeric bin (low, high]
    becomes above and at most, and a point mass is that value.

    >>> origin = CategoricalSupport(Column("origin", "VARCHAR", Kind.CATEGORICAL), ("EWR",), frozenset(),
    ...                             ("EWR", "other", "unseen"), 0.0)
    >>> filters_of(origin, 0), filters_of(origin, 2)
    ((Filter(column='origin', operator='eq', values=('EWR',)),), None)
    """
    column = support.column
    if at == MISSING:
        readable = not (column.kind in (Kind.NUMERIC, Kind.DATETIME) and _text(column))
        return (Filter(column.name, "is_null"),) if readable else None
    if isinstance(support, CategoricalSupport):
        if at >= min(len(support.categories), NAMED):
            return None
        return (Filter(column.name, "eq", (_category(support.categories[at], column),)),)
    return None if at == support.unseen else _interval(support, at)


def _text(column: Column) -> bool:
    return column.base == "VARCHAR"


def _category(name: str, column: Column) -> Any:
    try:
        return typed(name, column)
    except InvalidFilter:  # a type whose printed form we do not read: the database compares the text
        return name


def _interval(support: NumericSupport, at: int) -> tuple[Filter, ...] | None:
    """Filters of a numeric bin; 'below 5' where the bin ends just before a point mass of 5."""
    column, low, high = support.column, float(support.lows[at]), float(support.highs[at])
    if is_atom(low, high):
        value = _value(high, column)
        return None if value is None else (Filter(column.name, "eq", (value,)),)
    above = np.nextafter(high, np.inf)
    before = any(h == above and is_atom(low_, h) for low_, h in zip(support.lows, support.highs, strict=True))
    upto = ("lt", float(above)) if before else ("le", high)
    found = []
    for operator, limit in (("gt", low), upto):
        if np.isfinite(limit):
            value = _value(limit, column)
            if value is None:
                return None
            found.append(Filter(column.name, operator, (value,)))
    return tuple(found) or None


def _value(value: float, column: Column) -> Any:
    """A limit as the column stores it; None for times of day and spans, which have no plain form here."""
    if column.kind is Kind.DATETIME:
        if not column.base.startswith(("TIMESTAMP", "DATE")) and not _text(column):
            return None
        try:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
        except OverflowError:
            return None
        if column.base == "DATE":
            return date(at.year, at.month, at.day)
        return at if "ZONE" in column.type.upper() else at.replace(tzinfo=None)
    if column.integer and abs(value) < 2**53:
        return int(np.floor(value))  # for whole numbers, x > 2.5 is x > 2
    return value

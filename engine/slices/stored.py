"""How a filter is asked of a column as it is stored, so that it means the same rows whatever the type is.

One side may store as text what the other stores as numbers; a single-precision column has no 0.3, only what is nearest.
"""

import struct
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any

from engine.columns import NUMBERS, Column, Kind, kind_of
from engine.errors import InvalidFilter, shown
from engine.slices.filters import Filter, quoted

ORDER = frozenset({"ge", "gt", "le", "lt", "between"})
WIDEST = 2**127  # whole numbers from here on are asked as doubles
FLOATS = frozenset({"FLOAT", "DOUBLE"})


def is_number(value: str) -> str:
    """SQL for whether a floating-point value is a number, infinite ones among them; NULL for NULL.

    Not isnan: statistics of a Parquet file leave not-a-number out, and DuckDB 2.0 believes them. Where they give a
    range it takes isnan(x) for false, and x <= 9 for true in every row where 9 is the largest value. What is asked of a
    column goes through this first.
    """
    return f"(isfinite({value}) OR isinf({value}))"


def condition_of(one: Filter, column: Column) -> tuple[str, list[Any]]:
    """The SQL condition of a filter on a stored column, with a ? for every value, and the values.

    Not-a-number is missing. A text that is read as numbers or moments compares as such, one that is not compares with
    what a number of the other side prints as. Types that have no plain form (BLOB, UUID, TIME, lists) compare as what
    they print. Raises InvalidFilter for a number that no double holds.

    >>> condition_of(Filter("c", "eq", (0.25,)), Column("c", "FLOAT", Kind.NUMERIC))
    ('CASE WHEN (isfinite("c") OR isinf("c")) THEN "c" END = ?', [0.25])
    >>> condition_of(Filter("c", "eq", (7,)), Column("c", "VARCHAR", Kind.CATEGORICAL))
    ('"c" = ?', ['7'])
    """
    name = quoted(column.name)
    if one.operator in ("is_null", "not_null"):
        return one.asked_of(_numbers_of(name, column)), []
    if one.operator == "contains":
        return one.sql, [str(value) for value in one.values]
    expression, values = _compared(one, column)
    return one.asked_of(expression), values


def _compared(one: Filter, column: Column) -> tuple[str, list[Any]]:
    """What stands for the column and the values in a comparison."""
    name, stored, text = quoted(column.name), _stored(column), column.base == "VARCHAR"
    told, values = _told(one.values), list(one.values)
    if told == "text" and stored == "number" and column.kind is Kind.NUMERIC:
        told, values = _read_alike(values)
    if told == "number" and stored == "number":
        return _numbers_of(name, column), [_number(value, column) for value in values]
    by_size = column.kind is Kind.NUMERIC or one.operator in ORDER or any(isinstance(one, float) for one in values)
    if told == "number" and text and by_size:
        read = f"TRY_CAST({name} AS DOUBLE)"
        return f"CASE WHEN {is_number(read)} THEN {read} END", [_number(value, column) for value in values]
    if told == "moment" and stored != "printed":
        return (name if stored == "moment" else f"TRY_CAST({_printed(name, text)} AS TIMESTAMP)"), values
    if told == "truth" and stored == "number":
        return name, [int(value) for value in values]
    if told == "truth" and (stored == "truth" or text):
        return (f"TRY_CAST({name} AS BOOLEAN)" if text else name), values
    return _printed(name, text), [_as_printed(value, column) for value in values]


def _stored(column: Column) -> str:
    """What a stored type compares as: number, moment, truth; text and whatever else as what it prints."""
    base = column.base
    if kind_of(column.type) is Kind.NESTED:
        return "printed"
    if base in NUMBERS:
        return "number"
    if base.startswith(("TIMESTAMP", "DATE")):
        return "moment"
    return {"BOOLEAN": "truth", "VARCHAR": "text"}.get(base, "printed")


def _told(values: Sequence[Any]) -> str:
    """What all values are: number, moment or truth; text if they are anything else, or not alike."""
    if all(isinstance(value, bool) for value in values):
        return "truth"
    if all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in values):
        return "number"
    return "moment" if all(isinstance(value, date | datetime) for value in values) else "text"


def _read_alike(values: list[Any]) -> tuple[str, list[Any]]:
    """Texts as the numbers that they are; as they are where they are none."""
    try:
        return "number", [_number_of(str(value)) for value in values]
    except ValueError:
        return "text", values


def _number_of(text: str) -> int | float:
    return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)


def _numbers_of(name: str, column: Column) -> str:
    """A column of numbers in which not-a-number is missing."""
    return f"CASE WHEN {is_number(name)} THEN {name} END" if column.base in FLOATS else name


def _number(value: Any, column: Column) -> int | float | Decimal:
    """A number as the column holds it: the nearest in single precision, a double where no whole number is so wide."""
    if column.base == "FLOAT":
        return _single(float(value)) if abs(value) < WIDEST else _double(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, int) and (abs(value) >= WIDEST or (column.base == "DECIMAL" and abs(value) >= 2**62)):
        return _double(value)
    return value  # type: ignore[no-any-return]


def _single(value: float) -> float:
    """The nearest number in single precision, or the number itself where there is none: no row has it."""
    try:
        found: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return value
    return found if isfinite(found) and bool(found) == bool(value) else value


def _double(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidFilter(f"{shown(str(value))} is larger than any number that is stored.") from None


def _printed(name: str, text: bool) -> str:
    return name if text else f"CAST({name} AS VARCHAR)"


def _as_printed(value: Any, column: Column) -> str:
    """A value as the database prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | time):
        said = value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
        return said.rstrip("0") if "." in said else said
    return str(value).lower() if column.base == "UUID" else str(value)

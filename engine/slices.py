"""Which rows: a cohort (filters joined by and) within a window of time; each filter says itself in SQL and in words.

To add an operator, add a row to OPERATORS.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from engine.columns import Column, Kind
from engine.errors import InvalidFilter, UnknownName, nearest, shown


@dataclass(frozen=True, slots=True)
class Operator:
    """How one comparison is asked of the database, told to a reader, and typed.

    sql and words are formats over {c}, the column, and {v}, the value; text is how it is typed.
    values: how many it takes; None for any number.
    """

    key: str
    label: str
    text: str
    sql: str
    words: str
    values: int | None = 1


OPERATORS: dict[str, Operator] = {
    row.key: row
    for row in (
        #        key         label           text        sql                          words
        Operator("ge", "≥", ">=", "{c} >= ?", "{c} is at least {v}"),
        Operator("le", "≤", "<=", "{c} <= ?", "{c} is at most {v}"),
        Operator("ne", "≠", "!=", "{c} IS DISTINCT FROM ?", "{c} is not {v}"),
        Operator("eq", "=", "=", "{c} = ?", "{c} is {v}"),
        Operator("gt", ">", ">", "{c} > ?", "{c} is above {v}"),
        Operator("lt", "<", "<", "{c} < ?", "{c} is below {v}"),
        Operator("between", "between", "between", "{c} BETWEEN ? AND ?", "{c} is between {v}", values=2),
        Operator("not_in", "none of", "not_in", "NOT coalesce({c} IN ({q}), false)", "{c} is none of {v}", values=None),
        Operator("in", "one of", "in", "{c} IN ({q})", "{c} is one of {v}", values=None),
        Operator("contains", "contains", "contains", "contains(CAST({c} AS VARCHAR), ?)", "{c} contains {v}"),
        Operator("is_null", "is missing", "is_null", "{c} IS NULL", "{c} is missing", values=0),
        Operator("not_null", "is present", "not_null", "{c} IS NOT NULL", "{c} is present", values=0),
    )
}
SYMBOLS = tuple(row for row in OPERATORS.values() if not row.text[0].isalpha())
WORDS = tuple(row for row in OPERATORS.values() if row.text[0].isalpha())


def quoted(name: str) -> str:
    """A name as an SQL identifier; nothing in it can end the quotes.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Filter:
    """One comparison of a column with zero, one or more values.

    >>> Filter("region", "in", ("EU", "UK")).words
    'region is one of EU, UK'
    >>> Filter("age", "betwen", (30, 40))
    Traceback (most recent call last):
        ...
    engine.errors.UnknownName: Unknown operator 'betwen'. Did you mean 'between'?
    """

    column: str
    operator: str
    values: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise UnknownName.of("operator", self.operator, OPERATORS)
        want = OPERATORS[self.operator].values
        if (want is None and not self.values) or (want is not None and len(self.values) != want):
            count = "at least one value" if want is None else f"{want} value" + ("" if want == 1 else "s")
            raise InvalidFilter(
                f"'{OPERATORS[self.operator].label}' takes {count}, not {len(self.values)}.", where=shown(self.column)
            )

    @property
    def sql(self) -> str:
        """The condition, with a ? for every value: values never become SQL."""
        return OPERATORS[self.operator].sql.format(c=quoted(self.column), q=", ".join("?" * len(self.values)))

    @property
    def words(self) -> str:
        """The filter as a sentence.

        >>> Filter("seats", "between", (50, 100)).words
        'seats is between 50 and 100'
        """
        joint = " and " if self.operator == "between" else ", "
        return OPERATORS[self.operator].words.format(c=self.column, v=joint.join(map(str, self.values)))

    @property
    def text(self) -> str:
        """The filter as it is typed and as it stands in a link; parse_filter reads it back.

        >>> Filter("carrier", "in", ("EV", "B6, Inc")).text
        'carrier in(EV,"B6, Inc")'
        """
        row = OPERATORS[self.operator]
        if row in SYMBOLS:
            return f"{self.column}{row.text}{self.values[0]}"
        if row.values == 0:
            return f"{self.column} {row.text}"
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([str(value) for value in self.values])
        return f"{self.column} {row.text}({line.getvalue()})"


def parse_filter(text: str, columns: Iterable[Column]) -> Filter:
    """The filter that a text like 'seats>=100' or 'carrier in(EV,UA)' means, its values in the column's type.

    The longest column name that the text begins with is the column, so names may hold spaces and signs.

    >>> seats = Column("seats", "INTEGER", Kind.NUMERIC)
    >>> parse_filter("seats>=100", [seats])
    Filter(column='seats', operator='ge', values=(100,))
    >>> parse_filter("seat>=100", [seats])
    Traceback (most recent call last):
        ...
    engine.errors.UnknownName: Unknown column 'seat'. Did you mean 'seats'?
    """
    known = sorted(columns, key=lambda one: -len(one.name))
    column = next((c for c in known if text.startswith(c.name) and _operator(text[len(c.name) :])), None)
    if column is None:
        name = re.split(r"[!<>=]|\s(?:not_in|in|between|contains)\(|\sis_null|\snot_null", text, maxsplit=1)[0].strip()
        if any(one.name == name for one in known):
            raise InvalidFilter(
                f"{shown(text)} holds no operator.", hint="Write COLUMN=VALUE, !=, >=, <, in(a,b) or is_null."
            )
        raise UnknownName.of("column", name, [one.name for one in known])
    row, rest = _operator(text[len(column.name) :]) or (OPERATORS["eq"], "")
    raw = [] if row.values == 0 else [rest] if row in SYMBOLS or row.key == "contains" else next(csv.reader([rest]), [])
    return Filter(column.name, row.key, tuple(raw if row.key == "contains" else (typed(one, column) for one in raw)))


def _operator(rest: str) -> tuple[Operator, str] | None:
    """The operator that a text begins with, and what follows it."""
    bare = rest.strip()
    for row in WORDS:
        if row.values == 0 and bare == row.text:
            return row, ""
        if row.values != 0 and bare.startswith(f"{row.text}(") and bare.endswith(")"):
            return row, bare[len(row.text) + 1 : -1]
    return next(((row, rest.strip()[len(row.text) :].strip()) for row in SYMBOLS if bare.startswith(row.text)), None)


def typed(value: Any, column: Column) -> Any:
    """A value from outside as the column's own type.

    >>> typed("2013-04-22", Column("at", "TIMESTAMP", Kind.DATETIME))
    datetime.datetime(2013, 4, 22, 0, 0)
    """
    text = str(value).strip()
    try:
        if column.base == "BOOLEAN":
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        if column.base in ("VARCHAR", "ENUM", "UUID", "BLOB"):
            return str(value)
        if column.kind is Kind.DATETIME and column.base.startswith(("TIMESTAMP", "DATE")):
            return value if isinstance(value, datetime | date) else datetime.fromisoformat(text)
        if column.base not in ("TIME", "INTERVAL"):
            return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    except (ValueError, KeyError):
        raise InvalidFilter(
            f"{shown(text)} is not a value of type {column.type}.", where=f"column {shown(column.name)}"
        ) from None
    return value


UNITS = ("hour", "day", "week", "month")


@dataclass(frozen=True, slots=True)
class Window:
    """Rows from start (included) to end (excluded), in the data's own clock."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidFilter(f"A window ends after it starts: {self.start} to {self.end}.")

    @property
    def words(self) -> str:
        """The window as a reader says it.

        >>> Window(datetime(2013, 4, 22), datetime(2013, 4, 29)).words
        'week of 22 April 2013'
        """
        for unit, form in (("week", "week of {0.day} {0:%B %Y}"), ("day", "{0.day} {0:%B %Y}"), ("month", "{0:%B %Y}")):
            if window_of(self.start, unit) == self:
                return form.format(self.start)
        return f"{_moment(self.start)} to {_moment(self.end)}"

    @property
    def text(self) -> str:
        """START..END, as it is typed and as it stands in a link.

        >>> Window(datetime(2013, 4, 22), datetime(2013, 4, 29)).text
        '2013-04-22..2013-04-29'
        """
        return f"{_moment(self.start)}..{_moment(self.end)}"


def _moment(at: datetime) -> str:
    return at.date().isoformat() if at.time() == datetime.min.time() else at.isoformat(sep=" ", timespec="auto")


def parse_window(text: str) -> Window:
    """The window that START..END means; the end is excluded.

    >>> parse_window("2013-04-22..2013-04-29").words
    'week of 22 April 2013'
    """
    start, dots, end = text.partition("..")
    try:
        if not dots:
            raise ValueError
        return Window(datetime.fromisoformat(start.strip()), datetime.fromisoformat(end.strip()))
    except ValueError:
        raise InvalidFilter(
            f"{shown(text)} is not a window.", hint="Write START..END, as in 2013-04-22..2013-04-29."
        ) from None


def window_of(at: datetime, unit: str) -> Window:
    """The calendar window of that unit which holds a moment; weeks are ISO weeks, from Monday 00:00.

    >>> window_of(datetime(2013, 4, 25, 17), "week").text
    '2013-04-22..2013-04-29'
    """
    if unit not in UNITS:
        raise UnknownName.of("window unit", unit, UNITS)
    if unit == "hour":
        start = at.replace(minute=0, second=0, microsecond=0)
        return Window(start, start + timedelta(hours=1))
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "day":
        return Window(day, day + timedelta(days=1))
    if unit == "week":
        start = day - timedelta(days=day.weekday())
        return Window(start, start + timedelta(days=7))
    start = day.replace(day=1)
    return Window(start, (start + timedelta(days=32)).replace(day=1))


def windows_between(first: datetime, last: datetime, unit: str) -> tuple[Window, ...]:
    """All calendar windows from the one that holds first to the one that holds last, in order.

    >>> len(windows_between(datetime(2013, 4, 1), datetime(2013, 12, 31), "week"))
    40
    """
    found = [window_of(first, unit)]
    while found[-1].end <= last:
        found.append(window_of(found[-1].end, unit))
    if any(a.end != b.start for a, b in pairwise(found)):
        raise AssertionError("calendar windows must join")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Slice:
    """A cohort within a window: a description of rows, not the rows.

    >>> Slice().words
    'all rows'
    >>> Slice((Filter("region", "eq", ("EU",)), Filter("age", "ge", (30,)))).words
    'region is EU and age is at least 30'
    """

    cohort: tuple[Filter, ...] = ()
    window: Window | None = None

    @property
    def words(self) -> str:
        said = [self.window.words] if self.window else []
        cohort = " and ".join(one.words for one in self.cohort)
        return ", ".join([*said, *([cohort] if cohort else [])]) or "all rows"

    def condition(self, timestamp: str | None, columns: Iterable[Column]) -> tuple[str, list[Any]]:
        """The SQL condition and its values. Raises UnknownName for a column that is not there."""
        names = [column.name for column in columns]
        said: list[str] = []
        values: list[Any] = []
        for one in self.cohort:
            if one.column not in names:
                raise UnknownName(f"Unknown column {shown(one.column)}.", hint=nearest(one.column, names))
            said.append(one.sql)
            values.extend(one.values)
        if self.window:
            if timestamp is None:
                raise InvalidFilter(
                    f"The window '{self.window.text}' needs a timestamp column.",
                    hint="Name it with --timestamp, or give a column the role timestamp.",
                )
            said.append(f"({quoted(timestamp)} >= ? AND {quoted(timestamp)} < ?)")
            values.extend((self.window.start, self.window.end))
        return " AND ".join(said) or "true", values

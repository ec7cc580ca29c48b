"""One comparison of a column, which says itself in SQL, in words and as it is typed. To add one: a row in OPERATORS."""

import math
import re
from dataclasses import dataclass
from typing import Any

from engine.errors import InvalidFilter, UnknownName, shown


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
ALIKE = frozenset({"eq", "ne", "in", "not_in"})  # an infinite value can be asked for; nothing lies beyond it
SYMBOLS = tuple(row for row in OPERATORS.values() if not row.text[0].isalpha())
WORDS = tuple(row for row in OPERATORS.values() if row.text[0].isalpha())
SIMPLE = re.compile(r"\w([\w .%/+-]*\w)?")  # a name that is typed as it is; any other stands in quotes


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
        odd = [value for value in self.values if isinstance(value, float) and not math.isfinite(value)]
        if odd and (self.operator not in ALIKE or any(math.isnan(value) for value in odd)):
            raise InvalidFilter("A filter compares with a finite number.", where=shown(self.column))

    @property
    def sql(self) -> str:
        """The condition, with a ? for every value: values never become SQL."""
        return self.asked_of(quoted(self.column))

    def asked_of(self, expression: str) -> str:
        """The condition on an SQL expression that stands for the column."""
        return OPERATORS[self.operator].sql.format(c=expression, q=", ".join("?" * len(self.values)))

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
        >>> Filter("a=b", "eq", ("=c",)).text
        '"a=b"="=c"'
        """
        row = OPERATORS[self.operator]
        name = self.column if SIMPLE.fullmatch(self.column) else in_quotes(self.column)
        if row in SYMBOLS:
            value = str(self.values[0])
            plain = value == value.strip() and not value.startswith(("=", '"'))
            return f"{name}{row.text}{value if plain else in_quotes(value)}"
        if row.values == 0:
            return f"{name} {row.text}"
        return f"{name} {row.text}({','.join(_listed(str(value)) for value in self.values)})"


def in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _listed(value: str) -> str:
    """A value as one of several: in quotes if a comma, quote, break or space at an end would be lost."""
    plain = value and value == value.strip() and not any(sign in value for sign in ',"\r\n')
    return value if plain else in_quotes(value)

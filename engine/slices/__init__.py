"""Which rows: a cohort (filters joined by and) within a window of time; each filter says itself in SQL and in words."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isinf
from typing import Any

from engine.columns import INTEGERS, Column
from engine.errors import InvalidFilter, UnknownName, nearest, shown
from engine.slices.filters import OPERATORS, Filter, Operator, quoted
from engine.slices.stored import FLOATS, condition_of, is_number
from engine.slices.texts import parse_filter, typed
from engine.slices.windows import BELIEVED, UNITS, Window, parse_window, unit_of, window_of, windows_between

__all__ = [
    "BELIEVED",
    "FLOATS",
    "OPERATORS",
    "SINCE_1970",
    "UNITS",
    "Filter",
    "Operator",
    "Slice",
    "Window",
    "is_number",
    "moment_sql",
    "parse_filter",
    "parse_window",
    "quoted",
    "since_1970_sql",
    "typed",
    "unit_of",
    "window_of",
    "windows_between",
]


@dataclass(frozen=True, slots=True)
class Slice:
    """A cohort within a window: a description of rows, not the rows. without: everyone but the cohort.

    >>> Slice().words
    'all rows'
    >>> Slice((Filter("region", "eq", ("EU",)), Filter("age", "ge", (30,)))).words
    'region is EU and age is at least 30'
    >>> Slice((Filter("region", "eq", ("EU",)),), without=True).words
    'everyone but region is EU'
    """

    cohort: tuple[Filter, ...] = ()
    window: Window | None = None
    without: bool = False

    def __post_init__(self) -> None:
        if self.without and not self.cohort:
            raise InvalidFilter(
                "Everyone but all rows is nobody.", hint="Choose a cohort that others are held against."
            )

    @property
    def words(self) -> str:
        said = [self.window.words] if self.window else []
        cohort = ("everyone but " if self.without else "") + " and ".join(one.words for one in self.cohort)
        return ", ".join([*said, *([cohort] if cohort else [])]) or "all rows"

    def document(self) -> dict[str, Any]:
        """The slice as JSON."""
        window = self.window
        return {
            "cohort": [asdict(one) | {"values": [_json(value) for value in one.values]} for one in self.cohort],
            "window": {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else None,
            "without": self.without,
            "words": self.words,
        }

    def condition(self, timestamp: str | None, columns: Iterable[Column]) -> tuple[str, list[Any]]:
        """The SQL condition and its values. Raises UnknownName for a column that is not there."""
        known = {column.name: column for column in columns}
        said: list[str] = []
        values: list[Any] = []
        for one in self.cohort:
            if one.column not in known:
                raise UnknownName(f"Unknown column {shown(one.column)}.", hint=nearest(one.column, known))
            condition, asked = condition_of(one, known[one.column])
            said.append(condition)
            values.extend(asked)
        if self.without:  # who cannot be told to be in the cohort is not in it
            said = [f"NOT coalesce({' AND '.join(said)}, false)"]
        if self.window:
            if timestamp is None:
                raise InvalidFilter(
                    f"The window '{self.window.text}' needs a timestamp column.",
                    hint="Name it with --timestamp, or give a column the role timestamp.",
                )
            start, end = max(self.window.start, BELIEVED[0]), min(self.window.end, BELIEVED[1])
            if start >= end:  # moments out there stand for "never": they are counted in no window
                return " AND ".join([*said, "false"]), values
            at = moment_sql(timestamp, known.values())
            said.append(f"({at} >= ? AND {at} < ?)")
            values.extend((start, end))
        return " AND ".join(said) or "true", values


def _json(value: Any) -> Any:
    """A filter's value for JSON, which has no infinite numbers."""
    return str(value) if isinstance(value, float) and isinf(value) else value


# Numbers that may be moments: below each size, what makes microseconds of them.
SINCE_1970 = INTEGERS - {"HUGEINT", "UHUGEINT"} | {"FLOAT", "DOUBLE", "DECIMAL"}
SIZES = (("1e11", "1e6"), ("1e14", "1e3"), ("1e17", "1e0"), ("4.2e18", "1e-3"))


def moment_sql(timestamp: str, columns: Iterable[Column]) -> str:
    """SQL for a column of moments; a text that cannot be read as one counts as missing.

    Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by how large they are: what is
    below 1e11 are seconds (up to the year 5138), above milliseconds (from 1973 on), and so on.

    >>> from engine.columns import Kind
    >>> moment_sql("at", [Column("at", "VARCHAR", Kind.CATEGORICAL)])
    'TRY_CAST("at" AS TIMESTAMP)'
    """
    stored = next((column.base for column in columns if column.name == timestamp), "")
    if stored.startswith(("TIMESTAMP", "DATE")):
        return quoted(timestamp)
    if stored in SINCE_1970:
        return since_1970_sql(quoted(timestamp))
    return f"TRY_CAST({quoted(timestamp)} AS TIMESTAMP)"


def since_1970_sql(value: str) -> str:
    """SQL for numbers since 1970 as moments, NULL for what is too large to be one."""
    number = f"CAST({value} AS DOUBLE)"
    micro = " ".join(f"WHEN abs({number}) < {most} THEN {number} * {by}" for most, by in SIZES)
    return f"make_timestamp(CAST(CASE {micro} END AS BIGINT))"

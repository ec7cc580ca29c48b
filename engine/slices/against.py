"""What production is held against: a slice of the reference, or of production itself – one text says which."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from engine.columns import Column
from engine.errors import InvalidFilter, UnknownName, UnusableData, plain, shown
from engine.slices import Slice, Window, parse_window, unit_of, window_of
from engine.slices.texts import parse_filters

SAME_COHORT, WHOLE_REFERENCE, EVERYONE_ELSE = "same cohort", "whole reference", "everyone else"
PREVIOUS, TRAILING, LAST_YEAR = "previous window", "trailing 4 windows", "same window last year"
NAMED = (SAME_COHORT, WHOLE_REFERENCE, EVERYONE_ELSE, PREVIOUS, TRAILING, LAST_YEAR)


@dataclass(frozen=True, slots=True)
class Against:
    """The rows that a slice of production is held against. side: whose they are.

    windows: how many calendar windows they span where they are other windows of production, else 0.
    """

    side: Literal["reference", "production"]
    cut: Slice
    windows: int = 0

    @property
    def words(self) -> str:
        """What it is, for a reader.

        >>> Against("reference", Slice()).words
        'the whole reference'
        """
        if self.side == "production":
            return f"production, {self.cut.words}"
        return f"the reference, {self.cut.words}" if self.cut.cohort else "the whole reference"


def against(text: str, cut: Slice, columns: Iterable[Column] = ()) -> Against:
    """What a text means for a slice of production.

    Beside the names: "trailing 6 windows", "window START..END", and "cohort FILTER & FILTER" over the columns, which is
    another cohort of production in the same window. "reference", as monitor files say it, is the same cohort.
    Raises UnknownName for another text, and InvalidFilter where the slice has no such counterpart.

    >>> against("previous window", Slice(window=parse_window("2013-04-22..2013-04-29"))).words
    'production, week of 15 April 2013'
    """
    if text in (SAME_COHORT, "reference"):
        return Against("reference", Slice(cut.cohort, without=cut.without))
    if text == WHOLE_REFERENCE:
        return Against("reference", Slice())
    if text == EVERYONE_ELSE:
        return Against("production", Slice(cut.cohort, cut.window, without=not cut.without))
    if text.startswith("cohort "):
        known = tuple(columns)
        others = parse_filters(text.removeprefix("cohort "), known)
        return Against("production", Slice(others, cut.window))
    if text.startswith("window "):
        return Against("production", Slice(cut.cohort, parse_window(text.removeprefix("window ")), cut.without))
    trailing = re.fullmatch(r"trailing (\d{1,4}) windows?", text)
    back = 1 if text == PREVIOUS else int(trailing[1]) if trailing else 0
    if not back and text != LAST_YEAR:
        raise UnknownName.of("counterpart", text, NAMED)
    if cut.window is None:
        raise InvalidFilter(f"{shown(text)} needs a window; all time has none before it.", hint="Choose a window.")
    try:
        window = earlier(cut.window, back) if back else _a_year_before(cut.window)
    except (OverflowError, ValueError, UnusableData):
        raise InvalidFilter(f"The calendar does not reach back to {shown(text)} of {cut.window.text}.") from None
    return Against("production", Slice(cut.cohort, window, cut.without), back or 1)


def defining(cut: Slice, held: Against) -> tuple[str, ...]:
    """The columns that tell a slice from what it is held against: filters on them that only one of the two has.

    >>> from engine.slices import Filter
    >>> lga = Slice((Filter("origin", "eq", ("LGA",)),))
    >>> defining(lga, against("whole reference", lga)), defining(lga, against("same cohort", lga))
    (('origin',), ())
    """
    mine, others = set(cut.cohort), set(held.cut.cohort)
    alone = mine ^ others if cut.without == held.cut.without else mine | others
    return tuple(dict.fromkeys(one.column for one in (*cut.cohort, *held.cut.cohort) if one in alone))


def defines_words(column: str) -> str:
    """What is said of such a column."""
    return f"{plain(column)} defines the cohort: that it differs is no news."


def earlier(window: Window, windows: int) -> Window:
    """The span of so many windows of the same kind that ends where this one starts.

    >>> earlier(parse_window("2013-04-01..2013-05-01"), 2).text
    '2013-02-01..2013-04-01'
    """
    unit, start = unit_of(window), window.start
    for _ in range(windows):
        before = start - timedelta(microseconds=1)
        start = window_of(before, unit).start if unit else start - (window.end - window.start)
    return Window(start, window.start)


def _a_year_before(window: Window) -> Window:
    """The window that lies like this one a year before: months by name, all else 52 weeks back, on the same weekday."""
    if unit_of(window) == "month":
        return window_of(window.start.replace(year=window.start.year - 1), "month")
    back = timedelta(weeks=52)
    return Window(window.start - back, window.end - back)

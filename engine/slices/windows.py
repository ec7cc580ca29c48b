"""Windows of time, and the calendar they come from: hours, days, ISO weeks, months."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from engine.errors import InvalidFilter, UnknownName, UnusableData, shown

UNITS = ("hour", "day", "week", "month")
BELIEVED = datetime(1678, 1, 1), datetime(2262, 1, 1)  # what 64 bits of nanoseconds hold; others lie in no window
WINDOWS = 20_000  # of one dataset at most; more are asked for by a moment that is wrong


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
            if _is(self, unit):
                return form.format(self.start)
        return f"{_moment(self.start)} to {_moment(self.end)}"

    @property
    def text(self) -> str:
        """START..END, as it is typed and as it stands in a link.

        >>> Window(datetime(2013, 4, 22), datetime(2013, 4, 29)).text
        '2013-04-22..2013-04-29'
        """
        return f"{_moment(self.start)}..{_moment(self.end)}"


def _is(window: Window, unit: str) -> bool:
    """Whether a window is the calendar's; at its ends it has no whole ones."""
    try:
        return _calendar(window.start, unit) == window
    except OverflowError:
        return False


def _moment(at: datetime) -> str:
    return at.date().isoformat() if at.time() == datetime.min.time() else at.isoformat(sep=" ", timespec="auto")


def _plain(at: datetime) -> datetime:
    """A moment with a zone in UTC, the clock in which such columns are read; one without is taken as it is."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def parse_window(text: str) -> Window:
    """The window that START..END means; the end is excluded.

    >>> parse_window("2013-04-22..2013-04-29").words
    'week of 22 April 2013'
    """
    start, dots, end = text.partition("..")
    try:
        if not dots:
            raise ValueError
        return Window(*(_plain(datetime.fromisoformat(one.strip())) for one in (start, end)))
    except (ValueError, OverflowError):
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
    try:
        return _calendar(at, unit)
    except OverflowError:
        raise UnusableData(f"The calendar has no whole {unit} at {_moment(at)}.") from None


def _calendar(at: datetime, unit: str) -> Window:
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


def unit_of(window: Window) -> str | None:
    """The unit of which a window is a calendar window, the longest if several; None for any other span.

    >>> unit_of(parse_window("2013-04-22..2013-04-29")), unit_of(parse_window("2013-04-22..2013-04-30"))
    ('week', None)
    """
    return next((unit for unit in reversed(UNITS) if _is(window, unit)), None)


def windows_between(first: datetime, last: datetime, unit: str) -> tuple[Window, ...]:
    """All calendar windows from the one that holds first to the one that holds last, in order.

    >>> len(windows_between(datetime(2013, 4, 1), datetime(2013, 12, 31), "week"))
    40
    """
    if (last - first) / timedelta(**{f"{unit}s": 1} if unit != "month" else {"days": 30}) > WINDOWS:
        raise UnusableData(
            f"From {_moment(first)} to {_moment(last)} there are more than {WINDOWS:,} {unit}s.",
            hint="Choose longer windows, or mend the moments.",
        )
    found = [window_of(first, unit)]
    while found[-1].end <= last:
        found.append(window_of(found[-1].end, unit))
    if any(a.end != b.start for a, b in pairwise(found)):
        raise AssertionError("calendar windows must join")
    return tuple(found)

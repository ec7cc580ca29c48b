"""As much of a monitor's records as it takes to know how it stands: its newest windows, however long it has run."""

from collections.abc import Sequence

from engine.deliver.news import Outlook, outlook
from engine.monitor import Monitor
from engine.policy import ranks_of
from engine.policy.case import Case, baselines
from engine.policy.persist import FINE
from engine.record import Record
from engine.store import Store, decisions, document, recent

WINDOWS = 40  # that are read at first: of a year of weeks nearly all, of 520 windows what takes half a second


def outlook_in(store: Store, monitor: Monitor, since: str = "") -> tuple[Outlook | None, tuple[Record, ...]]:
    """How a monitor stands and the records that it was told from; None where no closed window was recorded.

    since: runs that were recorded later are read in any case; ISO 8601 in UTC, empty for none. More is read where an
    alarm or an objective reaches back to the oldest window that was, and where runs of other spans took the place.
    """
    made = decisions(store, monitor.monitor)
    several = len(baselines(monitor))
    last = WINDOWS * several
    while True:
        known = recent(store, monitor.monitor, last, since)
        seen = outlook(known, monitor, made, ranks_in(store, known))
        if len(known) < last or (seen is not None and all(map(_enough, seen.cases.values()))):
            return seen, known
        last *= 3


def _enough(case: Case) -> bool:
    """Whether nothing that is told goes back to the oldest window that was read, and maybe beyond it."""
    if len(case.line) < WINDOWS:
        return False
    first, end = case.line[0].window, case.line[-1].window
    assert first is not None and end is not None, "a timeline is of windows"
    if any(first.start > end.end - one.span for one in case.monitor.policy.objectives):
        return False
    alarms = (one for one in case.tracks.values() if one.counts[-1] > FINE)
    return not any(all(count != FINE for count in one.counts) for one in alarms)


def ranks_in(store: Store, known: Sequence[Record]) -> tuple[str, ...]:
    """Features by importance, as the newest run tells them."""
    return ranks_of(document(store, known[-1].id).get("importance")) if known else ()

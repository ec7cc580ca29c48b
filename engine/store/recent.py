"""What is needed of a long history: its newest windows, what was recorded since a moment, what decisions are about."""

from sqlalchemy import ColumnElement, or_, select

from engine.record import Record
from engine.store.opening import Store, reading
from engine.store.packed import storable
from engine.store.records import SMALL, record_of, without_later
from engine.store.records import order as by_window
from engine.store.tables import DECISIONS, RUNS


def recent(store: Store, monitor: str, last: int | None = None, since: str | None = None) -> tuple[Record, ...]:
    """The runs of a monitor's newest windows, and of what else a verdict needs, newest window last; without last, all.

    last: so many runs of windows, each the last revision of its own; runs of cohorts and of all time, as whoever
    explores records them, are neither counted nor given. since: and all that were recorded later, ISO 8601 in UTC.
    Runs that somebody decided about are among them, replaced ones too: what was decided about a window stands when
    labels that came late have it told anew.
    """
    mine = RUNS.c.monitor == storable(monitor)
    told = [RUNS.c.cohort == "", RUNS.c.window_end != ""] if last is not None else []
    newest = without_later(select(RUNS.c.seq).where(mine, *told)).order_by(*(one.desc() for one in by_window()))
    wanted: list[ColumnElement[bool]] = [
        RUNS.c.seq.in_(select(newest.limit(last).subquery().c.seq)),
        RUNS.c.id.in_(select(DECISIONS.c.run).where(DECISIONS.c.monitor == storable(monitor))),
    ]
    wanted += [RUNS.c.at > since] if since else []
    asked = select(*SMALL, RUNS.c.brief).where(mine, or_(*wanted)).order_by(*by_window())
    with reading(store) as connection:
        return tuple(record_of(row, row.brief) for row in connection.execute(asked))

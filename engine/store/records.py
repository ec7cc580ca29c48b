"""Reading what was recorded: records, one metric over time, the state of every monitor, and a whole run again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from engine.findings import Severity
from engine.record import Record
from engine.slices import Window
from engine.store.findings import finding_of, gap_of
from engine.store.opening import Store, reading
from engine.store.packed import storable, unpacked
from engine.store.runs import full_id
from engine.store.tables import FINDINGS, RUNS

SMALL = [column for column in RUNS.c if column.name not in ("brief", "document", "summaries", "open_findings")]


@dataclass(frozen=True, slots=True)
class Point:
    """One metric of a column in one recorded run. column: None for what belongs to none."""

    run: str
    at: str
    monitor: str
    window: Window | None
    against: str
    cohort: str
    signal: str
    column: str | None
    metric: str
    value: float | None
    severity: Severity
    floor: float | None
    warning: float | None
    critical: float | None
    within_noise: bool
    n_production: int | None
    partial: bool
    revision: int


def records(
    store: Store,
    monitor: str | None = None,
    *,
    against: str | None = None,
    cohort: str | None = None,
    latest: bool = True,
    findings: bool = True,
    last: int | None = None,
) -> tuple[Record, ...]:
    """What was recorded, newest window last; of one monitor, against and cohort, or of all.

    latest: only the last revision of each window. findings: with them (1 ms a run), else records have none. last: the
    last so many.
    """
    asked = select(*SMALL, *([RUNS.c.brief] if findings else []))
    for column, wanted in ((RUNS.c.monitor, monitor), (RUNS.c.against, against), (RUNS.c.cohort, cohort)):
        asked = asked.where(column == storable(wanted)) if wanted is not None else asked
    asked = without_later(asked) if latest else asked
    asked = asked.order_by(*(column.desc() for column in order())).limit(last)
    with reading(store) as connection:
        rows = connection.execute(asked).all()
    return tuple(record_of(row, row.brief if findings else None) for row in reversed(rows))


def record(store: Store, run: str) -> Record:
    """One record by its id or the first characters of it. Raises UnknownName with the nearest."""
    with reading(store) as connection:
        row = connection.execute(select(RUNS).where(RUNS.c.id == full_id(connection, run))).one()
    return record_of(row, row.brief)


def recorded(store: Store, monitor: str) -> dict[tuple[Window | None, str, str], Record]:
    """The last revision of every window of a monitor, without findings, by window, against and cohort."""
    return {(one.window, one.against, one.cohort): one for one in records(store, monitor, findings=False)}


def history(
    store: Store,
    monitor: str,
    column: str | None = None,
    metric: str | None = None,
    *,
    against: str | None = None,
    latest: bool = True,
) -> tuple[Point, ...]:
    """One metric of a column over the recorded windows, oldest first; without column or metric, of every one."""
    runs = select(*SMALL).where(RUNS.c.monitor == storable(monitor))
    runs = runs.where(RUNS.c.against == storable(against)) if against is not None else runs
    chosen = (without_later(runs) if latest else runs).subquery()
    asked = select(chosen, *(one for one in FINDINGS.c if one.name not in ("run", "place", "severity")))
    asked = asked.add_columns(FINDINGS.c.severity.label("judged")).join_from(
        chosen, FINDINGS, FINDINGS.c.run == chosen.c.seq
    )
    asked = asked.where(FINDINGS.c.column_name == storable(column)) if column is not None else asked
    asked = asked.where(FINDINGS.c.metric == metric) if metric is not None else asked
    order = func.coalesce(func.nullif(chosen.c.window_end, ""), chosen.c.at), chosen.c.seq, FINDINGS.c.place
    with reading(store) as connection:
        return tuple(_point(row) for row in connection.execute(asked.order_by(*order)))


def fleet(store: Store) -> tuple[Record, ...]:
    """The last record of every monitor and of what it is held against, with its open findings alone, by name."""
    newest = select(
        RUNS.c.seq,
        func.row_number()
        .over(partition_by=(RUNS.c.monitor, RUNS.c.against, RUNS.c.cohort), order_by=[one.desc() for one in order()])
        .label("place"),
    ).subquery()
    asked = select(*SMALL, RUNS.c.open_findings).join(newest, newest.c.seq == RUNS.c.seq).where(newest.c.place == 1)
    with reading(store) as connection:
        rows = connection.execute(asked.order_by(RUNS.c.monitor, RUNS.c.seq)).all()
    return tuple(record_of(row, row.open_findings) for row in rows)


def order() -> Sequence[Any]:
    """What runs are put in order by: their windows; a run of all time stands where it was computed."""
    return func.coalesce(func.nullif(RUNS.c.window_end, ""), RUNS.c.at), RUNS.c.seq


def without_later(asked: Select[Any]) -> Select[Any]:
    """Runs alone that no later one of the same window replaces."""
    later = RUNS.alias()
    return asked.where(~select(later.c.seq).where(later.c.revises == RUNS.c.id).exists())


def window_of_row(row: Any) -> Window | None:
    """The window of a recorded run; None for all time."""
    if not row.window_end:
        return None
    return Window(datetime.fromisoformat(row.window_start), datetime.fromisoformat(row.window_end))


def record_of(row: Any, brief: bytes | str | None) -> Record:
    """A record from its row. brief: its findings as the row has them, None for none."""
    said: dict[str, Any] = {"findings": [], "not_computed": []}
    if brief is not None:
        said = json.loads(brief if isinstance(brief, str) else unpacked(brief, row.id))
    kept = {one.name: getattr(row, one.name) for one in fields(Record) if hasattr(row, one.name)}
    return Record(**kept | {
        "window": window_of_row(row),
        "partial": bool(row.partial),
        "severity": Severity(row.severity),
        "counts": json.loads(row.counts),
        "findings": tuple(finding_of(one) for one in said["findings"]),
        "not_computed": tuple(gap_of(one) for one in said["not_computed"]),
    })  # fmt: skip


def _point(row: Any) -> Point:
    return Point(
        run=row.id, at=row.at, monitor=row.monitor, window=window_of_row(row), against=row.against, cohort=row.cohort,
        signal=row.signal, column=row.column_name or None, metric=row.metric, value=row.value,
        severity=Severity(row.judged), floor=row.floor, warning=row.warning, critical=row.critical,
        within_noise=bool(row.within_noise), n_production=row.n_production, partial=bool(row.partial),
        revision=row.revision,
    )  # fmt: skip

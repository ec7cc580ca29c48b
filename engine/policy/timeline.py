"""Recorded runs put in order: one of every closed window, the one that counts."""

from collections.abc import Iterable
from datetime import datetime

from engine.record import Record
from engine.slices import unit_of
from engine.slices.against import SAME_COHORT, WHOLE_REFERENCE

REFERENCE = "reference"


def timeline(
    records: Iterable[Record], unit: str | None = None, against: str = REFERENCE, cohort: str = ""
) -> tuple[Record, ...]:
    """The runs of calendar windows of a cohort, oldest window first; of several of one window the one computed last.

    unit: of the windows, None for every calendar unit (then records of days and of weeks must not be mixed). Runs of
    all time, of free spans, of other cohorts or held against something else are left out.
    """
    last: dict[object, Record] = {}
    for one in records:
        found = unit_of(one.window) if one.window else None
        if found is None or one.cohort != cohort or counterpart(one.against, cohort) != counterpart(against, cohort):
            continue
        if unit is not None and found != unit:
            continue
        before = last.get(one.window)
        if before is None or (before.at, before.revision) <= (one.at, one.revision):
            last[one.window] = one
    return tuple(sorted(last.values(), key=lambda one: one.window.start if one.window else datetime.min))


def counterpart(text: str, cohort: str = "") -> str:
    """What a run is held against, by one name where several mean the same.

    >>> counterpart("same cohort"), counterpart("whole reference", "origin=LGA")
    ('reference', 'whole reference')
    """
    if text in (SAME_COHORT, REFERENCE) or (text == WHOLE_REFERENCE and not cohort):
        return REFERENCE
    return text

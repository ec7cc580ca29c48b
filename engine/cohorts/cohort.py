"""One cohort and what it reads, in numbers, in a sentence and as the document that scripts get."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from math import isinf
from typing import Any

from engine.errors import plain
from engine.findings import Severity, three
from engine.metrics import metric
from engine.slices import Filter


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort's reading of one column by one metric.

    cohort: its filters; () where none can tell it (rare categories together), and words say who it is. value, floor,
    value_without (of all rows but these), value_whole: in the metric's terms, None where a side has no value. floor:
    what no change reaches at the level the reading was judged at. n_reference, n_production: rows that the reading
    rests on. share_reference, share_production: of all rows, 0 to 1. mix, behaviour: what the cohort adds to the PSI of
    all rows, or to the move of a rate; None for other metrics. hidden: it moved clearly further than
    all rows, which do not reach the warning.
    value_reference, whole_reference: the reference's own rate in the cohort and in all rows; None for distances.
    """

    cohort: tuple[Filter, ...]
    words: str
    column: str
    metric: str
    value: float | None
    floor: float | None
    severity: Severity
    n_reference: int
    n_production: int
    share_reference: float
    share_production: float
    mix: float | None
    behaviour: float | None
    value_without: float | None
    value_whole: float | None
    hidden: bool
    p_value: float | None
    sentence: str
    value_reference: float | None = None
    whole_reference: float | None = None


def told(cohort: Cohort, explains: bool) -> str:
    """What a found cohort says: that it is hidden, that the whole's drift rests on it, or how it differs."""
    name, column, value = _name(cohort), plain(cohort.column), three(cohort.value or 0.0)
    if cohort.value_reference is not None and not (explains and not cohort.hidden):
        moved = f"{three(cohort.value_reference)} to {value} at {cohort.words}"
        rest = f"{three(cohort.whole_reference or 0.0)} to {three(cohort.value_whole or 0.0)}"
        return (
            f"{'Hidden: t' if cohort.hidden else 'T'}he {name} of {column} went from {moved}; of all rows, from {rest}."
        )
    whole, without = (None if one is None else three(one) for one in (cohort.value_whole, cohort.value_without))
    if cohort.hidden:
        return f"Hidden: {column} at {cohort.words} reads {value} while all rows read {whole} ({name})."
    if explains and without is not None:
        return f"Without {cohort.words} the {name} of {column} falls from {whole} to {without}{_mostly(cohort)}."
    rest = "" if without is None else f", and {without} without it"
    return f"The {name} of {column} is {value} at {cohort.words}; all rows read {whole}{rest}."


def _name(cohort: Cohort) -> str:
    """The metric within a sentence."""
    return {"psi": "PSI", "null_rate": "null rate"}.get(cohort.metric) or metric(cohort.metric).name


def _mostly(cohort: Cohort) -> str:
    """Whether a cohort adds by its size or by what is in it, where one of them is most of it."""
    mix, behaviour = cohort.mix, cohort.behaviour
    if mix is None or behaviour is None or mix + behaviour <= 0:
        return ""
    if mix > 2 * abs(behaviour):
        return f", mostly by mix: {cohort.share_reference:.1%} of rows became {cohort.share_production:.1%}"
    return ", mostly by behaviour: these rows themselves changed" if behaviour > 2 * abs(mix) else ""


def shares_out(cohort: Cohort, by_mean: bool) -> str:
    """What a cohort of a partition adds to the whole."""
    name, column = _name(cohort), plain(cohort.column)
    moved = f"{cohort.share_reference:.1%} → {cohort.share_production:.1%} of rows"
    if cohort.mix is None or cohort.behaviour is None:
        reading = "cannot be read" if cohort.value is None else f"is {three(cohort.value)}"
        return f"The {name} of {column} {reading} at {cohort.words} ({moved})."
    whole = f"the move of the {name}" if by_mean else f"the {name}, {three(cohort.value_whole or 0.0)},"
    return (
        f"{cohort.words} ({moved}) adds {three(cohort.mix + cohort.behaviour)} to {whole} of {column}: "
        f"{three(cohort.mix)} by mix, {three(cohort.behaviour)} by behaviour."
    )


def document(cohorts: Iterable[Cohort], **more: object) -> dict[str, Any]:
    """The cohorts as the JSON document that is promised to scripts. more: further keys."""
    return {"schema_version": 1, "kind": "cohorts", **more, "cohorts": [row(one) for one in cohorts]}


def row(cohort: Cohort) -> dict[str, Any]:
    """One cohort of the document; moments in ISO 8601.

    A filter has one value or none, since cohorts are bins.
    """
    found = {field.name: getattr(cohort, field.name) for field in fields(cohort)}
    listed = [
        {"column": one.column, "operator": one.operator, "value": _plain(one.values[0]) if one.values else None}
        for one in cohort.cohort
    ]
    return found | {"cohort": listed, "severity": str(cohort.severity)}


def _plain(value: object) -> object:
    if isinstance(value, float) and isinf(value):  # JSON has none
        return str(value)
    return value.isoformat() if isinstance(value, datetime | date | time) else value

"""What is kept of a run and of what people decided about it: the rows that policy, review and home page read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.findings import Finding, NotComputed, Severity
from engine.slices import Window


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded run, without its bins. at: when it was computed, UTC, ISO 8601; window: None for all time.

    digest: of the monitor as it then was; version: of the model; against: as slices/against.py reads it; cohort: its
    filters as text, empty for all rows; trigger: due, manual, restated; partial: too few rows to judge drift; rows: of
    production; revises: the run of the same window that this one replaces, whose labels had not all come; revision:
    how often that happened before; labelled: rows of production with a label, None where labels are not known.
    """

    id: str
    at: str
    monitor: str
    digest: str
    version: str
    window: Window | None
    against: str
    cohort: str
    trigger: str
    partial: bool
    severity: Severity
    counts: Mapping[str, int]
    rows: int
    findings: tuple[Finding, ...] = ()
    not_computed: tuple[NotComputed, ...] = ()
    revises: str | None = None
    revision: int = 0
    labelled: int | None = None


class Choice(StrEnum):
    """What a person decided."""

    ACCEPT = "accept"
    MUTE = "mute"
    INVESTIGATE = "investigate data"
    RETRAIN = "retrain"
    ROLL_BACK = "roll back"
    NO_ACTION = "no action"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what about which findings of a run, and why. findings: names as name_of makes them; empty: the run.

    until: the last day of a mute; None for everything else. at: UTC, ISO 8601; empty until it is recorded.
    """

    monitor: str
    run: str
    choice: Choice
    reason: str
    by: str
    findings: tuple[str, ...] = ()
    until: date | None = None
    at: str = ""


def name_of(column: str | None, metric: str) -> str:
    """What a finding is called in decisions and on the command line, as thresholds are: COLUMN.METRIC, or METRIC.

    >>> name_of("temp_f", "psi"), name_of(None, "log_loss")
    ('temp_f.psi', 'log_loss')
    """
    return metric if column is None else f"{column}.{metric}"

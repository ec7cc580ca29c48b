"""What may stand in a monitor file: every field, its type and its default. Unknown keys are errors."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.columns import Kind, Role
from engine.errors import PlumblineError
from engine.metrics import metric
from engine.signals import JUDGED, Level, Plan
from engine.slices import UNITS


class Section(BaseModel):
    """A part of the file; unknown keys are refused, values are kept as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _metric(key: str) -> str:
    try:
        return metric(key).key
    except PlumblineError as error:
        raise ValueError(str(error)) from None


def _duration(text: str) -> str:
    if not re.fullmatch(r"\d+ (hour|day|week|month)s?", text):
        raise ValueError("Write a number and a unit, as in '2 days'.")
    return text


def _written_level(value: float | str) -> float | str:
    try:
        level = Level.parse(value)
    except PlumblineError as error:
        raise ValueError(str(error)) from None
    if not math.isfinite(level.amount):
        raise ValueError("A threshold is a finite number.")
    return value


def _pattern(text: str) -> str:
    """The pattern of a threshold, METRIC or COLUMN.METRIC; what follows its last dot must be a metric."""
    _metric(text.rpartition(".")[2])
    return text


MetricKey = Annotated[str, AfterValidator(_metric)]
Duration = Annotated[str, AfterValidator(_duration)]
Pattern = Annotated[str, AfterValidator(_pattern)]
WrittenLevel = Annotated[float | str, AfterValidator(_written_level)]


class Model(Section):
    """The model that is watched."""

    name: str = "model"
    version: str = ""
    task: Literal["classification", "regression"] = "classification"
    tier: Literal["low", "medium", "high"] = "medium"


class Place(Section):
    """Where a dataset lies: a file, glob, folder or address; or a table behind a connection."""

    path: str | None = Field(default=None, min_length=1)
    table: str | None = None
    connection: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Place":
        if (self.path is None) == (self.table is None):
            raise ValueError("Give either path, or table and connection.")
        return self


class Labels(Section):
    """Labels that arrive later, in a table of their own joined by id."""

    path: str
    id: str
    column: str


class Attributions(Section):
    """How much each feature moved each prediction: a table with an id, or columns with a prefix."""

    path: str | None = None
    id: str | None = None
    prefix: str | None = None


class Top(Section):
    """The most important features only."""

    top: int = Field(gt=0)


class Columns(Section):
    """What the columns are to the model; what is not named is guessed."""

    id: str | None = None
    timestamp: str | None = None
    score: str | None = None
    prediction: str | None = None
    target: str | Labels | None = None
    attributions: Attributions | None = None
    features: Literal["all"] | list[str] | Top = "all"
    ignore: list[str] = []
    cohorts: list[str] = []
    kinds: dict[str, Kind] = {}
    latency: str | None = None
    error: str | None = None

    @property
    def roles(self) -> dict[str, str]:
        """Column -> role, for the columns that are named: a named feature is one, whatever its name suggests."""
        named = {
            Role.ID: self.id,
            Role.TIMESTAMP: self.timestamp,
            Role.SCORE: self.score,
            Role.PREDICTION: self.prediction,
            Role.TARGET: self.target if isinstance(self.target, str) else None,
            Role.LATENCY: self.latency,
            Role.ERROR: self.error,
        }
        listed = {name: str(Role.FEATURE) for name in self.features} if isinstance(self.features, list) else {}
        ignored = {name: str(Role.IGNORE) for name in self.ignore}
        return listed | ignored | {name: str(role) for role, name in named.items() if name is not None}


class WindowRule(Section):
    """How time is cut. least: share of the median volume that a window must hold to be judged for drift."""

    every: str = "1 week"
    grace: Duration = "0 days"
    least: float = Field(default=0.5, ge=0, le=1)

    @field_validator("every")
    @classmethod
    def _calendar(cls, text: str) -> str:
        if text not in {f"1 {unit}" for unit in UNITS}:
            raise ValueError(f"Windows are calendar windows: write 1 {', 1 '.join(UNITS)}.")
        return text

    @property
    def unit(self) -> str:
        """hour, day, week or month."""
        return self.every.split()[1]


class KindMetrics(Section):
    """Metrics that are judged, by kind of column."""

    numeric: list[MetricKey] | None = None
    categorical: list[MetricKey] | None = None
    datetime: list[MetricKey] | None = None


class Drift(Section):
    """A drift signal."""

    metrics: KindMetrics = KindMetrics()


class Performance(Section):
    """The model performance signal; value: what each outcome of a prediction is worth."""

    metrics: list[str] | None = None
    estimate: bool = True
    value: dict[Literal["tp", "fp", "fn", "tn"], float] | None = None


class Plain(Section):
    """A signal without settings of its own."""


class Signals(Section):
    """The signals that are computed; without the section, all that the columns allow."""

    data_drift: Drift | None = None
    prediction_drift: Drift | None = None
    data_quality: Plain | None = None
    model_performance: Performance | None = None
    attribution_drift: Plain | None = None
    operations: Plain | None = None


class Limits(Section):
    """Warning and critical; a number is a level, '5 %' or '+0.01' is relative to the reference's own value."""

    warning: WrittenLevel
    critical: WrittenLevel


class Policy(Section):
    """When findings call for somebody. false_alarms: share of runs that raise anything when nothing changed."""

    false_alarms: float = Field(default=0.05, gt=0, lt=1)
    persist: str = "1 of 1"
    max_model_age: Duration | None = None

    @field_validator("persist")
    @classmethod
    def _k_of_w(cls, text: str) -> str:
        found = re.fullmatch(r"(\d+) of (\d+)", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError("Write 'k of w' with 1 ≤ k ≤ w, as in '2 of 3'.")
        return text


class Delivery(Section):
    """Where findings are sent, and when."""

    to: Literal["webhook", "prometheus", "email"]
    url: str | None = None
    path: str | None = None
    when: Literal["info", "warning", "critical", "always"] = "critical"
    digest: Literal["none", "daily", "weekly"] = "none"


class Engine(Section):
    """What counts the rows."""

    on: Literal["duckdb", "spark"] = "duckdb"
    remote: str | None = None


class Monitor(Section):
    """One monitor file. Everything but its name and the two datasets has a default."""

    monitor: str = Field(min_length=1)
    description: str = ""
    owner: str = ""
    model: Model = Model()
    reference: Place
    production: Place
    columns: Columns = Columns()
    window: WindowRule = WindowRule()
    against: str | list[str] = "reference"
    signals: Signals | None = None
    thresholds: dict[Pattern, Limits] = {}
    policy: Policy = Policy()
    deliver: list[Delivery] = []
    engine: Engine = Engine()

    @property
    def digest(self) -> str:
        """SHA-256 of the monitor's content, whatever its layout and comments."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def plan(self) -> Plan:
        """What is judged and against which thresholds."""
        judged: Mapping[Kind, tuple[str, ...]] = JUDGED
        if self.signals and self.signals.data_drift:
            chosen = self.signals.data_drift.metrics
            named: dict[Kind, list[str] | None] = {
                Kind.NUMERIC: chosen.numeric,
                Kind.CATEGORICAL: chosen.categorical,
                Kind.DATETIME: chosen.datetime,
            }
            judged = {**JUDGED, **{kind: tuple(keys) for kind, keys in named.items() if keys is not None}}
        limits = {
            ".".join(part for part in (pattern.rpartition(".")[0], metric(pattern.rpartition(".")[2]).key) if part): (
                Level.parse(limit.warning),
                Level.parse(limit.critical),
            )
            for pattern, limit in self.thresholds.items()
        }
        return Plan(judged=judged, thresholds=limits, false_alarms=self.policy.false_alarms)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a monitor file, for editors.

    >>> json_schema()["properties"]["monitor"]["type"]
    'string'
    """
    return Monitor.model_json_schema()

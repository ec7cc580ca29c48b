"""What may stand in a monitor file: every field, its type and its default. Unknown keys are errors."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PrivateAttr, field_validator

from engine.columns import Kind
from engine.metrics import metric
from engine.monitor.delivery import Delivery, told_apart
from engine.monitor.environment import Variables, hide, written
from engine.monitor.policy import Policy
from engine.monitor.sections import (
    Attributions,
    Columns,
    Event,
    FilterText,
    Labels,
    MetricKey,
    Model,
    Pattern,
    Place,
    Section,
    Top,
    WindowRule,
    WrittenLevel,
)
from engine.outcomes import Terms
from engine.signals import JUDGED, Level, Plan

__all__ = [
    "Attributions",
    "Columns",
    "Event",
    "Labels",
    "Limits",
    "Model",
    "Monitor",
    "Place",
    "Section",
    "Top",
    "WindowRule",
]
# Fields that came after digests were written: a monitor that leaves them out keeps the digest of its old runs.
LATER: dict[str, tuple[str, ...]] = {
    "": ("cohorts", "events"),
    "model": ("trained",),
    "columns": ("positive", "threshold", "scores"),
    "columns.target": ("csv",),
    "columns.attributions": ("csv",),
    "reference": ("sheet", "key", "csv"),
    "production": ("sheet", "key", "csv"),
    "policy": ("important", "rules", "mutes", "objectives", "baselines"),
}


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

    metrics: list[MetricKey] | None = None
    estimate: bool = True
    value: dict[Literal["tp", "fp", "fn", "tn"], float] | None = None


class Plain(Section):
    """A signal without settings of its own."""


class Signals(Section):
    """The signals that are computed: all that the columns allow, but for those that are null here."""

    data_drift: Drift | None = Drift()
    prediction_drift: Drift | None = Drift()
    data_quality: Plain | None = Plain()
    model_performance: Performance | None = Performance()
    attribution_drift: Plain | None = Plain()
    operations: Plain | None = Plain()

    @property
    def off(self) -> frozenset[str]:
        """The keys of the signals that are null."""
        return frozenset(key for key in type(self).model_fields if getattr(self, key) is None)


class Limits(Section):
    """Warning and critical; a number is a level, '5 %' or '+0.01' is relative to the reference's own value."""

    warning: WrittenLevel
    critical: WrittenLevel


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
    thresholds: dict[Pattern, Limits] = Field(default={})
    policy: Policy = Policy()
    deliver: list[Delivery] = Field(default=[])
    engine: Engine = Engine()
    cohorts: dict[str, list[FilterText]] = Field(default={})
    events: list[Event] = Field(default=[])

    _variables: Variables = PrivateAttr(default_factory=Variables)

    @field_validator("deliver")
    @classmethod
    def _told_apart(cls, targets: list[Delivery]) -> list[Delivery]:
        return told_apart(targets)

    @property
    def digest(self) -> str:
        """SHA-256 of the monitor's content as written, whatever its layout and comments; of no variable's value."""
        fields = self.as_written()
        for name, later in LATER.items():
            holder: Any = fields
            part: Any = self
            for step in name.split(".") if name else ():
                holder, part = holder[step], getattr(part, step)
            if not isinstance(part, Section):  # a column's name, or nothing
                continue
            known = type(part).model_fields
            for one in later:
                if holder[one] == known[one].default:
                    del holder[one]
        text = json.dumps(fields, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def definition(self) -> dict[str, Any]:
        """All that is in force, defaults too, for evidence: without addresses that may hold secrets."""
        secret: dict[str, Any] = {"deliver": True, "reference": {"connection"}, "production": {"connection"}}
        return self.as_written(exclude=secret)

    def as_written(self, **how: Any) -> dict[str, Any]:
        """The fields as plain values, with ${NAME} where the file has it. how: as model_dump takes it."""
        fields: dict[str, Any] = written(self.model_dump(mode="json", **how), self._variables)
        return fields

    def hidden(self, text: str) -> str:
        """A text for people or for keeping, with ${NAME} in place of what came from the environment."""
        return hide(text, self._variables)

    def with_variables(self, variables: Variables) -> "Monitor":
        """The same monitor, knowing which of its values came from the environment."""
        self._variables = variables
        return self

    def __repr__(self) -> str:
        return self.hidden(super().__repr__())

    __str__ = __repr__

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
        right = self.signals.model_performance if self.signals else None
        wanted = right.metrics if right else None
        return Plan(
            judged=judged,
            thresholds=limits,
            false_alarms=self.policy.false_alarms,
            performance=None if wanted is None else tuple(metric(key).key for key in wanted),
            terms=Terms(
                task=self.model.task if "task" in self.model.model_fields_set else None,
                positive=self.columns.positive,
                threshold=self.columns.threshold,
                scores=self.columns.scores,
                worth={str(one): value for one, value in right.value.items()} if right and right.value else None,
            ),
            off=self.signals.off if self.signals else frozenset(),
            estimate=right.estimate if right else True,
        )

"""The signals: what is monitored, of which columns, and with which thresholds. A signal is a row of a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import inf, nextafter

from engine.columns import Column, Kind, Role
from engine.errors import PlumblineError, shown
from engine.findings import Threshold
from engine.metrics import METRICS, Metric, metric
from engine.metrics.metric import Reading
from engine.outcomes import Classification, Outcomes, Terms


@dataclass(frozen=True, slots=True)
class Signal:
    """One kind of monitoring: the question it answers, and the roles of the columns it looks at."""

    key: str
    name: str
    question: str
    roles: frozenset[Role]


INPUTS = frozenset({Role.FEATURE, Role.TARGET})
OUTPUTS = frozenset({Role.SCORE, Role.PREDICTION})
SERVED = frozenset({Role.LATENCY, Role.ERROR})
ALL_ROLES = frozenset(Role) - {Role.IGNORE}

SIGNALS: dict[str, Signal] = {
    row.key: row
    for row in (
        Signal("data_drift", "Data drift", "Do the inputs still look like the reference?", INPUTS),
        Signal("prediction_drift", "Prediction drift", "Does the model still answer alike?", OUTPUTS),
        Signal("data_quality", "Data quality", "Is anything missing, broken or out of range?", ALL_ROLES),
        Signal("model_performance", "Model performance", "Are the predictions right?", OUTPUTS | {Role.TARGET}),
        Signal("attribution_drift", "Attribution drift", "Does the prediction rest on the same features?", OUTPUTS),
        Signal("operations", "Operations", "Is the model served fast and without errors?", SERVED),
        Signal("schema", "Schema", "Are the columns still the same?", ALL_ROLES),
    )
}

# Judged unless somebody says otherwise; everything else that fits a column is computed and shown.
JUDGED: dict[Kind, tuple[str, ...]] = {
    Kind.NUMERIC: ("psi", "wasserstein"),
    Kind.DATETIME: ("psi", "wasserstein"),
    Kind.CATEGORICAL: ("psi",),
    Kind.NESTED: (),
}
# Of predictions held against labels: where there are scores, where there are none, and of numbers.
JUDGED_SCORES, JUDGED_CLASSES, JUDGED_NUMBERS = ("log_loss", "roc_auc"), ("accuracy",), ("rmse", "mae")
PERFORMANCE, OPERATIONS = "model_performance", "operations"
NO_DRIFT: dict[Role, str] = {
    Role.ID: "an id is new in every row, so its distribution says nothing",
    Role.TIMESTAMP: "the timestamp moves by its nature",
    Role.LATENCY: "latency is read by operations, not by drift",
    Role.ERROR: "errors are read by operations, not by drift",
    Role.IGNORE: "the column is ignored by choice",
}


@dataclass(frozen=True, slots=True)
class Level:
    """A threshold as written: a level of the metric, or relative to the reference's own value.

    >>> Level.parse("+0.01").at(0.2), Level.parse("5 %").at(0.2), Level.parse(0.1).at(0.2)
    (0.21000000000000002, 0.21000000000000002, 0.1)
    """

    amount: float
    relative: str = ""  # "", "+" for added to the reference's value, "%" for a share of it

    @classmethod
    def parse(cls, written: "float | int | str | Level") -> "Level":
        if isinstance(written, Level):
            return written
        text = str(written).strip()
        try:
            if text.endswith("%"):
                return cls(float(text[:-1]) / 100, "%")
            return cls(float(text), "+" if isinstance(written, str) and text[0] in "+-" else "")
        except (ValueError, IndexError):
            raise PlumblineError(
                f"{shown(text)} is no threshold.", hint="Write a number, '5 %' or '+0.01' (relative to the reference)."
            ) from None

    def at(self, against: float, scale: float | None = None) -> float:
        """The level in the metric's own terms, given the reference's value and what shares are of, if not of that."""
        if self.relative == "%":
            return against + (abs(against) if scale is None else scale) * self.amount
        return against + self.amount if self.relative == "+" else self.amount


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed and what is judged.

    metrics: keys to compute, None for all that fit. judged: keys by kind of column. thresholds: pattern -> (warning,
    critical); a pattern is METRIC or COLUMN.METRIC, where COLUMN may hold * and ?. false_alarms: share of runs that may
    raise anything when nothing changed. performance: metrics of predictions held against labels that are judged, None
    for the usual ones; terms: what they are held on. off: signals of which nothing is computed.
    estimate: whether performance is estimated where labels have not come.
    """

    metrics: frozenset[str] | None = None
    judged: Mapping[Kind, tuple[str, ...]] = field(default_factory=lambda: JUDGED)
    thresholds: Mapping[str, tuple[Level, Level]] = field(default_factory=dict)
    features: frozenset[str] | None = None
    false_alarms: float = 0.05
    performance: tuple[str, ...] | None = None
    terms: Terms = field(default_factory=Terms)
    off: frozenset[str] = frozenset()
    estimate: bool = True
    _alphas: dict[tuple[Column, ...], float] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def judged_keys(self) -> frozenset[str]:
        """Metrics of columns that are judged on some kind of column; all of them by default on quality."""
        drift = {key for keys in self.judged.values() for key in keys}
        quality = {key for key, one in METRICS.items() if one.signal == "data_quality"}
        return frozenset(drift | quality | (self.metrics or set()))

    def computes(self, column: Column) -> tuple[Metric, ...]:
        """The metrics that are asked of a column, in order of key."""
        return tuple(
            found for found in METRICS.values()
            if column.kind in found.kinds and (self.metrics is None or found.key in self.metrics)
            and signal_of(column, found) not in self.off
        )  # fmt: skip

    def judges(self, column: Column, asked: Metric) -> bool:
        """Whether a metric of a column is judged and not only shown; what is asked for by name is."""
        if column.kind not in asked.kinds or pointless(column, asked) or signal_of(column, asked) in self.off:
            return False
        if self.metrics is not None:
            return asked.key in self.metrics
        return asked.signal == "data_quality" or asked.key in self.judged[column.kind]

    def alpha(self, columns: Iterable[Column]) -> float:
        """The false-alarm rate of one reading, so that a run of these columns keeps the rate of all together.

        Labels in a table of their own are no column: their metrics are counted wherever something is predicted.
        """
        known = tuple(columns)
        found = self._alphas.get(known)  # a run asks three times, and every run of a monitor the same
        if found is None:
            found = self._alphas[known] = self._alpha(known)
        return found

    def _alpha(self, known: tuple[Column, ...]) -> float:
        judged = sum(self.judges(column, asked) for column in known for asked in METRICS.values())
        roles = {column.role for column in known}
        if roles & OUTPUTS and PERFORMANCE not in self.off:
            usual = JUDGED_SCORES if Role.SCORE in roles else JUDGED_NUMBERS
            judged += len(self._performance(usual))
        judged += bool(roles & OUTPUTS) and self.asks("attribution_drift")
        judged += 0 if OPERATIONS in self.off else len(roles & SERVED)
        return self.false_alarms / max(judged, 1)

    def asks(self, signal: str) -> bool:
        """Whether anything of a signal is computed: it is not off, and no other metrics alone were asked for."""
        if signal in self.off:
            return False
        return self.metrics is None or any(METRICS[key].signal == signal for key in self.metrics)

    def judges_outcomes(self, outcomes: Outcomes, asked: Metric) -> bool:
        """Whether a metric of predictions held against labels is judged and not only shown."""
        if not isinstance(outcomes, Classification):
            return asked.key in self._performance(JUDGED_NUMBERS)
        return asked.key in self._performance(JUDGED_CLASSES if outcomes.no_score else JUDGED_SCORES)

    def _performance(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        if self.metrics is not None:
            return tuple(key for key in self.metrics if METRICS[key].signal == PERFORMANCE)
        return usual if self.performance is None else self.performance

    def threshold(self, column: Column, asked: Metric, reading: Reading) -> Threshold | None:
        """The limits that a reading is held against; None where it is computed but not judged."""
        return self.limits(column.name, asked, reading) if self.judges(column, asked) else None

    def limits(self, column: str, asked: Metric, reading: Reading) -> Threshold | None:
        """The limits of a judged reading; None where they are relative to a reference that has no value.

        Those of a two-sided metric lie on the side to which the value moved.
        """
        levels = self.levels(column, asked)
        if asked.relative and reading.against is None and any(level.relative for level in levels):
            return None
        against = reading.against or 0.0
        fell = asked.two_sided and reading.value < against
        if fell:
            levels = (replace(levels[0], amount=-levels[0].amount), replace(levels[1], amount=-levels[1].amount))
        warning, critical = (level.at(against, reading.scale) for level in levels)
        if warning == critical:  # "5 %" and "10 %" of a reference of 0: whatever lies beyond it
            beyond = inf if asked.worse == "higher" and not fell else -inf
            warning = nextafter(warning, beyond)
            critical = nextafter(warning, beyond)
        return Threshold(warning, critical)

    def levels(self, column: str, asked: Metric) -> tuple[Level, Level]:
        """The levels as written: COLUMN.METRIC over METRIC, exact over pattern, else the metric's own."""
        exact, general = f"{column}.{asked.key}", None
        if exact in self.thresholds:
            return self.thresholds[exact]
        for pattern, levels in self.thresholds.items():
            name, dot, key = pattern.rpartition(".")
            if key == asked.key and dot and fnmatchcase(column, name):
                return levels
            if key == asked.key and not dot:
                general = levels
        relative = ("%" if asked.by_share else "+") if asked.relative else ""
        return general or (Level(asked.warning, relative), Level(asked.critical, relative))


def chosen_metrics(keys: tuple[str, ...] | None) -> frozenset[str] | None:
    """The keys of metrics as they were asked for; UnknownName with the nearest for one that is not there."""
    return None if keys is None else frozenset(metric(key.strip()).key for key in keys)


def pointless(column: Column, asked: Metric) -> str | None:
    """Why a metric says nothing about a column of that role, or None.

    >>> pointless(Column("id", "INTEGER", Kind.NUMERIC, Role.ID), metric("psi"))
    'an id is new in every row, so its distribution says nothing'
    """
    distribution = asked.signal == "data_drift" or asked.key == "out_of_bounds_rate"
    return NO_DRIFT.get(column.role) if distribution else None


def signal_of(column: Column, asked: Metric) -> str:
    """The signal that a metric of a column belongs to.

    >>> signal_of(Column("s", "DOUBLE", Kind.NUMERIC, Role.SCORE), metric("psi"))
    'prediction_drift'
    """
    if asked.signal == "data_drift" and column.role in OUTPUTS:
        return "prediction_drift"
    return asked.signal

"""The parts of a monitor file that say what is watched: model, data, columns, windows, named cohorts, events."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.columns import Kind, Role
from engine.errors import PlumblineError
from engine.metrics import metric
from engine.signals import Level
from engine.slices import UNITS
from engine.slices.texts import check_syntax, split_text
from engine.tables.away.addresses import table_address
from engine.tables.text.text_format import TextFormat, text_format


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


def _filter(text: str) -> str:
    """The text of a filter, or of several; whether their columns are there, only the data can tell."""
    try:
        for one in split_text(text) or [text]:
            check_syntax(one)
    except PlumblineError as error:
        raise ValueError(str(error)) from None
    return text


MetricKey = Annotated[str, AfterValidator(_metric)]
Duration = Annotated[str, AfterValidator(_duration)]
Pattern = Annotated[str, AfterValidator(_pattern)]
WrittenLevel = Annotated[float | str, AfterValidator(_written_level)]
FilterText = Annotated[str, AfterValidator(_filter)]


class Model(Section):
    """The model that is watched. trained: the day up to which it learned; without, version if that is a date."""

    name: str = "model"
    version: str = ""
    trained: date | None = None
    task: Literal["classification", "regression"] = "classification"
    tier: Literal["low", "medium", "high"] = "medium"

    @property
    def learned(self) -> date | None:
        """The day from which the model's age counts; of a month it is the first; None where nothing says it.

        >>> Model(version="2013-03").learned, Model(version="v7").learned
        (datetime.date(2013, 3, 1), None)
        """
        if self.trained is not None:
            return self.trained
        found = re.fullmatch(r"(\d{4}-\d{2})(-\d{2})?", self.version.strip())
        try:
            return date.fromisoformat(found[1] + (found[2] or "-01")) if found else None
        except ValueError:
            return None


class Csv(Section):
    """How a text file is written, where that is not to be found out: words and characters, as --csv takes them."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    comment: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: int | None = None
    skip: int | None = None
    nulls: list[str] | None = None
    dates: str | None = None
    timestamps: str | None = None

    @model_validator(mode="after")
    def _can_be(self) -> "Csv":
        try:
            text_format(self.model_dump())
        except PlumblineError as error:
            raise ValueError(error.message + (f" {error.hint}" if error.hint else "")) from None
        return self


def chosen(csv: Csv | None) -> TextFormat | None:
    """The choices for text files, None where all are to be found out."""
    return text_format(csv.model_dump()) if csv else None


SPARK = "spark"  # the connection of what Spark knows as a table or view


class Place(Section):
    """Where a dataset lies: a file, glob, folder or address; or a table behind a connection.

    csv: how its text files are written. sheet: of a workbook. key: a column whose greatest value and the number of rows
    tell that a table is unchanged.
    """

    path: str | None = Field(default=None, min_length=1)
    csv: Csv | None = None
    sheet: str | None = Field(default=None, min_length=1)
    table: str | None = Field(default=None, min_length=1)
    connection: str | None = None
    key: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_of_both(self) -> "Place":
        if (self.path is None) == (self.table is None):
            raise ValueError("Give either path, or table and connection.")
        if (self.table is None) != (self.connection is None):
            raise ValueError("A table needs its connection, and a connection its table. Spark's is called spark.")
        if self.sheet is not None and self.path is None:
            raise ValueError("A sheet is one of a workbook: give its path.")
        if self.key is not None and self.table is None:
            raise ValueError("A key is a column of a table: give table and connection.")
        return self

    @property
    def text(self) -> TextFormat | None:
        return chosen(self.csv)

    @property
    def source(self) -> str:
        """The one text that says where it lies, as the command line takes it.

        >>> Place(path="a.xlsx", sheet="One").source, Place(table="t", connection="sqlite:///f.db").source
        ('a.xlsx#One', 'sqlite:///f.db?table=t')
        """
        if self.table is not None and self.connection is not None:
            if self.connection == SPARK:
                return f"{SPARK}://{self.table}"
            return table_address(self.connection, self.table, self.key)
        return f"{self.path}#{self.sheet}" if self.sheet is not None else str(self.path)


class Labels(Section):
    """Labels that arrive later, in a table of their own joined by id. csv: how its text files are written."""

    path: str
    id: str
    column: str
    csv: Csv | None = None

    @property
    def text(self) -> TextFormat | None:
        return chosen(self.csv)


class Attributions(Section):
    """How much each feature moved each prediction: a table with an id, or columns with a prefix. csv: of the table."""

    path: str | None = None
    id: str | None = None
    prefix: str | None = None
    csv: Csv | None = None

    @property
    def text(self) -> TextFormat | None:
        return chosen(self.csv)


class Top(Section):
    """The most important features only."""

    top: int = Field(gt=0)


class Columns(Section):
    """What the columns are to the model; what is not named is guessed.

    positive: the class that is predicted for; threshold: a score from which on a row counts as predicted so, where no
    column holds predictions; scores: class -> column of its scores, for several classes. Columns that begin with the
    prefix of attributions are no features.
    """

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
    positive: str | None = None
    threshold: float | None = None
    scores: dict[str, str] = {}

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
        listed |= {name: str(Role.SCORE) for name in self.scores.values()}
        ignored = {name: str(Role.IGNORE) for name in self.ignore}
        return listed | ignored | {name: str(role) for role, name in named.items() if name is not None}

    def roles_in(self, names: Iterable[str]) -> dict[str, str]:
        """The same in data of these columns: attributions that are logged beside the features are ignored."""
        prefix = self.attributions.prefix if self.attributions else None
        logged = {name: str(Role.IGNORE) for name in names if prefix and name.startswith(prefix)}
        return logged | self.roles


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


class Event(Section):
    """Something that happened, as a mark on timelines. at: a day or a moment; until: the last day, or the end."""

    at: datetime
    name: str = Field(min_length=1)
    until: datetime | None = None

    @field_validator("at", "until")
    @classmethod
    def _in_one_clock(cls, at: datetime | None) -> datetime | None:
        """A moment with a zone in UTC, the clock in which such columns are read."""
        return at.astimezone(UTC).replace(tzinfo=None) if at is not None and at.tzinfo else at

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> "Event":
        if self.until is not None and self.until < self.at:
            raise ValueError("An event ends after it began: write until after at.")
        return self

    @property
    def end(self) -> datetime | None:
        """Where it is over, excluded: a last day counts as a whole."""
        if self.until is None:
            return None
        whole_day = self.until.time() == datetime.min.time()
        return self.until + timedelta(days=1) if whole_day else self.until

"""The policy part of a monitor file: when findings call for somebody, what is muted, and what was promised."""

import re
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from engine.errors import PlumblineError
from engine.metrics import metric
from engine.monitor.sections import Duration, MetricKey, Section
from engine.monitor.terms import parse_term

DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0}


def _term(text: str) -> str:
    try:
        parse_term(text)
    except PlumblineError as error:
        raise ValueError(str(error)) from None
    return text


def _columns(written: str | list[str]) -> str | list[str]:
    """Which columns: "top N" by importance, a name or pattern, or a list of these without top."""
    if isinstance(written, str):
        if re.match(r"top\b", written) and not re.fullmatch(r"top [1-9]\d{0,3}", written):
            raise ValueError("Write 'top 5', a column, a pattern, or a list of columns.")
    elif not written:
        raise ValueError("The list holds no column.")
    return written


TermText = Annotated[str, AfterValidator(_term)]
Which = Annotated[str | list[str], AfterValidator(_columns)]


class Rule(Section):
    """Conditions that mean more together: when all of them hold in a window, that counts at once."""

    when: list[TermText] = Field(min_length=1)
    then: Literal["info", "warning", "critical"] = "critical"
    say: str = ""


class Mute(Section):
    """A finding that raises nothing for a while: it is listed as muted, and wakes when it reads worse than up_to."""

    finding: str = Field(min_length=1)
    until: date
    reason: str = Field(min_length=1)
    up_to: Literal["warning", "critical"] = "warning"


class Objective(Section):
    """A promise about readings: this share of them, over this time, stays below (or above) a level."""

    metric: MetricKey
    columns: Which | None = None
    below: float | None = Field(default=None, allow_inf_nan=False)
    above: float | None = Field(default=None, allow_inf_nan=False)
    share: float = Field(default=0.95, gt=0, lt=1)
    of: Duration = "30 days"
    name: str = ""

    @model_validator(mode="after")
    def _one_side(self) -> "Objective":
        worse = metric(self.metric).worse
        right, wrong = ("below", "above") if worse == "higher" else ("above", "below")
        if getattr(self, right) is None or getattr(self, wrong) is not None:
            raise ValueError(f"{self.metric} is worse when it is {worse}: give '{right}', and only that.")
        if self.columns is not None and not metric(self.metric).kinds:
            raise ValueError(f"{self.metric} is not read on columns: leave them out.")
        return self

    @property
    def level(self) -> float:
        """The level that readings are held against."""
        found = self.below if self.below is not None else self.above
        assert found is not None, "one of both is given"
        return found

    @property
    def span(self) -> timedelta:
        """How much time it is about; a month is 30 days."""
        return timedelta(days=days(self.of))


class Policy(Section):
    """When findings call for somebody. false_alarms: share of runs that raise anything when nothing changed."""

    false_alarms: float = Field(default=0.05, gt=0, lt=1)
    persist: str = "1 of 1"
    max_model_age: Duration | None = None
    important: Which = "top 5"
    rules: list[Rule] = Field(default=[])
    mutes: list[Mute] = Field(default=[])
    objectives: list[Objective] = Field(default=[])
    baselines: Literal["any", "all"] = "any"

    @field_validator("persist")
    @classmethod
    def _k_of_w(cls, text: str) -> str:
        found = re.fullmatch(r"(\d{1,3}) of (\d{1,3})", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError("Write 'k of w' with 1 ≤ k ≤ w, as in '2 of 3'.")
        return text

    @property
    def held(self) -> tuple[int, int]:
        """In how many of how many windows a finding must hold: (k, w)."""
        k, w = self.persist.split(" of ")
        return int(k), int(w)


def days(duration: str) -> float:
    """A written duration in days; a month is 30.

    >>> days("2 weeks"), days("1 month")
    (14.0, 30.0)
    """
    number, unit = duration.split()
    return int(number) * DAYS[unit.removesuffix("s")]

"""What a metric is: a name, a formula over one summary, and how to read its value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from engine.columns import Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """One computed value of one metric.

    value: an effect size in the metric's bounds. interval: proven limits of the value where cells left it open, else
    None: it is exact. parts: what each bin adds, in bin order, summing to the value (or to what the metric's docstring
    says). against: the reference's own value, for metrics whose thresholds are relative to it. detail: one sentence on
    where or how, for a reader.
    """

    value: float
    p_value: float | None = None
    statistic: float | None = None
    interval: tuple[float, float] | None = None
    parts: tuple[float, ...] | None = None
    against: float | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named number that says how far production lies from reference.

    needs: the type of summary it is computed from. bounds: of the value, both included where finite. relative: warning
    and critical are added to the reference's own value. parts_of: what the parts sum to, given the value.
    """

    key: str
    name: str
    signal: str
    needs: type[Any]
    kinds: frozenset[Kind]
    compute: Callable[[Any], Reading]
    formula: str
    bounds: tuple[float, float]
    warning: float
    critical: float
    worse: Literal["higher", "lower"] = "higher"
    symmetric: bool = True
    relative: bool = False
    parts_of: Callable[[float], float] = float

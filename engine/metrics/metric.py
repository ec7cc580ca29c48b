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
    where or how, for a reader. error, against_error: one standard error of the value and of the reference's own, where
    a metric has one. scale: what a relative threshold is a share of, where not of the reference's own absolute value.
    """

    value: float
    p_value: float | None = None
    statistic: float | None = None
    interval: tuple[float, float] | None = None
    parts: tuple[float, ...] | None = None
    against: float | None = None
    detail: str | None = None
    error: float | None = None
    against_error: float | None = None
    scale: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named number that says how far production lies from reference.

    needs: the type of summary it is computed from. kinds: of the columns it is read on; none for one that is read on
    predictions and labels together. bounds: of the value, both included where finite. relative: warning and critical
    are added to the reference's own value; by_share: ... as shares of its absolute value. two_sided: they are added or
    taken away, whichever way the value moved. parts_of: what the parts sum to, given the value. undefined: why a
    summary has no value, or None.
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
    by_share: bool = False
    two_sided: bool = False
    parts_of: Callable[[float], float] = float
    undefined: Callable[[Any], str | None] = lambda summary: None

    @property
    def limits(self) -> str:
        """Warning and critical as a reader says them.

        >>> from engine.metrics import metric
        >>> metric("psi").limits, metric("null_rate").limits
        ('warning at 0.1, critical at 0.25', "warning at the reference's own value + 0.01, critical at + 0.05")
        >>> metric("recall").limits
        "warning at the reference's own value − 2 %, critical at − 5 %"
        """
        if not self.relative:
            return f"warning at {self.warning:g}, critical at {self.critical:g}"
        sign = "±" if self.two_sided else "+" if self.warning > 0 else "−"
        said = [f"{100 * abs(one):g} %" if self.by_share else f"{abs(one):g}" for one in (self.warning, self.critical)]
        return f"warning at the reference's own value {sign} {said[0]}, critical at {sign} {said[1]}"

r"""Error rate: the share of requests that failed.

When to use it: every service; a model that does not answer is wrong whatever its accuracy.
Reading it: 0 is none. Warning at 0.5 %, critical at 1 %.
Pitfalls: what counts as an error depends on the column: an HTTP status from 500 on (a name with "status" or "code"),
    true, a number that is not 0, or a message. A request that the client got wrong (4xx) is none.
References: Beyer et al. (2016) Site Reliability Engineering, chapter 6: the four golden signals.

>>> from engine.operations import Operations, Served
>>> served = Served(rows=200, requests=200.0, told=200, failed=3, error_rate=0.015)
>>> error_rate(Operations(served, served, None, "status_code")).value
0.015
"""

from math import sqrt

from engine.errors import plain
from engine.metrics.metric import Metric, Reading
from engine.operations import Operations, Served


def error_rate(operations: Operations) -> Reading:
    """Failed requests of production / those that say whether they failed, rows weighing 1 / their sampling rate."""
    found, before = operations.production, operations.reference
    assert found.error_rate is not None
    return Reading(
        found.error_rate,
        against=before.error_rate,
        error=_error(found),
        against_error=None if before.error_rate is None else _error(before),
    )


def _error(side: Served) -> float:
    share = side.error_rate or 0.0
    return sqrt(share * (1 - share) / side.told)


def _undefined(operations: Operations) -> str | None:
    if operations.error is None:
        return "no column has the role error"
    return None if operations.production.told else f"no row of production says so in {plain(operations.error)}"


METRIC = Metric(
    key="error_rate",
    name="Error rate",
    signal="operations",
    needs=Operations,
    kinds=frozenset(),
    compute=error_rate,
    formula=r"\frac{\#\,\text{failed}}{\#\,\text{requests}}",
    bounds=(0.0, 1.0),
    warning=0.005,
    critical=0.01,
    symmetric=False,
    undefined=_undefined,
)

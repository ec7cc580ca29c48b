r"""Throughput: requests per hour.

When to use it: beside latency and errors, to tell a slower service from a busier one.
Reading it: against the reference's own. It has no threshold unless a monitor sets one: volume is judged by its window.
Pitfalls: over all time the hours are those from the first row to the last. Rows of a sampled log stand for
    1 / sample_rate requests each; rows that a full queue dropped are missing.
References: Beyer et al. (2016) Site Reliability Engineering, chapter 6: the four golden signals.

>>> from engine.operations import Operations, Served
>>> throughput(Operations(Served(80, 80.0, 2.0), Served(10, 100.0, 2.0))).value
50.0
"""

from engine.metrics.metric import Metric, Reading
from engine.operations import Operations


def throughput(operations: Operations) -> Reading:
    """Requests of production / hours that its window, or else its rows, span."""
    value = operations.production.throughput
    assert value is not None
    return Reading(value, against=operations.reference.throughput)


def _undefined(operations: Operations) -> str | None:
    return "the rows span no time that is known" if operations.production.throughput is None else None


METRIC = Metric(
    key="throughput",
    name="Throughput",
    signal="operations",
    needs=Operations,
    kinds=frozenset(),
    compute=throughput,
    formula=r"\frac{\#\,\text{requests}}{\text{hours}}",
    bounds=(0.0, float("inf")),
    warning=-0.5,
    critical=-0.75,
    worse="lower",
    symmetric=False,
    relative=True,
    by_share=True,
    undefined=_undefined,
)

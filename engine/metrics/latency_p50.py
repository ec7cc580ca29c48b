r"""Median latency: the milliseconds that half of the requests took at most.

When to use it: when the usual request should stay fast; it sees a slower model or machine, not a slow few.
Reading it: in milliseconds. It has no threshold unless a monitor sets one: what is fast differs from service to
    service.
Pitfalls: blind to the slow half. Seconds are known by the column's name (_s, _sec, _seconds); all else is taken as
    milliseconds.
References: Hyndman & Fan (1996) The American Statistician 50(4), definition 1: the smallest latency of a row that at
    least that share of requests does not exceed. Sampled rows weigh 1 / their sampling rate.

>>> from engine.operations import Operations, Served
>>> served = Served(rows=100, requests=100.0, timed=100, latencies=(20.0, 180.0, 420.0))
>>> latency_p50(Operations(served, served, "latency_ms")).value
20.0
"""

from engine.metrics.metric import Metric, Reading
from engine.operations import Operations, latency, without_latency


def latency_p50(operations: Operations) -> Reading:
    """The smallest latency of a production row that at least half of the requests did not exceed, in milliseconds."""
    value, before = latency(operations, 0.5)
    return Reading(value, against=before)


METRIC = Metric(
    key="latency_p50",
    name="Median latency",
    signal="operations",
    needs=Operations,
    kinds=frozenset(),
    compute=latency_p50,
    formula=r"P_{50}(\text{latency})",
    bounds=(0.0, float("inf")),
    warning=100.0,
    critical=200.0,
    symmetric=False,
    undefined=without_latency,
)

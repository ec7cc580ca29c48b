r"""95th percentile of latency: the milliseconds that 95 % of requests took at most.

When to use it: the usual promise of a service: one request in twenty may take longer.
Reading it: in milliseconds. Above 200 a person notices a pause; 400 is twice that.
Pitfalls: of few rows it is nearly the largest: 20 rows make it the second largest. A mean of percentiles means
    nothing.
References: Hyndman & Fan (1996) The American Statistician 50(4), definition 1: the smallest latency of a row that at
    least that share of requests does not exceed. Sampled rows weigh 1 / their sampling rate.

>>> from engine.operations import Operations, Served
>>> served = Served(rows=100, requests=100.0, timed=100, latencies=(20.0, 180.0, 420.0))
>>> latency_p95(Operations(served, served, "latency_ms")).value
180.0
"""

from engine.metrics.metric import Metric, Reading
from engine.operations import Operations, latency, without_latency


def latency_p95(operations: Operations) -> Reading:
    """The smallest latency of a production row that at least 95 % of requests did not exceed, in milliseconds."""
    value, before = latency(operations, 0.95)
    return Reading(value, against=before)


METRIC = Metric(
    key="latency_p95",
    name="95th percentile of latency",
    signal="operations",
    needs=Operations,
    kinds=frozenset(),
    compute=latency_p95,
    formula=r"P_{95}(\text{latency})",
    bounds=(0.0, float("inf")),
    warning=200.0,
    critical=400.0,
    symmetric=False,
    undefined=without_latency,
)

r"""99th percentile of latency: the milliseconds that 99 % of requests took at most.

When to use it: where the slow few matter: timeouts, queues, cold starts, garbage collection.
Reading it: in milliseconds. It has no threshold unless a monitor sets one.
Pitfalls: of fewer than 100 rows it is the largest one. Sampled logs thin out the tail: read it with the number of
    rows.
References: Hyndman & Fan (1996) The American Statistician 50(4), definition 1: the smallest latency of a row that at
    least that share of requests does not exceed. Sampled rows weigh 1 / their sampling rate.

>>> from engine.operations import Operations, Served
>>> served = Served(rows=100, requests=100.0, timed=100, latencies=(20.0, 180.0, 420.0))
>>> latency_p99(Operations(served, served, "latency_ms")).value
420.0
"""

from engine.metrics.metric import Metric, Reading
from engine.operations import Operations, latency, without_latency


def latency_p99(operations: Operations) -> Reading:
    """The smallest latency of a production row that at least 99 % of requests did not exceed, in milliseconds."""
    value, before = latency(operations, 0.99)
    return Reading(value, against=before)


METRIC = Metric(
    key="latency_p99",
    name="99th percentile of latency",
    signal="operations",
    needs=Operations,
    kinds=frozenset(),
    compute=latency_p99,
    formula=r"P_{99}(\text{latency})",
    bounds=(0.0, float("inf")),
    warning=500.0,
    critical=1000.0,
    symmetric=False,
    undefined=without_latency,
)

"""How a model was served on two slices: how fast, how often it failed, how many requests came."""

from dataclasses import dataclass

SAMPLE_RATE = "sample_rate"  # the column in which a collector says which share of requests it kept
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Served:
    """One side of Operations.

    rows: logged; requests: what they stand for, each row weighing 1 / its sampling rate. hours: that they span, None
    where time is not known. timed: rows with a usable latency. latencies: milliseconds that 50, 95 and 99 % of requests
    took at most, each the latency of a row; None without any. told: rows that say whether they failed; failed: of them.
    error_rate: the share of failed requests, weighed; None without any.
    """

    rows: int
    requests: float
    hours: float | None = None
    timed: int = 0
    latencies: tuple[float, float, float] | None = None
    told: int = 0
    failed: int = 0
    error_rate: float | None = None

    @property
    def throughput(self) -> float | None:
        """Requests per hour, None where the hours are not known.

        >>> Served(rows=10, requests=100.0, hours=2.0).throughput
        50.0
        """
        return self.requests / self.hours if self.hours else None


@dataclass(frozen=True, slots=True)
class Operations:
    """Both sides, and where they come from: names of the columns of latency and error, None where there is none."""

    reference: Served
    production: Served
    latency: str | None = None
    error: str | None = None


def latency(operations: Operations, share: float) -> tuple[float, float | None]:
    """Milliseconds that this share of requests took at most: in production, and in the reference where it is known."""
    at = QUANTILES.index(share)
    found, before = operations.production.latencies, operations.reference.latencies
    assert found is not None
    return found[at], None if before is None else before[at]


def without_latency(operations: Operations) -> str | None:
    """Why there is no latency to read, or None."""
    if operations.latency is None:
        return "no column has the role latency"
    return None if operations.production.latencies else f"the production slice has no usable {operations.latency}"

r"""Population Stability Index: how much the shares of bins have moved, in nats.

When to use it: a first look at any column; the customary measure in credit risk.
Reading it: below 0.1 stable, 0.1 to 0.25 moderate, above 0.25 large. The parts say which bins it comes from.
Pitfalls: grows with the number of bins and with few rows, so read it beside its noise floor. An empty bin on one side
    would make it infinite: both sides get half a row per bin (Jeffreys' prior).
References: Siddiqi (2006) Credit Risk Scorecards, p. 138; Yurdakul & Naranjo (2020) Journal of Risk Model Validation
    14(4).

>>> import numpy as np
>>> from engine.summaries import Histogram
>>> reading = psi(Histogram(("a", "b"), np.array([50, 50]), np.array([80, 20])))
>>> round(reading.value, 4), [round(part, 4) for part in reading.parts]
(0.4063, [0.1385, 0.2678])
"""

import numpy as np

from engine.columns import Kind
from engine.metrics.metric import Metric, Reading
from engine.summaries import Histogram


def psi(histogram: Histogram) -> Reading:
    """Sum over bins of (q - p) ln(q / p), with p and q the shares after half a row was added to every bin."""
    p = (histogram.reference + 0.5) / (histogram.reference + 0.5).sum()
    q = (histogram.production + 0.5) / (histogram.production + 0.5).sum()
    parts = (q - p) * np.log(q / p)
    return Reading(float(parts.sum()), parts=tuple(parts.tolist()))


METRIC = Metric(
    key="psi",
    name="Population Stability Index",
    signal="data_drift",
    needs=Histogram,
    kinds=frozenset({Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATETIME}),
    compute=psi,
    formula=r"\sum_i (q_i - p_i)\,\ln\frac{q_i}{p_i}",
    bounds=(0.0, float("inf")),
    warning=0.1,
    critical=0.25,
)

"""Rows of both sides by the bins of a few cohort columns and of every other column: what cohorts are compared on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.summaries import Counts

MISSING = -1  # the key of rows whose cohort column holds no usable value


@dataclass(frozen=True, eq=False)
class Crosstab:
    """Counts of both sides per group, a combination of bins of the cohort columns that was met on either side.

    by: the cohort columns. keys: (g, len(by)) the bin of each, an index into its support's labels, or MISSING.
    reference, production: column -> (g, bins + 1) rows per bin of its support, the last being rows without a usable
    value. rows: (g,) of reference and production.
    """

    by: tuple[str, ...]
    keys: NDArray[np.int64]
    reference: Mapping[str, Counts]
    production: Mapping[str, Counts]
    rows: tuple[Counts, Counts]

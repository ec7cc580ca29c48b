"""The grid reads in one go what the metrics read cell by cell."""

import numpy as np

from engine.explore import summaries_of
from engine.metrics import METRICS
from engine.slices import Filter, Slice
from engine.summaries import Histogram
from engine.tables.grid import ks_grid, psi_grid


def test_the_grid_says_what_the_metrics_say(demo):
    first, second = demo.sides["reference"].cells, demo.sides["production"].cells
    psi, ks = psi_grid(first, second, demo.built), ks_grid(first, second, demo.built)
    random = np.random.default_rng(3)
    checked = 0
    for group in random.choice(len(second.rows), 40, replace=False):
        filters = tuple(
            Filter(name, "eq", (second.values[name][second.cohort[group, i]],)) for i, name in enumerate(second.values)
        )
        cut = Slice(filters, second.windows[second.window[group]])
        summaries = summaries_of(demo, cut)
        for name, values in psi.values.items():
            summary = summaries[name]
            histogram = summary.of(Histogram)
            sides = int(histogram.reference.sum()), int(histogram.production.sum())
            assert (psi.reference[name][group], psi.production[name][group]) == sides
            if not all(sides):
                assert np.isnan(values[group])
                continue
            assert abs(values[group] - METRICS["psi"].compute(histogram).value) < 1e-12
            if name in ks.values and summary.curve is not None:
                assert abs(ks.values[name][group] - METRICS["kolmogorov_smirnov"].compute(summary.curve).value) < 1e-12
            checked += 1
    assert checked > 300

"""Rows that stand for many, as those of Spark do: shares and bins of all that they stand for, none left out."""

from dataclasses import replace

import numpy as np
import pytest

from engine.expected import expected
from engine.explore.predicted import PREDICTIONS, predictions
from engine.explore.rates import Said, said
from engine.explore.reliability import Reliabilities, reliabilities
from engine.slices import Slice
from engine.tables.tallied_outcomes import COSTS, Tallies

MANY = 20_000  # times the demo's rows: seven thousand million


@pytest.fixture(scope="module")
def tallied(demo):
    """The demo, every row of which stands for many; those of the last window for one each."""
    read = predictions(demo)
    sides = {}
    for name, rows in read.sides.items():
        each = np.where(rows.window == len(demo.windows) - 1, 1, MANY) if name == "production" else MANY
        each = np.broadcast_to(each, rows.window.shape).astype(np.int64)
        sides[name] = replace(rows, tallies=Tallies(each, np.zeros((len(each), len(COSTS)))))
    return replace(demo, kept={PREDICTIONS: replace(read, sides=sides, kept={}, told={})})


def test_no_window_is_lost_beside_large_ones(demo, tallied):
    here, there = said(demo), said(tallied)
    assert isinstance(here, Said) and isinstance(there, Said)
    times = np.r_[np.full(len(demo.windows) - 1, MANY), 1]
    for one, other in ((here.predicted, there.predicted), (here.came_true, there.came_true)):
        assert other.rows.tolist() == (one.rows * times).tolist() and one.rows[-1] > 100
        assert other.value == pytest.approx(one.value, rel=1e-12) and other.reference == pytest.approx(one.reference)
        assert (other.low[-1], other.high[-1]) == pytest.approx((one.low[-1], one.high[-1]), rel=1e-12)
        assert (other.high - other.low)[:-1].max() < 1e-3 < (one.high - one.low).min()


def test_bins_of_scores_hold_all_rows(demo, tallied):
    for cut in (Slice(window=demo.windows[3]), Slice(window=demo.windows[-1])):
        here, there = reliabilities(demo, cut), reliabilities(tallied, cut)
        assert isinstance(here, Reliabilities) and isinstance(there, Reliabilities)
        times = 1 if cut.window == demo.windows[-1] else MANY
        assert there.production.rows.tolist() == (here.production.rows * times).tolist()
        assert there.reference.rows.tolist() == (here.reference.rows * MANY).tolist()
        for one, other in ((here.reference, there.reference), (here.production, there.production)):
            assert other.edges.tolist() == one.edges.tolist()
            assert other.mean == pytest.approx(one.mean, rel=1e-9) and other.share == pytest.approx(one.share, rel=1e-9)
            assert other.error == pytest.approx(one.error, rel=1e-9)
        assert there.change.rates == pytest.approx(here.change.rates, rel=1e-9)


def test_a_small_window_is_estimated_of_its_own_rows(demo, tallied):
    last = len(demo.windows) - 1
    for opened, rows in (
        (demo, predictions(demo).sides["production"]),
        (tallied, predictions(tallied).sides["production"]),
    ):
        mine = np.flatnonzero(rows.window >= last - 1)
        told = expected(predictions(opened).learned, rows, mine, rows.window[mine] - last + 1, 2, "no features")
        assert told.rows[1] == (rows.window == last).sum()
    none = np.zeros(0, np.int64)
    assert not len(expected(predictions(tallied).learned, rows, none, none, 0, "no features").rows)  # no windows

"""Attribution drift as findings: judged by threshold and floor, in words that name who moved."""

from datetime import datetime

import numpy as np
import pytest

from engine.attribution import ATTRIBUTION, attribution_findings, rank_changes, window_floor
from engine.columns import Column, Kind
from engine.findings import NotComputed, Severity
from engine.metrics.ndcg import ndcg
from engine.noise.ranking import KEY, window_losses
from engine.ranking import LOGGED, Importance, Ranking, ranking
from engine.signals import Level, Plan
from engine.slices import windows_between
from engine.tables.attributions import Sums

NAMES = ("origin", "hour", "seats")
COLUMNS = [Column(name, "DOUBLE", Kind.NUMERIC) for name in NAMES]


def made(reference, production, error=0.001, rows=1000) -> Ranking:
    sides = [Importance(np.array(one, float), np.full(3, error), rows) for one in (reference, production)]
    found = ranking(NAMES, *sides, LOGGED)
    assert isinstance(found, Ranking)
    return found


CALM, MOVED = made([5, 3, 2], [5, 3, 2]), made([5, 3, 2], [2, 3, 5])


def test_the_same_order_is_ok():
    (one,), gaps = attribution_findings(CALM, COLUMNS, Plan())
    assert (one.severity, one.value, one.column, one.signal) == (Severity.OK, 1.0, None, ATTRIBUTION)
    assert "all features keep their place" in one.sentence and not gaps


def test_another_order_is_critical_and_names_who_moved():
    (one,), _ = attribution_findings(MOVED, COLUMNS, Plan())
    assert one.severity is Severity.CRITICAL and one.value < 0.9
    assert "origin fell from place 1 to 3" in one.sentence and "seats rose from place 3 to 1" in one.sentence
    assert one.parts is not None and sum(part.part or 0 for part in one.parts) == pytest.approx(1 - one.value)
    assert one.parts[0].reference == 0.5 and one.parts[0].production == 0.2


def test_thresholds_are_the_plans():
    plan = Plan(thresholds={"ndcg": (Level(0.5), Level(0.4))})
    (one,), _ = attribution_findings(MOVED, COLUMNS, plan)
    assert one.severity is Severity.OK


def test_few_rows_cannot_be_judged():
    (one,), _ = attribution_findings(made([5, 3, 2], [2, 3, 5], error=3.0, rows=5), COLUMNS, Plan())
    assert one.severity is Severity.NOT_ENOUGH_DATA


def test_windows_that_differ_by_themselves_hold_an_alarm_back():
    floors = window_losses([0.8, 0.85, 0.9, 0.8, 0.9, 0.85])
    (one,), _ = attribution_findings(MOVED, COLUMNS, Plan(), floors)
    assert one.severity is Severity.OK and one.within_noise and one.floor_basis == "reference windows"


def test_a_partial_window_is_information():
    (one,), _ = attribution_findings(MOVED, COLUMNS, Plan(), partial=True)
    assert one.severity is Severity.INFO


def test_what_cannot_be_read_says_why_and_what_was_not_asked_says_nothing():
    _, (gap,) = attribution_findings("no attributions", COLUMNS, Plan())
    assert gap == NotComputed(ATTRIBUTION, None, "ndcg", "no attributions")
    _, (gap,) = attribution_findings(made([0, 0, 0], [1, 2, 3]), COLUMNS, Plan())
    assert "counts for anything" in gap.because
    assert attribution_findings(MOVED, COLUMNS, Plan(metrics=frozenset({"psi"}))) == ([], [])


def test_rank_changes_run_from_productions_most_important():
    rows = rank_changes(MOVED)
    assert [row.feature for row in rows] == ["seats", "hour", "origin"]
    assert [row.change for row in rows] == [2, 0, -2]


def test_the_window_floor_reads_each_complete_window_against_the_others():
    windows = windows_between(datetime(2024, 1, 1), datetime(2024, 3, 1), "week")
    rng = np.random.default_rng(0)
    g = len(windows) + 1
    total = 50 * (np.array([5, 3, 2]) + rng.normal(0, 1.5, (g, 3)))
    sums = Sums(tuple(windows), np.full(g, 50), np.full((g, 3), 50), total, total**2 / 50 + 1)
    found = window_floor(NAMES, sums, LOGGED, windows)
    values = []
    for i in range(1, g):
        rest = [j for j in range(1, g) if j != i]
        values.append(ndcg(made(total[rest].sum(axis=0), total[i])).value)
    assert found.windows == len(windows) and found.floors[KEY] == pytest.approx(window_losses(values).floors[KEY])
    assert window_floor(NAMES, sums, LOGGED, windows[:5]).floors == {}
    assert window_floor(NAMES, sums, LOGGED, windows, beside=1).floors[KEY] != found.floors[KEY]

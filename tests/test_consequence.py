"""What a drift amounts to: noise, harmless, costly, or nobody can tell – by rules, in a sentence."""

from dataclasses import replace

import numpy as np
import pytest

from engine.consequence import (
    CONCEPT,
    Verdict,
    concept_drifts,
    concept_floors,
    consequences,
    performance_of,
)
from engine.findings import Finding, Severity, Threshold
from engine.ranking import LOGGED, Ranking


def finding(column, value, severity, metric="psi", signal="data_drift") -> Finding:
    return Finding(signal, column, "numeric", metric, value, severity, "", threshold=Threshold(0.1, 0.25))


ERRORS = np.zeros(3)
RANKING = Ranking(
    ("big", "middle", "small"), np.array([6.0, 3, 1]), np.array([7.0, 2, 1]), ERRORS, ERRORS, (9, 9), LOGGED
)
FINDINGS = [finding("big", 0.2, Severity.WARNING), finding("small", 0.9, Severity.CRITICAL)]
FINDINGS += [finding("middle", 0.05, Severity.OK), finding("label", 0.5, Severity.CRITICAL)]
N = np.array([1000, 1000])
MOVED = {"big": (N, np.array([100, 400]), N, np.array([300, 600]))}
STILL = {"big": (N, np.array([100, 400]), np.array([1800, 200]), np.array([180, 80]))}


def verdicts(**others):
    return {one.column: one.verdict for one in consequences(FINDINGS, RANKING, **others)}


def test_what_did_not_drift_is_noise_and_what_hardly_counts_is_harmless():
    found = verdicts(performance=Severity.CRITICAL)
    assert found == {"big": Verdict.COSTLY, "small": Verdict.HARMLESS, "middle": Verdict.NOISE}


@pytest.mark.parametrize(
    ("tables", "performance", "verdict"),
    [
        (MOVED, Severity.OK, Verdict.COSTLY),
        (MOVED, None, Verdict.COSTLY),
        (STILL, Severity.WARNING, Verdict.COSTLY),
        (STILL, Severity.OK, Verdict.HARMLESS),
        (STILL, None, Verdict.OPEN),
        ({}, Severity.OK, Verdict.OPEN),
        ({}, None, Verdict.OPEN),
    ],
)
def test_an_important_drift_is_costly_if_something_goes_with_it(tables, performance, verdict):
    found = consequences(FINDINGS, RANKING, concept_drifts(tables), performance)
    assert found[0].column == "big" and found[0].verdict is verdict
    assert ("nobody can tell" in found[0].sentence) == (verdict is Verdict.OPEN)
    assert ("goes with a cost" in found[0].sentence) == (verdict is Verdict.COSTLY)


def test_worst_come_first_with_ratio_and_share():
    found = consequences(FINDINGS, RANKING, performance=Severity.CRITICAL)
    assert [one.column for one in found] == ["big", "small", "middle"]
    assert found[0].ratio == pytest.approx(2) and found[0].share == pytest.approx(0.7)
    assert found[0].goes_with == ("performance",)


def test_without_importances_nobody_can_tell():
    found = {one.column: one for one in consequences(FINDINGS, None)}
    assert found["big"].verdict is Verdict.OPEN and found["big"].important is None
    assert found["middle"].verdict is Verdict.NOISE


def test_quality_stands_in_where_no_drift_could_be_read():
    gone = finding("big", 1.0, Severity.CRITICAL, "null_rate", "data_quality")
    beside = finding("middle", 0.4, Severity.CRITICAL, "null_rate", "data_quality")
    found = {one.column: one for one in consequences([gone, beside, *FINDINGS[2:3]], RANKING, {}, Severity.CRITICAL)}
    assert found["big"].verdict is Verdict.COSTLY and found["big"].metric == "null_rate"
    assert found["middle"].verdict is Verdict.NOISE


def test_what_was_not_judged_says_so():
    rows = [finding("big", 0.2, Severity.INFO), finding("middle", 0.2, Severity.NOT_ENOUGH_DATA)]
    said = {one.column: one.sentence for one in consequences(rows, RANKING)}
    assert "partial" in said["big"] and "too few rows" in said["middle"]


def test_the_parts_of_the_targets_change_are_exact():
    one = concept_drifts(MOVED)["big"]
    assert one.beyond and one.unexpected == pytest.approx(0.2) and one.mix == pytest.approx(0)
    other = concept_drifts(STILL)["big"]
    assert not other.beyond and other.unexpected == pytest.approx(0) and other.mix == pytest.approx(-0.12)
    assert other.unexpected + other.mix == pytest.approx(other.change.change)


def test_changes_that_cancel_out_are_seen():
    one = concept_drifts({"x": (N, np.array([100, 400]), N, np.array([300, 200]))})["x"]
    assert one.unexpected == pytest.approx(0) and one.apart == pytest.approx(0.2) and one.beyond


def test_no_change_of_independent_rows_is_seldom_beyond():
    rng = np.random.default_rng(0)
    rates, hits = rng.random(10) * 0.5, 0
    for _ in range(500):
        n, m = rng.multinomial(20_000, np.ones(10) / 10), rng.multinomial(900, np.ones(10) / 10)
        one = concept_drifts({"x": (n, rng.binomial(n, rates), m, rng.binomial(m, rates))})["x"]
        hits += one.apart > one.floor
    assert hits <= 500 * 0.05 + 3 * np.sqrt(500 * 0.05 * 0.95)


def test_windows_of_the_reference_raise_the_floor():
    rows = np.full((8, 2), 200)
    hits = np.array([[20, 80], [60, 120], [10, 70], [40, 90], [22, 60], [50, 110], [20, 75], [30, 100]])
    floors = concept_floors({"x": (rows, hits), "y": (rows, hits // 2)})
    assert floors.windows == 8 and floors.floors["x", CONCEPT] > floors.floors["y", CONCEPT] > 0
    table = {"x": (rows.sum(axis=0), hits.sum(axis=0), rows[0], hits[1])}
    assert concept_drifts(table)["x"].beyond and not concept_drifts(table, floors)["x"].beyond
    assert concept_floors({"x": (rows[:5], hits[:5])}).floors == {}


def test_a_side_without_labels_is_left_out():
    assert concept_drifts({"x": (N, N, np.zeros(2, int), np.zeros(2, int))}) == {}


def test_performance_is_the_worst_that_was_judged():
    one = replace(finding(None, 0.3, Severity.WARNING, "log_loss"), signal="model_performance")
    assert performance_of([one, replace(one, severity=Severity.OK), *FINDINGS]) is Severity.WARNING
    assert performance_of([replace(one, severity=Severity.NOT_JUDGED), *FINDINGS]) is None

"""Gaps between cohorts: hand examples, their spread, and how often chance alone goes beyond the floor."""

import numpy as np
import pytest

from engine.fairness import BAND, LEAST, RATES, Gap, Rate, finding_of, gap, gaps
from engine.findings import Finding, NotComputed, Severity


def test_hand_example():
    found = gap("recall_gap", [Rate("b", 20, 100), Rate("a", 50, 100), Rate("c", 30, 100)])
    assert (found.rates[0].cohort, found.rates[-1].cohort) == ("a", "b")
    assert found.value == pytest.approx(0.3) and found.beyond
    # pooled 100 of 300; Šidák is not used: α/2 of three pairs, 2.394 standard errors, and a row of both sides
    assert found.floor == pytest.approx(2.39398 * np.sqrt(1 / 3 * 2 / 3 * 0.02) + 0.01, abs=1e-4)
    smooth = [(50.5 / 101, 100), (20.5 / 101, 100)]
    assert found.error == pytest.approx(np.sqrt(sum(p * (1 - p) / n for p, n in smooth)))
    assert "50.0% of a and 20.0% of b" in found.words


def test_rows_that_a_rate_is_of():
    found = gaps({"a": (40, 10, 60, 90, 300, 60), "b": (30, 20, 30, 80, 200, 100)})
    assert [one.value for one in found["recall_gap"].rates] == [30 / 60, 40 / 100]
    assert [one.value for one in found["false_positive_rate_gap"].rates] == [20 / 100, 10 / 100]
    assert [one.value for one in found["selection_rate_gap"].rates] == [100 / 200, 60 / 300], "labelled or not"


def test_few_rows_take_no_part_and_are_counted():
    few = Rate("c", 0, LEAST - 1)
    found = gap("recall_gap", [Rate("a", 50, 100), Rate("b", 45, 100), few])
    assert found.left_out == 1 and {one.cohort for one in found.rates} == {"a", "b"} and "left out" in found.words
    assert gap("recall_gap", [Rate("a", 50, 100), few]) == f"fewer than two cohorts have {LEAST} rows that came true"


def test_a_gap_is_a_reading_that_nobody_judges():
    found = finding_of(gap("recall_gap", [Rate("a", 100, 100), Rate("b", 0, 100)]), "recall_gap", "g")
    assert isinstance(found, Finding) and found.severity is Severity.NOT_JUDGED and found.threshold is None
    assert found.value == 1.0 and found.band[1] == 1.0 and found.band[0] > 0.9 and not found.within_noise
    assert isinstance(finding_of("why", "recall_gap", "g"), NotComputed)


def test_a_hostile_cohort_is_named_letter_by_letter():
    found = gap("recall_gap", [Rate("a\nb", 50, 100), Rate("c", 5, 100)])
    assert "\n" not in found.words


@pytest.mark.parametrize(("cohorts", "rows", "rate"), [(2, 400, 0.2), (3, 2000, 0.15), (16, 400, 0.2), (16, 60, 0.05)])
def test_when_cohorts_do_not_differ_one_gap_in_twenty_at_most_lies_beyond_its_floor(cohorts, rows, rate):
    rng = np.random.default_rng(20)
    sizes = np.maximum(LEAST, (rows * rng.uniform(0.3, 1.7, cohorts)).astype(int))
    runs = 2000
    beyond = 0
    for hits in rng.binomial(sizes, rate, size=(runs, cohorts)):
        found = gap(
            "recall_gap", [Rate(str(i), int(h), int(n)) for i, (h, n) in enumerate(zip(hits, sizes, strict=True))]
        )
        assert isinstance(found, Gap)
        beyond += found.beyond
    assert beyond / runs <= 0.06, f"{beyond / runs:.1%} of runs"


def test_a_gap_that_is_there_is_found():
    rng = np.random.default_rng(21)
    seen = [
        gap("recall_gap", [Rate("a", int(rng.binomial(500, 0.5)), 500), Rate("b", int(rng.binomial(500, 0.35)), 500)])
        for _ in range(300)
    ]
    assert np.mean([one.beyond for one in seen]) > 0.95
    inside = np.mean([abs(one.value - 0.15) <= BAND * one.error for one in seen])
    assert inside > 0.98, "three standard errors hold the truth"


def test_every_rate_has_a_name():
    assert all(name and rows for name, rows in RATES.values())

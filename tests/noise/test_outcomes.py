"""Floors of performance: when nothing changed they are passed no more often than promised, by rows and by windows."""

from math import sqrt

import numpy as np
import pytest

from engine.metrics import METRICS
from engine.metrics.metric import Reading
from engine.noise import WindowFloors
from engine.noise.outcomes import apart_floors, outcome_floor
from engine.outcomes import Classification, Regression, classes_of, errors_of

CLASSES = ("accuracy", "recall", "precision", "f1", "specificity", "roc_auc", "average_precision", "log_loss", "brier")
NUMBERS = ("mae", "rmse", "mean_error", "r2", "mape")
DRAWS = 500


def binary(rng, n, m):
    sides = []
    for size in (n, m):
        score = rng.beta(1, 4, size)
        true = (rng.random(size) < score).astype(int)
        sides.append(classes_of(size, true, (score > 0.25).astype(int), score[:, None], 2, 1, True))
    return Classification(*sides, ("no", "yes"), 1, (0.0, -1.0, -10.0, 0.0))


def numbers(rng, n, m):
    """Skewed targets and errors with heavy tails."""
    sides = []
    for size in (n, m):
        true = rng.lognormal(1, 0.5, size)
        sides.append(errors_of(size, true, true + rng.standard_t(6, size)))
    return Regression(*sides)


def beyond(asked, reading, floor):
    if asked.two_sided:
        return abs(reading.value - reading.against) >= abs(floor.value - reading.against)
    return reading.value >= floor.value if asked.worse == "higher" else reading.value <= floor.value


@pytest.mark.parametrize(("n", "m"), [(4000, 800), (800, 4000), (3000, 120), (600, 40), (60, 600)])
@pytest.mark.parametrize("draw", [binary, numbers], ids=["classes", "numbers"])
def test_rows_alone_pass_no_floor_more_often_than_promised(draw, n, m):
    keys = (*CLASSES, "value_per_prediction") if draw is binary else NUMBERS
    passed, read, alpha = dict.fromkeys(keys, 0), dict.fromkeys(keys, 0), 0.05
    for seed in range(DRAWS):
        summary = draw(np.random.default_rng([seed, n, m]), n, m)
        for key in keys:
            asked = METRICS[key]
            if asked.undefined(summary):
                continue
            reading = asked.compute(summary)
            floor = outcome_floor(asked, reading, (n, m), alpha, None, None)
            if floor:
                read[key] += 1
                passed[key] += beyond(asked, reading, floor)
    most = alpha + 3 * sqrt(alpha * (1 - alpha) / DRAWS)
    assert min(read.values()) > DRAWS / 2
    assert {key: n / read[key] for key, n in passed.items() if n / read[key] > most} == {}
    if min(n, m) >= 800:
        assert all(n / read[key] > 0.01 for key, n in passed.items() if key != "mape"), "not blunt either"


def test_a_floor_by_hand():
    """Errors 0.04 of 1,000 rows and 0.02 of 4,000 make 0.0447; α = 0.025 is 1.96 of them."""
    reading, rows = Reading(0.6, error=0.04, against=0.5, against_error=0.01), (4000, 1000)
    floor = outcome_floor(METRICS["log_loss"], reading, rows, 0.025, 0.58, None)
    assert floor.value == floor.rows == pytest.approx(0.5 + 1.959964 * sqrt(0.002), rel=1e-6)
    assert floor.basis == "closed form"
    assert floor.rows_needed == pytest.approx(1000 * 0.04**2 / ((0.08 / 1.959964) ** 2 - 0.02**2), abs=2)
    below = outcome_floor(METRICS["recall"], reading, rows, 0.025, 0.42, 0.2)
    assert below.rows == pytest.approx(0.5 - 1.959964 * sqrt(0.002), rel=1e-6)
    assert below.value == pytest.approx(0.3) and below.basis == "reference windows"
    assert outcome_floor(METRICS["recall"], reading, rows, 0.025, 0.38, None).rows_needed is None, "enough as it is"


def test_a_small_reference_cannot_be_mended_by_more_production():
    reading = Reading(0.6, error=0.01, against=0.5, against_error=0.2)
    assert outcome_floor(METRICS["log_loss"], reading, (1000, 1000), 0.001, 0.52, None).rows_needed is None


def test_no_floor_without_a_reference():
    assert outcome_floor(METRICS["recall"], Reading(0.6, error=0.1), (0, 10), 0.05, None, None) is None
    unknown = Reading(0.6, error=0.1, against=0.5)
    assert outcome_floor(METRICS["recall"], unknown, (10, 10), 0.05, None, None) is None


@pytest.mark.parametrize("windows", [6, 8, 20])
def test_a_window_like_the_others_passes_the_window_floor_as_rarely_as_promised(windows):
    rng, alpha, passed = np.random.default_rng(windows), 0.05, 0
    for _ in range(4000):
        found = rng.normal(0.5, 0.06, (2, windows + 1))
        moves = {
            str(i): [one[j] - np.delete(one[:-1], j).mean() for j in range(windows)] for i, one in enumerate(found)
        }
        floors = apart_floors(moves, alpha)
        passed += any(one[-1] - one[:-1].mean() > floors[str(i)] for i, one in enumerate(found))
    assert 0.6 * alpha < passed / 4000 < alpha + 0.012


def test_five_windows_say_nothing():
    assert apart_floors({"recall": [0.1] * 5}, 0.05) == {}


@pytest.mark.parametrize("key", ["log_loss", "roc_auc", "accuracy"])
def test_with_the_rows_that_are_needed_it_can_be_judged(key):
    """Production of as many rows as the floor asks for is judged, of two thirds of them it is not; nothing changed."""
    asked, n, alpha = METRICS[key], 40_000, 0.001
    told = {"enough": 0, "few": 0}
    for seed in range(12):
        rng = np.random.default_rng(seed)
        reading = asked.compute(binary(rng, n, 500))
        warning = reading.against * (1.05 if asked.worse == "higher" else 0.95)
        needed = outcome_floor(asked, reading, (n, 500), alpha, warning, None).rows_needed
        assert needed and 500 < needed < 60_000
        for name, m in (("enough", int(1.25 * needed)), ("few", int(needed / 1.5))):
            again = asked.compute(binary(rng, n, m))
            floor = outcome_floor(asked, again, (n, m), alpha, again.against * warning / reading.against, None)
            limit = again.against * warning / reading.against
            told[name] += floor.rows < limit if asked.worse == "higher" else floor.rows > limit
    assert told["enough"] >= 11 and told["few"] <= 1, told


def test_a_reference_that_is_too_small_itself_needs_no_more_rows_of_production():
    asked = METRICS["log_loss"]
    reading = asked.compute(binary(np.random.default_rng(0), 300, 300))
    floor = outcome_floor(asked, reading, (300, 300), 0.001, reading.against * 1.001, None)
    assert floor.rows_needed is None and floor.rows > reading.against * 1.001


def test_floors_of_outcomes_say_that_their_rate_is_their_own():
    some = WindowFloors(7, {("x", "psi"): 0.1}, {})
    assert "rate of their own" not in some.words
    assert "rate of their own" in WindowFloors(7, {("x", "psi"): 0.1, ("", "log_loss"): 0.1}, {}).words

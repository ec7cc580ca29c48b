"""Labels that are written in other words on other sides, and numbers that no square can hold."""

import numpy as np
import pyarrow as pa
import pytest

from engine import compare

N = 400
RNG = np.random.default_rng(0)
SCORE = RNG.random(N)
HAPPENED = RNG.random(N) < SCORE
WAYS = {
    "truth": pa.array(HAPPENED.tolist()),
    "whole": pa.array(HAPPENED.astype(int)),
    "number": pa.array(HAPPENED.astype(float)),
    "words": pa.array(np.where(HAPPENED, "yes", "no")),
    "Words": pa.array(np.where(HAPPENED, "True", "False")),
    "digits": pa.array(np.where(HAPPENED, "1", "0")),
}
ROLES = {"s": "score", "y": "target", "p": "prediction"}


def found(run):
    return {one.metric: one for one in run.findings if one.signal == "model_performance"}


def reasons(run):
    return {one.because for one in run.not_computed if one.signal == "model_performance"}


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_yes_and_no_are_the_same_classes_however_they_are_written(first, second):
    sides = [pa.table({"s": SCORE, "y": WAYS[way], "p": WAYS["whole"]}) for way in (first, second)]
    read = found(compare(*sides, roles=ROLES))
    assert read["accuracy"].value == 1.0 and read["log_loss"].value == pytest.approx(0.5, abs=0.1)


def test_what_is_read_as_one_class_is_said():
    sides = [pa.table({"s": SCORE, "y": WAYS[way]}) for way in ("words", "digits")]
    run = compare(*sides, roles={"s": "score", "y": "target"})
    assert "labels: 0 and no; 1 and yes are read as one class" in run.notes
    assert any("positive class is yes" in note for note in run.notes)


def test_other_words_are_refused_and_not_called_wrong():
    good, other = (pa.array(np.where(HAPPENED, *pair)) for pair in (("good", "bad"), ("G", "B")))
    sides = [pa.table({"s": SCORE, "y": one, "p": good}) for one in (good, other)]
    assert reasons(compare(*sides, roles=ROLES)) == {
        "labels of the reference (bad, good) and those of production (B, G) have no value in common"
    }
    sides = [pa.table({"s": SCORE, "y": good, "p": other})] * 2
    run = compare(*sides, roles=ROLES)
    assert "labels (bad, good) and predictions (B, G) have no value in common" in reasons(run)
    assert "accuracy" not in found(run) and "log_loss" in found(run), "scores still say something"


def test_rows_that_a_metric_rests_on_are_counted():
    score = np.where(np.arange(N) < 50, np.nan, SCORE)
    side = pa.table({"s": score, "y": WAYS["truth"], "p": WAYS["truth"]})
    read = found(compare(side, side, roles=ROLES))
    assert read["log_loss"].n_production == 350 and "350 labelled rows with a score of 400" in read["log_loss"].sentence
    assert read["accuracy"].n_production == 400


@pytest.mark.parametrize("size", [1e300, 1e-300, 1.7e308])
def test_numbers_that_cannot_be_squared_are_told(size):
    y = RNG.normal(1, 0.1, N) * (1 if size > 1 else size)
    said = y + size * np.where(SCORE > 0.5, 1, -1)
    run = compare(*[pa.table({"y": y, "p": said})] * 2, roles={"y": "target", "p": "prediction"})
    assert found(run) == {} and any("cannot be squared" in one for one in reasons(run))
    run.to_json()

"""Performance before labels, from tallies: what rows teach and say, as near as bins of the score let it be."""

import numpy as np
import pytest

from engine.estimate.expected import MEASURES
from engine.expected import expected, learned
from engine.slices import Slice
from engine.tables.outcomes import OutcomeRows, read_outcomes, spaced, unfolded
from engine.tables.question import Question, question
from tests.tables.spark.hostile import near
from tests.tables.spark.test_outcomes import classified, in_roles, there, windows_of


def told(first: OutcomeRows, second: OutcomeRows, windows: int):
    teacher = learned(first, np.where(first.window < windows, first.window, -1), "no features", ())
    assert not isinstance(teacher, str), teacher
    every = np.arange(len(second.window))
    inside = every[second.window >= 0]
    return expected(teacher, second, inside, second.window[inside], windows, "no features")


def test_tallies_are_estimated_as_their_rows_are():
    reference, production = in_roles(near(classified(6000, 1))), in_roles(near(classified(5000, 2)))
    asked, windows = question(reference, production), windows_of(reference)
    assert isinstance(asked, Question)
    rows = told(*(read_outcomes(side, asked, None, windows) for side in (reference, production)), len(windows))
    first, second = (there(side, asked, Slice(), windows) for side in (reference, production))
    tallies = told(unfolded(first)[0], second, len(windows))
    assert tallies.rows.tolist() == rows.rows.tolist() and tallies.left_out.tolist() == rows.left_out.tolist()
    assert set(tallies.values) == set(rows.values)
    for name in MEASURES:
        near_by = 5e-3 if name == "average_precision" else 2e-3  # of few positives, ties weigh most
        assert tallies.values[name] == pytest.approx(rows.values[name], abs=near_by), name
        assert tallies.errors[name] == pytest.approx(rows.errors[name], rel=0.1), name


def test_of_too_many_rows_some_are_taken_evenly():
    found = spaced(np.array([1_000_000, 3_000_000]), 4000)
    assert np.bincount(found).tolist() == [1000, 3000]


def test_unfolded_rows_are_the_tallies():
    dataset = in_roles(near(classified(2000)))
    asked, windows = question(dataset, dataset), windows_of(dataset)
    assert isinstance(asked, Question)
    tallies = there(dataset, asked, Slice(), windows)
    rows, every = unfolded(tallies)
    assert every == slice(None) and len(rows.target) == 2000
    assert rows.side().confusion.tolist() == tallies.side().confusion.tolist()
    assert np.bincount(rows.window + 1).tolist() == np.bincount(tallies.window + 1, tallies.rows_of()).tolist()

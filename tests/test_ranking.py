"""Importances of both sides: which features are known, who is important, and places with ties."""

import numpy as np
import pytest

from engine.ranking import LOGGED, SURROGATE, Importance, Ranking, ranking


def side(*values: float, rows: int = 10) -> Importance:
    return Importance(np.array(values), np.full(len(values), 0.01), rows)


def test_a_feature_that_one_side_does_not_know_is_left_out():
    found = ranking(("a", "b", "c"), side(1, np.nan, 2), side(1, 2, 3), LOGGED)
    assert isinstance(found, Ranking) and found.features == ("a", "c")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (side(1, 2, rows=0), side(1, 2), "the reference slice has no row with attributions"),
        (side(1, 2), side(1, 2, rows=0), "the production slice has no row with attributions"),
        (side(1, np.nan), side(1, 2), "fewer than two features"),
    ],
)
def test_what_cannot_be_ranked_says_why(first, second, said):
    assert said in str(ranking(("a", "b"), first, second, LOGGED))


def test_shares_and_places():
    found = ranking(("a", "b", "c", "d"), side(5, 3, 1, 1), side(1, 1, 1, 7), SURROGATE)
    assert isinstance(found, Ranking)
    assert found.shares[0].tolist() == [0.5, 0.3, 0.1, 0.1]
    assert found.ranks[0].tolist() == [1, 2, 3.5, 3.5] and found.ranks[1].tolist() == [3, 3, 3, 1]


def test_important_is_what_makes_up_most_of_either_side():
    found = ranking(("a", "b", "c", "d"), side(5, 3, 1, 1), side(0, 0, 1, 9), LOGGED)
    assert isinstance(found, Ranking) and found.important.tolist() == [True, True, False, True]


def test_a_feature_of_no_importance_is_not_important():
    found = ranking(("a", "b"), side(0, 0), side(1, 0), LOGGED)
    assert isinstance(found, Ranking) and found.important.tolist() == [True, False]
    assert found.shares[0].tolist() == [0, 0]

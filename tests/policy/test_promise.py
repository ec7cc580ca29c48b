"""The promise of the default policy, on worlds that do not change: at most one week in twenty is in alarm."""

import pytest

from benchmarks.policy_alarms import WEEKS, world


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_world_that_does_not_change_is_quiet(tmp_path, seed):
    found = world(seed, 8, 0.0, tmp_path)
    assert found["1 of 1"][0] == WEEKS and found["1 of 1"][1] <= 2, "at 5 % three of twelve come in 2 % of worlds"
    assert found["2 of 3"][1] == 0
    assert found["1 of 1"][1] >= found["2 of 3"][1] >= found["3 of 3"][1]


def test_a_world_whose_weeks_move_without_a_floor_for_that_is_not(tmp_path):
    """The same test on weeks that differ and too few reference weeks for a floor of windows: it can fail."""
    found = world(104, 3, 0.6, tmp_path)
    assert found["1 of 1"][1] > WEEKS / 2

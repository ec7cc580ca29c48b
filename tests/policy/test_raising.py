"""Limits of its own for a finding that is in alarm as a rule."""

from dataclasses import replace

from engine.findings import Threshold
from engine.policy.raising import raised
from engine.policy.tracks import tracks
from tests.recorded import history, monitor

LIMITS = Threshold(0.51, 0.525)  # of a log loss of 0.5: 2 and 5 % of it


def line(*values):
    """Weeks of a log loss that is held against 0.5."""
    weeks = history({"log_loss": "".join("c" if LIMITS.reached(LIMITS.critical, one) else "o" for one in values)})
    return [
        replace(week, findings=tuple(replace(found, value=one, threshold=LIMITS) for found in week.findings))
        for week, one in zip(weeks, values, strict=True)
    ]


def test_weeks_that_are_better_than_the_reference_do_not_move_limits_away():
    as_good, better = (tracks(line(*[0.53] * 6, *[calm] * 4))["log_loss"] for calm in (0.5, 0.2))
    assert raised(monitor(), better) == raised(monitor(), as_good) == ("6.3 %", "15.8 %")
    assert raised(monitor(), tracks(line(*[0.53] * 4, *[0.5] * 6))["log_loss"]) is None, "no alarm as a rule"

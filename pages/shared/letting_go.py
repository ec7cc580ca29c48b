"""Letting go: what was computed of slices for visitors is dropped once all have left, and the first view made anew.

Opened monitors stay, and so does what was begun in the background: it takes long, and who began it may come back.
"""

from engine.explore import let_go
from pages.shared import (
    attributed,
    by_cohort,
    door,
    first_view,
    gaps,
    histories,
    outcomes,
    run_shown,
    served,
    versus,
    where,
)

DROPPED = (
    attributed._over, attributed._consequences, by_cohort._by, door._run, door._history, door._exact, door._examples,
    door._rows, gaps._fairness, histories._called, histories._traced, histories._glances, outcomes._over,
    outcomes._reliabilities, outcomes._surprises, outcomes._said, run_shown._run, served._over, versus._duel,
    where._history, where._glances, where._mix,
)  # fmt: skip


def let_all_go() -> None:
    """Drop results of slices, and compute again what the next visitor sees first, of what is open; returns when that
    is done."""
    for one in DROPPED:
        one.clear()
    for _, opened in door.all_opened():
        let_go(opened)
    for begun in first_view.begin(open_it=False):
        begun.result()

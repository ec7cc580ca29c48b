"""docs/review.md has every row of the verdict's table with its action, and every state of a review."""

from pathlib import Path

from engine.policy import TABLE
from engine.review import State

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "review.md").read_text(encoding="utf-8")


def test_every_row_of_the_verdict_is_explained_in_its_order():
    places = [TEXT.find(f"| {row.key} | {row.action} |") for row in TABLE]
    assert -1 not in places, f"docs/review.md has no row for {TABLE[places.index(-1)].key}"
    assert places == sorted(places), "the rows stand in the order in which they are asked"


def test_every_state_is_explained():
    assert [state for state in State if f"| {state} |" not in TEXT] == []

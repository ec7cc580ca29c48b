"""What is kept of slices: those asked for last, and nothing that another session lets go is missed."""

from engine.explore.lately import lately
from engine.explore.performance import performance_of
from engine.explore.predicted import KEPT, predictions
from engine.slices import Filter, Slice


def test_what_another_lets_go_meanwhile_is_told_all_the_same():
    known = {}

    def found():
        for i in range(5):  # another session's cohorts, while this one's is read
            lately(known, i, 2, lambda: "other")
        return "mine"

    assert lately(known, "mine", 2, found) == "mine"
    assert list(known) == [4, "mine"]


def test_what_is_asked_again_is_kept(demo):
    """The whole reference is held against every other slice: however many there are, it is summed once."""
    first = performance_of(demo, Slice()).outcomes.reference
    for i in range(KEPT + 2):
        performance_of(demo, Slice((Filter("distance_mi", "ge", (100 + i,)), Filter("origin", "eq", ("LGA",)))))
        assert performance_of(demo, Slice()).outcomes.reference is first
    assert len(predictions(demo).kept) == KEPT

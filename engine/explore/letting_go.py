"""What an opened monitor keeps of slices is let go: its supports, its cells and what is read once stay."""

from engine.explore.attribution import ATTRIBUTION_FLOORS, TOTALS
from engine.explore.look import FLOORS, OUTCOME_FLOORS
from engine.explore.opened import Opened
from engine.explore.predicted import PREDICTIONS, ROWS, TALLIES, Predictions

OF_SLICES = (ROWS, TALLIES, FLOORS, OUTCOME_FLOORS, TOTALS, ATTRIBUTION_FLOORS)


def let_go(opened: Opened) -> None:
    """Forget counts, floors, rows and summaries of single slices, which are found anew when asked for.

    May be called while another thread reads: whoever holds one of these tables goes on with it, and finds anew what is
    no longer in it.
    """
    opened.recounted.clear()
    for name in OF_SLICES:
        opened.kept.pop(name, None)
    read = opened.kept.get(PREDICTIONS)
    if isinstance(read, Predictions):
        read.kept.clear()
        read.told.clear()

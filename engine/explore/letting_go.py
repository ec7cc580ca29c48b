"""What an opened monitor keeps of slices is let go: its supports, its cells and what is read once stay."""

from engine.explore.opened import Opened
from engine.explore.predicted import ROWS, TALLIES

OF_SLICES = (ROWS, TALLIES, "floors", "floors of outcomes", "floors of attributions", "totals")


def let_go(opened: Opened) -> None:
    """Forget counts, floors and rows of single slices, which are found anew when asked for.

    May be called while another thread reads: whoever holds one of these tables goes on with it, and nobody finds it.
    """
    opened.recounted.clear()
    for name in OF_SLICES:
        opened.kept.pop(name, None)

"""The view that the overview begins with, computed before anybody asks for it."""

from engine.errors import PlumblineError
from engine.explore import Opened
from engine.slices import Slice
from engine.slices.against import SAME_COHORT
from pages.shared import door
from pages.shared.cards import cards
from pages.shared.entries import TIERS, Entry, entries_of, folder_of_monitors, of_files
from pages.shared.matters import surprise_of
from pages.shared.outcomes import judged_of_predictions
from pages.shared.picking import newest_complete, window_options
from pages.shared.view import View


def begin() -> None:
    """Begin to open the first monitor, and to compute what the overview shows of it, in the background."""
    found = sorted(of_files()[0].items(), key=lambda one: TIERS.index(one[1].model.tier))[:1]
    listed = {monitor.monitor: (monitor, folder_of_monitors() / file) for file, monitor in found}
    for entry in entries_of(listed, {})[0].values():
        door.POOL.submit(_compute, entry, door.opening(entry.key, entry))


def _compute(entry: Entry, work: door.Work[Opened]) -> None:
    """Run and cards of the newest complete window; pages find them in the cache. What fails, the page tells."""
    try:
        opened = work.future.result()
        windows = window_options(opened, door.partials_of(entry.key, opened))
        view = View(entry, opened, Slice(window=windows[newest_complete(windows)]), SAME_COHORT, {})
        cards(view, view.run)
        for metric in judged_of_predictions(view):
            surprise_of(view, metric)
    except PlumblineError:
        return

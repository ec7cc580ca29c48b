"""What the overview and the home page begin with, computed before anybody asks for it."""

from concurrent.futures import Future

from engine.errors import PlumblineError, UnusableStore
from engine.explore import Opened
from engine.slices import Slice
from engine.slices.against import SAME_COHORT
from pages.shared import door, recorded
from pages.shared.cards import cards
from pages.shared.entries import TIERS, Entry, entries_of, folder_of_monitors, of_files
from pages.shared.fleet import on_record
from pages.shared.histories import glances_in
from pages.shared.matters import surprise_of
from pages.shared.outcomes import judged_of_predictions
from pages.shared.picking import newest_complete, window_options
from pages.shared.view import View


def begin() -> list[Future[None]]:
    """Begin to open the first monitor, to compute what the overview shows of it, and to read the store."""
    begun = [door.POOL.submit(compute, entry, door.opening(entry.key, entry)) for entry in first_entries()]
    return [*begun, door.POOL.submit(_read)]


def first_entries() -> list[Entry]:
    """The monitor that a visitor sees who asked for none; none where there is none."""
    found = sorted(of_files()[0].items(), key=lambda one: TIERS.index(one[1].model.tier))[:1]
    listed = {monitor.monitor: (monitor, folder_of_monitors() / file) for file, monitor in found}
    return list(entries_of(listed, {})[0].values())


def compute(entry: Entry, work: door.Work[Opened]) -> None:
    """Run, cards and map of the newest complete window; pages find them in the cache. What fails, the page tells."""
    try:
        opened = work.future.result()
        windows = window_options(opened, door.partials_of(entry.key, opened))
        view = View(entry, opened, Slice(window=windows[newest_complete(windows)]), SAME_COHORT, {})
        cards(view, view.run)
        glances_in(view, view.judged[0])
        for metric in judged_of_predictions(view):
            surprise_of(view, metric)
    except PlumblineError:
        return


def _read() -> None:
    """What is on record of all monitors."""
    try:
        on_record(recorded.the_store())
    except UnusableStore:  # the page tells it
        return

"""What the overview and the home page begin with, computed before anybody asks for it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from engine.errors import PlumblineError
from engine.explore import Opened
from engine.logs import tell
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

POOL = ThreadPoolExecutor(1, "plumbline-first")  # beside the door's, one of which opens what is waited for here


def begin(open_it: bool = True) -> list[Future[None]]:
    """Begin to read the store, to open the first monitor, and to compute what the overview shows of it.

    open_it: if need be; else nothing is computed of a monitor that is not open, or whose data are others by now.
    """
    there = {key for key, _ in door.all_opened()}
    found = [one for one in first_entries() if open_it or one.key in there]
    openings = [(one, door.opening(one.key, one)) for one in found]
    tasks: list[Callable[[], None]] = [_read, *(partial(compute, *one) for one in openings)]
    return [POOL.submit(_tried, one) for one in tasks]


def _tried(task: Callable[[], None]) -> None:
    """What is wrong with data or store the page tells; of all else nobody would hear."""
    try:
        task()
    except PlumblineError:
        return
    except Exception as error:
        tell("first view not made", "error", error)


def first_entries() -> list[Entry]:
    """The monitor that a visitor sees who asked for none; none where there is none."""
    found = sorted(of_files()[0].items(), key=lambda one: TIERS.index(one[1].model.tier))[:1]
    listed = {monitor.monitor: (monitor, folder_of_monitors() / file) for file, monitor in found}
    return list(entries_of(listed, {})[0].values())


def compute(entry: Entry, work: door.Work[Opened]) -> None:
    """Run, cards and map of the newest complete window; pages find them in the cache. Raises what opening it raised."""
    opened = work.future.result()
    windows = window_options(opened, door.partials_of(entry.key, opened))
    view = View(entry, opened, Slice(window=windows[newest_complete(windows)]), SAME_COHORT, {})
    cards(view, view.run)
    glances_in(view, view.judged[0])
    for metric in judged_of_predictions(view):
        surprise_of(view, metric)


def _read() -> None:
    """What is on record of all monitors."""
    on_record(recorded.the_store())

"""After a decision: whom a monitor's file names for decisions is told at once; whatever fails, the decision stands."""

from pathlib import Path

from engine.deliver.hook import Told, after_run
from engine.errors import PlumblineError, plain, shown
from engine.monitor import Monitor, read_monitor, read_monitors
from engine.monitor.folder import folder_of_monitors
from engine.store import Store

SECONDS = 15.0  # that whoever decides waits at most


def after_decision(store: Store, monitor: str, file: str | None = None, seconds: float = SECONDS) -> Told:
    """Tell what was decided about a monitor to whoever its file names.

    file: of the monitor, or a folder; None for the one of its name in PLUMBLINE_MONITORS, where none is no mistake:
    the next run tells it. seconds: that sending may take; what is not sent then waits for the next call.
    """
    try:
        found = _found(monitor, file)
    except (PlumblineError, OSError, ValueError) as error:
        return Told(problems=(f"The decision is recorded, but nobody is told before the next run: {error}",))
    return after_run(store, [found], seconds=seconds, quick=()) if found else Told()


def _found(monitor: str, file: str | None) -> Monitor | None:
    """The monitor of that name, None where PLUMBLINE_MONITORS has none. Raises PlumblineError."""
    place = Path(file) if file is not None else folder_of_monitors()
    if file is not None and not place.is_dir():
        one = read_monitor(file)
        if one.monitor != monitor:
            said = f"The file is of {shown(one.monitor)}, the run of {shown(monitor)}."
            raise PlumblineError(said, where=shown(file))
        return one
    if not place.is_dir():
        return None
    good, broken = read_monitors(place)
    found = next((one for one in good.values() if one.monitor == monitor), None)
    if found is None and (broken or file is not None):
        more = f" {plain(next(iter(broken)), 100)} there cannot be read." if broken else ""
        raise PlumblineError(f"No file is of {shown(monitor)}.{more}", where=shown(str(place)))
    return found

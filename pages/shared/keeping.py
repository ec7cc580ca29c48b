"""A new monitor for everybody: its file in the folder of monitors, and what was uploaded for it beside that."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from engine.errors import UnreadableSource, UnusableStore
from engine.monitor import Monitor
from engine.monitor.write import to_yaml
from engine.store import Store
from pages.shared import editing, monitor_files, recorded
from pages.shared.entries import folder_of_monitors
from pages.shared.intake import Source
from pages.shared.visiting import check, typed

FILES = "files"  # the folder beside monitor files that uploads move to: an inbox is emptied after a day


def keep(monitor: Monitor, sources: Mapping[str, Source]) -> str:
    """Write the monitor's file and put the uploads that it reads beside it; its file's name.

    Raises Forbidden for who may not, UnreadableSource where there is such a file or it cannot be written.
    """
    check("edit")
    before = editing.new_file(monitor.monitor)
    places = {side: replace(one, path=_beside(one)).written() for side, one in sources.items()}
    kept = monitor.model_copy(update=places)
    try:
        store: Store | None = recorded.the_store()
    except UnusableStore:
        store = None  # the file is what counts; its next run puts it into the ledger
    return monitor_files.save(before, to_yaml(kept), store, typed()).path.name


def _beside(source: Source) -> str:
    """The path of a source as the monitor's file names it: an upload's beside that file, else where it lies."""
    path = Path(source.path)
    if not source.upload:
        return str(path)
    target = folder_of_monitors().resolve() / FILES / path.name
    try:
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            try:
                target.hardlink_to(path)
            except OSError:  # another disk
                shutil.copyfile(path, target)
    except OSError as error:
        raise UnreadableSource(f"The upload cannot be kept: {error.strerror}.", where=source.name) from None
    return f"{FILES}/{path.name}"

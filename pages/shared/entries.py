"""Which monitors there are, and the key that changes with a monitor's content or its data."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine.errors import InvalidMonitor, PlumblineError, UnreadableSource
from engine.monitor import Monitor, read_monitors
from engine.monitor.folder import folder_of_monitors
from engine.tables.places import find_path
from engine.tables.sources import watched_files
from pages.shared.visiting import visitor

TIERS = ("high", "medium", "low")
Broken = Mapping[str, InvalidMonitor | UnreadableSource]


@dataclass(frozen=True, slots=True)
class Entry:
    """A monitor that can be chosen. base: the folder of its file; key changes when its content or its data do.

    path: of its file; None for one that only this session has.
    """

    name: str
    monitor: Monitor
    base: Path | None
    key: str
    path: Path | None = None


def monitors(own: Mapping[str, Monitor]) -> tuple[dict[str, Entry], Broken]:
    """Monitors by name that who is there sees, and what is wrong with the files that are none.

    This session's own come first, then those of the highest tier: the first is what opens without being asked for.
    """
    return entries_of(*named(own))


def entries_of(found: Mapping[str, tuple[Monitor, Path | None]], broken: Broken) -> tuple[dict[str, Entry], Broken]:
    """Monitors as they can be chosen, with the key that changes with their data."""
    entries = {}
    for name, (monitor, path) in found.items():
        base = path.parent if path else None
        entries[name] = Entry(name, monitor, base, key_of(monitor, base), path)
    return entries, broken


def named(own: Mapping[str, Monitor]) -> tuple[dict[str, tuple[Monitor, Path | None]], Broken]:
    """As monitors, without a look at their data: each with its file, None where only this session has it.

    What is wrong with a file is told to who sees every monitor: nobody knows whose the file would have been.
    """
    who = visitor()
    found, broken = of_files()
    found = {file: monitor for file, monitor in found.items() if who.sees(monitor.monitor)}
    broken = broken if who.sees_all else {}
    folder = folder_of_monitors()
    listed: dict[str, tuple[Monitor, Path | None]] = {name: (monitor, None) for name, monitor in own.items()}
    for file, monitor in sorted(found.items(), key=lambda one: TIERS.index(one[1].model.tier)):  # else as files sort
        name = monitor.monitor if monitor.monitor not in listed else f"{monitor.monitor} ({Path(file).stem})"
        listed[name] = monitor, folder / file
    return listed, broken


def of_files() -> tuple[dict[str, Monitor], Broken]:
    """All monitors of the folder by file, whoever asks: for the server itself."""
    folder = folder_of_monitors()
    return _read(str(folder.resolve()), prints([*folder.glob("*.yaml"), *folder.glob("*.yml")]))


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(folder: str, state: str) -> tuple[dict[str, Monitor], Broken]:
    """state is part of the key alone: a file that was written anew is read anew."""
    return read_monitors(folder)


def prints(files: list[Path]) -> str:
    """Names, times and sizes of files: cheap to take on every run, different when a file was replaced."""
    found = []
    for path in sorted(files):
        try:
            stat = path.stat()
            found.append(f"{path}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_size}")
        except OSError:
            found.append(f"{path}:missing")
    return "|".join(found)


def key_of(monitor: Monitor, base: Path | None) -> str:
    """A monitor's digest with the prints of its data."""
    files: list[Path] = []
    beside = [getattr(one, "path", None) for one in (monitor.columns.target, monitor.columns.attributions)]
    for place in (monitor.reference.source, monitor.production.source, *(one for one in beside if one)):
        try:
            files += watched_files(find_path(place, base))
        except PlumblineError:  # of what only Spark sees, nobody here knows when it changed
            hour = f" at {int(time.time() // 3600)}" if monitor.engine.on == "spark" else ""
            files.append(Path(place.partition("?")[0] + hour))
    return f"{monitor.digest}|{prints(files)}"

"""Monitor files as the dashboard changes them: the file stays the truth, and is never overwritten unseen."""

import contextlib
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.access import acts
from engine.errors import PlumblineError, Problem, UnreadableSource, shown
from engine.monitor import Monitor
from engine.monitor.check import check_monitor
from engine.monitor.model import Attributions, Labels
from engine.monitor.read import LARGEST, parse_monitor
from engine.store import Store
from engine.tables.places import find_path
from pages.shared.entries import folder_of_monitors
from pages.shared.intake import source_at
from pages.shared.visiting import check

LOCK = threading.Lock()
BY_HAND = ("deliver", "engine")  # what reaches out of this machine is not changed from a browser


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it was read. sha: SHA-256, which tells whether it is another by now; empty where there was no file."""

    path: Path
    text: str
    sha: str


def held(path: Path) -> Held:
    """A monitor file as it now is; empty where there is none. Raises UnreadableSource."""
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableSource(f"The file cannot be read: {error}.", where=path.name) from None
    return Held(path, text, hashlib.sha256(text.encode()).hexdigest() if path.exists() else "")


def path_of(name: str) -> Path:
    """The file of a new monitor: in the folder of monitors, whatever stands in its name. Raises UnreadableSource."""
    stem = "".join(one if one.isalnum() or one in "-_" else "-" for one in name.removesuffix(".yaml")).strip("-")[:60]
    path = folder_of_monitors() / f"{stem or 'monitor'}.yaml"
    if path.exists():
        raise UnreadableSource("There is a file of this name already.", where=path.name, hint="Choose another name.")
    return path


def save(before: Held, text: str, store: Store | None, by: str = "", deed: str = "edit") -> Held:
    """Write a monitor file whole, unless it changed since it was read; the change is put into the ledger.

    by: a name, where nobody is signed in; deed: edit or limits. Raises Forbidden, InvalidMonitor for a text that is
    none, UnreadableSource where it cannot or must not be written.
    """
    who = check(deed)
    new = parse_monitor(text, before.path.name)
    old = _known(before.text)
    _guard(before.text, new, before.path.parent)
    try:
        with LOCK:
            if held(before.path).sha != before.sha:
                raise UnreadableSource("The file changed meanwhile; nothing was written.", where=before.path.name,
                                       hint="Load it again, then make your change.")  # fmt: skip
            with _beside(before.path, text) as written:
                os.replace(written, before.path)
    except OSError as error:
        raise UnreadableSource(f"The file cannot be written: {error.strerror}.", where=before.path.name) from None
    if store is not None and (old is None or old.digest != new.digest):
        acts.tell_change(who, store, deed, old, new, text, by)
    return held(before.path)


def problems_of(path: Path, text: str) -> tuple[Problem, ...]:
    """What is wrong with a text as a monitor file, and how it fits its data, as check tells it; nothing is kept."""
    check("edit")
    monitor = parse_monitor(text, path.name)
    _guard(held(path).text, monitor, path.parent)
    try:
        with _beside(path, text) as written:
            return check_monitor(written)
    except OSError as error:
        raise UnreadableSource(f"The folder cannot be written to: {error.strerror}.", where=str(path.parent)) from None


def _known(text: str) -> Monitor | None:
    try:
        return parse_monitor(text) if text else None
    except PlumblineError:
        return None


def _guard(text: str, new: Monitor, base: Path) -> None:
    """What a browser may change: paths within the folders that may be read, and nothing that is sent elsewhere.

    text: of the file before; the places that it names were written by who owns it.
    """
    old = _known(text)
    known = _places(old) if old else {}
    for field, place in _places(new).items():
        if place != known.get(field) and not (old is None and place in text):
            try:
                source_at(find_path(place, base))
            except PlumblineError as error:
                raise UnreadableSource(error.message, where=field, hint=error.hint) from None
    for name in BY_HAND:
        was = getattr(old, name) if old else type(new).model_fields[name].get_default(call_default_factory=True)
        if getattr(new, name) != was:
            raise UnreadableSource(
                f"{shown(name)} says where this machine sends things; it is not changed from a browser.", where=name,
                hint="Change it in the file itself.",
            )  # fmt: skip


def _places(monitor: Monitor) -> dict[str, str]:
    """Every place that the monitor reads from, by field."""
    found = {}
    for side in ("reference", "production"):
        place = getattr(monitor, side)
        told = place.path or f"{place.connection}://{place.table}"
        found[f"{side}.path"] = told
    for field in ("target", "attributions"):
        named = getattr(monitor.columns, field)
        if isinstance(named, Labels | Attributions) and named.path:
            found[f"columns.{field}.path"] = named.path
    return found


@contextlib.contextmanager
def _beside(path: Path, text: str) -> Iterator[Path]:
    """A text as a file beside another, under a name that is no monitor's; gone at the end unless it was moved."""
    if len(text.encode()) > LARGEST:
        raise UnreadableSource("A monitor file has at most 1 MB.", where=path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)

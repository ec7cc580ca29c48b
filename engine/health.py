"""Health: whether this installation can do its work now. Counts and yes or no, no name, no address, no secret."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import PlumblineError
from engine.monitor import read_monitors
from engine.monitor.folder import folder_of_monitors
from engine.store import open_store
from engine.store.opening import NONE_YET, reading
from engine.tables.connection import cache_folder

LEAST_MB = 200  # free space below which what is written next may be lost


@dataclass(frozen=True, slots=True)
class Health:
    """What was looked at. checks: store, monitors, disk, each with "ok" and numbers."""

    checks: Mapping[str, Mapping[str, Any]]

    @property
    def ok(self) -> bool:
        """Whether work can be sent here."""
        return all(one["ok"] for one in self.checks.values())

    def document(self) -> dict[str, Any]:
        """As JSON: the promise to whatever asks for it."""
        return {"schema_version": 1, "kind": "ready", "ok": self.ok, "checks": dict(self.checks)}


def health(store: str | None = None, monitors: str | Path | None = None) -> Health:
    """Look at the store, the folder of monitors and the disks. store: its address; by default as the environment says.

    A store that is not there yet is no fault: the first run makes it. Monitors that are broken are counted, and no
    fault of the server either; a folder that cannot be read is.
    """
    folder = Path(monitors) if monitors else folder_of_monitors()
    kept, place = _store(store)
    return Health({"store": kept, "monitors": _monitors(folder), "disk": _disk(place)})


def _store(address: str | None) -> tuple[dict[str, Any], Path | None]:
    try:
        opened = open_store(address, make=False)
    except PlumblineError as error:
        missing = error.message == NONE_YET
        return {"ok": missing, "state": "none yet" if missing else "cannot be opened"}, None
    try:
        with reading(opened) as connection:
            connection.exec_driver_sql("SELECT 1").scalar()
        return {"ok": True, "state": "read only" if opened.read_only else "open"}, opened.path
    except PlumblineError:
        return {"ok": False, "state": "cannot be read"}, opened.path
    finally:
        opened.engine.dispose()


def _monitors(folder: Path) -> dict[str, Any]:
    try:
        if not os.access(folder, os.R_OK | os.X_OK):
            return {"ok": False, "readable": 0, "broken": 0}
        found, broken = read_monitors(folder)
    except (PlumblineError, OSError):
        return {"ok": False, "readable": 0, "broken": 0}
    return {"ok": True, "readable": len(found), "broken": len(broken)}


def _disk(store: Path | None) -> dict[str, Any]:
    try:
        places = [cache_folder(), *([store.parent] if store else [])]
        free = min(shutil.disk_usage(one).free for one in places) // 1_000_000
    except OSError:
        return {"ok": False, "free_mb": 0}
    return {"ok": free >= LEAST_MB, "free_mb": free}

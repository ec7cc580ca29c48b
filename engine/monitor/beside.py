"""What a run keeps of a monitor besides its rules, to be asked again: where tables beside the data lie."""

from pathlib import Path
from typing import Any

from engine.monitor.model import Monitor
from engine.monitor.sections import Attributions, Labels
from engine.tables.places import find_path


def beside(monitor: Monitor, base: Path | None) -> dict[str, Any]:
    """Where labels and attributions lie, and the unit of windows, as engine/asked.py keeps it. base: the folder of the
    monitor's file; paths are as they were opened, with ${NAME} in place of what came from the environment.

    >>> from engine.monitor.read import parse_monitor
    >>> text = "monitor: m\\nreference: {path: a}\\nproduction: {path: b}\\nwindow: {every: 1 day}"
    >>> beside(parse_monitor(text), None)
    {'attributions': None, 'labels': None, 'every': 'day'}
    """
    target, logged = monitor.columns.target, monitor.columns.attributions

    def place(path: str | None) -> str | None:
        return None if path is None else monitor.hidden(find_path(path, base))

    return {
        "attributions": None if logged is None else {**_said(logged), "path": place(logged.path)},
        "labels": place(target.path) if isinstance(target, Labels) else None,
        "every": monitor.window.unit,
    }


def _said(logged: Attributions) -> dict[str, Any]:
    """Where attributions stand; how a text file is written only where that was chosen."""
    chosen = {"csv": logged.text.document()} if logged.text else {}
    return {**logged.model_dump(exclude={"csv"}), **chosen}

"""Runs on record for tests: a small monitor with two files, read once, each window recorded as run does it."""

from pathlib import Path

from engine.due import run_monitor_file
from engine.monitor import read_monitor
from engine.store import Store, open_store

TEXT = """monitor: {name}          # its name
owner: someone@example.com
reference: {{path: {reference}}}
production: {{path: {production}}}
columns: {{id: id, timestamp: at}}
thresholds:
  psi: {{warning: 0.1, critical: 0.25}}   # ours
policy:
  persist: 1 of 1
events:
  - {{at: 2024-03-11, name: move}}
"""


def write_monitor(folder: Path, files: tuple[Path, Path], name: str = "small") -> Path:
    """A monitor file on two data files, with a comment that must survive."""
    path = folder / f"{name}.yaml"
    path.write_text(TEXT.format(name=name, reference=files[0], production=files[1]), encoding="utf-8")
    return path


def record(path: Path, url: str) -> Store:
    """Record all closed windows of a monitor file."""
    store = open_store(url)
    outcome = run_monitor_file(store, path, read_monitor(path), "all")
    assert outcome.error is None, outcome.error
    return store

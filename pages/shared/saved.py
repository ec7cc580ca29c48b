"""Cohorts that were given a name here: one small file a monitor, written whole or not at all."""

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import InvalidFilter, UnreadableSource
from engine.tables.connection import HOME
from pages.shared.visiting import check, sees

try:
    import fcntl
except ImportError:  # Windows: sessions of one server are still kept apart by the lock below
    fcntl = None  # type: ignore[assignment]

LONGEST, MOST = 80, 500  # letters of a name, cohorts of a monitor
LOCK = threading.Lock()
Cohorts = dict[str, str]


def file_of(monitor: str) -> Path:
    """Where a monitor's cohorts lie; its name is no path, whatever stands in it."""
    name = hashlib.sha256(monitor.encode()).hexdigest()[:16]
    return Path(os.environ.get(HOME, ".plumbline")).resolve() / "cohorts" / f"{name}.json"


def saved(monitor: str) -> Cohorts:
    """Name -> filters as one text, as links carry them; none where nothing was saved or the file is broken."""
    return _kept(monitor) if sees(monitor) else {}


def _kept(monitor: str) -> Cohorts:
    try:
        found = json.loads(file_of(monitor).read_text(encoding="utf-8"))["cohorts"]
        return {str(name): str(text) for name, text in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save(monitor: str, name: str, text: str) -> None:
    """Keep a cohort under a name that is not taken. Raises InvalidFilter where it is, or where it is none."""

    def put(cohorts: Cohorts) -> Cohorts:
        _free(cohorts, name)
        if len(cohorts) >= MOST:
            raise InvalidFilter(f"A monitor keeps {MOST} cohorts at most.", hint="Delete one first.")
        return cohorts | {name.strip(): text}

    _change(monitor, put)


def rename(monitor: str, old: str, new: str) -> None:
    """Give a cohort another name, in its place. Raises InvalidFilter where that is taken."""

    def put(cohorts: Cohorts) -> Cohorts:
        _free({one: text for one, text in cohorts.items() if one != old}, new)
        return {new.strip() if one == old else one: text for one, text in cohorts.items()}

    _change(monitor, put)


def delete(monitor: str, name: str) -> None:
    """Forget a cohort."""
    _change(monitor, lambda cohorts: {one: text for one, text in cohorts.items() if one != name})


def _free(cohorts: Cohorts, name: str) -> None:
    if not name.strip() or len(name) > LONGEST:
        raise InvalidFilter(f"A name has 1 to {LONGEST} letters.")
    if name.strip() in cohorts:
        raise InvalidFilter("There is a cohort of this name already.", hint="Choose another, or delete that one.")


def _change(monitor: str, put: Callable[[Cohorts], Cohorts]) -> None:
    """Read, change and write while nobody else does; a reader meets the old file or the new one."""
    check("name", monitor)
    path = file_of(monitor)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with LOCK, _alone(path.with_suffix(".lock")):
            made = put(_kept(monitor))
            document = {"schema_version": 1, "kind": "saved_cohorts", "monitor": monitor, "cohorts": made}
            handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".new")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    json.dump(document, stream, ensure_ascii=False, indent=1)
                os.replace(draft, path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UnreadableSource(
            f"The cohort cannot be kept: {error.strerror}.",
            where=str(path),
            hint=f"Whoever runs the server sets {HOME}.",
        ) from None


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """A lock between servers that share a folder; the system lets go of it when a server dies."""
    with path.open("a") as stream:
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield

"""Backup and restore of a store in a file: a whole copy while others write, checked before it counts as one."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import UnusableStore, shown
from engine.store.chain import Chain, verify
from engine.store.opening import PATIENCE, Store, open_store
from engine.store.told import told

PAGES = 512  # of the database, copied between two looks at who else wants to write
Progress = Callable[[float, str], None]


def backup(store: Store, file: str | Path, progress: Progress | None = None) -> Chain:
    """Copy a store to a file that does not exist yet, as it is at one moment; others may go on writing meanwhile.

    The copy's ledger is checked before the file gets its name. Raises UnusableStore for a store of PostgreSQL, for a
    file that is there already and for a copy that is not whole.
    """
    target = Path(file).expanduser().absolute()
    if store.path is None:
        said, hint = "A database of PostgreSQL is saved by its own tools.", "Use pg_dump, as docs/deploy.md says."
        raise UnusableStore(said, where=store.place, hint=hint)
    if target.exists():
        raise UnusableStore("The file is there already.", where=shown(str(target)), hint="Name another one.")
    return _copied(store.path, target, progress)


def restore(file: str | Path, url: str | None = None, replace: bool = False, progress: Progress | None = None) -> Chain:
    """Make the store at an address what a backup says. Stop the server before: what it writes meanwhile is lost.

    replace: a store that is there is set aside as NAME.before-TIME, not removed; without it, it stays and
    UnusableStore is raised, as for a backup that is damaged or no store.
    """
    source = open_store(f"sqlite:///{Path(file).expanduser().absolute()}", make=False)
    target = _place(url)
    if target.exists() and not replace:
        hint = "Give --replace: what is there is set aside, not removed."
        raise UnusableStore("There is a store already.", where=str(target), hint=hint)
    assert source.path is not None
    partial = target.with_name(f".{target.name}.restored")
    _remove(partial)
    found = _copied(source.path, partial, progress)
    source.engine.dispose()
    try:
        if target.exists():
            _set_aside(target)
        partial.rename(target)
    except OSError as error:
        raise UnusableStore(f"The store cannot be put in place: {error.strerror}.", where=str(target)) from None
    finally:
        _remove(partial)
    return found


def _place(url: str | None) -> Path:
    """The file that an address names, its folder made; PostgreSQL is refused."""
    from engine.store.opening import DEFAULT, VARIABLE

    given = url or os.environ.get(VARIABLE) or DEFAULT
    if not given.startswith("sqlite:///"):
        raise UnusableStore("Only a store in a file is restored here.", hint="Use psql for PostgreSQL; docs/deploy.md.")
    place = Path(given.removeprefix("sqlite:///")).expanduser().absolute()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableStore(f"The folder cannot be made: {error.strerror}.", where=str(place.parent)) from None
    return place


def _copied(source: Path, target: Path, progress: Progress | None) -> Chain:
    """A copy under a name that says it is not whole yet, checked, written to disk, then given its own name."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    tell = progress or (lambda share, said: None)

    def on(status: int, left: int, total: int) -> None:
        tell(0.5 * (1 - left / max(total, 1)), "copying")

    try:
        with told(str(target)):
            with (
                closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=PATIENCE)) as first,
                closing(sqlite3.connect(partial, timeout=PATIENCE)) as second,
            ):
                first.backup(second, pages=PAGES, progress=on)
                second.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
                state = second.execute("PRAGMA quick_check").fetchone()[0]
            if state != "ok":
                raise UnusableStore("The copy is damaged, as is the store.", where=str(source))
            copy = open_store(f"sqlite:///{partial}", make=False)
            found = verify(copy, progress=lambda share, said: tell(0.5 + 0.5 * share, said))
            copy.engine.dispose()
            if not found.ok:
                raise UnusableStore(f"The ledger is not in order. {found.words}", where=str(source))
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.rename(target)
        return found
    except OSError as error:
        raise UnusableStore(f"The copy cannot be written: {error.strerror}.", where=shown(str(target))) from None
    finally:
        _remove(partial)


def _set_aside(target: Path) -> None:
    """The store that is there under another name, with all that was written ahead brought into it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    with told(str(target)), closing(sqlite3.connect(target, timeout=PATIENCE)) as connection, suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a damaged one is set aside as it is
    aside = target.with_name(f"{target.name}.before-{stamp}")
    for end in ("", "-wal", "-shm"):
        beside = target.with_name(target.name + end)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + end))


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            path.with_name(path.name + end).unlink(missing_ok=True)

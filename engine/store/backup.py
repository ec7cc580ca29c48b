"""Backup and restore of a store in a file: a whole copy while others write, checked before it counts as one."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import UnusableStore, shown
from engine.store.chain import Chain, verify
from engine.store.opening import PATIENCE, Store, file_of, open_store, write_ahead
from engine.store.told import told

PAGES = 512  # of the database, copied between two looks at who else wants to write
ENDS = ("", "-wal", "-shm", "-journal")  # of what is a store on disk: its file, and what SQLite keeps beside it
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
    return _copied(store, target, progress)


def restore(file: str | Path, url: str | None = None, replace: bool = False, progress: Progress | None = None) -> Chain:
    """Make the store at an address what a backup says. Stop the server before: what it writes meanwhile is lost.

    replace: what is there of a store is set aside as NAME.before-TIME, not removed; without it, it stays and
    UnusableStore is raised, as for a backup that is damaged or no store.
    """
    target = file_of(url)
    if target is None:
        raise UnusableStore("Only a store in a file is restored here.", hint="Use psql for PostgreSQL; docs/deploy.md.")
    source = open_store(f"sqlite:///{Path(file).expanduser().absolute()}", make=False)
    there = _there(target)
    if there and not replace:
        hint = "Give --replace: what is there is set aside, not removed."
        raise UnusableStore("There is a store already.", where=str(there[0]), hint=hint)
    partial = target.with_name(f".{target.name}.restored")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        found = _copied(source, partial, progress)
        copy = open_store(f"sqlite:///{partial}", make=False)
        write_ahead(copy)  # as every store is, so that who reads waits for no writer
        copy.engine.dispose()
        _set_aside(target)
        partial.rename(target)
    except OSError as error:
        raise UnusableStore(f"The store cannot be put in place: {error.strerror}.", where=str(target)) from None
    finally:
        _remove(partial)
    return found


def _copied(source: Store, target: Path, progress: Progress | None) -> Chain:
    """A copy under a name that says it is not whole yet, checked, written to disk, then given its own name."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    tell = progress or (lambda share, said: None)

    def on(status: int, left: int, total: int) -> None:
        tell(0.5 * (1 - left / max(total, 1)), "copying")

    try:
        with told(str(target)):
            with (
                closing(source.engine.raw_connection()) as first,
                closing(sqlite3.connect(partial, timeout=PATIENCE)) as second,
            ):
                assert isinstance(first.driver_connection, sqlite3.Connection)
                first.driver_connection.backup(second, pages=PAGES, progress=on)
                second.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
                state = second.execute("PRAGMA quick_check").fetchone()[0]
            if state != "ok":
                raise UnusableStore("The copy is damaged, as is the store.", where=source.place)
            copy = open_store(f"sqlite:///{partial}", make=False)
            found = verify(copy, progress=lambda share, said: tell(0.5 + 0.5 * share, said))
            copy.engine.dispose()
            if not found.ok:
                raise UnusableStore(f"The ledger is not in order. {found.words}", where=source.place)
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.rename(target)
        return found
    except OSError as error:
        raise UnusableStore(f"The copy cannot be written: {error.strerror}.", where=shown(str(target))) from None
    finally:
        _remove(partial)


def _there(place: Path) -> list[Path]:
    """What lies there of a store. SQLite would read what a lost one left beside it into the one that takes its name."""
    return [one for end in ENDS if (one := place.with_name(place.name + end)).exists()]


def _set_aside(target: Path) -> None:
    """What is there under another name, where it is a store with all that was written ahead brought into it."""
    if target.exists():
        with told(str(target)), closing(sqlite3.connect(target, timeout=PATIENCE)) as one, suppress(sqlite3.Error):
            one.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a damaged one is set aside as it is
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for left in _there(target):
        left.rename(left.with_name(f"{target.name}.before-{stamp}{left.name.removeprefix(target.name)}"))


def _remove(path: Path) -> None:
    for end in ENDS:
        with suppress(OSError):
            path.with_name(path.name + end).unlink(missing_ok=True)

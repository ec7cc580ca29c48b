"""Opening a store: where it is, whether it is ours, one way to read it and one to write it.

A store is a file of SQLite, or a database of PostgreSQL. Writers take turns, so that the ledger stays one chain:
BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL. SQLite writes ahead (WAL) with synchronous FULL: what is said
to be recorded outlives a power cut; it costs one fsync a run.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from engine.errors import UnusableStore, nearest, plain, shown
from engine.logs import tell
from engine.store.tables import SCHEMA, VERSION, make_tables
from engine.store.told import told

VARIABLE, DEFAULT = "PLUMBLINE_STORE", "sqlite:///.plumbline/store.db"
ADDED = "plumbline_added"  # under which a connection keeps what its transaction adds to the ledger, for the log
PATIENCE = 30.0  # seconds that a writer waits for another
LOCK = 0x506C756D62  # "Plumb": the key of the advisory lock on PostgreSQL
EXAMPLE = "Write sqlite:///folder/store.db or postgresql://user@host/database."
NONE_YET = "There is no store."  # as an error says it


@dataclass(frozen=True, eq=False)
class Store:
    """An opened store. place: its address without a password. path: the file, where it is one."""

    engine: Engine
    place: str
    path: Path | None = None
    read_only: bool = False


def open_store(url: str | None = None, *, make: bool = True) -> Store:
    """The store at an address, made if there is none: sqlite:///PATH or postgresql://USER@HOST/DATABASE.

    url: by default what the environment's PLUMBLINE_STORE says, else .plumbline/store.db under the working folder.
    make: whether a store that is not there is made. Raises UnusableStore, which never tells a password.
    """
    parsed = _parsed(url)
    path = _path(parsed)
    store = _file(path, make) if path else _server(parsed)
    try:
        with told(store.place):
            _prepare(store, make)
    except BaseException:
        store.engine.dispose()
        raise
    return store


def file_of(url: str | None = None) -> Path | None:
    """The file that the address of a store names, there or not; None for a database of PostgreSQL. url: as above."""
    return _path(_parsed(url))


def _parsed(url: str | None) -> URL:
    given = url or os.environ.get(VARIABLE) or DEFAULT
    if "://" not in given:
        near = f"Did you mean sqlite:///{plain(given)}?" if "@" not in given else EXAMPLE  # it may hold a password
        name = shown(given) if "@" not in given else "The text"
        raise UnusableStore(f"{name} is no address of a store.", hint=near)
    scheme, _, rest = given.partition("://")
    scheme = {"postgres": "postgresql", "postgresql+psycopg": "postgresql"}.get(scheme, scheme)
    if scheme not in ("sqlite", "postgresql"):
        known = nearest(scheme, ("sqlite", "postgresql"))
        raise UnusableStore(f"A store cannot lie in {shown(scheme)}.", hint=f"{known} {EXAMPLE}")
    try:
        return make_url(f"{scheme}://{rest}")
    except (ArgumentError, ValueError):  # its text would repeat the address, password and all
        raise UnusableStore("The address of the store cannot be read.", hint=EXAMPLE) from None


def _path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:" or url.host:
        raise UnusableStore("The address of the store names no file.", hint=EXAMPLE)
    if "\0" in url.database or url.query:
        raise UnusableStore("The address of a store's file has nothing after its path.", hint=EXAMPLE)
    return Path(url.database).expanduser().absolute()


def _file(path: Path, make: bool) -> Store:
    place = f"sqlite:///{path}"
    exists, read_only = False, False
    try:
        exists = path.exists()
        if path.is_dir():
            raise UnusableStore("It is a folder, not a file.", where=place, hint=f"Write {place}/store.db.")
        if not exists and make:
            path.parent.mkdir(parents=True, exist_ok=True)
        read_only = exists and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    except OSError as error:
        raise UnusableStore(f"The store cannot be opened: {error.strerror}.", where=place) from None
    if not exists and not make:
        raise UnusableStore(NONE_YET, where=place, hint="The verb run makes it with the first run.")
    return Store(_file_engine(path, read_only), place, path, read_only)


class _OfFile(sqlite3.Connection):
    """no_room: why nothing can be written by it, where the disk has no room even to read as usual."""

    no_room: sqlite3.OperationalError | None = None


def _opened(uri: str) -> _OfFile:
    return sqlite3.connect(
        uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False, factory=_OfFile
    )


def _file_engine(path: Path, read_only: bool) -> Engine:
    """Connections that live for one transaction: a file that was replaced or removed meanwhile is found out."""

    def connect(mode: str = "rw") -> sqlite3.Connection:
        alone = "&immutable=1" if read_only and not path.with_name(f"{path.name}-wal").exists() else ""
        uri = f"{path.as_uri()}?mode={'ro' if read_only else mode}{alone}"
        found = _opened(uri)
        try:
            found.execute("PRAGMA synchronous = FULL")
        except sqlite3.OperationalError as error:
            ahead = path.with_name(f"{path.name}-wal")
            if not error.sqlite_errorname.startswith("SQLITE_IOERR_SHM") or (ahead.exists() and ahead.stat().st_size):
                raise
            # the disk has no room for what readers share: the file alone, of which nobody writes, can still be read
            found.close()
            found = _opened(f"{path.as_uri()}?mode=ro&immutable=1")
            found.no_room = error
        found.execute("PRAGMA foreign_keys = ON")
        found.execute("PRAGMA trusted_schema = OFF")
        return found

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("plumbline_writes")
        no_room = getattr(connection.connection.dbapi_connection, "no_room", None)
        if writes and no_room is not None:
            raise no_room
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _server(url: URL) -> Store:
    name = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    place = f"postgresql://{name}{url.host or ''}{port}/{url.database or ''}"
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=2,
            connect_args={"connect_timeout": 10, "application_name": "plumbline"},
        )
    except ImportError:
        raise UnusableStore(
            "PostgreSQL needs a driver that is not installed.",
            where=place,
            hint="Run pip install -r requirements-postgresql.txt -c constraints.txt.",
        ) from None
    except SQLAlchemyError:
        raise UnusableStore("The address of the store cannot be read.", where=place, hint=EXAMPLE) from None
    return Store(engine, place)


def _prepare(store: Store, make: bool) -> None:
    """Find out whose database it is; make the tables where there are none."""
    if store.path is not None and not store.path.exists():
        store.path.touch()
    if _known(store):
        return
    if not make or store.read_only:
        raise UnusableStore(NONE_YET, where=store.place, hint="The verb run makes it with the first run.")
    if store.path is not None:
        write_ahead(store)
    with store.engine.connect().execution_options(plumbline_writes=True) as connection, connection.begin():
        _take_turn(connection)
        if SCHEMA.name not in sqlalchemy.inspect(connection).get_table_names():  # another process may have been first
            make_tables(connection)
            connection.execute(SCHEMA.insert().values(version=VERSION, made_at=now()))
    _known(store)


def _known(store: Store) -> bool:
    """Whether the tables are there. Raises UnusableStore for somebody else's database, and for a later version."""
    with store.engine.connect() as connection:
        names = sqlalchemy.inspect(connection).get_table_names()
        if SCHEMA.name not in names:
            if names and store.path is not None:
                raise UnusableStore(
                    f"The file holds another program's tables ({', '.join(map(shown, sorted(names)[:3]))}), no runs.",
                    where=store.place,
                    hint="Name another file.",
                )
            return False
        version = connection.execute(select(SCHEMA.c.version)).scalar()
    if not isinstance(version, int) or version < 1:
        raise UnusableStore("The table of the store's version is damaged.", where=store.place)
    if version > VERSION:
        raise UnusableStore(
            f"A newer Plumbline made this store (version {version}; this one knows {VERSION}).",
            where=store.place,
            hint="Update Plumbline, or name another store.",
        )
    return True


def write_ahead(store: Store) -> None:
    """Switch a file to WAL, which it then stays in. Nobody else may have it open then, so it is tried again."""
    until = time.monotonic() + PATIENCE
    while True:
        connection = store.engine.raw_connection()
        try:
            mode = connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
            if mode and mode[0] == "wal":
                return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
        finally:
            connection.close()
        if time.monotonic() > until:
            raise UnusableStore("The folder's file system cannot keep a store that several read.", where=store.place)
        time.sleep(0.02)


def _take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


@contextmanager
def reading(store: Store) -> Iterator[Connection]:
    """One transaction that reads. Raises UnusableStore."""
    with told(store.place), store.engine.connect() as connection:
        yield connection


@contextmanager
def writing(store: Store) -> Iterator[Connection]:
    """One transaction that writes, whole or not at all, with every other writer waiting. Raises UnusableStore."""
    if store.read_only:
        raise UnusableStore("The store can only be read.", where=store.place)
    gone = UnusableStore("The store was removed or replaced while it was written to.", where=store.place)
    with told(store.place):
        before = _inode(store)
        with store.engine.connect().execution_options(plumbline_writes=True) as connection:
            connection.info.pop(ADDED, None)
            with connection.begin():
                _take_turn(connection)
                if _inode(store) != before:  # meanwhile another may have been waited for
                    raise gone
                yield connection
            added = connection.info.pop(ADDED, [])
        if _inode(store) != before:  # SQLite writes on into a file that has lost its name
            raise gone
    for facts in added:  # not before it stands
        tell("recorded", **facts)


def _inode(store: Store) -> int | None:
    if store.path is None:
        return None
    try:
        return store.path.stat().st_ino
    except OSError:
        return -1


def now() -> str:
    """This moment, UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")

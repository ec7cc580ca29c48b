"""What a database says is wrong, in words for the person who can mend it; no address is repeated, no password told."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Error as SqliteError

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from engine.errors import UnusableStore, plain

# SQLite's names of what went wrong, longest first where one begins another; PostgreSQL's numbers.
SAID = {
    "SQLITE_FULL": ("The disk is full; nothing was recorded.", "Make room and run it again."),
    "SQLITE_READONLY": ("The store can only be read.", "Look who may write to the file and its folder."),
    "SQLITE_CANTOPEN": ("The store cannot be opened; it may have been removed.", None),
    "SQLITE_BUSY": ("Another process has been writing to the store for too long.", "Run it again."),
    "SQLITE_LOCKED": ("Another process has been writing to the store for too long.", "Run it again."),
    "SQLITE_NOTADB": ("The file is no store: it is not a SQLite database.", "Name another file."),
    "SQLITE_CORRUPT": ("The store is damaged.", "Restore it from a backup; ledger verify tells what it holds."),
    "SQLITE_IOERR": (
        "The disk does not take what is written; nothing was recorded.",
        "Make room, or look at the disk.",
    ),
    "SQLITE_PERM": ("The store may not be opened.", "Look who may write to the file and its folder."),
    "53100": ("The server's disk is full; nothing was recorded.", "Make room and run it again."),
    "53300": ("The server has no connection left.", "Run it again."),
    "25006": ("The database can only be read.", "Name the server that takes writes."),
    "3D000": ("There is no such database.", "Create it, as in createdb plumbline."),
    "28P01": ("The server refuses name and password.", None),
    "28000": ("The server refuses name and password.", None),
    "42501": (
        "The database's user may not do this.",
        "Grant CREATE on its schema, or SELECT and INSERT on its tables.",
    ),
    "SQLITE_CONSTRAINT_TRIGGER": ("Rows of the store are added, never changed.", None),
    "P0001": ("Rows of the store are added, never changed.", None),
}

AT_THE_DOOR = {
    "does not exist": "3D000",
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28000",
    "too many clients": "53300",
}


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turns what a database raises into UnusableStore. place: its address without a password."""
    try:
        yield
    except (SQLAlchemyError, SqliteError) as error:
        message, hint = in_words(error)
        raise UnusableStore(message, where=place, hint=hint) from None


def in_words(error: Exception) -> tuple[str, str | None]:
    """What went wrong and what to do, from the error of either database."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = str(getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None) or "")
    for name, said in SAID.items():
        if code.startswith(name):
            return said
    text = str(origin)
    for words, name in AT_THE_DOOR.items():  # who is turned away there gets no number
        if not code and words in text:
            return SAID[name]
    first = plain(next(iter(str(origin).strip().splitlines()), type(origin).__name__), 300)
    if not code and isinstance(error, OperationalError) and type(origin).__module__.startswith("psycopg"):
        return f"The server cannot be reached: {first.rstrip('.')}.", "Look whether it runs and where."
    return f"The store cannot be used: {first.rstrip('.')}.", None

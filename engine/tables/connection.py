"""The one DuckDB connection of a process, locked down before any text of a user reaches it."""

import os
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import duckdb
from duckdb import DuckDBPyConnection

from engine.errors import PlumblineError, shown
from engine.tables.literals import bracketed

if TYPE_CHECKING:
    from engine.tables.spark.session import Spark

__all__ = ["DuckDBPyConnection", "cache_folder", "closed", "connect", "hint_for", "memory_of", "spill_folder"]

MEMORY = "PLUMBLINE_MEMORY"  # how much DuckDB may take before it spills; the environment's say
DEFAULT = "4GB"
UNITS = {"bytes": 1, "byte": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50}
HOME = "PLUMBLINE_HOME"  # where ingested files go; by default .plumbline under the working folder


def cache_folder() -> Path:
    """The folder for what Plumbline writes for itself; made if missing, a temporary one where that is forbidden."""
    wanted = Path(os.environ.get(HOME, ".plumbline")).resolve() / "cache"
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    except OSError:
        return _elsewhere()


@lru_cache(maxsize=1)  # one for the process: what is written there is read there
def _elsewhere() -> Path:
    return Path(tempfile.mkdtemp(prefix="plumbline-"))


def spill_folder() -> Path:
    """Where stands what does not fit into memory, until it is done with; not made."""
    return cache_folder() / "spill"


def connect(folders: Iterable[Path | str]) -> DuckDBPyConnection:
    """A connection that can read and write files in these folders and nowhere else, for as long as it lives.

    No extension is fetched, no variable of the program is readable as a table, no setting can be changed afterwards.
    Take a cursor for every query: one connection must not be used by two threads.
    """
    cache = cache_folder()
    allowed = {str(Path(folder).resolve()) for folder in (*folders, cache)}
    # a folder with glob signs in its name is asked for in brackets, and looked at again under its own name
    allowed |= {bracketed(one) for one in allowed}
    return _locked(":memory:", sorted(allowed), spill_folder(), read_only=False)


def hint_for(error: Exception) -> str | None:
    """What to do about an error of DuckDB that is about memory, or the disk it spills to; None for any other."""
    if not isinstance(error, duckdb.OutOfMemoryException):
        return None
    room = "free some disk space, or point PLUMBLINE_HOME to a folder with room."
    return (
        f"Set {MEMORY} to more than {os.environ.get(MEMORY, DEFAULT)}, ask for fewer rows or columns at a time, {room}"
    )


def closed(path: Path) -> DuckDBPyConnection:
    """A connection to a DuckDB file that cannot write; its views can read no other file. Raises duckdb.Error."""
    return _locked(str(path), [], spill_folder(), read_only=True)


def memory_of(root: "DuckDBPyConnection | Spark") -> int:
    """How much DuckDB may take before it spills, in bytes, as exactly as it tells (within 5 %).

    What is counted in Spark stands here too, and may take as much.

    >>> 3.8e9 < memory_of(connect(())) < 4.2e9
    True
    """
    found = _memories.get(root)
    if found is None:
        cursor = (root if isinstance(root, DuckDBPyConnection) else connect(())).cursor()
        try:
            (said,) = cursor.execute("SELECT current_setting('memory_limit')").fetchone() or ("0 bytes",)
        finally:
            cursor.close()
        amount, unit = str(said).split()
        found = _memories[root] = int(float(amount) * UNITS[unit])
    return found


_memories: WeakKeyDictionary["DuckDBPyConnection | Spark", int] = WeakKeyDictionary()  # asked once: it is locked


def _locked(database: str, allowed: list[str], spill: Path, read_only: bool) -> DuckDBPyConnection:
    memory = os.environ.get(MEMORY, DEFAULT)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": str(os.cpu_count() or 2),
        "memory_limit": memory,
        "temp_directory": str(spill),
        # looks for parts that expressions share by comparing all: of 10,000 columns it takes minutes, and gains little
        "disabled_optimizers": "common_subexpressions",
        "allow_community_extensions": "false",
        "allow_extension_repositories": "forbidden",
        "allow_persistent_secrets": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    try:
        root = duckdb.connect(database, read_only, config=config)
    except duckdb.Error as error:
        if read_only and "memory" not in str(error).lower():
            raise
        raise PlumblineError(f"{shown(memory)} is no amount of memory.", where=MEMORY, hint="Write 4GB.") from None
    root.execute("SET TimeZone = 'UTC'")  # a moment with a zone is read in one clock, the same everywhere
    root.execute("SET allowed_directories = ?", [allowed])
    root.execute("SET enable_external_access = false")
    root.execute("SET lock_configuration = true")
    return root

"""A table behind a connection becomes Parquet in the cache: read only, anew unless it is known to be unchanged."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from engine.errors import UnreadableSource, nearest, plain, shown
from engine.tables import cache
from engine.tables.away.addresses import beside, local_file, may_be_asked, scheme_of, without_secrets
from engine.tables.away.embedded import copy_duckdb, copy_sqlite
from engine.tables.away.postgresql import SAFE_OPTIONS, copy_postgresql, unchanged
from engine.tables.files.copies import Brought, Tell, Told, copied

EXAMPLE = (
    "Write postgresql://USER@HOST/DATABASE?table=SCHEMA.NAME, sqlite:///FILE?table=NAME or duckdb:///FILE?table=NAME."
)


def fetch_table(address: str, tell: Tell) -> Brought:
    """The table that an address names, as one Parquet file in the cache.

    A table of PostgreSQL is copied at every run, unless key= names a column whose greatest value and the number of rows
    say that it is unchanged; a file of SQLite or DuckDB when the file has changed. Raises UnreadableSource.
    """
    where, scheme = without_secrets(address), scheme_of(address)
    may_be_asked(address)
    table = _table(address, scheme, where)
    if scheme == "postgresql":
        told = unchanged(address, table, where)
        state = told if told is not None else f"at {time.time_ns()}"  # two runs may not share what was read at one
        return _brought(address, state, where, lambda to: copy_postgresql(address, table, to, where, tell))
    path = local_file(address).absolute()
    if not path.is_file():
        others = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = nearest(path.name, others) if others else None
        raise UnreadableSource("There is no such file.", where=where, hint=hint)
    files = [one for one in (path, *beside(path)) if one.is_file()]
    state = cache.key_of([cache.state(one) for one in files])
    copy = copy_sqlite if scheme == "sqlite" else copy_duckdb
    return _brought(address, state, where, lambda to: copy(path, table, to, where, tell))


def _brought(address: str, state: str, where: str, make: Callable[[Path], Told]) -> Brought:
    copy = copied(cache.key_of("table", address, state), where, make)
    return Brought((copy.parquet,), copy.parquet.parent, copy=copy)


def _table(address: str, scheme: str, where: str) -> tuple[str, ...]:
    """The schema and name that an address gives; options that nobody knows are refused."""
    options = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    known = ("table", "key", *SAFE_OPTIONS) if scheme == "postgresql" else ("table",)
    for name, _ in options:
        if name not in known:
            raise UnreadableSource(f"Unknown option {shown(name)}.", where=where, hint=nearest(name, known))
    named = [value for name, value in options if name == "table"]
    if len(named) != 1 or not named[0].strip():
        raise UnreadableSource("The address names no table.", where=where, hint=EXAMPLE)
    parts = parts_of(named[0])
    if not 1 <= len(parts) <= 2 or not all(parts):
        hint = 'Write schema.name; a name with a dot stands in quotes, as in "a.b".'
        raise UnreadableSource(f"{shown(plain(named[0]))} is no name of a table.", where=where, hint=hint)
    return parts


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a table's name, which dots part; what stands in double quotes is one part.

    >>> parts_of('public.flights'), parts_of('"a.b"."c d"')
    (('public', 'flights'), ('a.b', 'c d'))
    """
    if not re.fullmatch(r'("([^"]|"")+"|[^".]+)(\.("([^"]|"")+"|[^".]+))*', name):
        return ()
    found = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', name)
    return tuple(quoted.replace('""', '"') or bare for quoted, bare in found)

"""The two sides of a monitor whose rows lie in Spark, opened there."""

import re
from collections.abc import Iterator
from contextlib import suppress
from glob import iglob
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import PlumblineError, UnreadableSource, UnusableData
from engine.monitor.limits import Row
from engine.monitor.model import Monitor
from engine.monitor.sections import SPARK, Labels
from engine.tables.away.addresses import host_may_be_asked, is_elsewhere, looked_at
from engine.tables.places import find_path
from engine.tables.sources import Dataset
from engine.tables.spark.listing import literal
from engine.tables.spark.session import Spark, spark

REMOTE = "engine.remote"
# Tables of their own that are not joined there, by field of the file.
APART = {"target": "labels", "attributions": "attributions"}


def open_there(monitor: Monitor, side: str, base: Path | None = None) -> Dataset:
    """One side of a monitor of Spark. side: reference or production; base: the folder of the monitor's file.

    Paths are Spark's own; one without a scheme that is found here is sent whole. Raises UnreadableSource, UnusableData.
    """
    place, root = getattr(monitor, side), _spark_of(monitor)
    from engine.tables.spark.opening import open_path, open_table  # for who has data in Spark

    if place.table is not None:
        if place.connection != SPARK:
            said = "Spark does not read what lies behind this connection."
            raise UnreadableSource(said, where=side, hint=f"Write connection: {SPARK} for a table or view of its own.")
        return open_table(place.table, root, monitor.hidden(f"spark:{place.table}"))
    if place.csv is not None or place.sheet is not None:
        raise UnusableData(
            "csv: and sheet: are not used by Spark.", where=side, hint="Make it a table or view of Spark."
        )
    if is_elsewhere(place.path):
        _may_be_read(place.path, side)
    return open_path(_whole(place.path, base), root, monitor.hidden(f"spark:{place.path}"))


def _spark_of(monitor: Monitor) -> Spark:
    """The Spark of a monitor, which was not asked yet. Raises UnreadableSource for a wrong address."""
    remote = monitor.engine.remote
    root = spark(remote)
    if remote:
        host_may_be_asked(remote, "sc", REMOTE)
    return root


def _may_be_read(address: str, side: str) -> None:
    """Refuse a path of Spark's on a host or in a bucket beyond the configured ones. One without is its own."""
    try:
        scheme, host = urlsplit(address)[:2]
    except ValueError:
        scheme, host = "", address  # what is no address is refused by who is asked for its host
    if host:
        host_may_be_asked(address, "s3" if scheme in ("s3a", "s3n") else scheme, side)


def _whole(path: str, base: Path | None) -> str:
    """A path from the root where it, or what its glob names, lies here; as it is written where only Spark knows it."""
    if is_elsewhere(path):
        return path
    folders = (Path(), *((base, *base.resolve().parents) if base else ()))
    places = (find_path(path, base), *(str(folder / path) for folder in folders))  # {a,b} is a glob of Spark alone
    return next((found for one in places if (found := _here(one)) is not None), path)


def _here(path: str) -> str | None:
    """A path from the root where it, or anything that a glob of Spark's names, lies on this machine.

    What is there under that very name is no glob, as it is none to DuckDB.
    """
    with suppress(OSError, ValueError):  # no name of a file
        if Path(path).exists():
            return literal(str(Path(path).absolute()))
        if any(iglob(re.sub(r"\{[^{}]*\}", "*", path))):
            return str(Path(path).absolute())
    return None


def told_apart_from(monitor: Monitor) -> tuple[str, ...]:
    """What a monitor of Spark names and does not get, in sentences."""
    found = []
    for field, words in APART.items():
        named = getattr(monitor.columns, field)
        if named is not None and (isinstance(named, Labels) or (field == "attributions" and named.path is not None)):
            found.append(f"{words} in a table of their own are not joined in Spark: let production be a view that does")
    return tuple(found)


def elsewhere(monitor: Monitor, base: Path, sides: dict[str, Dataset]) -> Iterator[Row]:
    """What is wrong with sides that do not lie here. sides: is given those that lie in Spark."""
    in_spark = monitor.engine.on == "spark"
    if in_spark:
        yield from (("columns", said, None, "warning") for said in told_apart_from(monitor))
        try:
            _spark_of(monitor).do(lambda session: session.version)
        except PlumblineError as error:  # a Spark that cannot be asked is told once, not for each side
            yield REMOTE, error.message, error.hint, "error"
            return
    for side in ("reference", "production"):
        place = getattr(monitor, side)
        if in_spark:
            try:
                sides[side] = open_there(monitor, side, base)
            except PlumblineError as error:
                yield side, error.message, error.hint, "error"
        elif place.connection == SPARK:
            yield side, "it is a table of Spark", "Write engine: {on: spark}.", "error"
        elif not looked_at(place.source):
            yield side, "it lies elsewhere: nothing of it was looked at", None, "warning"

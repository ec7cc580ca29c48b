"""The two sides of a monitor whose rows lie in Spark, opened there; and what is stopped while Spark is at work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from engine.errors import PlumblineError, UnreadableSource, UnusableData
from engine.monitor.limits import Row
from engine.monitor.model import Monitor
from engine.monitor.sections import SPARK, Labels
from engine.tables.away.addresses import allowed_hosts, host_of, is_elsewhere, looked_at
from engine.tables.places import find_path
from engine.tables.sources import Dataset
from engine.tables.spark.session import spark, watched

Progress = Callable[[float, str], None]
# Tables of their own that are not joined there, by field of the file.
APART = {"target": "labels", "attributions": "attributions"}


def open_there(monitor: Monitor, side: str, base: Path | None = None) -> Dataset:
    """One side of a monitor of Spark. side: reference or production; base: the folder of the monitor's file.

    Paths are Spark's own; one without a scheme that is found here is sent whole. Raises UnreadableSource, UnusableData.
    """
    place, remote = getattr(monitor, side), monitor.engine.remote
    if remote and allowed_hosts() and not any(fnmatchcase(host_of(remote), one) for one in allowed_hosts()):
        raise UnreadableSource(
            "This host may not be asked.", where=side, hint=f"Allowed: {', '.join(allowed_hosts())}."
        )
    from engine.tables.spark.opening import open_path, open_table  # for who has data in Spark

    root = spark(remote)
    if place.table is not None:
        if place.connection != SPARK:
            said = "Spark does not read what lies behind this connection."
            raise UnreadableSource(said, where=side, hint=f"Write connection: {SPARK} for a table or view of its own.")
        return open_table(place.table, root, monitor.hidden(f"spark:{place.table}"))
    if place.csv is not None or place.sheet is not None:
        raise UnusableData(
            "csv: and sheet: are not used by Spark.", where=side, hint="Make it a table or view of Spark."
        )
    found = find_path(place.path, base)
    if not is_elsewhere(found) and Path(found.split("*")[0]).exists():
        found = str(Path(found).absolute())
    return open_path(found, root, monitor.hidden(f"spark:{place.path}"))


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


@contextmanager
def stoppable(tell: Progress) -> Iterator[Progress]:
    """A progress to tell, that is told again a few times a second while Spark is at work: it may raise Cancelled."""
    last: list[tuple[float, str]] = [(0.0, "asking Spark")]

    def on(share: float, said: str) -> None:
        last[0] = (share, said)
        tell(share, said)

    with watched(lambda: tell(*last[0])):
        yield on

"""Which windows of a monitor are to be recorded, and recording them: each exactly once, in order, each whole.

A window is closed when the clock has passed its end and the grace. Data carry no zone, so within 14 hours after that
the window also needs a row that lies after it. A closed window that holds too few rows is recorded as partial.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Literal

from engine.errors import Cancelled, InvalidFilter, PlumblineError, UnreadableSource, UnusableData, plain, shown
from engine.explore import Opened, look, open_monitor
from engine.explore.predicted import chosen, predictions
from engine.logs import tell as log
from engine.monitor import Monitor, read_monitor
from engine.record import Record
from engine.run import Run
from engine.slices import Slice, Window, moment_sql, parse_window, window_of
from engine.store import Store, open_store, recorded, run_of, save
from engine.tables.moments import span_of
from engine.tables.watching import heard

ANY_ZONE = timedelta(hours=14)  # no place on earth is later than that
GREW = 0.01  # share of a window's rows by which labels or rows must have grown for it to be told anew

SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=31)}

Progress = Callable[[float, str], None]
Which = Literal["last", "all", "due"] | Window


@dataclass(frozen=True, slots=True)
class Done:
    """One window that was asked for. new: recorded just now, not before."""

    record: Record
    new: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one monitor's file. error: what stopped it; what was recorded before that stays recorded."""

    path: Path
    monitor: Monitor | None
    done: tuple[Done, ...] = ()
    notes: tuple[str, ...] = ()
    error: PlumblineError | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One run that is to be made. again: as a revision of the one that is there, which has this number."""

    window: Window | None
    against: str
    again: bool = False
    revision: int = 0


def run_monitors(
    store: Store,
    paths: Sequence[str | Path],
    which: Which = "last",
    *,
    again: bool = False,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Record windows of several monitors, given as files or folders of files; a broken one does not stop the others.

    which: the last closed window, all closed ones, all that are due (closed and not recorded, or with labels or rows
    that came since), or one window. again: record what is recorded as a new revision. now: UTC, without a zone.
    Raises UnreadableSource for a folder without monitors, Cancelled.
    """
    found: list[Outcome] = []
    names: dict[str, Path] = {}
    for path in monitor_files(paths):
        try:
            monitor = read_monitor(path)
            if monitor.monitor in names:
                first = names[monitor.monitor]
                said = f"Two files are called {shown(monitor.monitor)}; the other is {first}."
                raise PlumblineError(said, where=str(path), hint="Give each its own name: runs are kept under it.")
        except PlumblineError as error:
            found.append(Outcome(path, None, error=error))
            continue
        names[monitor.monitor] = path
        found.append(run_monitor_file(store, path, monitor, which, again=again, now=now, progress=progress))
    return tuple(found)


def run_monitor_file(
    store: Store,
    path: Path,
    monitor: Monitor,
    which: Which = "last",
    *,
    again: bool = False,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Record windows of one monitor; see run_monitors."""
    done: list[Done] = []
    notes: list[str] = []
    name, text = plain(monitor.monitor), path.read_text(encoding="utf-8", errors="replace")
    try:
        with heard(progress) as tell:  # also while one window takes long
            opened = open_monitor(monitor, path.parent, lambda share, said: tell(0.2 * share, f"{name}: {said}"))
            moment = now or datetime.now(UTC).replace(tzinfo=None)
            tasks, notes = tasks_of(store, opened, which, again, moment)
            for i, task in enumerate(tasks):
                said = task.window.text if task.window else "all time"
                tell(0.2 + 0.8 * i / len(tasks), f"{name}: {said} ({i + 1} of {len(tasks)})")
                one = _recorded(store, opened, task, text, which)
                if one is not None:
                    done.append(one)
            tell(1.0, name)
    except Cancelled:
        raise
    except PlumblineError as error:
        return Outcome(path, monitor, tuple(done), tuple(notes), error)
    return Outcome(path, monitor, tuple(done), tuple(notes))


def run_monitor(monitor: str | Path, window: str | None = None, store: str | None = None) -> Run:
    """The run of a monitor's last closed window, or of START..END: recorded now, or as it was recorded before.

    store: an address, as open_store takes it. A monitor with several baselines gives the run of the first.
    """
    kept = open_store(store)
    which: Which = parse_window(window) if window else "last"
    files = monitor_files([monitor])
    if len(files) > 1:
        raise UnusableData(
            f"The folder holds {len(files)} monitors, and a run is of one.",
            where=shown(str(monitor)),
            hint=f"Name its file, as in {shown(str(files[0]))}.",
        )
    (outcome,) = run_monitors(kept, files, which)
    if outcome.error:
        raise outcome.error
    if not outcome.done:
        raise UnusableData("There is nothing to run.", where=shown(str(monitor)), hint=" ".join(outcome.notes) or None)
    return run_of(kept, outcome.done[0].record.id)


def monitor_files(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """Files of monitors: those that were given, and all of the folders that were. Each once."""
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        try:
            inside = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
        except (OSError, ValueError) as error:
            raise UnreadableSource(f"The folder cannot be read: {error}.", where=shown(str(path))) from None
        if not inside:
            raise UnreadableSource("The folder holds no monitor.", where=shown(str(path)), hint="They end in .yaml.")
        found.update(dict.fromkeys(inside))
    return tuple(found)


def tasks_of(store: Store, opened: Opened, which: Which, again: bool, now: datetime) -> tuple[list[Task], list[str]]:
    """The runs to be made, in the order of their windows, and what a reader should know about it."""
    baselines = baselines_of(opened.monitor)
    if isinstance(which, Window):
        if opened.production.timestamp is None:
            raise InvalidFilter("The monitor has no timestamp column, so it has no windows.")
        return [Task(which, one, again) for one in baselines], []
    windows: list[Window | None] = list(closed(opened, now)) if opened.windows else [None]
    notes = list(_notes(opened, now))
    if not windows:
        return [], [*notes, "No window is closed yet."]
    if which == "last":
        return [Task(windows[-1], one, again) for one in baselines], notes
    if which == "all":
        return [Task(window, one, again) for window in windows for one in baselines], notes
    known = recorded(store, opened.monitor.monitor)
    labels = labelled_of(opened)
    tasks = []
    for window in windows:
        for one in baselines:
            before = known.get((window, one, ""))
            if before is None or grew(before, opened.rows(window), labels(window)):
                tasks.append(Task(window, one, before is not None, before.revision if before else 0))
    return tasks, notes


def closed(opened: Opened, now: datetime) -> tuple[Window, ...]:
    """The windows that are over, oldest first. now: UTC, without a zone."""
    grace = duration(opened.monitor.window.grace)
    newest = newest_moment(opened)

    def over(window: Window) -> bool:
        try:
            since = now - (window.end + grace)
        except OverflowError:
            return False
        moved_on = newest is not None and newest >= window.end
        return since >= timedelta(0) and (moved_on or since >= ANY_ZONE)

    return tuple(window for window in opened.windows if over(window))


def newest_moment(opened: Opened) -> datetime | None:
    """The newest moment of production, None without one."""
    side = opened.production
    if side.timestamp is None:
        return None
    if side.far:  # moments of Spark are all finite
        span = span_of(side)
        return span[1] if span else None
    at = moment_sql(side.timestamp, side.columns)
    newest = side.query(f"SELECT max(CAST({at} AS TIMESTAMP)) AS newest FROM {side.scan} WHERE isfinite({at})")
    found: datetime | None = newest["newest"][0].as_py()
    return found


def duration(text: str) -> timedelta:
    """A number and a unit as a span; a month has 31 days here, so that none is called closed too early.

    >>> duration("2 days")
    datetime.timedelta(days=2)
    """
    number, unit = text.removesuffix("s").split()
    try:
        return int(number) * SPANS[unit]
    except OverflowError:
        return timedelta.max


def grew(before: Record, rows: int, labelled: int | None) -> bool:
    """Whether a recorded window has rows or labels that it had not, enough of them to be told anew.

    Rows or labels that went away tell nothing about the window: they were deleted.
    """
    least = max(1.0, GREW * rows)
    return rows - before.rows >= least or (labelled or 0) - (before.labelled or 0) >= least


def labelled_of(opened: Opened) -> Callable[[Window | None], int | None]:
    """How many rows of a window have a label; None where labels are not known."""
    read = predictions(opened)

    def count(window: Window | None) -> int | None:
        if isinstance(read, str):
            return None
        return read.sides["production"].side(chosen(opened, "production", Slice(window=window))).labelled

    return count


def baselines_of(monitor: Monitor) -> tuple[str, ...]:
    """What the monitor's windows are held against, each once, in the file's order."""
    said = monitor.against
    return tuple(dict.fromkeys([said] if isinstance(said, str) else said)) or ("reference",)


def _recorded(store: Store, opened: Opened, task: Task, text: str, which: Which) -> Done | None:
    """Make and record one run, unless another process did meanwhile."""
    key = (task.window, task.against, "")
    before = recorded(store, opened.monitor.monitor)
    if key in before and not task.again:
        return Done(before[key], new=False)
    if key in before and which == "due" and before[key].revision > task.revision:  # another process was faster
        return Done(before[key], new=False)
    begun = monotonic()
    run = look(opened, Slice(window=task.window), task.against, exact=True)
    log("computed", monitor=opened.monitor.monitor, run=run.id, ms=round(1000 * (monotonic() - begun)))
    partial = task.window is not None and task.window in opened.windows and opened.partial(task.window)
    trigger = "restated" if which == "due" and task.again else "due" if which == "due" else "manual"
    made = save(
        store, run, opened.monitor, against=task.against, trigger=trigger, partial=partial, text=text, again=task.again
    )
    if made is None:
        kept = recorded(store, opened.monitor.monitor).get(key)
        return Done(kept, new=False) if kept else None
    return Done(made, new=True)


def _notes(opened: Opened, now: datetime) -> Iterator[str]:
    """What is odd about when the data are from."""
    newest = newest_moment(opened) if opened.windows else None
    if newest is None:
        return
    if newest > now + ANY_ZONE:
        yield f"The newest row is of {newest:%Y-%m-%d %H:%M}, which is still to come: look at clocks and zones."
    try:
        unit, grace = opened.monitor.window.unit, duration(opened.monitor.window.grace)
        missed = window_of(newest, unit).end
        if now - ANY_ZONE - grace >= window_of(missed, unit).end:
            yield f"No row is newer than {newest:%Y-%m-%d %H:%M}: every closed {unit} since holds nothing."
    except (OverflowError, PlumblineError):
        return

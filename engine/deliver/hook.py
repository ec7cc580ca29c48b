"""After a run: files for Prometheus are written, and what is due to the monitor's targets is queued and sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.deliver.news import Outlook
from engine.deliver.prometheus import write_metrics
from engine.deliver.queue import queue_news
from engine.deliver.reading import outlook_in
from engine.deliver.retry import QUICK
from engine.deliver.secrets import filled
from engine.deliver.send import SECONDS, Outcome, send_due
from engine.deliver.targets import Target, targets_of
from engine.errors import PlumblineError, plain
from engine.monitor import Monitor
from engine.monitor.delivery import names_of
from engine.store import Store, deliveries
from engine.store.outbox import WAITING, prune


@dataclass(frozen=True, slots=True)
class Told:
    """What became of it. outcomes: of messages; files: that were written; problems: what went wrong, in words.

    waits: messages to these targets that are not sent yet.
    """

    outcomes: tuple[Outcome, ...] = ()
    files: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()
    waits: int = 0

    @property
    def fine(self) -> bool:
        """Whether everything that was due was sent and written."""
        return not self.problems and all(one.state == "sent" for one in self.outcomes)

    @property
    def said(self) -> tuple[str, ...]:
        """What was not sent or written, a sentence each."""
        bad = [one for one in self.outcomes if one.state != "sent"]
        return (*self.problems, *(f"{plain(one.target)}: {one.said}, {one.state}." for one in bad))


def after_run(
    store: Store,
    monitors: Sequence[Monitor],
    *,
    now: datetime | None = None,
    seconds: float = SECONDS,
    quick: Sequence[float] = QUICK,
) -> Told:
    """Tell whoever is to be told of what these monitors' runs found; to be called once after all of them.

    What cannot be told, written or read is said in words, and stops neither the others nor the caller. now: UTC.
    seconds: that sending may take.
    """
    moment = now or datetime.now(UTC)
    files: list[Path] = []
    problems: list[str] = []
    for monitor in monitors:
        try:
            queue_news(store, monitor, moment)
            written, wrong = write_files(store, monitor)
        except PlumblineError as error:
            problems.append(str(error))
            continue
        files += written
        problems += wrong
    targets = [target for monitor in monitors for target in targets_of(monitor)]
    outcomes: tuple[Outcome, ...] = ()
    waits = 0
    try:
        prune(store, moment)
        outcomes = send_due(store, targets, seconds=seconds, quick=quick) if targets else ()
        waits = waiting(store, targets)
    except PlumblineError as error:
        problems.append(str(error))
    return Told(outcomes, tuple(files), tuple(problems), waits)


def waiting(store: Store, targets: Sequence[Target]) -> int:
    """How many messages to these targets are not sent yet."""
    keys = {one.key for one in targets}
    return sum(one.target in keys for one in deliveries(store, WAITING)) if keys else 0


def write_files(store: Store, monitor: Monitor) -> tuple[list[Path], list[str]]:
    """Write the metrics of a monitor to every file that it names; the files, and what went wrong."""
    named = zip(names_of(monitor.deliver), monitor.deliver, strict=True)
    wanted = [(name, one.path) for name, one in named if one.to == "prometheus" and one.path]
    seen = _seen(store, monitor) if wanted else None
    files, problems = [], []
    for name, path in wanted:
        if seen is None:
            break
        try:
            file = Path(filled(path, name))
            write_metrics(seen, file)
            files.append(file)
        except PlumblineError as error:
            problems.append(str(error))
    return files, problems


def _seen(store: Store, monitor: Monitor) -> Outlook | None:
    return outlook_in(store, monitor)[0]

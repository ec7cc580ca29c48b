"""The verb deliver: monitors as they were named become messages, sent or tried, and these a table of outcomes."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.cli_tables import table
from engine.deliver import Outcome, Told, after_run, queue_test, send_due, targets_of
from engine.deliver.hook import waiting
from engine.errors import PlumblineError, UnreadableSource, plain, shown
from engine.monitor import Monitor, read_monitor, read_monitors
from engine.monitor.folder import folder_of_monitors
from engine.store import Store, open_store

MARKS = {"sent": "●", "waiting": "▲", "given up": "■"}
HEAD = ("state", "target", "kind", "said", "next try", "event")


def told(monitors: Sequence[str], store: str | None, test: bool) -> Told:
    """Send what is due to the targets of some monitors, or a test. One that cannot be read does not stop the others."""
    found, problems = named(monitors)
    opened = open_store(store)
    done = trial(opened, found) if test else after_run(opened, found)
    return replace(done, problems=(*problems, *done.problems))


def named(given: Sequence[str]) -> tuple[list[Monitor], list[str]]:
    """The monitors of files and folders, and what is wrong with those that cannot be read."""
    found: list[Monitor] = []
    problems: list[str] = []
    for one in given or (str(folder_of_monitors()),):
        try:
            if "\0" not in one and Path(one).is_dir():
                good, broken = read_monitors(one)
                found += good.values()
                problems += [str(error) for error in broken.values()]
                if not good and not broken:
                    raise UnreadableSource("The folder holds no monitor file.", where=shown(one))
            else:
                found.append(read_monitor(one))
        except PlumblineError as error:
            problems.append(str(error))
    return found, problems


def trial(store: Store, monitors: Sequence[Monitor]) -> Told:
    """Send a test to every target, and whatever else is due to it."""
    for monitor in monitors:
        queue_test(store, monitor)
    targets = [target for monitor in monitors for target in targets_of(monitor)]
    none = () if targets else ("No monitor names a target: see its deliver section.",)
    return Told(send_due(store, targets, quick=()), problems=none, waits=waiting(store, targets))


def document(done: Told) -> dict[str, Any]:
    """What became of it, as JSON."""
    return {
        "schema_version": 1,
        "kind": "deliveries",
        "deliveries": [asdict(one) for one in done.outcomes],
        "files": [str(one) for one in done.files],
        "problems": list(done.problems),
        "waiting": done.waits,
    }


def render(done: Told, form: str) -> str:
    """What became of it, as text for a person, or as TSV or CSV."""
    if form != "table":
        return table(HEAD, [_cells(one) for one in done.outcomes], form)
    said = []
    if done.outcomes:
        said.append(table(HEAD, [(f"{MARKS[one.state]} {one.state}", *_cells(one)[1:]) for one in done.outcomes], form))
    said += [f"● {plain(str(one), 200)} is written." for one in done.files]
    said += [f"■ {plain(line, 600)}" for problem in done.problems for line in problem.splitlines()]
    rest = done.waits - sum(one.state == "waiting" for one in done.outcomes)
    said += [f"▲ {rest} more wait for their next try."] if rest > 0 else []
    return "\n".join(said) if said else "● Nothing is due."


def _cells(one: Outcome) -> tuple[str, ...]:
    return one.state, plain(one.target), one.kind, plain(one.said, 200), one.next_at or "", one.event_id

"""The verb compare: options as typed become a slice, kinds, roles and a plan."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.columns import ONCE, Role, parse
from engine.errors import PlumblineError, shown
from engine.look import look
from engine.pair import in_one_reading, open_both
from engine.run import Run
from engine.signals import Plan, chosen_metrics
from engine.slices import Slice, parse_filter, parse_window
from engine.slices.against import SAME_COHORT, WHOLE_REFERENCE
from engine.tables.connection import connect
from engine.tables.late_labels import LabelTable
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset

if TYPE_CHECKING:
    from engine.monitor import Monitor


def compared(
    reference: str,
    production: str,
    monitor: str | None = None,
    timestamp: str | None = None,
    window: str | None = None,
    where: tuple[str, ...] = (),
    kind: tuple[str, ...] = (),
    role: tuple[str, ...] = (),
    metrics: str | None = None,
    whole_reference: bool = False,
    without: bool = False,
    against: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Run:
    """The run that the options of compare ask for; what is typed goes over what a monitor file says."""
    first, second = open_both(reference, production)
    kinds, roles, plan, named, least, labels = {}, {}, Plan(), None, 0.5, None
    if monitor:
        from engine.monitor import read_monitor

        found = read_monitor(Path(monitor))
        kinds = {name: str(one) for name, one in found.columns.kinds.items()}
        roles, plan, named = dict(found.columns.roles), found.plan, (found.monitor, found.digest)
        least = found.window.least
        labels = labels_of(found, Path(monitor).parent)
    kinds |= _pairs("--kind", kind)
    roles = _roles(roles, _pairs("--role", role), timestamp)
    first, second = in_one_reading(first, second, kinds, roles)
    _moments(first)
    if metrics is not None:
        plan = replace(plan, metrics=chosen_metrics(tuple(metrics.split(","))))
    cohort = tuple(parse_filter(text, second.columns) for text in where)
    cut = Slice(cohort, parse_window(window) if window else None, without)
    against = against or (WHOLE_REFERENCE if whole_reference else SAME_COHORT)
    return look(
        first, second, cut, plan, against=against, monitor=named, least=least, labels=labels, progress=progress
    )  # fmt: skip


def labels_of(monitor: "Monitor", base: Path) -> LabelTable | None:
    """The table of labels that a monitor names, opened on a connection of its own; None where it names none."""
    from engine.monitor.sections import Labels

    written = monitor.columns.target
    if not isinstance(written, Labels):
        return None
    path = find_path(written.path, base)
    root = connect({file.parent for file in find_files(path)})
    return LabelTable(open_dataset(path, root, "labels"), written.id, written.column)


def _roles(known: dict[str, str], typed: dict[str, str], timestamp: str | None) -> dict[str, str]:
    """Roles as typed over those of a monitor file; what only one column can be is taken from the file's column."""
    if timestamp is not None:
        typed = {**typed, timestamp: "timestamp"}
    once = [parse(Role, one) for one in typed.values() if parse(Role, one) in ONCE]
    for one in once:
        if once.count(one) > 1:
            names = " and ".join(shown(name) for name, role in typed.items() if parse(Role, role) is one)
            raise PlumblineError(f"Only one column can be the {one}, not {names}.", where="--role")
    return {name: role for name, role in known.items() if name in typed or role not in once} | typed


def _moments(dataset: Dataset) -> None:
    """Refuse a timestamp that holds no moments: every window of it would be empty."""
    column = dataset.with_role(Role.TIMESTAMP)
    if column and not column.base.startswith(("TIMESTAMP", "DATE", "VARCHAR")):
        near = next((one.name for one in dataset.columns if one.base.startswith(("TIMESTAMP", "DATE"))), None)
        hint = f"Did you mean {shown(near)}?" if near else None
        raise PlumblineError(f"{shown(column.name)} holds {column.type}, not moments in time.", hint=hint)


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    """COL=VALUE texts as a mapping; the last = divides, since names may hold one."""
    found = {}
    for text in texts:
        name, sign, value = text.rpartition("=")
        if not sign or not name:
            raise PlumblineError(f"{shown(text)} is not COL=VALUE.", where=option)
        found[name] = value
    return found

"""A monitor with its data: supports fixed on the reference, both sides counted and coded, every slice a sum of them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.columns import Column, Role
from engine.errors import UnreadableSource, shown
from engine.look import is_partial
from engine.monitor import Monitor
from engine.monitor.far import open_there, told_apart_from
from engine.monitor.sections import Labels
from engine.pair import read_as
from engine.signals import Plan
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT, Against, against
from engine.tables.binned import binned
from engine.tables.cells import ALL, Cells
from engine.tables.coded import Coded, recount
from engine.tables.connection import connect
from engine.tables.count import count
from engine.tables.counted import counted
from engine.tables.late_labels import LabelTable
from engine.tables.places import find_path
from engine.tables.room import hold_room
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.spark.steady import SteadyThere
from engine.tables.steady import Steady, steady
from engine.tables.supports import Support
from engine.tables.watching import heard

KEPT, KEPT_BYTES = 48, 512e6  # free filters whose cells are kept: so many, and no more than so much of them

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Side:
    """One dataset of a monitor, counted. codes: None where there was no room for them."""

    dataset: Dataset
    cells: Cells
    codes: Coded | None


@dataclass(frozen=True, eq=False)
class Opened:
    """A monitor with its data. supports: per column, or the reason why it has none. labels: those in their own table.
    base: the folder of the monitor's file. files: as they were when it was opened; None where data are no files.

    recounted: free filters, lately. kept: what is read once, when it is first asked for.
    """

    monitor: Monitor
    plan: Plan
    supports: Mapping[str, Support | str]
    sides: Mapping[str, Side]
    labels: LabelTable | None = None
    base: Path | None = None
    files: Steady | SteadyThere | None = None
    recounted: dict[tuple[str, Slice], Cells] = field(default_factory=dict, repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def reference(self) -> Dataset:
        return self.sides["reference"].dataset

    @property
    def production(self) -> Dataset:
        return self.sides["production"].dataset

    @property
    def windows(self) -> tuple[Window, ...]:
        """The production's windows, in order; none without a timestamp."""
        return self.sides["production"].cells.windows

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are monitored: the reference's, without the ignored ones."""
        return tuple(column for column in self.reference.columns if column.role is not Role.IGNORE)

    @property
    def built(self) -> Mapping[str, Support]:
        """The supports of the columns that have one and stand on both sides."""
        return _built(self.supports, self.production)

    @cached_property
    def cohorts(self) -> Mapping[str, tuple[object, ...]]:
        """The cohort columns and the values that either side has, missing ones as None."""
        found: dict[str, tuple[object, ...]] = {}
        reference = self.sides["reference"].cells.values
        for name, values in self.sides["production"].cells.values.items():
            # Each side lists the values it met; what is 1 here and '1' there is one, as the reference has it.
            both: dict[tuple[bool, str], object] = {}
            for value in (*reference.get(name, ()), *values):
                both.setdefault((value is None, _said(value)), value)
            found[name] = tuple(both[key] for key in sorted(both))
        return found

    def rows(self, window: Window | None, cut: Slice = ALL) -> int:
        """Production rows of a window (None: of all time) and cohort."""
        return rows_in(self, "production", Slice(cut.cohort, window, cut.without))

    def held(self, cut: Slice, text: str = SAME_COHORT) -> Against:
        """What a slice of production is held against, as a text says it."""
        return against(text, cut, self.reference.columns)

    def partial(self, window: Window) -> bool:
        """Whether a window holds less than the monitor's least share of the median window's rows."""
        return is_partial(window, self.volumes, self.monitor.window.least)

    def steadily(self) -> AbstractContextManager[None]:
        """Read within this: what goes wrong, or comes out, after a file changed is told as that (UnusableData)."""
        return self.files.held() if self.files else nullcontext()

    @cached_property
    def volumes(self) -> Mapping[Window, int]:
        """Production rows of every window that holds any."""
        cells = self.sides["production"].cells
        rows = np.bincount(cells.window[cells.window >= 0], cells.rows[cells.window >= 0], len(cells.windows))
        return {window: int(n) for window, n in zip(cells.windows, rows, strict=True) if n}


def open_monitor(monitor: Monitor, base: Path | None = None, progress: Progress | None = None) -> Opened:
    """Open both datasets of a monitor, fix the supports on the reference, and count both sides.

    base: the folder of the monitor's file. progress is told a share and a sentence, and may raise Cancelled. Raises
    UnusableData also where a file changed meanwhile.
    """
    open_it = _open_there if monitor.engine.on == "spark" else _open_here
    with heard(progress) as tell:
        return open_it(monitor, base, tell)


def _open_here(monitor: Monitor, base: Path | None, tell: Progress) -> Opened:
    """As open_monitor, where the rows lie on this machine."""
    written = monitor.columns.target if isinstance(monitor.columns.target, Labels) else None
    places = [monitor.reference.source, monitor.production.source, *([written.path] if written else [])]
    paths = [find_path(place, base) for place in places]
    # of all that is told, what lies elsewhere takes a quarter to bring, and what is no Parquet a quarter to copy
    brought, copied = ([part(tell, start, 0.25, i, len(paths)) for i in range(len(paths))] for start in (0.0, 0.25))
    files = tuple(dict.fromkeys(file for at, path in enumerate(paths) for file in _files(path, monitor, brought[at])))
    watched = steady(files)
    root = connect({file.parent for file in files})
    with watched.held():
        # what a run's document calls its data must not tell what came from the environment
        texts = monitor.reference.text, monitor.production.text
        opened = zip(paths[:2], texts, copied[:2], strict=True)
        reference, production = (
            open_dataset(path, root, monitor.hidden(str(path)), text, on) for path, text, on in opened
        )
        reference, production = _as_monitored(monitor, reference, production)
        labels = None
        if written is not None:
            table = open_dataset(paths[2], root, "labels", written.text, copied[2])
            labels = LabelTable(table, written.id, written.column)
        counting = part(tell, 0.5, 0.5, 0, 1)
        counting(0.0, "reading the files")
        found = open_datasets(monitor, reference, production, counting, labels, base)
    return replace(found, files=watched)


def _open_there(monitor: Monitor, base: Path | None, tell: Progress) -> Opened:
    """As open_monitor, where the rows lie in Spark. A note says which tables of their own are not joined."""
    tell(0.0, "asking Spark")
    reference, production = (open_there(monitor, side, base) for side in ("reference", "production"))
    reference, production = _as_monitored(monitor, reference, production)
    production = replace(production, notes=(*production.notes, *told_apart_from(monitor)))
    watched = SteadyThere((reference, production))
    with watched.held():
        found = open_datasets(monitor, reference, production, part(tell, 0.1, 0.9, 0, 1), None, base)
    return replace(found, files=watched)


def _as_monitored(monitor: Monitor, reference: Dataset, production: Dataset) -> tuple[Dataset, Dataset]:
    """Both sides with the kinds and roles that the monitor gives."""
    kinds = {name: str(kind) for name, kind in monitor.columns.kinds.items()}
    reference = reference.assign(kinds, monitor.columns.roles_in(one.name for one in reference.columns))
    if isinstance(monitor.columns.features, list):
        reference = reference.only_features(monitor.columns.features)
    return reference, read_as(reference, production)


def part(tell: Progress, start: float, size: float, at: int, of: int) -> Progress:
    """One of some equal steps of a part of the whole, told as a share of all.

    >>> part(lambda share, said: print(share, said), 0.5, 0.25, 1, 2)(0.5, "half of the second step")
    0.6875 half of the second step
    """

    def on(share: float, said: str) -> None:
        tell(start + size * (at + min(share, 1.0)) / of, said)

    return on


def _files(path: str, monitor: Monitor, tell: Progress) -> tuple[Path, ...]:
    """The files of a place; an error does not tell what came from the environment."""
    try:
        return find_files(path, tell)
    except UnreadableSource as error:
        where, hint = monitor.hidden(path), error.hint and monitor.hidden(error.hint)
        if where == path:
            raise
        raise UnreadableSource(monitor.hidden(error.message), where=shown(where), hint=hint) from None


def open_datasets(
    monitor: Monitor,
    reference: Dataset,
    production: Dataset,
    progress: Progress | None = None,
    labels: LabelTable | None = None,
    base: Path | None = None,
) -> Opened:
    """As open_monitor, for datasets that are already open. labels: where they stand in a table of their own."""
    tell = progress or (lambda share, said: None)
    cohorts = [name for name in monitor.columns.cohorts if reference.column(name) and production.column(name)]
    columns = [column for column in reference.columns if column.role is not Role.IGNORE]
    for side in (reference, production):
        hold_room(side, columns, monitor.window.unit)
    supports = binned(reference, columns, lambda share, said: tell(0.4 * share, said))
    built, unit = _built(supports, production), monitor.window.unit
    first = counted(reference, built, unit, cohorts, lambda share, said: tell(0.4 + 0.2 * share, said))
    second = counted(production, built, unit, cohorts, lambda share, said: tell(0.6 + 0.4 * share, said))
    sides = {"reference": Side(reference, *first), "production": Side(production, *second)}
    return Opened(monitor, monitor.plan, supports, sides, labels, base)


def _said(value: object) -> str:
    """A value as both sides print it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _built(supports: Mapping[str, Support | str], production: Dataset) -> dict[str, Support]:
    return {n: one for n, one in supports.items() if not isinstance(one, str) and production.has(n)}


def rows_in(opened: Opened, side: str, cut: Slice) -> int:
    """Rows of a slice of one side, from cells where it is a union of them."""
    one = opened.sides[side]
    groups = one.cells.groups(cut)
    if groups is not None:
        return int(one.cells.rows[groups].sum())
    condition, values = one.dataset.where(cut)
    asked = f"SELECT count(*) AS n FROM {one.dataset.scan} WHERE {condition}"
    return int(one.dataset.query(asked, values)["n"][0].as_py())


def _recounted(opened: Opened, side: str, cut: Slice) -> Cells:
    """Cells of a slice that the cells at hand cannot answer: from codes, or in one pass over the data without them."""
    known = opened.recounted
    cells = known.pop((side, cut), None)
    if cells is None:
        one = opened.sides[side]
        unit = None if cut.window else opened.monitor.window.unit
        cells = recount(one.codes, cut) if one.codes else count(one.dataset, opened.built, unit, cut=cut)
    known[side, cut] = cells  # last, so that it is let go last
    sizes = [(key, one.size) for key, one in reversed(list(known.items()))]  # those used last come first
    room = KEPT_BYTES
    for i, (key, size) in enumerate(sizes):
        room -= size
        if i and (i >= KEPT or room < 0):
            known.pop(key, None)
    return cells


def cells_for(opened: Opened, side: str, cut: Slice) -> tuple[Cells, NDArray[np.bool_]]:
    """The cells of one side that answer a slice, and which of their groups it is.

    A free filter is counted once for all windows; a span that is no union of windows by itself.
    """
    timeless = Slice(cut.cohort, None, cut.without)
    cells = opened.sides[side].cells
    groups = cells.groups(cut)
    if groups is None and timeless != ALL:
        cells = _recounted(opened, side, timeless)
        groups = cells.groups(cut)
    if groups is None:
        cells = _recounted(opened, side, cut)
        groups = cells.groups(cut)
    assert groups is not None, "a slice that was counted answers itself"
    return cells, groups

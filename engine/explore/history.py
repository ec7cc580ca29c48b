"""One metric of every column over all windows of a cohort, each held against what it is held against."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.assess import judged, observe, unjudged_if_partial
from engine.explore.look import floors_of, summaries_of
from engine.explore.opened import Opened
from engine.findings import Finding, NotComputed
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.tables.cells import ALL


@dataclass(frozen=True, eq=False)
class History:
    """One metric of every column in every window. cells: (column, window index) -> finding, or why there is none."""

    metric: str
    columns: tuple[str, ...]
    windows: tuple[Window, ...]
    cells: Mapping[tuple[str, int], Finding | NotComputed]

    def values(self, column: str) -> list[float | None]:
        """The metric's value per window, None where it was not computed."""
        found = (self.cells.get((column, i)) for i in range(len(self.windows)))
        return [one.value if isinstance(one, Finding) else None for one in found]


def history(
    opened: Opened, metric: str, cohort: Slice = ALL, against: str = SAME_COHORT, column: str | None = None
) -> History:
    """The history of one metric over all windows of a cohort, of every column or of one."""
    cells: dict[tuple[str, int], Finding | NotComputed] = {}
    floors = None
    for i, window in enumerate(opened.windows):
        cut = Slice(cohort.cohort, window, cohort.without)
        floors = floors or floors_of(opened, cut, against)  # the same for every window of a unit
        summaries = summaries_of(opened, cut, against, column)
        wanted = [one for one in opened.columns if one.name in summaries]
        seen, gaps = observe(wanted, summaries, opened.plan, {metric})
        for found in judged(seen, opened.columns, opened.plan, floors):
            cells[found.column or "", i] = unjudged_if_partial(found, opened.partial(window))
        for gap in gaps:
            cells[gap.column or "", i] = gap
    read_at_all = {name for (name, _), found in cells.items() if isinstance(found, Finding)}
    return History(metric, tuple(c.name for c in opened.columns if c.name in read_at_all), opened.windows, cells)

"""Where a change of an opened monitor comes from: every cohort of a column, by mix and behaviour, and the finder."""

from collections.abc import Sequence
from dataclasses import replace

from engine.cohorts import Cohort, Search, by, cohort_metric, search
from engine.columns import WITHOUT_DRIFT, Kind
from engine.errors import UnknownName, UnusableData, plain, shown
from engine.explore.opened import Opened, Progress, cells_for
from engine.reference import window_excess
from engine.slices import Slice
from engine.slices.against import SAME_COHORT, defines_words, defining
from engine.tables.coded import no_codes
from engine.tables.crosstab import Crosstab, crosstabs
from engine.tables.spark.crosstab import crosstabs_there

FEW = 51  # categories of a column that is asked about where none is named, missing ones included
COLUMNS = 6  # of them at most


def cohort_columns(opened: Opened) -> tuple[str, ...]:
    """The columns that cohorts are looked for in: those the monitor names; else the categorical ones of fewest values.

    A monitor's own come alone: beside them, an hour of a weekday is a handful of moments, and drifts with the weather.
    """
    built = opened.built
    named = [name for name in opened.cohorts if name in built]
    if named:
        return tuple(named)
    few = [
        name
        for name, support in built.items()
        if support.column.kind is Kind.CATEGORICAL
        and support.column.role not in WITHOUT_DRIFT
        and len(support.labels) <= FEW + 1  # rarer ones together, and unseen ones, have a label each
    ]
    few.sort(key=lambda name: len(built[name].labels))
    return tuple(few[:COLUMNS])


def crosstabs_of(
    opened: Opened,
    cut: Slice,
    against: str,
    columns: Sequence[str],
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[Crosstab]:
    """Both sides of a slice by the bins of these columns. only: count these columns.

    Raises UnknownName for a column that is not there, UnusableData for one that has no values to count, and where the
    data have no codes.
    """
    for name in (*columns, *(only or ())):
        if why := _obstacle(opened, name):
            raise UnusableData(
                f"Its values make no cohorts, and are read on none: {why}.", where=f"column {shown(name)}"
            )
    held = opened.held(cut, against)
    if opened.production.far:
        there = {name: one for name, one in opened.built.items() if opened.reference.has(name)}
        sides = (opened.sides[held.side].dataset, held.cut), (opened.production, cut)
        return crosstabs_there(*sides, there, columns, only, progress)
    first, second = opened.sides[held.side].codes, opened.sides["production"].codes
    if first is None or second is None:
        raise no_codes(opened.sides[held.side].dataset, opened.production)
    return crosstabs((first, held.cut), (second, cut), columns, only, progress)


def _obstacle(opened: Opened, name: str) -> str | None:
    """Why a column cannot be counted by, or None."""
    if name not in opened.supports:
        raise UnknownName.of("column", name, opened.supports)
    support = opened.supports[name]
    if isinstance(support, str):
        return support
    return None if opened.production.has(name) else "production has no such column"


def mix_of(
    opened: Opened, name: str, column: str, cut: Slice, against: str = SAME_COHORT, metric: str = "psi"
) -> tuple[Cohort, ...]:
    """Every cohort of a column with what it adds to a reading of name: by mix, and by behaviour."""
    tabs = crosstabs_of(opened, cut, against, [column], [name])
    excess = _excess(opened, cut, against, metric)
    return by(tabs, opened.built, column, metric=metric, columns=[name], plan=opened.plan, excess=excess)


def found(
    opened: Opened,
    cut: Slice,
    against: str = SAME_COHORT,
    metric: str = "psi",
    columns: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Search:
    """The cohorts of one column or two in which some column drifts. columns: look at these columns' drift only.

    A column that defines the slice, and what it is held against not, is not looked at: that it differs is no news.
    """
    tell = progress or (lambda share, said: None)
    asked = cohort_columns(opened)
    tabs = crosstabs_of(opened, cut, against, asked, columns, lambda share, said: tell(0.8 * share, said))
    plan = opened.plan
    defines = defining(cut, opened.held(cut, against))
    wanted = {one.name for one in opened.columns if one.role not in WITHOUT_DRIFT} - set(defines)
    wanted = wanted if columns is None else wanted & set(columns)
    result = search(
        tabs, opened.built, metric=metric, columns=wanted, plan=plan, excess=_excess(opened, cut, against, metric),
        progress=lambda share, said: tell(0.8 + 0.2 * share, said),
    )  # fmt: skip
    left = [(name, _obstacle(opened, name)) for name in opened.cohorts]
    notes = [f"No cohorts of {plain(name)}: {why}." for name, why in left if why]
    return replace(result, notes=(*notes, *(defines_words(name) for name in defines)))


def _excess(opened: Opened, cut: Slice, against: str, metric: str) -> dict[str, float]:
    """How much further than rows drawn singly the reference's own windows lie apart; nothing within one window."""
    held = opened.held(cut, against)
    if held.side == "production" and not held.windows:
        return {}
    base = held.cut if held.side == "reference" else Slice(cut.cohort, None, cut.without)
    cells, _ = cells_for(opened, "reference", base)
    key = cohort_metric(metric).key
    return window_excess(cells, base, opened.supports, opened.columns, opened.monitor.window.least, key)

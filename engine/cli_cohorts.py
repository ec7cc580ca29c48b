"""The verb cohorts: options as typed become crosstabs of two datasets, and these a list of cohorts as text."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli_compare import as_told, askable, filters, pairs, texts_of
from engine.cli_tables import MARKS, table
from engine.cohorts import Cohort, by, cohort_metric, document, search
from engine.columns import ORDERED, Role
from engine.errors import UnknownName, UnusableData, plain, shown
from engine.findings import Severity, three
from engine.noise import NO_WINDOWS
from engine.pair import open_both
from engine.reference import window_excess
from engine.signals import Plan, pointless
from engine.slices import UNITS, Slice, parse_window, unit_of
from engine.tables.binned import binned
from engine.tables.cells import Cells
from engine.tables.coded import Coded, no_codes, recount
from engine.tables.counted import counted
from engine.tables.crosstab import crosstabs
from engine.tables.sources import Dataset
from engine.tables.supports import NAMED, CategoricalSupport, Support

if TYPE_CHECKING:
    from engine.monitor import Monitor

MOST = 6  # cohort columns that are chosen by themselves
LISTED = 25  # cohorts that a person reads; files hold all
TOLD = 5  # sentences above them
HEAD = ("severity", "cohort", "column", "value", "floor", "all rows", "without", "mix", "behaviour", "rows")

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Answer:
    """What the verb found. asked: cohorts × columns; notes: what a reader should know about how it was found."""

    cohorts: tuple[Cohort, ...]
    asked: int
    cut: Slice
    sides: tuple[str, str]
    by: tuple[str, ...]
    metric: str
    notes: tuple[str, ...]

    @property
    def severity(self) -> Severity:
        """The most urgent among the cohorts; ok when there is none."""
        judged = [one.severity for one in self.cohorts if one.severity is not Severity.NOT_JUDGED]
        return max(judged, key=lambda one: one.rank, default=Severity.OK)


def looked_for(
    reference: str,
    production: str,
    column: tuple[str, ...] = (),
    metric: str = "psi",
    by_column: str | None = None,
    monitor: str | None = None,
    timestamp: str | None = None,
    window: str | None = None,
    where: tuple[str, ...] = (),
    kind: tuple[str, ...] = (),
    role: tuple[str, ...] = (),
    csv: tuple[str, ...] = (),
    reference_csv: tuple[str, ...] = (),
    production_csv: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Answer:
    """The cohorts that the options ask for: found, or with by_column every one of that column.

    The reference's same cohort, of all time, is what production's slice is held against.
    """
    asked = cohort_metric(metric)  # what is no metric of cohorts is told before anything is read
    tell = progress or (lambda share, said: None)
    written = csv, reference_csv, production_csv
    first, second, found = _opened(reference, production, monitor, timestamp, kind, role, written)
    cohort = filters(where, askable(first, second))
    cut = Slice(cohort, parse_window(window) if window else None)
    for side, one in ((second, cut), (first, Slice(cohort))):  # a slice that cannot be asked is told at once
        side.query(f"SELECT count(*) FROM {side.scan} WHERE {side.where(one)[0]}", side.where(one)[1])
    columns = [one for one in first.columns if one.role is not Role.IGNORE]
    supports = binned(first, columns, lambda share, said: tell(0.4 * share, said))
    built = {n: one for n, one in supports.items() if not isinstance(one, str) and second.has(n)}
    for name in (*column, *([by_column] if by_column else [])):
        _refuse(name, supports, second)
    if column and set(column) == {by_column}:
        raise UnusableData("Cohorts of a column say nothing about itself.", where=f"column {shown(column[0])}")
    if not built:
        raise UnusableData(_nothing(supports, second), hint="Compare tells more about the columns.")
    for name in column:
        if why := pointless(built[name].column, asked):
            raise UnusableData(f"{why[0].upper()}{why[1:]}.", where=f"column {shown(name)}")
    plan = found.plan if found else Plan()
    chosen, notes = _chosen(by_column, found.columns.cohorts if found else [], built)
    unit = (unit_of(cut.window) if cut.window else None) or (found.window.unit if found else "week")
    least = found.window.least if found else 0.5
    coded, excess, said = _counted_reference(first, built, Slice(cohort), unit, least, asked.key, tell)
    other = counted(second, built, None, (), lambda share, said: tell(0.6 + 0.2 * share, said))[1]
    if coded is None or other is None:
        raise no_codes(first, second)
    tabs = crosstabs(
        (coded, Slice(cohort)), (other, cut), chosen, column or None, lambda share, said: tell(0.8 + 0.15 * share, said)
    )  # fmt: skip
    known: dict[str, Support | str] = dict(built)
    only = set(column) or None
    sides = (reference, production)
    if by_column:
        cohorts = by(tabs, known, by_column, metric=asked.key, columns=only, plan=plan, excess=excess)
        return Answer(cohorts, len(cohorts), cut, sides, chosen, asked.key, (*notes, said))
    result = search(
        tabs, known, metric=asked.key, columns=only, plan=plan, excess=excess,
        progress=lambda share, said: tell(0.95 + 0.05 * share, said),
    )  # fmt: skip
    notes += (
        f"{result.tested:,} cohorts × columns were asked, cohorts of 1 % of the rows and 100 of them; of those listed, "
        "about 5 % at most are there by chance.",
    )
    if result.repeats:
        notes += (f"{result.repeats:,} that drift as their halves or all rows do are not listed.",)
    return Answer(result.cohorts, result.tested, cut, sides, chosen, asked.key, (*notes, said))


def _opened(
    reference: str,
    production: str,
    monitor: str | None,
    timestamp: str | None,
    kind: tuple[str, ...],
    role: tuple[str, ...],
    written: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
) -> tuple[Dataset, Dataset, "Monitor | None"]:
    """Both sides, read as compare reads them, and the monitor if one was given."""
    from engine.monitor import read_monitor

    found = read_monitor(Path(monitor)) if monitor else None
    first, second = open_both(reference, production, texts_of(*written, found))
    first, second = as_told(first, second, found, pairs("--kind", kind), pairs("--role", role), timestamp)
    return first, second, found


def _refuse(name: str, supports: Mapping[str, Support | str], production: Dataset) -> None:
    """Tell a column that is not there, or that nothing can be counted of."""
    if name not in supports:
        raise UnknownName.of("column", name, supports)
    support = supports[name]
    if isinstance(support, str):
        raise UnusableData(f"It cannot be asked: {support}.", where=f"column {shown(name)}")
    if not production.has(name):
        raise UnusableData("Production has no such column.", where=f"column {shown(name)}")


def _nothing(supports: Mapping[str, Support | str], production: Dataset) -> str:
    """Why no column of two datasets can be counted."""
    if not any(production.has(name) for name in supports):
        return "The two sides have no column in common."
    whys = Counter(str(one) for name, one in supports.items() if isinstance(one, str) and production.has(name))
    return (
        f"No column can be counted: {whys.most_common(1)[0][0]}." if whys else "Production lacks all that has values."
    )


def _chosen(
    by_column: str | None, wanted: Sequence[str], built: Mapping[str, Support]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The cohort columns, and how they were chosen."""
    if by_column:
        return (by_column,), ()
    if wanted:
        return tuple(name for name in wanted if name in built), ()
    able = [name for name, one in built.items() if one.column.role is Role.FEATURE and _few(one)]
    able.sort(key=lambda name: built[name].column.kind in ORDERED)  # categories first, else in the data's order
    if not able:
        raise UnusableData("No column has few enough values to make cohorts of.", hint="Name one with --by.")
    left = f" ({', '.join(plain(name) for name in able[MOST:])} left out)" if able[MOST:] else ""
    told = f"Cohorts of {', '.join(plain(name) for name in able[:MOST])}{left}; a monitor may name others."
    return tuple(able[:MOST]), (told,)


def _few(support: Support) -> bool:
    """Whether a column's values make cohorts by themselves: 2 to 50 categories, or few distinct numbers."""
    if isinstance(support, CategoricalSupport):
        return 2 <= len(support.categories) + len(support.rarer) <= NAMED
    return support.unseen is not None and support.unseen > 1


def _counted_reference(
    reference: Dataset, built: Mapping[str, Support], base: Slice, unit: str, least: float, key: str, tell: Progress
) -> tuple[Coded | None, dict[str, float], str]:
    """The reference's codes, how much further than chance its windows differ, and that in words.

    Where the reference has too few windows of a unit, shorter ones tell: they differ no less.
    """
    units = [one for one in reversed(UNITS[: UNITS.index(unit) + 1]) if one != "hour" or unit == "hour"]
    coded: Coded | None = None
    for i, one in enumerate(units if reference.timestamp else [None]):
        cells, coded = counted(reference, built, one, (), lambda share, said: tell(0.4 + 0.2 * share, said))
        of_cohort: Cells = cells if base == Slice() or coded is None else recount(coded, base)
        columns = [support.column for support in built.values()]
        excess = window_excess(of_cohort, base, dict(built), columns, least, key) if one else {}
        if excess:
            return coded, excess, f"The reference's own {one}s differ by themselves; floors are widened by how much."
        if i == len(units) - 1:
            break
    return coded, {}, NO_WINDOWS.words


def render(answer: Answer, form: str) -> str | dict[str, Any]:
    """An answer as text for a person, as TSV or CSV of every cohort, or as its document."""
    if form == "json":
        return document(
            answer.cohorts, slice=answer.cut.words, reference=answer.sides[0], production=answer.sides[1],
            by=list(answer.by), metric=answer.metric, asked=answer.asked, notes=list(answer.notes),
        )  # fmt: skip
    if form != "table":
        return table((*HEAD, "sentence"), [(*_cells(one, repr), one.sentence) for one in answer.cohorts], form)
    said = [plain(f"{answer.cut.words} of {answer.sides[1]}, against {answer.sides[0]}", 400)]
    shown_ones = answer.cohorts[:LISTED]
    if shown_ones:
        said += [*(one.sentence for one in answer.cohorts[:TOLD]), ""]
        said += [table(HEAD, [_cells(one, three) for one in shown_ones], form)]
        rest = len(answer.cohorts) - len(shown_ones)
        said += [f"{rest:,} more; --format json lists them all."] if rest else []
    else:
        said += ["● No cohort drifts beyond all rows." if answer.asked else "– No cohort is large enough to be asked."]
    return "\n".join([*said, *(f"Note: {note}" for note in answer.notes)])


def _cells(one: Cohort, number: Callable[[float], str]) -> tuple[str, ...]:
    values = (one.value, one.floor, one.value_whole, one.value_without, one.mix, one.behaviour)
    mark = f"{MARKS[str(one.severity)]} {str(one.severity).replace('_', ' ')}" if number is three else str(one.severity)
    rows = f"{one.share_reference:.1%} → {one.share_production:.1%}"
    return mark, one.words, one.column, *("" if x is None else number(x) for x in values), rows

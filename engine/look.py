"""A look at two datasets: every column of a slice summarised exactly, read, and judged together into a run."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from threading import Event
from typing import Any

from engine.asked import asked_of
from engine.assess import Observed, Summaries, judged, observe, unjudged_if_defining, unjudged_if_partial
from engine.attribution import asked as attributions_asked
from engine.attribution import attribution_findings, exact_ranking, logged_floor, notes_of
from engine.columns import Column, Role
from engine.errors import Cancelled
from engine.expected import awaited, exact
from engine.findings import Finding, NotComputed
from engine.maturity import Maturity, maturity
from engine.noise import NO_WINDOWS, WindowFloors
from engine.operations_findings import operations_findings
from engine.outcomes import Outcomes
from engine.pair import fresh_summaries, in_one_reading, open_both
from engine.performance import Answer, Found, answer, of_windows, performance
from engine.ranking import Ranking
from engine.reasons import reasons_of
from engine.reference import complete_windows, reference_floors
from engine.rows import row_findings
from engine.run import Run, Side
from engine.schema import schema_findings
from engine.signals import SIGNALS, Plan, chosen_metrics
from engine.slices import Slice, Window, unit_of
from engine.slices.against import SAME_COHORT, Against, defines_words, defining
from engine.slices.against import against as held_against
from engine.summaries import ColumnSummary
from engine.tables.attributions import Attributions, Prefixed
from engine.tables.connection import memory_of
from engine.tables.count import count
from engine.tables.late_labels import LabelTable
from engine.tables.moments import volumes
from engine.tables.outcomes import read_outcomes
from engine.tables.sources import Dataset
from engine.tables.supports import Support
from engine.tables.text.read_alike import read_of, unlike
from engine.tables.text.text_format import text_format
from engine.tables.together import at_once, in_groups
from engine.tables.watching import LOOK, heard, watched

THERE = (
    "The rows lie in Spark, and counts are what is read of them: KS and Wasserstein of columns with many values are "
    "from cells, ROC AUC and average precision from bins of the score, each with the limits it is proven to lie in. "
    "The reference's own value of these two, from which their thresholds are told, is known as nearly."
)
PARTIAL = "The window holds too few of its rows to judge drift: only data quality and schema count."

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Attributed:
    """What predictions rest on: findings and gaps, the ranking or why there is none, and notes for a reader."""

    found: Found
    ranking: Ranking | str
    notes: tuple[str, ...]


def compare(
    reference: Any,
    production: Any,
    *,
    cut: Slice | None = None,
    kinds: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    plan: Plan | None = None,
    against: str = SAME_COHORT,
    labels: LabelTable | None = None,
    csv: Mapping[str, Any] | None = None,
    reference_csv: Mapping[str, Any] | None = None,
    production_csv: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Every signal that the columns allow, on the exact tier.

    reference, production: a path, glob or folder, a pandas or polars frame, an Arrow table, or a Dataset. metrics:
    keys; what is asked for is judged. against: what production is held against, as slices/against.py reads it.
    labels: where they stand in a table of their own, joined by id. csv, reference_csv, production_csv: how text files
    are written, where that is not to be found out, as {"decimal": "comma"}: of both sides, and of one. progress is
    told a share and a sentence, and may raise Cancelled. Raises the errors of engine.errors for what a user can mend.

    >>> import pyarrow as pa
    >>> old, new = pa.table({"x": [1.0, 2.0] * 500}), pa.table({"x": [2.0, 2.0] * 500})
    >>> [(f.metric, str(f.severity)) for f in compare(old, new, metrics=["psi"]).findings]
    [('psi', 'critical')]
    """
    both = text_format(csv or {}).chosen
    texts = [
        text_format({**both, **text_format(own or {}, where).chosen}, where) if csv or own else None
        for own, where in ((reference_csv, "reference_csv"), (production_csv, "production_csv"))
    ]
    first, second = open_both(reference, production, (texts[0], texts[1]))
    first, second = in_one_reading(first, second, kinds or {}, roles or {})
    plan = replace(plan or Plan(), metrics=chosen_metrics(tuple(metrics))) if metrics is not None else plan or Plan()
    return look(first, second, cut or Slice(), plan, against=against, labels=labels, progress=progress)


def look(
    reference: Dataset,
    production: Dataset,
    cut: Slice,
    plan: Plan,
    *,
    against: str = SAME_COHORT,
    monitor: tuple[str, str] | None = None,
    least: float = 0.5,
    labels: LabelTable | None = None,
    logged: Attributions | Prefixed | str | None = None,
    every: str = "week",
    progress: Progress | None = None,
) -> Run:
    """A run of one slice on the exact tier, a few columns at a time on as many threads as there are cores.

    A slice of one calendar window has floors from the reference's own windows too, and may be partial: least is the
    share of the median window's rows that a whole one holds. logged: attributions, or why they cannot be read; without,
    a surrogate stands in. every: the unit of the windows in which estimates look at the reference, for a slice of none.
    """
    logged, unread = (None, logged) if isinstance(logged, str) else (logged, None)
    with heard(progress) as tell:
        held = held_against(against, cut, reference.columns)
        sides = {"reference": reference, "production": production}
        for side, one in ((production, cut), (sides[held.side], held.cut)):  # a slice that cannot be asked is told once
            side.query(f"SELECT count(*) FROM {side.scan} WHERE {side.where(one)[0]}", side.where(one)[1])
        columns = [column for column in reference.columns if column.role is not Role.IGNORE]
        supports, summaries = _summarised(reference, production, columns, held, cut, tell)
        found = answer(reference, production, held, cut, plan, labels)
        floors = of_ranking = NO_WINDOWS
        unit = unit_of(cut.window) if cut.window else None
        if unit and reference.timestamp and (held.side == "reference" or held.windows):
            built = {name: one for name, one in supports.items() if not isinstance(one, str)}
            base = held.cut if held.side == "reference" else Slice(cut.cohort, None, cut.without)
            cells = count(reference, built, unit, cut=base)
            asked = found.asked if found else None
            mine = of_windows(read_outcomes(reference, asked, base, cells.windows)) if asked and cells.windows else None
            floors = reference_floors(cells, base, supports, columns, plan, least, held.windows, mine)
            kept = cells.groups(base)
            if logged is not None and kept is not None and attributions_asked(plan):
                whole = [cells.windows[i] for i in complete_windows(cells, kept, least)]
                of_ranking = logged_floor(logged, reference, base, cells.windows, whole, held.windows)
        known = volumes(production, unit) if unit else {}
        because = None
        if attributions_asked(plan):
            partial = cut.window is not None and cut.window in known and is_partial(cut.window, known, least)
            order = exact_ranking(reference, production, held, cut, supports, logged)
            because = Attributed(
                attribution_findings(order, columns, plan, of_ranking, partial), order, notes_of(logged, unread)
            )
        coming = None
        if found and found.asked and awaited(found.outcomes) and plan.estimate:
            coming = exact(reference, production, cut, found.asked, columns, supports, unit or every, least)
        again = asked_of(reference, plan, against, least, labels)
        run = finish(
            reference, production, cut, held, plan, summaries, monitor, floors, known, least, found, because, again
        )
        return replace(run, expected=coming)


def _summarised(
    reference: Dataset, production: Dataset, columns: Sequence[Column], held: Against, cut: Slice, tell: Progress
) -> tuple[dict[str, Support | str], dict[str, ColumnSummary | str]]:
    """The supports and summaries of all columns; files are fingerprinted meanwhile. tell hears of rows too."""
    supports: dict[str, Support | str] = {}
    summaries: dict[str, ColumnSummary | str] = {}
    rows, memory = max(reference.rows, production.rows), memory_of(reference.root)
    stopped, said = Event(), [""]

    def watch(words: str) -> None:
        said[0] = words or said[0]
        if stopped.is_set():
            raise Cancelled("The comparison was stopped.")

    def on_watch(task: Callable[..., Any], *given: Any) -> Any:
        with watched(watch):
            return task(*given)

    with ThreadPoolExecutor(2) as printing, ThreadPoolExecutor(at_once(rows, memory)) as pool:
        prints = [printing.submit(on_watch, getattr, side, "sha256") for side in (reference, production)]  # is kept
        groups = in_groups(columns, rows, len(reference.columns), memory)
        tasks = {pool.submit(on_watch, fresh_summaries, reference, production, one, held, cut): one for one in groups}
        waiting: set[Future[Any]] = {*tasks, *prints}
        try:
            while waiting:
                done, waiting = wait(waiting, LOOK, FIRST_COMPLETED)
                for task in done:
                    for column, (support, summary) in zip(tasks.get(task, ()), task.result(), strict=False):
                        supports[column.name], summaries[column.name] = support, summary
                if done:
                    said[0] = ""  # what it said of itself is over
                share = len(summaries) / len(columns) if columns else 1.0
                tell(share, said[0] or f"{len(summaries)} of {len(columns)} columns")
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return supports, summaries


def _grown(found: Outcomes | str) -> Maturity | None:
    """Whether production's labels have come, by the share that the reference has; None where none are known."""
    if isinstance(found, str):
        return None
    usual = found.reference.labelled / found.reference.rows if found.reference.rows else None
    return maturity([found.production.labelled], [found.production.rows], usual)[0]


def is_partial(window: Window, volumes: Mapping[Window, int], least: float) -> bool:
    """Whether a window holds less than a share of the median rows of the windows that hold any."""
    filled = [rows for rows in volumes.values() if rows]
    return not filled or volumes.get(window, 0) < least * median(filled)


def finish(
    reference: Dataset,
    production: Dataset,
    cut: Slice,
    held: Against,
    plan: Plan,
    summaries: Summaries,
    monitor: tuple[str, str] | None = None,
    windows: WindowFloors = NO_WINDOWS,
    volumes: Mapping[Window, int] | None = None,
    least: float = 0.5,
    outcomes: Answer | None = None,
    attributed: Attributed | None = None,
    asked: Mapping[str, Any] | None = None,
    observed: Observed | None = None,
) -> Run:
    """The run that summaries amount to: read, then judged together, since they share one rate of false alarms.

    windows: floors from the reference's windows. volumes: production's rows per calendar window; a window with less
    than a share least of their median is partial, and only its quality and schema count. outcomes: predictions held
    against labels; without, their metrics are not asked. attributed: what the prediction rests on; without, not asked.
    asked: how to ask the same again. observed: what observe makes of the summaries, where that is known.
    """
    volumes = volumes or {}
    partial = cut.window is not None and cut.window in volumes and is_partial(cut.window, volumes, least)
    columns = [column for column in reference.columns if column.role is not Role.IGNORE]
    seen, gaps = observed or observe(columns, summaries, plan)
    found = [unjudged_if_partial(one, partial) for one in judged(seen, columns, plan, windows)]
    rows: tuple[list[Finding], list[NotComputed]] = ([], [])
    if plan.metrics is None and plan.asks("data_quality"):  # who asks for metrics by name does not ask for these
        rows = row_findings(production, cut, volumes, partial)
    right: tuple[list[Finding], list[NotComputed]] = ([], [])
    served = operations_findings(reference, production, held, cut, plan, partial, least)
    if outcomes:
        right = performance(outcomes.outcomes, columns, plan, windows, partial)
    defines = defining(cut, held)
    of_columns = [*schema_findings(reference, production, cut, summaries), *found]
    findings = [unjudged_if_defining(one, defines) for one in of_columns] + [*rows[0], *right[0], *served[0]]
    gaps = [*gaps, *rows[1], *right[1], *served[1]]
    if attributed:
        findings += attributed.found[0]
        gaps += attributed.found[1]
    told = [f"{side.name}: {note}" for side in (reference, production) for note in side.notes]
    told += unlike(reference, production)
    if held.side == "production":
        told.insert(0, f"What is called reference here is {held.words}.")
    told += [defines_words(name) for name in defines]
    if production.far:
        told.append(THERE)
    if plan.off:
        told.append(f"Turned off in the monitor: {', '.join(SIGNALS[key].name.lower() for key in sorted(plan.off))}.")
    more = [*(outcomes.notes if outcomes else ()), *(attributed.notes if attributed else ())]
    return Run(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        cut=cut,
        against=held,
        reference=_side(reference),
        production=_side(production),
        findings=tuple(findings),
        not_computed=tuple(gaps),
        summaries=summaries,
        monitor=monitor[0] if monitor else None,
        monitor_digest=monitor[1] if monitor else None,
        notes=(windows.words, *([PARTIAL] if partial else []), *told, *more),
        reasons=reasons_of(findings, columns, summaries),
        outcomes=outcomes.outcomes if outcomes else None,
        ranking=attributed.ranking if attributed else None,
        maturity=_grown(outcomes.outcomes) if outcomes else None,
        asked=asked,
    )


def _side(dataset: Dataset) -> Side:
    return Side(dataset.name, dataset.rows, len(dataset.columns), dataset.sha256, read_of(dataset))

"""The cohort finder: where a column drifts, whether all rows do or not, among thousands of cohorts asked at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from engine.cohorts.cohort import Cohort, told
from engine.cohorts.groups import Cut, Group, Supports, all_groups, columns_of, whole_counts
from engine.cohorts.score import Scores, cohort_metric, score
from engine.findings import Threshold
from engine.metrics import Metric
from engine.noise.discovery import limit
from engine.signals import Level, Plan, pointless
from engine.tables.crosstab import Crosstab
from engine.tables.supports import Support

LEAST_SHARE, LEAST_ROWS = 0.01, 100  # of the rows of one side; of rows with a value, on both
FALSE = 0.05  # share of discoveries that may be false, on average
EXPLAINS = 0.75  # of the whole's reading, or less, is left without a cohort that explains it

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, most telling first. tested: cohorts × columns; repeats: found too, but news of no kind."""

    cohorts: tuple[Cohort, ...]
    tested: int
    repeats: int


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One column with the cohorts that were read on it. keep: those of them that were tested, shape (c,)."""

    column: str
    groups: tuple[Group, ...]
    scores: Scores
    keep: "np.typing.NDArray[np.bool_]"
    levels: tuple[Level, Level]

    def threshold(self, against: float) -> Threshold:
        warning, critical = (level.at(against) for level in self.levels)
        return Threshold(warning, critical if critical != warning else np.nextafter(warning, np.inf))


def find(crosstabs: Sequence[Crosstab], supports: Supports, **options: object) -> tuple[Cohort, ...]:
    """The cohorts of search, with its options."""
    return search(crosstabs, supports, **options).cohorts  # type: ignore[arg-type]


def search(
    crosstabs: Sequence[Crosstab],
    supports: Supports,
    *,
    metric: str = "psi",
    columns: Collection[str] | None = None,
    plan: Plan | None = None,
    excess: Mapping[str, float] | None = None,
    least_share: float = LEAST_SHARE,
    least_rows: int = LEAST_ROWS,
    rate: float = FALSE,
    progress: Progress | None = None,
) -> Search:
    """Every cohort of one column or two whose reading is a discovery and reaches the warning threshold.

    crosstabs: every pair of cohort columns lies together in one of them. metric: of bins, or null_rate; other metrics
    of bins than PSI are judged by their own thresholds, and by the PSI of the same bins as to chance. columns: read
    these only. excess: per column, how much further than rows drawn singly the reference's own windows lie from each
    other (engine.reference.window_excess); it widens the p-values. least_share, least_rows: a cohort holds so large a
    share of one side's rows, and so many rows with a value on both. rate: Benjamini and Hochberg's, over all cohorts ×
    columns that were read; the floor of a reading is the value that belongs to their limit.

    A pair that moved about as far as one of its halves, or as all rows, tells nothing new and is left out (counted as
    repeats): it must have moved further by a quarter and by four standard errors. Cohorts that moved so much further
    than all rows come first, hidden ones among them, and those that the drift of all rows rests on; cohorts that merely
    drift with all rows follow. Within these, by reading over threshold. progress is told a share and a sentence, and may raise Cancelled. Raises UnknownName for a
    metric that cohorts cannot be read on.
    """
    asked, plan = cohort_metric(metric), plan or Plan()
    tell = progress or (lambda share, said: None)
    cuts = all_groups(crosstabs, supports, least_rows, least_share)
    names = [name for name in _columns(crosstabs, supports, asked) if columns is None or name in columns]
    read = []
    for done, name in enumerate(names, start=1):
        support = supports[name]
        assert not isinstance(support, str)
        found = _read(asked, crosstabs, cuts, support, plan, (excess or {}).get(name, 0.0), least_rows)
        read += [found] if found else []
        tell(0.9 * done / len(names), f"read {done} of {len(names)} columns on all cohorts")
    p_values = np.concatenate([one.scores.p_values[one.keep] for one in read]) if read else np.zeros(0)
    alpha = limit(p_values, rate)
    kept: list[tuple[tuple[int, float], Cohort]] = []
    repeats = 0
    totals = _totals(crosstabs)
    for done, one in enumerate(read, start=1):
        found_here, left_out = _discovered(asked, one, alpha, totals)
        kept, repeats = kept + found_here, repeats + left_out
        tell(0.9 + 0.1 * done / len(read), f"ranked {done} of {len(read)} columns")
    kept.sort(key=lambda pair: (*pair[0], pair[1].words, pair[1].column))
    return Search(tuple(cohort for _, cohort in kept), len(p_values), repeats)


def _columns(crosstabs: Sequence[Crosstab], supports: Supports, asked: Metric) -> list[str]:
    """The columns that a metric says something about, of those that every crosstab counts."""
    shared = [set(columns_of(tab, supports)) for tab in crosstabs]
    known = ((name, one.column) for name, one in supports.items() if not isinstance(one, str))
    return [
        name for name, column in known
        if shared and any(name in one for one in shared) and column.kind in asked.kinds and not pointless(column, asked)
    ]  # fmt: skip


def _totals(crosstabs: Sequence[Crosstab]) -> tuple[int, int]:
    return (int(crosstabs[0].rows[0].sum()), int(crosstabs[0].rows[1].sum())) if crosstabs else (0, 0)


def _read(
    asked: Metric, crosstabs: Sequence[Crosstab], cuts: Sequence[Cut], support: Support, plan: Plan,
    excess: float, least: int,
) -> _Asked | None:  # fmt: skip
    """All cohorts read on one column; None where there is nothing to read. A cohort is not read on its own columns."""
    name = support.column.name
    mine = [cut for cut in cuts if name in columns_of(cut.tab, {name: support})]
    groups = tuple(group for cut in mine for group in cut.groups)
    if not groups:
        return None
    counted = [cut.counts(name, support) for cut in mine]
    sides = np.concatenate([one[0] for one in counted]), np.concatenate([one[1] for one in counted])
    scores = score(asked, sides, whole_counts(mine[0].tab, name, support), excess)
    others = np.array([name not in group.columns for group in groups])
    bins = ((sides[0] + sides[1])[:, :-1] > 0).sum(axis=1) > 1
    keep = others & (scores.n >= least) & (scores.m >= least) & np.isfinite(scores.values)
    keep = keep if asked.key == "null_rate" else keep & bins
    return _Asked(name, groups, scores, keep, plan.levels(name, asked))


def _discovered(
    asked: Metric, one: _Asked, alpha: float, totals: tuple[int, int]
) -> tuple[list[tuple[tuple[int, float], Cohort]], int]:
    """The discoveries of a column with their ranks, and how many pairs only repeated what is known."""
    scores = one.scores
    floors = scores.floors(asked, alpha)
    warnings = np.array([one.levels[0].at(float(against)) for against in scores.against])
    beyond = (scores.values >= warnings) & (scores.values >= floors)
    at = np.flatnonzero(one.keep & (scores.p_values <= alpha) & beyond)
    sizes, size = scores.sizes(asked)
    halves = {one.groups[i].bins: float(sizes[i]) for i in at}
    whole = one.threshold(scores.whole_against).reached(one.levels[0].at(scores.whole_against), scores.whole)
    found, repeats = [], 0
    for i in at:
        value, bins = float(scores.values[i]), one.groups[i].bins
        if len(bins) == 2:
            known = [size, *(halves[half,] for half in bins if (half,) in halves)]
            if not all(scores.clearly(asked, int(i), other) for other in known):
                repeats += 1
                continue
        cohort = _cohort(asked, one, int(i), float(floors[i]), totals, whole)
        news = scores.clearly(asked, int(i), size) or (whole and _explains(cohort))
        found.append(((0 if news else 1, -value / (warnings[i] or 1.0)), cohort))
    return found, repeats


def _explains(cohort: Cohort) -> bool:
    """Whether clearly less is left of the whole's drift without the cohort."""
    left, whole = cohort.value_without, cohort.value_whole
    return left is not None and whole is not None and left <= EXPLAINS * whole


def _cohort(asked: Metric, one: _Asked, i: int, floor: float, totals: tuple[int, int], drifts: bool) -> Cohort:
    """The i-th cohort of a column as a finding."""
    scores, group = one.scores, one.groups[i]
    against = float(scores.against[i])
    cohort = Cohort(
        cohort=group.cohort or (),
        words=group.words,
        column=one.column,
        metric=asked.key,
        value=float(scores.values[i]),
        floor=floor,
        severity=one.threshold(against).judge(float(scores.values[i])),
        n_reference=int(scores.n[i]),
        n_production=int(scores.m[i]),
        share_reference=group.rows[0] / max(totals[0], 1),
        share_production=group.rows[1] / max(totals[1], 1),
        mix=_number(scores.mix[i]),
        behaviour=_number(scores.behaviour[i]),
        value_without=_number(scores.without[i]),
        value_whole=_number(scores.whole),
        hidden=not drifts,
        p_value=float(scores.p_values[i]),
        sentence="",
    )
    return replace(cohort, sentence=told(cohort, _explains(cohort)))


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None

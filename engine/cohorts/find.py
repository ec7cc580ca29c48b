"""The cohort finder: where a column drifts, whether all rows do or not, among thousands of cohorts asked at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from engine.cohorts.cohort import Cohort, told
from engine.cohorts.groups import Cut, Group, Supports, all_groups, columns_of, narrowed, whole_counts
from engine.cohorts.score import NULL_RATE, Scores, cohort_metric, score
from engine.findings import Threshold
from engine.metrics import Metric
from engine.noise.discovery import limit
from engine.signals import Level, Plan, pointless
from engine.summaries import Floats
from engine.tables.crosstab import Crosstab
from engine.tables.supports import Support

LEAST_SHARE, LEAST_ROWS = 0.01, 100  # of the rows of one side; of rows with a value, on both
FALSE = 0.05  # share of discoveries that may be false, on average
FURTHER = 1.25  # times as far as what is known of it already: less is no news
EXPLAINS = 0.75  # of the whole's reading, or less, is left without a cohort that explains it

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, most telling first.

    tested: cohorts × columns that were asked; repeats: those that moved no further than their halves or all rows.
    notes: sentences about what was not asked, and why.
    """

    cohorts: tuple[Cohort, ...]
    tested: int
    repeats: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """One column with the cohorts that were asked on it. All shapes (c,).

    tested: large enough, and not about the column itself. known: how far the halves of a pair, or all rows, moved
    already (_known). p_values: of having moved beyond that; 1 where it could not be listed anyway.
    repeats: reaches the warning by no more than what is known.
    """

    name: str
    groups: tuple[Group, ...]
    scores: Scores
    levels: tuple[Level, Level]
    tested: NDArray[np.bool_]
    known: Floats
    p_values: Floats
    repeats: NDArray[np.bool_]

    def threshold(self, against: float) -> Threshold:
        warning, critical = (level.at(against) for level in self.levels)
        return Threshold(warning, critical if critical != warning else float(np.nextafter(warning, np.inf)))


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
    of bins than PSI are held against their own thresholds, and as to chance the PSI of the same bins decides. columns:
    read these only. excess: per column, how much further than rows drawn singly the reference's own windows lie from
    each other (engine.reference.window_excess). least_share, least_rows: a cohort holds so large a share of one side's
    rows, and so many rows with a value on both.

    The question to a cohort of one column is whether it moved at all – where all rows do not reach the warning, whether
    it moved further than they did; to a pair, whether it moved further than both its halves and all rows. Further is by
    a quarter at least; what moved less repeats what is known, and is not listed. Among all cohorts × columns
    that were asked, Benjamini and Hochberg's rule picks those listed, of which a share of rate at most is false on
    average; a floor is the reading that belongs to its limit. Readings below the warning threshold count as asked, but
    cannot be picked: else a thousand true but small moves would let false ones through.

    Cohorts that moved clearly further than all rows come first, hidden ones among them, and those that the drift of all
    rows rests on; cohorts that merely drift with all rows follow. Within these, by reading over threshold. progress is
    told a share and a sentence, and may raise Cancelled. Raises UnknownName for a metric that no cohort can be read on.
    """
    asked, plan = cohort_metric(metric), plan or Plan()
    tell = progress or (lambda share, said: None)
    crosstabs = [small for tab in crosstabs for small in narrowed(tab, supports, columns)]
    cuts = all_groups(crosstabs, supports, least_rows, least_share)
    names = [name for name in _columns(crosstabs, supports, asked) if columns is None or name in columns]
    read = []
    for done, name in enumerate(names, start=1):
        support = supports[name]
        assert not isinstance(support, str)
        found = _read(asked, crosstabs, cuts, support, plan, (excess or {}).get(name, 0.0), least_rows)
        read += [found] if found else []
        tell(0.9 * done / len(names), f"read {done} of {len(names)} columns on all cohorts")
    p_values = np.concatenate([one.p_values[one.tested] for one in read]) if read else np.zeros(0)
    alpha, totals = limit(p_values, rate), _totals(crosstabs)
    kept: list[tuple[tuple[int, float], Cohort]] = []
    for done, one in enumerate(read, start=1):
        kept += _discovered(asked, one, alpha, totals)
        tell(0.9 + 0.1 * done / len(read), f"ranked {done} of {len(read)} columns")
    kept.sort(key=lambda pair: (*pair[0], pair[1].words, pair[1].column))
    repeats = sum(int((one.repeats & (one.scores.tails(asked) <= alpha)).sum()) for one in read)
    return Search(tuple(cohort for _, cohort in kept), len(p_values), repeats)


def _columns(crosstabs: Sequence[Crosstab], supports: Supports, asked: Metric) -> list[str]:
    """The columns that are counted and that a metric says something about."""
    there = {name for tab in crosstabs for name in columns_of(tab, supports)}
    known = ((name, one.column) for name, one in supports.items() if not isinstance(one, str) and name in there)
    return [name for name, column in known if column.kind in asked.kinds and not pointless(column, asked)]


def _totals(crosstabs: Sequence[Crosstab]) -> tuple[int, int]:
    return (int(crosstabs[0].rows[0].sum()), int(crosstabs[0].rows[1].sum())) if crosstabs else (0, 0)


def _read(
    asked: Metric, crosstabs: Sequence[Crosstab], cuts: Sequence[Cut], support: Support, plan: Plan,
    excess: float, least: int,
) -> _Column | None:  # fmt: skip
    """All cohorts asked on one column; None where there is none."""
    name = support.column.name
    mine = [cut for cut in cuts if name in columns_of(cut.tab, {name: support})]
    groups = tuple(group for cut in mine for group in cut.groups)
    if not groups:
        return None
    counted = [cut.counts(name, support) for cut in mine]
    sides = np.concatenate([one[0] for one in counted]), np.concatenate([one[1] for one in counted])
    scores = score(asked, sides, whole_counts(mine[0].tab, name, support), excess)
    tested = np.array([name not in group.columns for group in groups]) & np.isfinite(scores.values)
    tested &= (scores.n >= least) & (scores.m >= least)
    if asked.key != NULL_RATE:
        tested &= ((sides[0] + sides[1])[:, :-1] > 0).sum(axis=1) > 1
    levels = plan.levels(name, asked)
    warnings = np.array([levels[0].at(float(against)) for against in scores.against])
    drifts = scores.whole >= levels[0].at(scores.whole_against)
    reaches, known = tested & (scores.values >= warnings), _known(groups, scores, drifts)
    further = scores.moved > FURTHER * known
    p_values = np.where(reaches & further, scores.tails(asked, known), 1.0)
    return _Column(name, groups, scores, levels, tested, known, p_values, reaches & ~further)


def _known(groups: Sequence[Group], scores: Scores, drifts: bool) -> Floats:
    """How far the halves of each pair, or all rows, moved, whichever is further; 0 for one column if all rows drift."""
    moved, whole = np.nan_to_num(scores.moved), max(scores.whole_moved, 0.0)
    halves = {group.bins[0]: float(size) for group, size in zip(groups, moved, strict=True) if len(group.bins) == 1}
    alone = 0.0 if drifts else whole  # drift of all rows is not hidden, and still worth listing where it is
    return np.array(
        [
            max(whole, *(halves.get(one, 0.0) for one in group.bins)) if len(group.bins) > 1 else alone
            for group in groups
        ]
    )


def _discovered(
    asked: Metric, one: _Column, alpha: float, totals: tuple[int, int]
) -> list[tuple[tuple[int, float], Cohort]]:
    """The discoveries of a column with their ranks."""
    scores, whole = one.scores, max(one.scores.whole_moved, 0.0)
    floors = scores.floors(asked, alpha, one.known)
    further = (scores.tails(asked, whole) <= alpha) & (scores.moved > FURTHER * whole)
    drifts = scores.whole >= one.levels[0].at(scores.whole_against)
    found = []
    for i in np.flatnonzero(one.tested & (one.p_values <= alpha)):
        cohort = _cohort(asked, one, int(i), float(floors[i]), totals, not drifts)
        news = not drifts or bool(further[i]) or _explains(cohort)
        ratio = float(scores.values[i]) / (one.levels[0].at(float(scores.against[i])) or 1.0)
        found.append(((0 if news else 1, -ratio), cohort))
    return found


def _explains(cohort: Cohort) -> bool:
    """Whether clearly less is left of the whole's drift without the cohort."""
    left, whole = cohort.value_without, cohort.value_whole
    return left is not None and whole is not None and left <= EXPLAINS * whole


def _cohort(asked: Metric, one: _Column, i: int, floor: float, totals: tuple[int, int], hidden: bool) -> Cohort:
    """The i-th cohort of a column as a finding."""
    scores, group = one.scores, one.groups[i]
    against = float(scores.against[i])
    cohort = Cohort(
        cohort=group.cohort or (),
        words=group.words,
        column=one.name,
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
        hidden=hidden,
        p_value=float(one.p_values[i]),
        sentence="",
        value_reference=against if asked.relative else None,
        whole_reference=scores.whole_against if asked.relative else None,
    )
    return replace(cohort, sentence=told(cohort, _explains(cohort) and not hidden))


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None

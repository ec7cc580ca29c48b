"""Every cohort of one column, nothing left out: what each reads, and what it adds to the whole by mix and behaviour."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from engine.cohorts.cohort import Cohort, shares_out
from engine.cohorts.groups import Cut, Supports, columns_of, groups_by, whole_counts
from engine.cohorts.score import NULL_RATE, Scores, cohort_metric, score
from engine.errors import UnknownName
from engine.findings import Severity, Threshold
from engine.metrics import Metric
from engine.signals import Level, Plan, pointless
from engine.tables.crosstab import Crosstab


def by(
    crosstabs: Sequence[Crosstab],
    supports: Supports,
    column: str,
    *,
    metric: str = "psi",
    columns: Collection[str] | None = None,
    plan: Plan | None = None,
    excess: Mapping[str, float] | None = None,
) -> tuple[Cohort, ...]:
    """Every bin of a cohort column read on every other column: categories, rarer ones, unseen ones, missing values.

    Their mix and behaviour sum to the PSI of all rows, and for null_rate to its move (engine.cohorts.mix). Small
    cohorts are listed too; their floors share the plan's false alarms among the cohorts of the column. Columns come in
    order of what all rows read over the threshold, within one the cohorts that add most first. Options as of search.
    Raises UnknownName for a column that no crosstab was made by, and for a metric that cohorts cannot be read on.
    """
    asked, plan = cohort_metric(metric), plan or Plan()
    tab = next((one for one in crosstabs if column in one.by), None)
    if tab is None:
        raise UnknownName.of("cohort column", column, sorted({name for one in crosstabs for name in one.by}))
    cut = Cut(tab, tuple(groups_by(tab, (column,), supports)))
    if not cut.groups:  # a slice without rows has no cohorts
        return ()
    found: list[tuple[float, list[Cohort]]] = []
    for name in columns_of(tab, supports):
        support = supports[name]
        assert not isinstance(support, str)
        wanted = columns is None or name in columns
        if name == column or not wanted or support.column.kind not in asked.kinds or pointless(support.column, asked):
            continue
        scores = score(asked, cut.counts(name, support), whole_counts(tab, name, support), (excess or {}).get(name, 0))
        if isfinite(scores.whole):
            levels = plan.levels(name, asked)
            rows = _rows(asked, cut, name, scores, levels, plan.false_alarms)
            found.append((scores.whole / (levels[0].at(scores.whole_against) or 1.0), rows))
    return tuple(one for _, rows in sorted(found, key=lambda pair: -pair[0]) for one in rows)


def _rows(asked: Metric, cut: Cut, name: str, scores: Scores, levels: tuple[Level, Level], rate: float) -> list[Cohort]:
    """The cohorts of one column, most important first."""
    n, m = (max(int(side.sum()), 1) for side in cut.tab.rows)
    whole, tails = levels[0].at(scores.whole_against), scores.tails(asked)
    share = rate / max(len(cut.groups), 1)
    floors, further = scores.floors(asked, share), scores.tails(asked, max(scores.whole_moved, 0.0)) <= share
    rows = []
    for i, group in enumerate(cut.groups):
        value, against = _number(scores.values[i]), _number(scores.against[i])
        warning, critical = (level.at(against or 0.0) for level in levels)
        floor = None if value is None or against is None else float(floors[i])
        severity = Severity.NOT_JUDGED
        if value is not None and floor is not None:
            limits = Threshold(warning, critical if critical != warning else float(np.nextafter(warning, np.inf)))
            severity = limits.judge(value) if value >= floor else Severity.OK
            if severity is Severity.OK and floor >= warning:
                severity = Severity.NOT_ENOUGH_DATA
        alarms = severity in (Severity.WARNING, Severity.CRITICAL)
        cohort = Cohort(
            cohort=group.cohort or (),
            words=group.words,
            column=name,
            metric=asked.key,
            value=value,
            floor=floor,
            severity=severity,
            n_reference=int(scores.n[i]),
            n_production=int(scores.m[i]),
            share_reference=group.rows[0] / n,
            share_production=group.rows[1] / m,
            mix=_number(scores.mix[i]),
            behaviour=_number(scores.behaviour[i]),
            value_without=_number(scores.without[i]),
            value_whole=_number(scores.whole),
            hidden=alarms and scores.whole < whole and bool(further[i]),
            p_value=None if value is None else float(tails[i]),
            sentence="",
            value_reference=against if asked.relative else None,
            whole_reference=scores.whole_against if asked.relative else None,
        )
        rows.append(replace(cohort, sentence=shares_out(cohort, asked.key == NULL_RATE)))
    rows.sort(key=lambda one: (-abs((one.mix or 0.0) + (one.behaviour or 0.0)), -(one.value or 0.0), one.words))
    return rows


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None

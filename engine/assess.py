"""From summaries to findings: every metric asked of every column is read, then all are judged together."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from engine.columns import Column
from engine.findings import Finding, NotComputed, Observation, Severity, Threshold, judge
from engine.metrics import METRICS, Metric
from engine.noise import NO_WINDOWS, Floor, WindowFloors, displaced, row_floor
from engine.signals import Plan, pointless, signal_of
from engine.slices.against import defines_words
from engine.summaries import ColumnSummary, Curve, Histogram

EMPTIED = frozenset({"all_null", "constant"})  # what a filter can do to a column's schema

Summaries = Mapping[str, ColumnSummary | str]  # per column: what was counted, or why nothing was
Observed = tuple[list[Observation], list[NotComputed]]


def unjudged_if_partial(finding: Finding, partial: bool) -> Finding:
    """A drift finding of a partial window is information, whatever it reads: two days of a week are no week."""
    drift = finding.signal not in ("data_quality", "schema")
    if not (partial and drift) or finding.severity in (Severity.NOT_JUDGED, Severity.OK):
        return finding
    return replace(finding, severity=Severity.INFO, sentence=f"{finding.sentence} Partial window: no alarm.")


def unjudged_if_defining(finding: Finding, columns: Container[str]) -> Finding:
    """A finding about a column that tells the slice from what it is held against: its reading stands, unjudged.

    columns: as engine.slices.against.defining names them. What its filter cannot bring about is judged all the same:
    alarms about values of another type, and a column that was retyped.
    """
    other_type = finding.metric == "type_error_rate" and finding.severity is not Severity.OK
    brought = finding.metric in EMPTIED if finding.signal == "schema" else not other_type
    if finding.column is None or finding.column not in columns or not brought:
        return finding
    said = f"{finding.sentence} {defines_words(finding.column)}"
    return replace(finding, severity=Severity.NOT_JUDGED, within_noise=False, rows_needed=None, sentence=said)


def observe(
    columns: Iterable[Column], summaries: Summaries, plan: Plan, only: Container[str] | None = None
) -> Observed:
    """Every metric that was asked of every column (or only some): a reading, or the reason why there is none."""
    seen, gaps = [], []
    for column in columns:
        summary = summaries[column.name]
        asked = plan.computes(column) if plan.metrics is None else tuple(METRICS[key] for key in sorted(plan.metrics))
        asked = tuple(one for one in asked if one.kinds and (only is None or one.key in only))  # no kinds: of no column
        for one in asked:
            reason = summary if isinstance(summary, str) else _obstacle(column, one, summary)
            signal = signal_of(column, one)
            if reason:
                gaps.append(NotComputed(signal, column.name, one.key, reason))
            else:
                assert not isinstance(summary, str)
                part = summary.of(one.needs)
                known = part.known.get(one.key) if isinstance(part, Curve) else None
                reading = known or one.compute(part)
                seen.append(Observation(signal, column.name, str(column.kind), one, reading, summary))
    return seen, gaps


def _obstacle(column: Column, asked: Metric, summary: ColumnSummary) -> str | None:
    """Why a metric cannot be read on a column, or None."""
    if why := pointless(column, asked):
        return why
    if column.kind not in asked.kinds:
        return f"{asked.name} is not defined for a {column.kind} column"
    part = summary.of(asked.needs)
    if part is None:
        return summary.because or f"{asked.name} needs what a {column.kind} column does not have"
    if isinstance(part, Histogram | Curve):
        for side, counts in (("reference", part.reference), ("production", part.production)):
            if counts.sum() == 0:
                beyond = isinstance(part, Curve) and any(getattr(part, f"{side}_infinite"))
                return f"the {side} slice has no {'finite ' if beyond else ''}value of this column"
    for side, rows in (("reference", summary.quality.reference.rows), ("production", summary.quality.production.rows)):
        if not rows:
            return f"the {side} slice has no rows"
    return None


def judged(
    seen: Sequence[Observation], columns: Iterable[Column], plan: Plan, windows: WindowFloors = NO_WINDOWS
) -> list[Finding]:
    """The findings of observations, each against its threshold and floor; all share one rate of false alarms."""
    named = {column.name: column for column in columns}
    limits = [plan.threshold(named[one.column], one.metric, one.reading) for one in seen]
    alpha = plan.alpha(named.values())
    return [judge(one, limit, _floor(one, limit, alpha, windows)) for one, limit in zip(seen, limits, strict=True)]


def _floor(one: Observation, limit: Threshold | None, alpha: float, windows: WindowFloors) -> Floor | None:
    """The larger of the row-wise and the window floor."""
    part = one.summary.of(one.metric.needs)
    assert part is not None
    floor = row_floor(one.metric, part, one.reading, alpha, limit.warning if limit else None)
    above = windows.floors.get((one.column, one.metric.key))
    if floor is None or above is None:
        return floor
    value = displaced(one.reading.against, above)
    return floor if value <= floor.value else replace(floor, value=value, basis="reference windows")

"""Threshold studio: the recorded windows judged again under a candidate policy, without touching the data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.findings import Finding, Severity
from engine.metrics import METRICS
from engine.monitor import Monitor
from engine.monitor.edit import Written, changed
from engine.monitor.sections import Event
from engine.policy.case import baselines
from engine.policy.judging import BY_WINDOWS, rejudged
from engine.policy.persist import AT_ONCE, FINE, UNKNOWN
from engine.policy.raising import raised, scaled
from engine.policy.relimit import relimited
from engine.policy.rules import fired
from engine.policy.timeline import timeline
from engine.policy.tracks import Track, tracks
from engine.record import Record
from engine.signals import PERFORMANCE, Level
from engine.slices import Window

# What limits may be multiplied by, least first: the search takes the first that is quiet enough.
FACTORS = (0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)
MODERATE = 2.0  # beyond this factor, columns that are always in alarm get limits of their own first
LEAST = 3  # windows in which a finding must have been judged, before "always" or "never" is said of it
AFTER = 2  # windows after an event in which an alarm still counts as having caught it


@dataclass(frozen=True, slots=True)
class Incident:
    """An event of the monitor file, and what a policy made of it. caught: findings that became news in its time.

    after: from its beginning to the end of the window that raised them; None where it was missed. seen: whether any
    recorded window lies in its time.
    """

    name: str
    caught: tuple[str, ...]
    after: timedelta | None
    seen: bool

    @property
    def sentence(self) -> str:
        """Caught or missed, and how late. That times fit proves nothing."""
        if not self.seen:
            return f"{self.name}: no window of that time was recorded."
        if self.after is None:
            return f"{self.name}: missed."
        days = self.after / timedelta(days=1)
        late = f"{days:.0f} days" if days >= 2 else f"{self.after / timedelta(hours=1):.0f} hours"
        return f"{self.name}: {len(self.caught)} became news, the first known {late} after it began."


@dataclass(frozen=True, eq=False)
class Fit:
    """The most sensitive limits found that are quiet enough. thresholds: pattern -> (warning, critical) as written.

    factor: what the limits of drift, performance and operations were multiplied by; own: findings that got limits of
    their own first. reached: whether it is as quiet as was asked.
    """

    thresholds: dict[str, tuple[float | str, float | str]]
    factor: float
    own: tuple[str, ...]
    replay: "Replay"
    reached: bool

    @property
    def sentence(self) -> str:
        """What was changed, and what comes of it."""
        said = f"Limits × {self.factor:g}" if self.factor != 1 else "Limits as they are"
        said += f", and limits of their own for {', '.join(self.own)}" if self.own else ""
        said += f": {self.replay.per_window:.1f} findings in alarm in a window"
        return said + ("." if self.reached else "; higher limits are not quieter, what is left is of data quality.")


@dataclass(frozen=True, eq=False)
class Replay:
    """Windows under a policy. alarms: names in alarm per window; news: those that are new or worse than before.

    tracks: every finding followed. always, never: columns that were in alarm in each, or in none, of the windows in
    which something of them was judged (three at least). unsettled: readings with a limit inside the proven interval of
    their value. kept: readings that keep the verdict on record, since what their limits are relative to is not. floors:
    readings whose floor belongs to another rate of false alarms than the candidate's.
    """

    monitor: Monitor
    windows: tuple[Window, ...]
    tracks: dict[str, Track]
    alarms: tuple[tuple[str, ...], ...]
    news: tuple[tuple[str, ...], ...]
    always: tuple[str, ...]
    never: tuple[str, ...]
    incidents: tuple[Incident, ...]
    unsettled: int
    kept: int
    floors: int

    @property
    def per_window(self) -> float:
        """Findings in alarm in a window, on average."""
        return sum(map(len, self.alarms)) / max(len(self.alarms), 1)

    @property
    def news_per_window(self) -> float:
        """Findings that are new or worse in a window, on average: what somebody would be told of."""
        return sum(map(len, self.news)) / max(len(self.news), 1)

    @property
    def quiet(self) -> int:
        """Windows in which nothing is in alarm."""
        return sum(not one for one in self.alarms)

    @property
    def notes(self) -> tuple[str, ...]:
        """What this replay does not know, in sentences."""
        said = []
        if self.kept:
            said.append(
                f"{self.kept:,} readings keep their recorded verdict: what their limits are relative to is unknown."
            )
        if self.unsettled:
            said.append(
                f"{self.unsettled:,} readings have a limit within the interval of their value: only a new run can tell."
            )
        if self.floors:
            said.append(
                f"{self.floors:,} readings keep the noise floor of the recorded rate of false alarms; floors from the "
                "reference's windows do not depend on it."
            )
        return tuple(said)


def replay(
    records: Sequence[Record],
    monitor: Monitor,
    candidate: Monitor | None = None,
    *,
    against: str | None = None,
    cohort: str = "",
    ranks: Sequence[str] = (),
) -> Replay:
    """The closed windows among some records, judged under a candidate's thresholds and policy.

    monitor: as it was when the records were made; candidate: the same monitor with other thresholds or policy
    (monitor.edit.changed), itself by default. Alarms are those that new runs would give, but for what notes says.
    Mutes and decisions are left out: they are about the present.
    """
    new = candidate or monitor
    mine = [one for one in records if one.monitor == monitor.monitor]
    line = timeline(mine, monitor.window.unit, against or baselines(monitor)[0], cohort)
    again, tally = _again(line, monitor, new)
    found = tracks(again, new.policy.held)
    ruled = [{n for one in fired(record, new, ranks)[0] for n in one.findings if one.severity is not Severity.INFO}
             for record in again]  # fmt: skip
    levels = {name: [_level(one, i, ruled[i]) for i in range(len(line))] for name, one in found.items()}
    windows = tuple(one.window for one in line if one.window)
    alarms = tuple(tuple(n for n, row in levels.items() if row[i] > FINE) for i in range(len(line)))
    news = tuple(tuple(n for n, row in levels.items() if _is_news(row, i)) for i in range(len(line)))
    always, never = _always_never(found, levels)
    incidents = tuple(_incident(one, windows, news) for one in new.events)
    return Replay(new, windows, found, alarms, news, always, never, incidents, *tally)


def _level(track: Track, at: int, ruled: set[str]) -> int:
    return max(track.levels[at], track.counts[at]) if track.name in ruled else track.counts[at]


def _is_news(row: Sequence[int], at: int) -> bool:
    """Whether a finding is in alarm, and was not or less so when it last could be judged."""
    before = next((one for one in reversed(row[:at]) if one != UNKNOWN), FINE)
    return row[at] > max(before, FINE)


def _again(line: Sequence[Record], monitor: Monitor, new: Monitor) -> tuple[list[Record], tuple[int, int, int]]:
    """The records judged again, and how many readings are unsettled, kept, and under floors of another rate."""
    old_plan, new_plan = monitor.plan, new.plan
    target = monitor.columns.target if isinstance(monitor.columns.target, str) else ""
    levels: dict[tuple[str, str], tuple[tuple[Level, Level], tuple[Level, Level]]] = {}
    unsettled = kept = floors = 0
    other_rate = new.policy.false_alarms != monitor.policy.false_alarms
    again = []
    for record in line:
        findings: list[Finding] = []
        for one in record.findings:
            asked = METRICS.get(one.metric)
            if asked is None or one.threshold is None or one.value is None:
                findings.append(one)
                continue
            key = one.column or (target if one.signal == PERFORMANCE else ""), one.metric
            if key not in levels:
                levels[key] = old_plan.levels(key[0], asked), new_plan.levels(key[0], asked)
            before, after = levels[key]
            floors += other_rate and one.floor is not None and one.floor_basis != BY_WINDOWS
            if (before == after and _recorded_so(one, before)) or (record.partial and one.signal not in AT_ONCE):
                findings.append(one)
                continue
            limits = relimited(one, asked, before, after)
            if limits is None:
                kept += 1
                findings.append(one)
                continue
            unsettled += limits.open_in(one.interval)
            findings.append(replace(one, severity=rejudged(one, limits), threshold=limits))
        again.append(replace(record, findings=tuple(findings)))
    return again, (unsettled, kept, floors)


def _recorded_so(one: Finding, levels: tuple[Level, Level]) -> bool:
    """Whether a finding was judged by these levels, as far as the record tells."""
    if one.threshold is None or any(level.relative for level in levels):
        return True
    return (one.threshold.warning, one.threshold.critical) == (levels[0].amount, levels[1].amount)


def _always_never(found: dict[str, Track], levels: dict[str, list[int]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns in alarm in every window, or in none, in which something of them was judged."""
    rows: dict[str, list[list[int]]] = {}
    for name, one in found.items():
        if one.column:
            rows.setdefault(one.column, []).append(levels[name])
    always, never = [], []
    for column, all_of in rows.items():
        known = [max(one) for one in zip(*all_of, strict=True) if max(one) != UNKNOWN]
        if len(known) >= LEAST and min(known) > FINE:
            always.append(column)
        elif len(known) >= LEAST and max(known) == FINE:
            never.append(column)
    return tuple(sorted(always)), tuple(sorted(never))


def _incident(event: Event, windows: Sequence[Window], news: Sequence[tuple[str, ...]]) -> Incident:
    """What became news in the windows of an event, or shortly after it."""
    end = event.end or event.at + timedelta(microseconds=1)
    inside = [i for i, one in enumerate(windows) if one.start < end and one.end > event.at]
    if not inside:
        return Incident(event.name, (), None, False)
    caught = [i for i in range(inside[0], min(inside[-1] + AFTER + 1, len(windows))) if news[i]]
    names = tuple(dict.fromkeys(name for i in caught for name in news[i]))
    return Incident(event.name, names, windows[caught[0]].end - event.at if caught else None, True)


def fitting(
    records: Sequence[Record],
    monitor: Monitor,
    most: float,
    *,
    against: str | None = None,
    cohort: str = "",
    ranks: Sequence[str] = (),
) -> Fit:
    """The lowest limits under which at most so many findings are in alarm in a window, on average of the recorded ones.

    One factor for all limits of drift, performance and operations, since a limit of its own for each would fit the past
    and silence the next change. Only where that would take more than doubling, findings in alarm in more than half of
    their windows get limits of their own, above nine of ten of their readings. Limits of data quality and schema are
    otherwise left alone: what is broken is broken.
    """

    def tried(factor: float, own: dict[str, Written]) -> tuple[Replay, dict[str, Written]]:
        limits = scaled(monitor, base.tracks, factor) | own
        new = changed(monitor, limits) if limits else monitor
        return replay(records, monitor, new, against=against, cohort=cohort, ranks=ranks), limits

    def lowest(own: dict[str, Written], goal: float) -> Fit:
        low, high = 0, len(FACTORS) - 1
        while low < high:  # alarms fall as limits rise
            middle = (low + high) // 2
            low, high = (low, middle) if tried(FACTORS[middle], own)[0].per_window <= goal else (middle + 1, high)
        found, limits = tried(FACTORS[low], own)
        return Fit(limits, FACTORS[low], tuple(own), found, found.per_window <= goal)

    base = replay(records, monitor, against=against, cohort=cohort, ranks=ranks)
    first = lowest({}, most)
    if first.reached and first.factor <= MODERATE:
        return first
    own = {name: limits for name, one in base.tracks.items() if (limits := raised(monitor, one)) is not None}
    second = lowest(own, most) if own else first
    found = second if (second.reached, -second.factor) >= (first.reached, -first.factor) else first
    if found.reached:
        return found
    # nothing is quiet enough: as quiet as can be, but no deafer than that takes
    own = {name: limits for name, limits in found.thresholds.items() if name in found.own}
    return replace(lowest(own, found.replay.per_window), reached=False)

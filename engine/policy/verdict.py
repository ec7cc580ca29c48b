"""The verdict on a window: rules as rows of a table – a condition, what it calls for, and the sentence that says why.

All rows are asked. The first that holds names the action; the others stand beside it as further reasons. What a person
muted, or accepted as it is, calls for nothing; it still stands among the findings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from engine.errors import plain
from engine.findings import Severity
from engine.monitor import Monitor
from engine.monitor.policy import days
from engine.policy.case import DRIFT, Case, case_of
from engine.policy.objectives import Budget
from engine.policy.persist import CRITICAL, FINE, UNKNOWN
from engine.record import Decision, Record
from engine.signals import PERFORMANCE

NAMED = 3  # findings that a sentence names, at most


class Action(StrEnum):
    """What a verdict calls for; the first four are what a person can decide too (record.Choice)."""

    ROLL_BACK = "roll back"
    INVESTIGATE = "investigate data"
    RETRAIN = "retrain"
    NO_ACTION = "no action"
    WAIT = "wait for labels"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What makes a condition hold: findings by name, and words for the sentence where names are not enough."""

    findings: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of the table. sentence: {names} and {words} are filled with the evidence."""

    key: str
    action: Action
    condition: Callable[[Case], Evidence | None]
    sentence: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that held. rule: its key; findings: the names of those behind it."""

    rule: str
    action: Action
    sentence: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the last window of a timeline calls for, and why. severity: of all that counts and is not muted.

    reasons: the rows that held, in the table's order; notes: what could not be told, and why.
    """

    run: str
    window: str
    against: str
    action: Action
    severity: Severity
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The action and its first reason."""
        return f"{self.action.capitalize()}: {self.reasons[0].sentence}"


def _some(names: tuple[str, ...], words: str = "") -> Evidence | None:
    return Evidence(names, words) if names else None


def _new_version(case: Case) -> Evidence | None:
    """Performance is critical within w windows of a new version, and was not under the one before."""
    line, version = case.line, case.now.version
    first = next((i for i in range(len(line) - 1, -1, -1) if line[i].version != version), -1) + 1
    if not first or len(line) - first > max(case.monitor.policy.held[1], 1):
        return None
    bad = case.reads(PERFORMANCE, critical=True)
    start = next((i for i in range(first - 1, -1, -1) if line[i].version != line[first - 1].version), -1) + 1
    before = {name for name in bad if _last_known(case.tracks[name].levels[start:first]) == CRITICAL}
    words = (
        f"version {plain(version) or 'without a name'} after {plain(line[first - 1].version) or 'one without a name'}"
    )
    return _some(tuple(name for name in bad if name not in before), words)


def _last_known(levels: Sequence[int]) -> int:
    """How it last read; a window that could not be judged does not say that it was well."""
    return next((level for level in reversed(levels) if level != UNKNOWN), UNKNOWN)


def _schema(case: Case) -> Evidence | None:
    return _some(case.open("schema"))


def _broken_and_drifted(case: Case) -> Evidence | None:
    moved = {case.tracks[name].column for name in (*case.open(*DRIFT), *case.reads(*DRIFT))}
    broken = tuple(name for name in case.open("data_quality") if case.tracks[name].column in moved)
    return _some(broken)


def _broken(case: Case) -> Evidence | None:
    return _some(case.open("data_quality", critical=True))


def _units(case: Case) -> Evidence | None:
    names = tuple(name for name in case.open() if case.tracks[name].column in case.units)
    return _some(names, ", ".join(plain(one) for one in sorted({str(case.tracks[n].column) for n in names})))


def _worse_and_drifted(case: Case) -> Evidence | None:
    worse, moved = case.open(PERFORMANCE), case.matters([*case.open(*DRIFT), *_accepted(case)])
    return Evidence((*worse, *moved)) if worse and moved else None


def _accepted(case: Case) -> tuple[str, ...]:
    """Drift that a person accepted while performance held: with performance gone, it counts as a cause again."""
    return tuple(n for n in case.decided if case.tracks[n].signal in DRIFT and case.tracks[n].counts[-1] > FINE)


def _worse_alone(case: Case) -> Evidence | None:
    worse = case.open(PERFORMANCE)
    return _some(worse) if worse and _worse_and_drifted(case) is None else None


def _too_old(case: Case) -> Evidence | None:
    most, learned = case.monitor.policy.max_model_age, case.monitor.model.learned
    if most is None or learned is None or case.now.window is None:
        return None
    age = case.now.window.end.date() - learned
    if age <= timedelta(days=days(most)):
        return None
    return Evidence(
        (), f"the model learned up to {learned}, {age.days} days before this window's end; {most} are allowed"
    )


def _unlabelled(case: Case) -> Evidence | None:
    because = case.blind
    moved = case.matters(case.open(*DRIFT))
    return _some(moved, because) if because else None


def _ruled(case: Case) -> Evidence | None:
    told = [one for one in case.rules if one.severity in (Severity.WARNING, Severity.CRITICAL)]
    names = tuple(dict.fromkeys(name for one in told for name in one.findings))
    return Evidence(names, " ".join(one.sentence for one in told)) if told else None


def _spent(case: Case) -> Evidence | None:
    told = [one.sentence for one in case.budgets if isinstance(one, Budget) and one.severity is not Severity.OK]
    return Evidence((), " ".join(told)) if told else None


def _anything(case: Case) -> Evidence | None:
    return _some(case.open())


def _waiting(case: Case) -> Evidence | None:
    names = tuple(n for n, one in case.tracks.items() if one.waits() and not case.silent(one))
    k, w = case.monitor.policy.held
    return _some(names, f"{k} of {w} windows")


def _nothing_judged(case: Case) -> Evidence | None:
    if any(one.levels[-1] != UNKNOWN for one in case.tracks.values() if one.signal != "schema"):
        return None
    return Evidence((), f"{len(case.now.not_computed)} questions were not computed")


def _calm(case: Case) -> Evidence | None:
    known = tuple(name for name, one in case.tracks.items() if one.counts[-1] > FINE and not case.silent(one))
    return Evidence(
        known, f"what is in alarm was accepted as it is: {_named(known)}" if known else "nothing calls for it"
    )


TABLE: tuple[Row, ...] = (
    Row("new version", Action.ROLL_BACK, _new_version, "{names} critical right after a new model: {words}."),
    Row("other unit", Action.INVESTIGATE, _units, "values arrived in another unit: {words}."),
    Row("schema", Action.INVESTIGATE, _schema, "the columns are not what they were: {names}."),
    Row("broken and drifted", Action.INVESTIGATE, _broken_and_drifted,
        "what drifted is also missing, mistyped or out of range: {names}."),
    Row("broken", Action.INVESTIGATE, _broken, "values are missing, mistyped or out of range: {names}."),
    Row("worse and drifted", Action.RETRAIN, _worse_and_drifted,
        "predictions are worse, and what they rest on has moved: {names}."),
    Row("worse alone", Action.INVESTIGATE, _worse_alone,
        "predictions are worse though nothing that matters has drifted ({names}): look at labels and what they mean."),
    Row("too old", Action.RETRAIN, _too_old, "{words}."),
    Row("no labels yet", Action.WAIT, _unlabelled, "what matters has drifted ({names}), and nobody knows yet what it "
        "costs: {words}."),
    Row("rule", Action.WATCH, _ruled, "{words}"),
    Row("objective", Action.WATCH, _spent, "{words}"),
    Row("in alarm", Action.WATCH, _anything, "{names} in alarm."),
    Row("not held yet", Action.WATCH, _waiting, "{names} beyond a threshold, but not yet in {words}."),
    Row("nothing judged", Action.WATCH, _nothing_judged, "nothing of this window could be judged; {words}."),
    Row("calm", Action.NO_ACTION, _calm, "{words}."),
)  # fmt: skip


def verdict(
    records: Sequence[Record],
    monitor: Monitor,
    decisions: Sequence[Decision] = (),
    *,
    against: str | None = None,
    cohort: str = "",
    today: date | None = None,
    ranks: Sequence[str] = (),
    units: Sequence[str] = (),
) -> Verdict | None:
    """The verdict on the last closed window of some records, as case_of takes them; None where there is none."""
    found = case_of(
        records, monitor, decisions, against=against, cohort=cohort, today=today, ranks=ranks, units=units
    )  # fmt: skip
    return None if found is None else verdict_of(found)


def verdict_of(case: Case) -> Verdict:
    """The verdict on a case: every row asked, the first that holds named first."""
    reasons: list[Reason] = []
    for row in TABLE:
        met = row.condition(case)
        if met is not None and not (row.key == "calm" and reasons):
            said = row.sentence.format(names=_named(met.findings), words=met.words)
            reasons.append(Reason(row.key, row.action, said, met.findings))
    window = case.now.window.words if case.now.window else "all time"
    calls = [one.severity() for one in case.tracks.values() if one.counts[-1] > FINE and not case.silent(one)]
    severity = max([*calls, *(one.severity for one in case.rules)], key=lambda one: one.rank, default=Severity.OK)
    told = (*case.notes, *_unsaid(case))
    return Verdict(
        case.now.id, window, case.now.against, reasons[0].action, severity, tuple(reasons), told
    )  # fmt: skip


def _named(names: tuple[str, ...]) -> str:
    """A few names for a sentence."""
    more = len(names) - NAMED
    return ", ".join(plain(one) for one in names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _unsaid(case: Case) -> list[str]:
    """What a reader must know before trusting a calm verdict."""
    said = []
    if case.now.partial:
        said.append("The window is partial: drift and performance were not judged, data quality and schema were.")
    few = sum(one.severity is Severity.NOT_ENOUGH_DATA for one in case.now.findings)
    if few:
        said.append(f"{few} findings had too few rows to be judged; they neither raise nor clear anything.")
    if case.monitor.policy.max_model_age and case.monitor.model.learned is None:
        said.append("How old the model is, nobody knows: write model.trained, or a date as its version.")
    return said

"""What a verdict is about: the last closed window of a timeline, every finding followed up to it, what is silent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.findings import Severity
from engine.monitor import Monitor
from engine.policy.columns import which
from engine.policy.decided import decided, settled
from engine.policy.mutes import Muting, muted, mutes_of
from engine.policy.objectives import Budget, budgets
from engine.policy.persist import CRITICAL, FINE, UNKNOWN
from engine.policy.rules import Fired, fired
from engine.policy.timeline import REFERENCE, timeline
from engine.policy.tracks import Track, tracks
from engine.record import Decision, Record
from engine.signals import PERFORMANCE

DRIFT, PREDICTIONS = ("data_drift", "prediction_drift", "attribution_drift"), ("prediction_drift", "attribution_drift")

LABELLED = 0.95  # share of rows with a label from which on none is waited for


@dataclass(frozen=True, eq=False)
class Case:
    """line: one run a window, oldest first. mutings: the mutes that hold on today. decided: name -> decision, severity.

    units: columns that are known to have arrived in another unit.
    """

    monitor: Monitor
    line: tuple[Record, ...]
    tracks: Mapping[str, Track]
    mutings: tuple[Muting, ...]
    decided: Mapping[str, tuple[Decision, Severity]]
    rules: tuple[Fired, ...]
    budgets: tuple[Budget | str, ...]
    notes: tuple[str, ...]
    ranks: tuple[str, ...]
    units: frozenset[str]
    today: date

    @property
    def now(self) -> Record:
        return self.line[-1]

    def silent(self, track: Track) -> bool:
        """Whether a mute holds for a finding as it counts, or reads, now."""
        finding = track.finding()
        severity = max(track.severity(), finding.severity if finding else Severity.OK, key=lambda one: one.rank)
        return muted(track.name, severity, self.mutings) is not None

    def open(self, *signals: str, critical: bool = False) -> tuple[str, ...]:
        """Findings that count now, are not muted and were not accepted as they are, worst first. No signal: of all."""
        least = CRITICAL if critical else FINE + 1
        return self._sorted(
            name for name, one in self.tracks.items()
            if one.counts[-1] >= least and (not signals or one.signal in signals)
            and not self.silent(one) and not settled(name, one.severity(), self.decided)
        )  # fmt: skip

    def _sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        def urgency(name: str) -> tuple[int, float, str]:
            found = self.tracks[name].finding()
            return -self.tracks[name].counts[-1], -found.urgency[1] if found else 0.0, name

        return tuple(sorted(names, key=urgency))

    def reads(self, *signals: str, critical: bool = False) -> tuple[str, ...]:
        """Findings that read so in the last window, whether or not they held, and are not muted."""
        least = CRITICAL if critical else FINE + 1
        return self._sorted(
            name for name, one in self.tracks.items()
            if one.levels[-1] >= least and one.signal in signals and not self.silent(one)
        )  # fmt: skip

    def matters(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some drifts that bear on the predictions: of these themselves, and of important columns.

        Where nobody knows what is important, every column may be.
        """
        features = {one.column for one in self.tracks.values() if one.column}
        important = which("important", features, self.ranks, self.monitor.policy.important)
        known = features if isinstance(important, str) else important
        return tuple(n for n in names if self.tracks[n].signal in PREDICTIONS or self.tracks[n].column in known)

    def judged(self, signal: str) -> bool:
        """Whether anything of a signal could be judged in the last window."""
        return any(one.levels[-1] != UNKNOWN for one in self.tracks.values() if one.signal == signal)

    @property
    def blind(self) -> str | None:
        """Why nothing is known of performance now; None where it is, or was not asked for."""
        if self.judged(PERFORMANCE):
            return None
        gaps = [one.because for one in self.now.not_computed if one.signal == PERFORMANCE]
        if gaps or not any(one.signal == PERFORMANCE for one in self.tracks.values()):
            return gaps[0] if gaps else None
        if self.now.partial:
            return "the window is partial"
        labelled = self.now.labelled
        if labelled is None or labelled >= LABELLED * self.now.rows:
            return None  # no label is missing: chance alone keeps it from being judged, and waiting does not help
        return f"{labelled:,} of {self.now.rows:,} rows have a label"


def case_of(
    records: Sequence[Record],
    monitor: Monitor,
    decisions: Sequence[Decision] = (),
    *,
    against: str | None = None,
    cohort: str = "",
    today: date | None = None,
    ranks: Sequence[str] = (),
    units: Sequence[str] = (),
) -> Case | None:
    """The case that records make up to the last window among them; None where none is of a closed window.

    against: one of the monitor's baselines, the first by default. today: the day on which mutes hold; by default that
    on which the newest run was computed. ranks: features, the most important first (policy.ranks_of). units: columns
    that arrived in another unit.
    """
    mine = [one for one in records if one.monitor == monitor.monitor]
    line = timeline(mine, monitor.window.unit, against or baselines(monitor)[0], cohort)
    if not line:
        return None
    day = today or date.fromisoformat(max(one.at for one in line)[:10])
    found = tracks(line, monitor.policy.held)
    mutings = tuple(mutes_of(monitor, decisions, mine, day))
    rules, notes = fired(line[-1], monitor, ranks, mutings)
    made = decided(line, mine, found, decisions)
    held = budgets(line, monitor, ranks)
    told = (*notes, *(f"Objective {i + 1}: {one}." for i, one in enumerate(held) if isinstance(one, str)))
    return Case(
        monitor, line, found, mutings, made, rules, held, told, tuple(ranks), frozenset(units), day
    )  # fmt: skip


def baselines(monitor: Monitor) -> tuple[str, ...]:
    """What a monitor holds production against, the first one first.

    >>> baselines(Monitor(monitor="m", reference={"path": "a"}, production={"path": "b"}))
    ('reference',)
    """
    return (monitor.against,) if isinstance(monitor.against, str) else tuple(monitor.against) or (REFERENCE,)

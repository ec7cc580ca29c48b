"""What people decided about findings that still stand: a decision lasts as long as the alarm it was about."""

from collections.abc import Iterable, Mapping, Sequence

from engine.findings import Severity
from engine.policy.mutes import alarmed
from engine.policy.persist import LEVELS, SEVERITIES
from engine.policy.tracks import Track
from engine.record import Choice, Decision, Record, name_of

SETTLES = (Choice.ACCEPT, Choice.NO_ACTION)  # what calls for nothing more


def decided(
    line: Sequence[Record], records: Iterable[Record], found: Mapping[str, Track], decisions: Iterable[Decision]
) -> dict[str, tuple[Decision, Severity]]:
    """The last decision about each finding whose alarm it was about still stands, and the severity it was about.

    A mute is no decision here. A decision about a run without findings is about all of its alarms. One about a run that
    is not among the records says nothing: nobody can tell what it was about.
    """
    known = {one.id: one for one in records}
    places = {one.window: i for i, one in enumerate(line)}
    made: dict[str, tuple[Decision, Severity]] = {}
    for one in sorted(decisions, key=lambda one: one.at):
        record = known.get(one.run)
        at = places.get(record.window) if record else None
        if record is None or at is None or one.choice is Choice.MUTE:
            continue
        seen = {name_of(f.column, f.metric): f for f in record.findings}
        for name in one.findings or alarmed(seen):
            track = found.get(name)
            if track is None or name not in seen:
                continue
            first = track.began()
            if first is None or not (first <= at or _read_so(track, at, first)):
                continue
            level = LEVELS.get(seen[name].severity, 0)
            made[name] = one, SEVERITIES[max(level, track.counts[at])]
    return made


def _read_so(track: Track, at: int, first: int) -> bool:
    """Whether it read as an alarm from a window on until it counted as one: who decided then, decided about it."""
    return all(level != 0 for level in track.levels[at : first + 1])


def settled(name: str, severity: Severity, made: Mapping[str, tuple[Decision, Severity]]) -> bool:
    """Whether a person accepted a finding as it now is: one that has become worse calls again."""
    if name not in made:
        return False
    decision, was = made[name]
    return decision.choice in SETTLES and severity.rank <= was.rank

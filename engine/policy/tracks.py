"""Every finding followed over the windows: how it read in each, and what it counted as."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.findings import Finding, Severity
from engine.policy.persist import AT_ONCE, FINE, SEVERITIES, UNKNOWN, counted, level_of
from engine.record import Record, name_of


@dataclass(frozen=True, slots=True)
class Track:
    """One finding over all windows of a timeline. findings: None where a run has none.

    levels: how it read; counts: what that counted as, once it held often enough. Both as persist.py numbers them.
    held: in k of w windows it must hold; (1, 1) where it counts at once.
    """

    name: str
    signal: str
    column: str | None
    metric: str
    findings: tuple[Finding | None, ...]
    levels: tuple[int, ...]
    counts: tuple[int, ...]
    held: tuple[int, int]

    def severity(self, at: int = -1) -> Severity:
        """What it counts as in a window."""
        return SEVERITIES[self.counts[at]]

    def finding(self, at: int = -1) -> Finding | None:
        return self.findings[at]

    def began(self, at: int = -1) -> int | None:
        """The window since which it has been in alarm without reading fine in between; None where it is not."""
        at = at % len(self.counts)
        if self.counts[at] <= FINE:
            return None
        first = at
        for i in range(at - 1, -1, -1):
            if self.counts[i] == FINE:
                break
            if self.counts[i] > FINE:
                first = i
        return first

    def waits(self, at: int = -1) -> int:
        """In how many of the last w windows it reads at warning or worse, where that is not yet enough; else 0."""
        at = at % len(self.counts)
        if self.levels[at] <= FINE or self.counts[at] > FINE:
            return 0
        judged = [level for level in self.levels[: at + 1] if level != UNKNOWN]
        return sum(level > FINE for level in judged[-self.held[1] :])


def tracks(line: Sequence[Record], held: tuple[int, int] = (1, 1)) -> dict[str, Track]:
    """Every finding that was judged in some window, by name. held: (k, w) of drift, performance and operations.

    line: one run a window, oldest first, as timeline.py puts them.
    """
    rows = [{name_of(one.column, one.metric): one for one in record.findings} for record in line]
    known: dict[str, Finding] = {}
    for row in rows:
        known |= {name: one for name, one in row.items() if one.severity is not Severity.NOT_JUDGED}
    made = {}
    for name, one in known.items():
        found = tuple(row.get(name) for row in rows)
        levels = tuple(
            FINE if finding is None and one.signal == "schema" else level_of(finding, record)
            for finding, record in zip(found, line, strict=True)
        )
        needs = (1, 1) if one.signal in AT_ONCE else held
        made[name] = Track(name, one.signal, one.column, one.metric, found, levels, counted(levels, *needs), needs)
    return made

"""What a rule of a policy asks of a window, as one line of text: WHAT, of which columns, and how it reads there."""

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import PlumblineError, nearest, shown
from engine.metrics import METRICS, metric
from engine.signals import SIGNALS

# Findings that are no metrics of the registry: of rows, and of columns as such.
OTHERS = (
    "all_null constant duplicate_rate freshness missing_column new_column renamed_column retyped_column volume"
).split()


class Reads(StrEnum):
    """How a term wants its findings to read."""

    WARNING = "warning"
    CRITICAL = "critical"
    FINE = "fine"
    UNKNOWN = "unknown"


WORDS = {one.value: one for one in Reads} | {"worse": Reads.WARNING, "ok": Reads.FINE}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. what: a signal, a metric, or another finding's name; columns: as COLUMNS says, empty for all.

    reads: warning (or worse: one finding is enough), critical (one is enough), fine (judged, and none is a warning),
    unknown (nothing of it could be judged).
    """

    what: str
    columns: str = ""
    reads: Reads = Reads.WARNING


def parse_term(text: str) -> Term:
    """The condition that a line means: WHAT [of COLUMNS] [warning|critical|fine|unknown].

    WHAT is a signal, a metric or COLUMN.METRIC; COLUMNS is a name, a pattern with * and ?, "important" or "top 3".
    A last word that is one of the four is how it reads. Raises PlumblineError with the nearest right name.

    >>> parse_term("data_drift of important")
    Term(what='data_drift', columns='important', reads=<Reads.WARNING: 'warning'>)
    >>> parse_term("temp_*.psi critical")
    Term(what='psi', columns='temp_*', reads=<Reads.CRITICAL: 'critical'>)
    """
    rest, _, last = text.strip().rpartition(" ")
    reads = WORDS.get(last)
    what, of, columns = (rest if reads else text).strip().partition(" of ")
    what, columns = what.strip(), columns.strip()
    if not what or (of and not columns):
        raise PlumblineError(f"{shown(text)} is no condition.", hint="Write WHAT of COLUMNS critical, for one.")
    if what not in SIGNALS and not of and "." in what:
        columns, _, what = what.rpartition(".")
    return Term(_known(what), columns, reads or Reads.WARNING)


def _known(what: str) -> str:
    """The key of a signal, metric or other finding; the error names the nearest of all."""
    if what in SIGNALS or what in OTHERS:
        return what
    try:
        return metric(what).key
    except PlumblineError:
        first = what.split(" ")[0]
        late = first in SIGNALS or first in METRICS or first in OTHERS
        if late:
            after = what[len(first) :].strip()
            hint = f"After {first} comes 'of COLUMNS', or one of {', '.join(Reads)}."
            raise PlumblineError(f"{shown(after)} is not understood.", hint=hint) from None
        hint = nearest(what, [*SIGNALS, *METRICS, *OTHERS])
        raise PlumblineError(f"Unknown signal or metric {shown(what)}.", hint=hint) from None

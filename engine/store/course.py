"""How every monitor's recorded windows read, one after another: what the home page draws small."""

from sqlalchemy import select

from engine.findings import Severity
from engine.store.opening import Store, reading
from engine.store.tables import RUNS

Course = tuple[tuple[str, Severity], ...]  # (first moment of the window, ISO 8601; how it read), oldest first


def courses(store: Store, last: int = 26) -> dict[tuple[str, str], Course]:
    """The last windows of every monitor by (monitor, against), all rows alone; of each window its last revision."""
    names = "monitor", "against", "window_start", "window_end", "severity"
    asked = select(*(RUNS.c[one] for one in names)).where(RUNS.c.cohort == "", RUNS.c.window_end != "")
    with reading(store) as connection:
        rows = connection.execute(asked.order_by(RUNS.c.window_end, RUNS.c.revision)).all()
    found: dict[tuple[str, str], dict[tuple[str, str], Severity]] = {}
    for monitor, against, start, end, severity in rows:
        found.setdefault((monitor, against), {})[start, end] = Severity(severity)
    return {key: tuple((start, one) for (start, _), one in seen.items())[-last:] for key, seen in found.items()}

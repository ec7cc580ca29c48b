"""Opening a collector: its arguments are checked here, at the start of a service, where a mistake may still stop it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.collect.collector import Collector
from engine.collect.redact import redaction
from engine.errors import PlumblineError


def open_collector(
    folder: str | Path,
    *,
    version: str | None = None,
    sample: float = 1.0,
    redact: Iterable[str] | Mapping[str, str] = (),
    salt: str | None = None,
    rows: int = 5_000,
    seconds: float = 30.0,
    most_rows: int = 50_000,
    most_bytes: int = 256 << 20,
) -> Collector:
    """A collector that writes to a folder, which is made if missing.

    version: of the model, in every row. sample: share of requests that are kept, 0 < sample <= 1, written into every
    row, so that what was served can be counted later. redact: names that are dropped, or {name: "drop" or "hash"}; a
    hash needs salt, or PLUMBLINE_SALT. A file is written once so many rows are there, or so many seconds after the
    first. most_rows, most_bytes: what may wait for the disk; beyond, rows are dropped and counted.
    Raises PlumblineError for arguments that make no sense; a folder that cannot be written raises nothing, ever.

    >>> open_collector("logs", sample=10)
    Traceback (most recent call last):
        ...
    engine.errors.PlumblineError: sample: 10 is no share of requests. Write 0.1 for one in ten.
    """
    if not 0 < sample <= 1:
        raise PlumblineError(f"{sample} is no share of requests.", where="sample", hint="Write 0.1 for one in ten.")
    for name, value in (("rows", rows), ("seconds", seconds), ("most_rows", most_rows), ("most_bytes", most_bytes)):
        if not value > 0:
            raise PlumblineError(f"{value} is not above 0.", where=name)
    found = redaction(redact, salt)
    return Collector(Path(folder), version, float(sample), found, rows, seconds, most_rows, most_bytes)

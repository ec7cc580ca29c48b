"""One contender in a process of its own: what it computed, its time, its processor and its memory, as a line of JSON.

Runs in any environment: it imports nothing but the standard library.
"""

import argparse
import importlib.metadata
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence

Values = Mapping[str, Mapping[str, object]]  # by column, by measure


def spent() -> float:
    """Seconds of the processor that this process and its ended children took, its own start included."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def told(
    compute: Callable[[str, str], object], planted: Callable[[str, str], Values] | None, packages: Sequence[str]
) -> None:
    """Compute once on the large pair, then on the planted one, and print what that took and gave.

    seconds, cpu: after imports; seconds_whole, cpu_whole: since the process was started. peak: GB, of the large pair.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("reference")
    parser.add_argument("production")
    parser.add_argument("--planted", nargs=2)
    parser.add_argument("--started", type=float, default=time.time())
    given = parser.parse_args()
    at, before = time.perf_counter(), spent()
    compute(given.reference, given.production)
    found: dict[str, object] = {
        "seconds": time.perf_counter() - at,
        "cpu": spent() - before,
        "seconds_whole": time.time() - given.started,
        "cpu_whole": spent(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }
    if planted and given.planted:
        values = planted(*given.planted)
        found["values"] = {name: {key: _json(one) for key, one in of.items()} for name, of in values.items()}
    sys.stdout.flush()
    print(json.dumps(found))


def _json(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else str(number)

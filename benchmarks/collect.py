"""What collecting costs a service: microseconds a call, milliseconds a request, and rows that a thread can write.

Usage: python benchmarks/collect.py
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.collect import CollectMiddleware, compact, open_collector  # noqa: E402

INPUTS = {f"x{i}": i * 0.5 for i in range(18)} | {"carrier": "UA", "origin": "EWR"}
OUTPUTS = {"late_probability": 0.25, "predicted_late": False}
CALLS = 20_000
IMPORT = "import time; t = time.perf_counter(); import engine.collect; print(time.perf_counter() - t)"


def per_call(task: Callable[[], object], calls: int = CALLS) -> tuple[float, float]:
    """Microseconds of a call: the median, and what 99 % stay under."""
    took = []
    for _ in range(calls):
        start = time.perf_counter()
        task()
        took.append((time.perf_counter() - start) * 1e6)
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


def served(app: object) -> Callable[[], object]:
    """One request through an ASGI app, on a loop that is already running."""
    body = json.dumps(INPUTS).encode()
    scope = {"type": "http", "path": "/predict", "headers": [(b"content-type", b"application/json")]}
    loop = asyncio.new_event_loop()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: object) -> None:
        return

    return lambda: loop.run_until_complete(app(dict(scope), receive, send))  # type: ignore[operator]


async def model(scope: object, receive: Callable[[], object], send: Callable[[object], object]) -> None:
    await receive()  # type: ignore[misc]
    await send({  # type: ignore[misc]
        "type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": json.dumps(OUTPUTS).encode()})  # type: ignore[misc]


def main() -> None:
    took = [float(subprocess.check_output([sys.executable, "-c", IMPORT], cwd=ROOT)) for _ in range(5)]
    print(f"import engine.collect: {min(took) * 1e3:.0f} ms")
    with tempfile.TemporaryDirectory() as place:
        print(f"| {len(INPUTS)} inputs, {len(OUTPUTS)} outputs | median µs | 99 % under, µs |\n|---|---|---|")
        folder = Path(place) / "logs"
        for label, sample, pause in (("log, thread at rest", 1.0, True), ("log, thread at work", 1.0, False),
                                     ("log, 1 % sampled", 0.01, False)):  # fmt: skip
            # at rest: nothing is due before the end, so that the call alone is seen
            settings = {"rows": 10**6, "seconds": 3600.0} if pause else {}
            one = open_collector(folder, sample=sample, most_rows=10**6, **settings)  # type: ignore[arg-type]
            median, high = per_call(lambda one=one: one.log(INPUTS, OUTPUTS, latency_ms=1.0, status=200))  # type: ignore[misc]
            one.close()
            print(f"| {label} | {median:.1f} | {high:.1f} |")
        one = open_collector(folder, most_rows=10**6)
        for label, app in (
            ("a request without", model),
            ("a request with the middleware", CollectMiddleware(model, one)),
        ):
            median, high = per_call(served(app))
            print(f"| {label} | {median:.1f} | {high:.1f} |")
        one.close()
        one = open_collector(folder, most_rows=10**6)
        start = time.perf_counter()
        for _ in range(5 * CALLS):
            one.log(INPUTS, OUTPUTS, latency_ms=1.0, status=200)
        one.close()
        seconds = time.perf_counter() - start
        print(
            f"{5 * CALLS:,} rows handed over and on disk in {seconds:.1f} s: {5 * CALLS / seconds:,.0f} rows a second"
        )
        files = list(folder.glob("*.parquet"))
        start = time.perf_counter()
        joined = compact(folder, settled=-1)
        size = sum(path.stat().st_size for path in folder.glob("*.parquet"))
        print(f"{joined} of {len(files)} files joined in {time.perf_counter() - start:.1f} s, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

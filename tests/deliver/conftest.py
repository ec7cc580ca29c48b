"""Hosts to send to, a store of their own, and runs of a small model whose inputs move in some of eight weeks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.explore import open_monitor
from engine.explore.look import look
from engine.monitor.read import parse_monitor
from engine.slices import Slice
from engine.store import open_store, save
from tests.deliver.servers import Host, Post

EVIL = '<!channel> <script>alert(1)</script> \r\nBcc: a@b.c \u202e[x](http://evil) *bold* & "q" {{7*7}}'


@pytest.fixture
def host():
    """Makes HTTP hosts, closed at the end."""
    made = []

    def begin(*says, **how):
        made.append(Host(*says, **how))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def post_office():
    """Makes SMTP servers, closed at the end."""
    made = []

    def begin(**how):
        made.append(Post(**how))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def store(tmp_path):
    return open_store(f"sqlite:///{tmp_path}/store.db")


@pytest.fixture(scope="session")
def weeks(tmp_path_factory):
    """Runs of eight weeks: x moves in the third, more in the fourth, is gone in the seventh; y moves in the second."""
    folder = tmp_path_factory.mktemp("weeks")
    draw = np.random.default_rng(7)

    def table(first, moves):
        rows, n = [], 800
        for i, (x, y) in enumerate(moves):
            at = [first + timedelta(weeks=i, minutes=12 * k) for k in range(n)]
            xs = [None] * n if x is None else draw.normal(x, 1, n)
            rows.append(pa.table({"at": at, "x": pa.array(xs, pa.float64()), "y": draw.normal(y, 1, n)}))
        return pa.concat_tables(rows)

    pq.write_table(table(datetime(2026, 1, 5), [(0, 0)] * 3), folder / "old.parquet")
    moves = [(0, 0), (0, 3), (0.42, 0), (3, 0), (0, 0), (0, 0), (None, 0), (0, 0)]
    pq.write_table(table(datetime(2026, 3, 2), moves), folder / "new.parquet")
    monitor = parse_monitor(text_of(""))
    opened = open_monitor(monitor, folder)
    return [look(opened, Slice(window=window)) for window in opened.windows]


def text_of(deliver, name="m", more=""):
    """A monitor's file with targets."""
    return (
        f"monitor: {name}\nowner: ops@example.com\nmodel: {{name: net, version: v7}}\n"
        "reference: {path: old.parquet}\nproduction: {path: new.parquet}\ncolumns: {timestamp: at}\n"
        "thresholds: {out_of_bounds_rate: {warning: 0.98, critical: 0.99}}\n"
        "signals: {data_drift: {metrics: {numeric: [psi], categorical: [psi]}}}\n"
        f"{more}deliver:\n{deliver or '  []'}\n"
    )


def watched(*targets, name="m", more=""):
    """A monitor with targets, each as it stands in a file."""
    return parse_monitor(text_of("\n".join(f"  - {{{one}}}" for one in targets), name, more))


@pytest.fixture
def keep(store, weeks):
    """Records weeks by number, from 0, each an hour after the one before."""
    count = []

    def record(monitor, *numbers, again=False):
        for number in numbers:
            count.append(number)
            at = datetime(2026, 4, 20, tzinfo=UTC) + timedelta(hours=len(count))
            run = replace(weeks[number], at=at.isoformat(timespec="seconds"), monitor=monitor.monitor)
            assert save(store, run, monitor, trigger="due", again=again) is not None

    return record


@pytest.fixture
def day():
    """Moments of one day after another: day(0), day(1)."""
    return lambda n, hour=12: datetime(2026, 4, 21, hour, tzinfo=UTC) + timedelta(days=n)

"""Reading every window of a monitor in the background ends where somebody stops it, also within one window."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import Cancelled
from engine.monitor import read_monitor
from engine.tables.watching import tick
from pages.shared import trying
from pages.shared.entries import Entry


def test_a_window_that_takes_long_is_stopped_within(tmp_path, monkeypatch):
    rows = pa.table({"at": pa.array([86_400 * i for i in range(40)], pa.timestamp("s")), "x": list(range(40))})
    pq.write_table(rows, tmp_path / "a.parquet")
    text = "monitor: m\nreference: {path: a.parquet}\nproduction: {path: a.parquet}\ncolumns: {timestamp: at}\n"
    (tmp_path / "m.yaml").write_text(text)
    told = []

    def slowly(*given):
        for _ in range(200):
            time.sleep(0.02)
            tick()
        raise AssertionError("nobody stopped it")

    def tell(share, said):
        told.append((share, said))
        if share >= 0.2 and told.count((share, said)) == 3:
            raise Cancelled("Reading was stopped.")

    monkeypatch.setattr(trying, "look", slowly)
    with pytest.raises(Cancelled):
        trying.windows_of(Entry("m", read_monitor(tmp_path / "m.yaml"), tmp_path, "key"), tell)
    assert len(set(told[-3:])) == 1, "the same window, told again"

"""A server of Spark Connect of one's own: the same cells and findings, and what is said when it is killed."""

import time

import numpy as np
import pytest

from engine.errors import UnreadableSource
from engine.explore import look, open_monitor
from engine.monitor import read_monitor
from engine.slices import Slice
from engine.tables.spark import session as sessions
from tests.tables.spark.conftest import end_group, serving, there
from tests.tables.spark.test_wiring import assert_same_cells, assert_same_findings


@pytest.fixture(scope="module")
def server(java_here, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("connect")) as found:
        yield found


def test_a_server_is_asked_as_this_process_is_until_it_is_killed(small, server, monkeypatch, tmp_path):
    address, process = server
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.05)
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))  # what was counted before is not there
    near = open_monitor(read_monitor(small / "here.yaml"), small)
    far = open_monitor(read_monitor(there(small, address)), small)
    assert far.production.root.remote == address
    assert_same_cells(near, far)
    assert_same_findings(look(near, Slice((), near.windows[5])), look(far, Slice((), near.windows[5])))
    scan = far.production.scan
    assert far.production.query(f"SELECT count(*) AS n FROM {scan}")["n"].to_numpy() == np.array(far.production.rows)
    end_group(process)
    begun = time.monotonic()
    with pytest.raises(UnreadableSource, match="Spark was lost 3 times") as told:
        far.production.query(f"SELECT count(*) AS n FROM {scan}")
    assert time.monotonic() - begun < 60 and "name and port right" in told.value.hint
    with pytest.raises(UnreadableSource, match="Spark was lost"):
        open_monitor(read_monitor(there(small, address)), small)


def test_a_server_that_is_back_is_asked_again(small, java_here, monkeypatch, tmp_path):
    """A session that the server forgot – it was restarted – is made anew, and knows its views again."""
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.05)
    with serving(tmp_path) as (address, _):
        found = sessions.spark(address)
        from engine.tables.spark.opening import open_path

        dataset = open_path(str(small / "reference.parquet"), found)
        found.session.client.close()  # the channel is gone, as after a break in the network
        assert dataset.query(f"SELECT count(*) AS n FROM {dataset.scan}")["n"][0].as_py() == dataset.rows

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


def test_a_server_is_asked_as_this_process_is_until_it_is_killed(small, java_here, monkeypatch, tmp_path):
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.05)
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))  # what was counted before is not there
    near = open_monitor(read_monitor(small / "here.yaml"), small)
    with serving(tmp_path) as (address, process):
        far = open_monitor(read_monitor(there(small, address)), small)
        assert far.production.root.remote == address
        assert_same_cells(near, far)
        assert_same_findings(look(near, Slice((), near.windows[5])), look(far, Slice((), near.windows[5])))
        asked = f"SELECT count(*) AS n FROM {far.production.scan}"
        assert far.production.query(asked)["n"].to_numpy() == np.array(far.production.rows)
        # the channel is gone, as after a break in the network: the session is made anew, and knows its views again
        far.production.root.session.client.close()
        assert far.production.query(asked)["n"].to_numpy() == np.array(far.production.rows)
        end_group(process)
        begun = time.monotonic()
        with pytest.raises(UnreadableSource, match="Spark was lost 3 times") as told:
            far.production.query(asked)
        assert time.monotonic() - begun < 60 and "name and port right" in told.value.hint
        with pytest.raises(UnreadableSource, match="Spark was lost"):
            open_monitor(read_monitor(there(small, address)), small)

"""Every figure that a test here makes is held against what Plotly makes of the same description."""

import json
from base64 import b64decode
from copy import deepcopy

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.charts.drawn import Drawn


def told(sent):
    """What a browser reads of JSON: Plotly leaves out lists of nothing, and packs arrays of numbers."""
    if isinstance(sent, list):
        return [told(one) for one in sent]
    if not isinstance(sent, dict):
        return sent
    if "bdata" in sent:
        return np.frombuffer(b64decode(sent["bdata"]), sent["dtype"]).tolist()
    return {key: told(one) for key, one in sent.items() if one != []}


@pytest.fixture(autouse=True)
def held_against_plotly(monkeypatch):
    made = []
    begin = Drawn.__init__

    def kept(self, described):
        made.append(deepcopy(described))
        begin(self, described)

    monkeypatch.setattr(Drawn, "__init__", kept)
    yield
    monkeypatch.undo()
    for described in made:
        sent = json.loads(Drawn(described).to_json())
        assert told(sent) == told(json.loads(go.Figure(described).to_json()))

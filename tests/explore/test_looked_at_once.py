"""A run reads every metric of a column once from its cells; what they leave open is read again, exactly."""

import sys
from collections import Counter

from engine.assess import observe
from engine.explore import exact_summary, summaries_of
from engine.explore.look import look
from engine.slices import Slice


def test_columns_are_observed_once_and_open_ones_twice(demo, monkeypatch):
    asked = Counter()

    def counted(columns, *rest):
        asked.update(one.name for one in columns)
        return observe(columns, *rest)

    cut = Slice(window=demo.windows[5])
    monkeypatch.setattr(sys.modules["engine.explore.look"], "observe", counted)
    monkeypatch.setattr(
        sys.modules["engine.look"], "observe", lambda *_: (_ for _ in ()).throw(AssertionError("observed again"))
    )
    run = look(demo, cut)
    cells = summaries_of(demo, cut)
    assert set(asked) == {one.name for one in demo.columns} and set(asked.values()) == {1, 2}
    again = [name for name, times in asked.items() if times == 2]
    assert all(run.summaries[name].curve.slack == 0 for name in again if run.summaries[name].curve is not None)
    for name, times in asked.items():
        told = {one.metric: one.value for one in run.findings if one.column == name and one.signal != "schema"}
        summary = exact_summary(demo, name, cut) if times == 2 else cells[name]
        seen, _ = observe([demo.reference.column(name)], {name: summary}, demo.plan)
        assert all(told[one.metric.key] == one.reading.value for one in seen) and seen
    assert [one.column for one in run.findings if one.metric == "null_rate"] == [one.name for one in demo.columns]

"""The charts of where and when: mix or behaviour, small multiples, events on a timeline, names of both sides."""

from datetime import datetime, timedelta

import pytest

from engine.charts.curves import curves
from engine.charts.distribution import distribution
from engine.charts.mix import Share, folded, mix_chart, summed
from engine.charts.multiples import multiples
from engine.charts.theme import PALETTE
from engine.charts.timeline import Happened, Moment, timeline
from engine.explore import exact_summary, look
from engine.explore.cohorts import mix_of
from engine.findings import Finding, NotComputed, Severity, Threshold
from engine.slices import Filter, Slice

MODES = pytest.mark.parametrize("mode", ["light", "dark"])
START = datetime(2024, 1, 1)


def made(value, severity=Severity.OK):
    return Finding("data_drift", "x", "numeric", "psi", value, severity, "", threshold=Threshold(0.1, 0.25), floor=0.02)


def moments(*values):
    return [
        Moment(f"k{i}", f"week {i}", START + timedelta(weeks=i), None if value is None else made(value))
        for i, value in enumerate(values)
    ]


@MODES
def test_mix_and_behaviour_are_two_bars_that_add_up(demo, mode):
    found = mix_of(demo, "seats", "carrier", Slice(window=demo.windows[24]))
    shares = [Share(str(i), one.words, one.mix, one.behaviour, 0.1, 0.1) for i, one in enumerate(found)]
    mix, behaviour = mix_chart(shares, "PSI", mode).data
    assert sum(mix.x) + sum(behaviour.x) == pytest.approx(found[0].value_whole, abs=1e-9)
    assert len(mix.x) == 13 and mix.customdata[-1][1] == "4 more"
    assert mix.marker.pattern.shape == "/" and behaviour.marker.color == PALETTE[mode]["production"]
    low, high = mix_chart(shares, "PSI", mode).layout.xaxis.range
    assert low < min(*mix.x, *behaviour.x) and high > max(*mix.x, *behaviour.x)


def test_parts_that_lower_the_reading_are_said_with_their_sign():
    shares = [Share("a", "a", 0.3, -0.1, 0.5, 0.6), Share("b", "b", -0.1, 0.05, 0.5, 0.4)]
    assert summed(shares, "PSI", 0.15) == "PSI 0.15 = mix 0.2 − behaviour 0.05"
    assert [one.words for one in folded(shares)] == ["a", "b"]
    assert [note.text for note in mix_chart(shares, "PSI").layout.annotations] == ["+0.2", "-0.05"]


def test_a_mix_of_nothing_is_still_a_chart():
    assert list(mix_chart([], "PSI").data[0].x) == []


def test_names_of_cohorts_are_text():
    figure = mix_chart([Share("a", "<b>x</b>", 0.1, 0.1, 1, 1)], "PSI")
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;x&lt;/b&gt;"]


@MODES
def test_small_multiples_share_one_scale(mode):
    events = [Happened(START + timedelta(days=8), "strike", START + timedelta(days=12))]
    figure = multiples(["a", "b", "c", "d"], [moments(0.05, 9.0), *[moments(0.2, None)] * 3], "PSI", 3, mode, events)
    assert [trace.xaxis for trace in figure.data] == ["x", "x2", "x3", "x4"]
    ranges = {tuple(figure.layout[axis].range) for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")}
    assert len(ranges) == 1 and max(figure.data[0].y) == 0.5  # cut off at five warnings, and said so
    assert any("cut off at 0.5" in note.text for note in figure.layout.annotations)
    assert figure.data[0].customdata[1][3] == "9" and figure.data[1].connectgaps is False
    assert sum(shape.type == "rect" for shape in figure.layout.shapes) == 4
    assert figure.layout.yaxis4.domain[1] < figure.layout.yaxis.domain[0]


def test_each_panel_has_the_warning_of_its_column():
    loose = Finding("data_drift", "b", "numeric", "psi", 0.3, Severity.OK, "", threshold=Threshold(0.4, 0.8))
    figure = multiples(["a", "b"], [moments(0.2), [Moment("k0", "week 0", START, loose)]], "PSI")
    assert {shape.yref: shape.y0 for shape in figure.layout.shapes} == {"y": 0.1}  # 0.4 lies beyond the highest value
    loose = Finding("data_drift", "b", "numeric", "psi", 0.48, Severity.OK, "", threshold=Threshold(0.4, 0.8))
    figure = multiples(["a", "b"], [moments(0.2), [Moment("k0", "week 0", START, loose)]], "PSI")
    assert {shape.yref: shape.y0 for shape in figure.layout.shapes} == {"y": 0.1, "y2": 0.4}


def test_events_are_labelled_and_lie_where_they_happened():
    events = [
        Happened(START + timedelta(days=8), "<i>strike</i>", START + timedelta(days=12)),
        Happened(START + timedelta(days=900), "later"),
        Happened(START + timedelta(days=20), "moment"),
    ]
    figure = timeline(moments(0.1, 0.2, 0.3, 0.1), "PSI", "k1", "light", events)
    said = [note.text for note in figure.layout.annotations]
    assert "&lt;i&gt;strike&lt;/i&gt;" in said and "moment" in said and "later" not in said
    marks = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.yref == "paper" and shape.type == "rect"]
    assert marks == [(events[0].start, events[0].end), (events[2].start, events[2].start)]


def test_a_timeline_without_windows_has_no_events():
    assert not timeline([], "PSI", events=[Happened(START, "e")]).layout.annotations


def test_charts_call_both_sides_what_they_are(demo):
    cut = Slice((Filter("origin", "eq", ("LGA",)),), demo.windows[24])
    run = look(demo, cut, "everyone else")
    parts = next(one.parts for one in run.findings if one.column == "seats" and one.metric == "psi")
    sides = ("everyone <b>else</b>", "this cohort")
    figure = distribution(parts, "PSI", "seats", True, "light", sides)
    assert [trace.name for trace in figure.data][:2] == ["everyone &lt;b&gt;else&lt;/b&gt;", "this cohort"]
    assert "reference" not in figure.data[0].hovertemplate
    figure = curves(exact_summary(demo, "seats", cut, "everyone else").curve, "seats", sides=sides)
    assert [trace.name for trace in figure.data][:2] == ["everyone &lt;b&gt;else&lt;/b&gt;", "this cohort"]


def test_a_reading_that_was_not_made_is_a_gap_in_small_multiples():
    line = [Moment("k", "week", START, NotComputed("data_drift", "x", "psi", "no rows"))]
    assert list(multiples(["a"], [line], "PSI").data[0].y) == [None]

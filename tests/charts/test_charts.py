"""The charts, read from their figures: what stands where, never how it is painted."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.charts.bullet import bullet
from engine.charts.curves import can_be_log, curves
from engine.charts.distribution import bins_of, distribution, main_bins
from engine.charts.heatmap import Spot, heat, heatmap
from engine.charts.theme import MARKS, PALETTE, plain
from engine.charts.timeline import Moment, timeline
from engine.explore import exact_summary, look
from engine.findings import Finding, NotComputed, Part, Severity, Threshold
from engine.slices import Slice

MODES = pytest.mark.parametrize("mode", ["light", "dark"])


@pytest.fixture(scope="module")
def run(demo):
    return look(demo, Slice((), demo.windows[3]))


def found(run, column, metric="psi"):
    return next(one for one in run.findings if one.column == column and one.metric == metric)


def made(value=0.3, severity=Severity.CRITICAL, limits=(0.1, 0.25), floor=None):
    return Finding("data_drift", "x", "numeric", "psi", value, severity, "", threshold=Threshold(*limits), floor=floor)


@MODES
def test_bins_show_both_sides_and_what_each_adds(run, mode):
    finding = found(run, "late_probability")
    figure = distribution(finding.parts, "PSI", "late_probability", True, mode)
    bars, line, scores = figure.data
    assert list(bars.y) == [part.reference for part in finding.parts]
    assert list(line.y)[1:-1] == [part.production for part in finding.parts]
    assert sum(scores.y) == pytest.approx(1)
    assert line.line.shape == "hvh" and bars.marker.pattern.shape == "/"
    assert {bars.marker.pattern.fgcolor, line.line.color} == {PALETTE[mode]["reference"], PALETTE[mode]["production"]}


def test_marked_bins_make_up_most_of_the_score(run):
    finding = found(run, "late_probability")
    bins = bins_of(finding.parts, True)
    chosen = main_bins(bins)
    assert sum(bins[i].score for i in chosen) >= 0.6
    figure = distribution(finding.parts, "PSI", "late_probability", True)
    assert [(s.x0, s.x1) for s in figure.layout.shapes] == [(i - 0.5, i + 0.5) for i in chosen]
    assert [note.text for note in figure.layout.annotations] == [f"<b>{bins[i].score:.0%}</b>" for i in chosen]


def test_categories_stand_by_what_they_add_with_the_rest_and_the_unseen_last(run):
    bins = bins_of(found(run, "dest").parts, False)
    assert [one.label for one in bins][-3:] == ["30 more", "other", "unseen"]
    scores = [one.score for one in bins[:20]]
    assert scores == sorted(scores, reverse=True)
    assert sum(one.reference for one in bins) == pytest.approx(1)


def test_a_score_without_parts_has_one_row():
    figure = distribution([Part("a", 0.5, 0.4, None), Part("b", 0.5, 0.6, None)], "KS", "x", False)
    assert [trace.name for trace in figure.data] == ["reference", "production"]
    assert not figure.layout.shapes


def test_names_from_outside_are_text_in_a_chart():
    parts = [Part("<b>x</b>", 1.0, 1.0, 0.0)]
    figure = distribution(parts, "PSI", "<a href='x'>", False)
    assert "<b>x" not in figure.to_json().replace("\\u003c", "<").replace("<b>%{customdata", "")
    assert plain("<script>") == "&lt;script&gt;"
    assert plain("\u202eevil 81.7%") == "\\u202eevil 81.7%", "or the number would read %7.18"


@MODES
def test_the_ruler_shows_value_thresholds_and_floor(mode):
    figure = bullet(made(floor=0.05), mode)
    assert figure.data[0].x == (0.3,) and figure.data[1].marker.symbol == "square"
    lines = [shape.x0 for shape in figure.layout.shapes if shape.type == "line"]
    assert lines == [0.1, 0.25]
    assert any(shape.x1 == 0.05 for shape in figure.layout.shapes)
    assert figure.layout.xaxis.range[1] > 0.3


def test_curves_rise_from_nothing_to_all_and_mark_the_largest_gap(demo):
    summary = exact_summary(demo, "late_probability", Slice((), demo.windows[3]))
    figure = curves(summary.curve, "late_probability")
    first, second, gap = figure.data
    for side in (first, second):
        assert len(side.x) <= 1000 and list(side.y) == sorted(side.y)
        assert side.y[0] < 0.02 and side.y[-1] > 0.98
    low, high = gap.y
    assert high - low == pytest.approx(0.286, abs=0.002)
    assert "<b>28.6%</b> at 0.217" in figure.layout.annotations[0].text
    assert can_be_log(summary.curve) in (True, False)


def moments():
    start = datetime(2024, 1, 1)
    each = [made(), made(0.05, Severity.OK), NotComputed("data_drift", "x", "psi", "no rows"), None]
    return [Moment(f"k{i}", f"week {i}", start + timedelta(weeks=i), one, partial=i == 1) for i, one in enumerate(each)]


@MODES
def test_a_timeline_has_gaps_marks_and_thresholds(mode):
    figure = timeline(moments(), "PSI", "k0", mode)
    line = figure.data[-1]
    assert list(line.y) == [0.3, 0.05, None, None] and line.connectgaps is False
    assert list(line.marker.symbol)[:2] == ["square", "circle-open"]
    assert [row[0] for row in line.customdata] == ["k0", "k1", "k2", "k3"]
    said = [note.text for note in figure.layout.annotations]
    assert "▲ warning 0.1" in said and "■ critical 0.25" in said
    assert "not computed: no rows" in line.customdata[2][1]
    evil = replace(moments()[2], found=NotComputed("data_drift", "x", "psi", "no <b>x</b>"))
    assert "no &lt;b&gt;x" in timeline([evil], "PSI", mode=mode).data[-1].customdata[0][1], "text is no markup"


def test_a_timeline_of_glances_is_that_of_findings_without_floors():
    found = moments()
    seen = [replace(one, found=one.found.glance) if isinstance(one.found, Finding) else one for one in found]
    whole, quick = timeline(found, "PSI").data[-1], timeline(seen, "PSI").data[-1]
    assert list(quick.y) == list(whole.y) and list(quick.marker.symbol) == list(whole.marker.symbol)
    assert any(one is not None for one in quick.y) and "0.3" in str(quick.customdata)


def test_a_timeline_of_nothing_is_still_a_chart():
    assert list(timeline([], "PSI").data[-1].y) == []


@MODES
def test_the_map_says_state_by_colour_mark_and_words(mode):
    cells = [[made(), made(0.15, Severity.WARNING), made(0.02, Severity.OK), made(0.2, Severity.NOT_ENOUGH_DATA)]]
    spots = [Spot(f"k{i}", f"week {i}", str(i), partial=i == 3) for i in range(4)]
    figure = heatmap(["x"], spots, cells, "PSI", "k1", mode)
    colours, hatched, marks, clear = figure.data
    assert colours.z[0][0] >= 2 > colours.z[0][1] > 1 > colours.z[0][2] and colours.z[0][3] is None
    assert (marks.x, marks.y, marks.marker.symbol) == ((0, 1), (0, 0), ("square", "triangle-up"))
    assert marks.marker.color == ("#1a1a1a" if mode == "dark" else "#ffffff") and marks.hoverinfo == "skip"
    assert (hatched.x, hatched.base, hatched.text) == ((3,), (-0.5,), (MARKS[Severity.NOT_ENOUGH_DATA],))
    assert hatched.marker.pattern.shape == "/"
    assert clear.x == (0, 1, 2, 3) and list(clear.customdata[0][:2]) == ["x", "k0"]
    assert "critical" in clear.customdata[0][4] and "(partial)" in clear.customdata[3][3]
    assert figure.layout.shapes[0].x0 == 0.5 and figure.layout.annotations[0].x == 3


def test_heat_rises_with_the_value_within_a_severity():
    assert heat(made(0.3)) < heat(made(0.9)) <= 3
    assert heat(None) is None

"""The charts of whether it matters: performance over windows, quadrants, places, and how a model was served."""

from datetime import datetime, timedelta

import pytest

from engine.attribution import rank_changes
from engine.charts.quadrant import quadrant
from engine.charts.realized import Told, realized
from engine.charts.served import Volume, latencies, volume
from engine.charts.slope import slope
from engine.charts.timeline import Happened
from engine.estimate.performance import Estimate
from engine.explore import look, performance_history
from engine.explore.consequence import consequences_of
from engine.findings import Finding, NotComputed, Severity, Threshold
from engine.maturity import Maturity
from engine.slices import Slice, parse_window

WEEK = parse_window("2013-04-22..2013-04-29")
FIRST = datetime(2024, 1, 1)
MODES = pytest.mark.parametrize("mode", ["light", "dark"])


def told(i, value, severity=Severity.OK):
    found = NotComputed("operations", "ms", "latency_p95", "none")
    if value is not None:
        limits = Threshold(200, 400)
        found = Finding("operations", "ms", None, "latency_p95", value, severity, "", threshold=limits, floor=90.0)
    return Told(f"w{i}", f"week {i}", FIRST + timedelta(weeks=i), found, None, None, 10)


def by_name(figure):
    return {one.name: one for one in figure.data}


@MODES
def test_realized_and_estimated_stand_where_they_were_read(demo, mode):
    history = performance_history(demo, "log_loss")
    windows = [
        Told(str(i), one.words, one.start, found, estimate, labelled, rows, grown)
        for i, (one, found, estimate, labelled, rows, grown) in enumerate(
            zip(history.windows, history.found, history.estimates, history.labelled, history.rows, history.maturity,
                strict=True)
        )
    ]  # fmt: skip
    at = history.windows.index(WEEK)
    figure = realized(windows, "Log loss", str(at), mode, [Happened(datetime(2013, 4, 21), "furloughs")])
    lines = by_name(figure)
    assert list(lines["realized"].y) == [one.value for one in history.found]
    assert list(lines["estimated before labels"].y) == [one.value for one in history.estimates]
    assert lines["estimated ± 3 s.e."].y[at] == history.estimates[at].high < lines["realized"].y[at]
    assert lines["realized"].marker.size[at] > lines["realized"].marker.size[at + 1]
    assert "furloughs" in [note.text for note in figure.layout.annotations]
    assert figure.data[-1].name == "realized", "clicks are read from the last trace"


def test_a_window_without_labels_is_a_gap_with_its_estimate():
    estimate = Estimate(0.4, 0.3, 0.5, 10)
    missing = NotComputed("model_performance", None, "log_loss", "no row has a label")
    waits = Told("w1", "week 1", FIRST + timedelta(weeks=1), missing, estimate, 0, 10, Maturity.PROVISIONAL)
    figure = realized([told(0, 100.0), waits], "Log loss")
    line = figure.data[-1]
    assert list(line.y) == [100.0, None] and line.marker.symbol[1].endswith("open")
    assert "no row has a label" in line.customdata[1][1] and "0% of 10 rows have a label" in line.customdata[1][1]
    assert "estimated 0.4" in line.customdata[1][1]


@MODES
def test_latency_shows_three_quantiles_and_the_thresholds_of_one(mode):
    p95 = [told(0, 110.0), told(1, 260.0, Severity.WARNING), told(2, None)]
    figure = latencies(p95, {"50 %": [50.0, 60.0, None], "99 %": [300.0, 900.0, None]}, "w1", mode)
    lines = by_name(figure)
    assert list(lines["95 %"].y) == [110.0, 260.0, None] and list(lines["99 %"].y) == [300.0, 900.0, None]
    assert figure.data[-1].name == "95 %", "clicks are read from the last trace"
    assert figure.layout.yaxis.range[0] == 0 and figure.layout.yaxis.range[1] >= 900
    assert set(lines["warning"].y) - {None} == {200}
    zone = max(shape.y1 for shape in figure.layout.shapes if shape.yref != "paper")
    assert zone == figure.layout.yaxis.range[1], "the critical zone reaches the top"


@MODES
def test_volume_counts_requests_and_marks_partial_windows(mode):
    bars = [Volume(f"w{i}", f"week {i}", FIRST + timedelta(weeks=i), 10, 100.0 * (i + 1), i == 0) for i in range(3)]
    figure = volume(bars, 0.5, "w2", mode)
    (drawn,) = figure.data
    assert list(drawn.y) == [100.0, 200.0, 300.0] and drawn.customdata[2][0] == "w2"
    assert "100 requests, of 10 rows kept" in drawn.customdata[0][1] and "(partial)" in drawn.customdata[0][1]
    assert drawn.marker.color[0] != drawn.marker.color[1]
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [100.0, 200.0], "half the median, and the median"


def test_names_of_windows_are_no_markup():
    bars = [Volume("<b>", "<script>", FIRST, 1, 1.0)]
    assert "<script>" not in volume(bars, 0.5).data[0].customdata[0][1]


@MODES
def test_quadrants_and_places_show_every_feature(demo, mode):
    cut = Slice(window=WEEK)
    run = look(demo, cut)
    found = consequences_of(demo, run.findings, run.ranking, cut)
    figure = quadrant(found, mode)
    at = {row[0]: (x, y) for trace in figure.data if trace.customdata is not None
          for row, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)}  # fmt: skip
    temperature = next(one for one in found if one.column == "temp_f")
    assert at["temp_f"] == pytest.approx((temperature.share, temperature.ratio))
    assert set(at) == {one.column for one in found if one.share is not None}
    changes = rank_changes(run.ranking)
    figure = slope(changes, mode)
    assert {one.name for one in figure.data} == {one.feature for one in changes} and len(changes) == 15
    rose = next(one for one in figure.data if one.name == "temp_f")
    assert rose.y[0] > rose.y[1] and rose.line.width > 2, "from place 5 to 2, a strong line"

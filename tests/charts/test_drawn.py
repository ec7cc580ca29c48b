"""A figure that goes out unchecked says the same as one that Plotly checked, and is checked when it is looked at."""

import json

import plotly.tools
import pytest

from engine.charts.drawn import Drawn
from engine.charts.heatmap import Spot, heatmap
from engine.charts.multiples import multiples
from engine.charts.timeline import Moment, timeline
from engine.explore import history

BAR = {"data": [{"type": "bar", "y": [1.0, None]}], "layout": {"height": 90, "yaxis": {"range": [0, 2]}}}


def test_the_demos_maps_and_timelines_go_out_as_plotly_would_send_them(demo):
    found = history(demo, "psi")
    moments = {
        column: [Moment(str(i), w.words, w.start, found.cells[column, i]) for i, w in enumerate(found.windows)]
        for column in found.columns[:4]
    }
    cells = [[found.cells[column, i] for i in range(len(found.windows))] for column in found.columns]
    spots = [Spot(str(i), w.words, str(i), not i) for i, w in enumerate(found.windows)]
    figures = [  # each is held against Plotly's own when the test is over
        heatmap(found.columns, spots, cells, "PSI", "3", "dark"),
        multiples(list(moments), list(moments.values()), "PSI", chosen="3"),
        *(timeline(one, "PSI", "3") for one in moments.values()),
    ]
    for figure in figures:
        sent = plotly.tools.return_figure_from_figure_or_data(figure, validate_figure=True)  # as Streamlit does
        assert sent["data"] is figure.described["data"], "neither checked nor copied on its way"


def test_a_part_that_is_asked_for_is_plotlys_and_what_is_changed_goes_out():
    figure = Drawn(BAR)
    figure.layout.height = 120
    assert figure.data[0].y == (1.0, None) and figure.to_dict()["layout"]["height"] == 120
    assert not hasattr(figure, "nothing of that name")


def test_a_description_that_plotly_does_not_know_is_told_when_it_is_looked_at():
    unknown = Drawn.__new__(Drawn)  # made so that nobody holds it against Plotly's own
    unknown.__dict__["described"] = {"data": [], "layout": {"heigth": 90}}
    with pytest.raises(ValueError, match="heigth"):
        unknown.layout  # noqa: B018


def test_what_goes_out_is_not_changed_by_looking():
    figure = Drawn(BAR)
    before = json.loads(figure.to_json())
    assert figure.layout.yaxis.range == (0, 2)
    assert json.loads(figure.to_json()) == before

"""Alerts over windows, before and after a change of thresholds: bars of what would be, a line of what was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import colours, layout, note, plain
from engine.charts.timeline import Happened, event_marks
from engine.slices import Window


def alerts(
    windows: Sequence[Window],
    before: Sequence[int],
    after: Sequence[int],
    most: float | None = None,
    mode: str = "light",
    events: Sequence[Happened] = (),
) -> Drawn:
    """Findings in alarm per window. most: how many are wanted on average, drawn as a line."""
    c = colours(mode)
    starts: list[datetime] = [one.start for one in windows]
    words = [plain(one.words) for one in windows]
    each = min((one.end - one.start for one in windows), default=timedelta(days=1))
    marks, labels = event_marks(events, starts, mode)
    shapes: list[dict[str, Any]] = []
    if most is not None:
        line = {"color": c["text"], "width": 1, "dash": "dash"}
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": most, "y1": most, "line": line})
        labels = [*labels, note(f"at most {most:g}", mode, xref="paper", x=0, y=most, xanchor="left",
                                yanchor="bottom")]  # fmt: skip
    data = [
        {
            "type": "bar", "x": starts, "y": list(after), "name": "with these thresholds", "offset": 0,
            "width": each.total_seconds() * 900, "marker": {"color": c["production"]}, "customdata": words,
            "hovertemplate": "<b>%{customdata}</b><br>%{y} in alarm with these thresholds<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines", "x": starts, "y": list(before), "name": "as the file has them",
            "line": {"color": c["reference"], "width": 2, "shape": "hv"}, "customdata": words,
            "hovertemplate": "<b>%{customdata}</b><br>%{y} in alarm as the file has them<extra></extra>",
        },
    ]  # fmt: skip
    top = max([*before, *after, most or 0, 1])
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 300, showlegend=True, shapes=[*shapes, *marks], annotations=labels, bargap=0.1,
                xaxis={"showgrid": False, "nticks": 12},
                yaxis={"title": "findings in alarm", "range": [0, 1.12 * top], "nticks": 6},
            ),
        }
    )  # fmt: skip

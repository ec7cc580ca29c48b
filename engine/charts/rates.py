"""What the model said beside what came true, over windows: two lines, each with its interval and its reference."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from engine.charts.drawn import Drawn
from engine.charts.realized import span_of
from engine.charts.theme import colours, faded, layout, note, plain
from engine.charts.timeline import Happened, event_marks
from engine.explore.rates import Said
from engine.findings import three


def rates(
    found: Said, keys: Sequence[str], chosen: str | None = None, mode: str = "light", events: Sequence[Happened] = ()
) -> Drawn:
    """Predicted dashed, came true solid. keys: of the windows, which come back with a click."""
    c = colours(mode)
    starts: list[datetime] = [one.start for one in found.windows]
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    looks = ((found.predicted, c["estimate"], "dash"), (found.came_true, c["production"], "solid"))
    levels = [(one, colour) for one, colour, _ in looks if one is not None and one.reference is not None]
    numbers: list[float] = []
    for course, colour, dash in looks:
        if course is None:
            continue
        kept = np.isfinite(course.low)
        shade = {"type": "scatter", "mode": "lines", "x": [s for s, k in zip(starts, kept, strict=True) if k],
                 "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}  # fmt: skip
        data += [
            {**shade, "y": course.low[kept], "name": f"{course.name}, low"},
            {**shade, "y": course.high[kept], "name": f"{course.name}, high", "fill": "tonexty",
             "fillcolor": faded(colour, 0.18)},
        ]  # fmt: skip
        value = [None if np.isnan(v) else float(v) for v in course.value]
        text = [
            "–" if v is None else f"{v:.1%}" if found.share else three(v)
            for v in value
        ]  # fmt: skip
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": starts, "y": value, "name": course.name,
                "connectgaps": False, "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"size": [10 if key == chosen else 6 for key in keys], "color": colour, "opacity": 1},
                "customdata": [
                    [key, plain(window.words), said, int(n)]
                    for key, window, said, n in zip(keys, found.windows, text, course.rows, strict=True)
                ],
                "hovertemplate": f"<b>%{{customdata[1]}}</b><br>{course.name} %{{customdata[2]}}"
                "<br>%{customdata[3]:,} rows<extra></extra>",
                "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
            }
        )  # fmt: skip
        numbers += [float(v) for v in (*course.low[kept], *course.high[kept], *course.value[np.isfinite(course.value)])]
    numbers += [float(one.reference) for one, _ in levels if one.reference is not None]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    low = min(low, 0.0) if found.share else low
    room = 0.08 * (high - low or 1.0)
    upper = max((one.reference or 0.0 for one, _ in levels), default=0.0)
    for one, colour in levels:
        level = float(one.reference or 0.0)
        line = {"color": colour, "width": 1, "dash": "dot"}
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "line": line})
        amount = f"{level:.1%}" if found.share else three(level)
        notes.append(
            note(f"reference {amount}", mode, xref="paper", x=1, y=level, xanchor="right",
                 font={"size": 11, "color": colour}, yanchor="bottom" if level == upper else "top")
        )  # fmt: skip
    marks, labels = event_marks(events, starts, mode)
    now = next((start for key, start in zip(keys, starts, strict=True) if key == chosen), None)
    if now is not None:
        line = {"color": c["text"], "width": 1, "dash": "dash"}
        shapes.append({"type": "line", "x0": now, "x1": now, "yref": "paper", "y0": 0, "y1": 1, "line": line})
    title = f"share of {plain(found.of)}" if found.share else f"mean {plain(found.of)}"
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 330, xaxis={"showgrid": False, "nticks": 14, **span_of(starts)}, shapes=[*shapes, *marks],
                yaxis={"range": [low - (0 if found.share else room), high + 1.6 * room], "title": title, "nticks": 6,
                       "tickformat": ".0%" if found.share else ""},
                annotations=[*notes, *labels], hovermode="closest", clickmode="event+select", showlegend=True,
            ),
        }
    )  # fmt: skip

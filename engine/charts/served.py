"""How a model was served, over windows: three quantiles of latency together, and how many requests came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.realized import Told, realized
from engine.charts.theme import colours, faded, layout, note, plain
from engine.charts.timeline import Happened, event_marks

TITLE = "milliseconds"


@dataclass(frozen=True, slots=True)
class Volume:
    """One window. key comes back with a click; requests: what the rows stand for, as they may be sampled."""

    key: str
    words: str
    start: datetime
    rows: int
    requests: float
    partial: bool = False


def latencies(
    p95: Sequence[Told],
    beside: dict[str, Sequence[float | None]],
    chosen: str | None = None,
    mode: str = "light",
    events: Sequence[Happened] = (),
) -> Drawn:
    """The 95th percentile with its thresholds and floor, others as quiet lines. beside: name -> one value a window."""
    figure = realized(p95, TITLE, chosen, mode, events, "95 %")
    c = colours(mode)
    starts = [one.start for one in p95]
    quiet: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": starts, "y": list(values), "name": name, "connectgaps": False,
         "line": {"color": c["quiet"], "width": 1.5, "dash": dash}, "hovertemplate": f"{plain(name)}: %{{y:.3g}} ms"
         "<extra></extra>"}
        for (name, values), dash in zip(beside.items(), ("dash", "solid", "dot"), strict=False)
    ]  # fmt: skip
    low, high = figure.layout.yaxis.range
    others = [value for values in beside.values() for value in values if value is not None]
    span = [min(0.0, low), max([high, *(1.05 * value for value in others)])]
    whole = {"data": [*quiet, *(one.to_plotly_json() for one in figure.data)], "layout": figure.layout.to_plotly_json()}
    whole["layout"]["yaxis"]["range"] = span
    for shape in whole["layout"].get("shapes", ()):  # zones reach to the new top
        if shape.get("yref") != "paper" and shape.get("y1") == high:
            shape["y1"] = span[1]
    return Drawn(whole)


def volume(
    windows: Sequence[Volume],
    least: float,
    chosen: str | None = None,
    mode: str = "light",
    events: Sequence[Happened] = (),
) -> Drawn:
    """Requests of every window; hollow where it is partial. least: share of the median below which a window is that."""
    c = colours(mode)
    starts = [one.start for one in windows]
    usual = median([one.requests for one in windows]) if windows else 0.0
    bars = {
        "type": "bar", "x": starts, "y": [one.requests for one in windows], "name": "requests",
        "marker": {
            "color": [faded(c["production"], 0.15 if one.partial else 0.8) for one in windows],
            "line": {"color": c["production"], "width": [2.5 if one.key == chosen else 1 for one in windows]},
        },
        "customdata": [[one.key, _said(one)] for one in windows], "hovertemplate": "%{customdata[1]}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    shapes, notes = event_marks(events, starts, mode)
    for level, name in ((usual, "median"), (least * usual, f"{least:.0%}: partial below")):
        line = {"color": c["quiet"], "width": 1.5, "dash": "dot"}
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "line": line})
        notes.append(note(name, mode, xref="paper", x=1, y=level, xanchor="right", yanchor="bottom"))
    axis: dict[str, Any] = {"showgrid": False, "nticks": 14}
    if len(starts) > 1:  # half a bar to the left, and room for the labels to the right
        wide = max(starts) - min(starts)
        axis["range"] = [min(starts) - 0.6 * wide / (len(starts) - 1), max(starts) + 0.25 * wide]
    more = {"yaxis": {"title": "requests", "rangemode": "tozero", "nticks": 6}, "shapes": shapes, "annotations": notes}
    return Drawn(
        {"data": [bars], "layout": layout(mode, 300, xaxis=axis, clickmode="event+select", hovermode="closest", **more)}
    )


def _said(one: Volume) -> str:
    stands = "" if round(one.requests) == one.rows else f", of {one.rows:,} rows kept"
    return f"<b>{plain(one.words, 60)}</b>{' (partial)' if one.partial else ''}<br>{one.requests:,.0f} requests{stands}"

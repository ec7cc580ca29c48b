"""One metric of one column over all windows: thresholds as lines with zones, the noise floor as a band."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import MARKS, SYMBOLS, WORDS, colour_of, colours, faded, layout, note, plain, zones
from engine.findings import Finding, Glance, NotComputed, three


@dataclass(frozen=True, slots=True)
class Moment:
    """One window of a timeline. key comes back when the mark is clicked; found: what was read, or why nothing was.

    A glance has no floor, and what it was read of is not told.
    """

    key: str
    words: str
    start: Any
    found: Finding | Glance | NotComputed | None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as a mark on a timeline. end: where it is over, excluded; None for a moment."""

    start: datetime
    words: str
    end: datetime | None = None


def event_marks(
    events: Sequence[Happened], starts: Sequence[datetime], mode: str, words: bool = True
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shapes and labels of the events within windows: a line each, a shade where one lasted. words: label them."""
    if not starts:
        return [], []
    c = colours(mode)
    first, last = min(starts), max(starts)
    last += (last - first) / max(len(starts) - 1, 1)  # the last window ends about there
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for event in events:
        end = event.end or event.start
        if end < first or event.start > last:
            continue
        place = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": event.start, "x1": end, "layer": "below"}
        shapes.append({**place, "fillcolor": faded(c["text"], 0.12), "line": {"width": 1, "color": c["soft"]}})
        if words:
            left = event.start - first <= (last - first) / 2  # the label hangs on the side that has room
            at = {"x": end if left else event.start, "xanchor": "left" if left else "right"}
            edge = {
                "yref": "paper",
                "y": 1,
                "yanchor": "top",
                "yshift": -15 * (len(notes) % 3),
                "xshift": 3 if left else -3,
            }
            notes.append(note(plain(event.words, 48), mode, **at, **edge))
    return shapes, notes


def timeline(
    moments: Sequence[Moment],
    metric: str,
    chosen: str | None = None,
    mode: str = "light",
    events: Sequence[Happened] = (),
) -> Drawn:
    """chosen: key of the window that is being looked at. Windows where nothing was read are gaps in the line."""
    c = colours(mode)
    read = [read_in(one) for one in moments]
    values = [None if one is None else one.value for one in read]
    limits = next((one.threshold for one in read if one is not None and one.threshold is not None), None)
    floors = [one.floor if isinstance(one, Finding) else None for one in read]
    numbers = [v for v in [*values, *floors, *((limits.warning, limits.critical) if limits else ())] if v is not None]
    top = max(numbers, default=1.0) * 1.12 or 1.0
    bottom = min(0.0, *numbers) if numbers else 0.0
    starts: list[datetime] = [one.start for one in moments]
    data: list[dict[str, Any]] = []
    if any(floor is not None for floor in floors):
        band = {"line": {"width": 0, "shape": "hvh"}, "fill": "tozeroy", "fillcolor": faded(c["quiet"], 0.28)}
        data.append({"type": "scatter", "mode": "lines", "x": starts, "y": floors, "name": "noise", **band})
        data[-1] |= {"hovertemplate": "no change reads up to %{y:.3g}<extra></extra>"}
    symbols = [_symbol(one, m.partial) for one, m in zip(read, moments, strict=True)]
    data.append(
        {
            "type": "scatter", "mode": "lines+markers", "x": starts, "y": values, "name": metric, "connectgaps": False,
            "line": {"color": c["production"], "width": 2},
            "marker": {
                "size": [11 if m.key == chosen else 8 for m in moments], "symbol": symbols, "opacity": 1,
                "color": [colour_of(one.severity, mode) if one else c["quiet"] for one in read],
            },
            "customdata": [[m.key, _said(m)] for m in moments],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        }
    )  # fmt: skip
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if limits:
        shapes += zones(limits.warning, limits.critical, top, bottom, mode)
        for level, name, mark in ((limits.warning, "warning", "▲"), (limits.critical, "critical", "■")):
            line = {"color": c[name], "width": 1.5, "dash": "dot"}
            shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "line": line})
            close = name == "warning" and abs(limits.critical - limits.warning) < 0.09 * (top - bottom)
            notes.append(
                note(f"{mark} {name} {three(level)}", mode, xref="paper", x=1, y=level, xanchor="right",
                     yanchor="top" if close else "bottom")
            )  # fmt: skip
    marks, labels = event_marks(events, starts, mode)
    shapes, notes = [*shapes, *marks], [*notes, *labels]
    now = next((m for m in moments if m.key == chosen), None)
    if now is not None:
        place = {"x0": now.start, "x1": now.start, "yref": "paper", "y0": 0, "y1": 1}
        shapes.append({"type": "line", **place, "line": {"color": c["text"], "width": 1, "dash": "dash"}})
        notes.append(note("chosen", mode, x=now.start, yref="paper", y=1, yanchor="bottom"))
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode,
                300,
                xaxis={"showgrid": False, "nticks": 14},
                yaxis={"range": [bottom, top], "title": metric, "nticks": 6},
                shapes=shapes,
                annotations=notes,
                hovermode="closest",
                clickmode="event+select",
            ),
        }
    )


def read_in(moment: Moment) -> Finding | Glance | None:
    """What was read in a window, or None where it has no value."""
    found = moment.found
    return found if isinstance(found, Finding | Glance) and found.value is not None else None


def _symbol(found: Finding | Glance | None, partial: bool) -> str:
    """The mark of a window, hollow where it is partial."""
    symbol = SYMBOLS[found.severity] if found else "circle"
    return f"{symbol}-open" if partial and "open" not in symbol else symbol


def _said(moment: Moment) -> str:
    """What the hover says of a window."""
    head = f"<b>{moment.words}</b>" + (" (partial)" if moment.partial else "")
    match moment.found:
        case Finding(value=float() as value, severity=severity, n_production=rows):
            return f"{head}<br>{three(value)} {MARKS[severity]} {WORDS[severity]}<br>{rows or 0:,} production values"
        case Glance(value=float() as value, severity=severity):
            return f"{head}<br>{three(value)} {MARKS[severity]} {WORDS[severity]}"
        case NotComputed(because=because):
            return f"{head}<br>not computed: {plain(because, 90)}"
    return head

"""Performance over windows: what came true with its band, what was estimated before labels with its own, thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import MARKS, SYMBOLS, WORDS, colour_of, colours, faded, layout, note, plain, zones
from engine.charts.timeline import Happened, event_marks
from engine.estimate.performance import Estimate
from engine.findings import Finding, NotComputed, three
from engine.maturity import Maturity


@dataclass(frozen=True, slots=True)
class Told:
    """One window. key comes back with a click; found: what came true, or why nobody knows; labelled, rows: counts,
    None where labels are not the matter."""

    key: str
    words: str
    start: datetime
    found: Finding | NotComputed | None
    estimate: Estimate | None
    labelled: int | None
    rows: int
    maturity: Maturity = Maturity.MATURE
    partial: bool = False

    @property
    def read(self) -> Finding | None:
        """The finding, where there is a value."""
        return self.found if isinstance(self.found, Finding) and self.found.value is not None else None


def realized(
    windows: Sequence[Told],
    metric: str,
    chosen: str | None = None,
    mode: str = "light",
    events: Sequence[Happened] = (),
    line: str = "realized",
) -> Drawn:
    """Realized solid, estimated dashed, each in its band; hollow where labels are still coming.

    chosen: the key of a window. line: what the solid line is called.
    """
    c = colours(mode)
    starts = [one.start for one in windows]
    read = [one.read for one in windows]
    values = [None if one is None else one.value for one in read]
    data: list[dict[str, Any]] = []
    estimates = [one.estimate for one in windows]
    if any(one is not None and one.value is not None for one in estimates):
        ends = [None if one is None or one.low is None else (one.low, one.high) for one in estimates]
        data += _band(starts, ends, "estimated ± 3 s.e.", faded(c["estimate"], 0.16))
        data.append(
            {
                "type": "scatter", "mode": "lines", "x": starts, "name": "estimated before labels",
                "y": [None if one is None else one.value for one in estimates], "connectgaps": False,
                "line": {"color": c["estimate"], "width": 2, "dash": "dash"}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    if any(one is not None for one in read):
        data += _band(
            starts, [None if one is None else one.band for one in read], f"{line} ± 3 s.e.",
            faded(c["production"], 0.20),
        )  # fmt: skip
    data += _limits(read, starts, mode)
    floors = [None if one is None else one.floor for one in read]
    if any(one is not None for one in floors):
        data.append(
            {
                "type": "scatter", "mode": "lines", "x": starts, "y": floors, "name": "floor: no change gets here",
                "line": {"color": c["quiet"], "width": 1.5, "dash": "2px,3px", "shape": "hvh"}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    data.append(_marks(windows, values, chosen, mode, line))
    numbers = [
        y for trace in data for y in trace["y"]
        if y is not None
    ]  # fmt: skip
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    room = 0.08 * (high - low or 1.0)
    bottom, top = low - room, high + room
    shapes, notes = _levels(read, bottom, top, mode)
    marks, labels = event_marks(events, starts, mode)
    now = next((one for one in windows if one.key == chosen), None)
    if now is not None:
        dashed = {"color": c["text"], "width": 1, "dash": "dash"}
        shapes.append({"type": "line", "x0": now.start, "x1": now.start, "yref": "paper", "y0": 0, "y1": 1,
                       "line": dashed})  # fmt: skip
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 380, xaxis={"showgrid": False, "nticks": 14, **span_of(starts)}, shapes=[*shapes, *marks],
                yaxis={"range": [bottom, top], "title": plain(metric), "nticks": 7}, annotations=[*notes, *labels],
                hovermode="closest", clickmode="event+select", showlegend=True,
                margin={"l": 8, "r": 8, "t": 48, "b": 8},
            ),
        }
    )  # fmt: skip


def span_of(starts: Sequence[datetime]) -> dict[str, Any]:
    """The axis, with room at its right end for the labels of thresholds."""
    if len(starts) < 2:
        return {}
    wide = max(starts) - min(starts)
    return {"range": [min(starts) - 0.02 * wide, max(starts) + 0.10 * wide]}


def _band(
    starts: Sequence[datetime], ends: Sequence[tuple[float | None, float | None] | None], name: str, fill: str
) -> list[dict[str, Any]]:
    """A shade between two limits, as two lines without width; where there is none it is left out."""
    kept = [(start, end) for start, end in zip(starts, ends, strict=True) if end is not None]
    line = {"type": "scatter", "mode": "lines", "x": [one for one, _ in kept], "line": {"width": 0},
            "hoverinfo": "skip"}  # fmt: skip
    return [
        {**line, "y": [end[0] for _, end in kept], "showlegend": False, "name": f"{name}, low"},
        {**line, "y": [end[1] for _, end in kept], "fill": "tonexty", "fillcolor": fill, "name": name},
    ]


def _marks(
    windows: Sequence[Told], values: Sequence[float | None], chosen: str | None, mode: str, name: str
) -> dict[str, Any]:
    """The solid line; a window without a value has no mark."""
    c = colours(mode)
    return {
        "type": "scatter", "mode": "lines+markers", "x": [one.start for one in windows], "y": list(values),
        "name": name, "connectgaps": False, "line": {"color": c["production"], "width": 2.5},
        "marker": {
            "size": [12 if one.key == chosen else 8 for one in windows], "symbol": [_symbol(one) for one in windows],
            "color": [colour_of(one.read.severity, mode) if one.read else c["quiet"] for one in windows], "opacity": 1,
            "line": {"width": [2 if _hollow(one) else 0 for one in windows]},
        },
        "customdata": [[one.key, said(one, name)] for one in windows],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _hollow(one: Told) -> bool:
    return one.partial or one.maturity is not Maturity.MATURE


def _symbol(one: Told) -> str:
    symbol = SYMBOLS[one.read.severity] if one.read else "circle"
    return f"{symbol}-open" if _hollow(one) and "open" not in symbol else symbol


def said(one: Told, name: str = "realized") -> str:
    """What the hover says of a window: what came, what was expected, and of how many labels."""
    lines = [f"<b>{plain(one.words, 60)}</b>" + (" (partial)" if one.partial else "")]
    if one.read is not None and one.read.value is not None:
        band = one.read.band
        ends = f" ({three(band[0])} to {three(band[1])})" if band else ""
        state = f"{MARKS[one.read.severity]} {WORDS[one.read.severity]}"
        lines.append(f"{plain(name)} {three(one.read.value)}{ends} {state}")
    elif isinstance(one.found, NotComputed):
        lines.append(f"{plain(name)}: {plain(one.found.because, 80)}")
    if one.estimate is not None and one.estimate.value is not None:
        ends = ""
        if one.estimate.low is not None and one.estimate.high is not None:
            ends = f" ({three(one.estimate.low)} to {three(one.estimate.high)})"
        lines.append(f"estimated {three(one.estimate.value)}{ends}")
    if one.labelled is None:
        return "<br>".join([*lines, f"{one.rows:,} rows"])
    share = f"{one.labelled / one.rows:.0%} of {one.rows:,} rows have a label" if one.rows else "no rows"
    word = "" if one.maturity is Maturity.MATURE else f": {one.maturity}"
    return "<br>".join([*lines, share + word])


def _limits(read: Sequence[Finding | None], starts: Sequence[datetime], mode: str) -> list[dict[str, Any]]:
    """Thresholds as steps: they follow what each window is held against."""
    c = colours(mode)
    found = []
    for name in ("warning", "critical"):
        levels = [None if one is None or one.threshold is None else getattr(one.threshold, name) for one in read]
        if any(one is not None for one in levels):
            line = {"color": c[name], "width": 1.5, "dash": "dot", "shape": "hvh"}
            found.append({"type": "scatter", "mode": "lines", "x": list(starts), "y": levels, "name": name,
                          "line": line, "hoverinfo": "skip", "showlegend": False, "connectgaps": True})  # fmt: skip
    return found


def _levels(
    read: Sequence[Finding | None], bottom: float, top: float, mode: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Zones where thresholds are the same in all windows, and their labels at the right end."""
    limits = [one.threshold for one in read if one is not None and one.threshold is not None]
    if not limits:
        return [], []
    last = limits[-1]
    same = all(abs(one.warning - last.warning) < 1e-9 and abs(one.critical - last.critical) < 1e-9 for one in limits)
    shapes = zones(last.warning, last.critical, top, bottom, mode) if same else []
    rises = last.critical > last.warning
    notes = [
        note(f"{mark} {name} {three(level)}", mode, xref="paper", x=1, y=level, xanchor="right",
             yanchor="bottom" if (name == "critical") == rises else "top")
        for level, name, mark in ((last.warning, "warning", "▲"), (last.critical, "critical", "■"))
    ]  # fmt: skip
    return shapes, notes

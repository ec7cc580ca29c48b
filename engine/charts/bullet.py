"""One value on a ruler: its thresholds, its noise floor, and where it stands."""

from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import SYMBOLS, colour_of, colours, faded, layout, note, zones
from engine.findings import Finding, three


def bullet(finding: Finding, mode: str = "light") -> Drawn:
    """A finding that has a value. The ruler starts at 0, since all metrics here read no change as 0 or less alike."""
    c = colours(mode)
    value, limits = finding.value or 0.0, finding.threshold
    ends = [value, finding.floor or 0.0, *((limits.warning, limits.critical) if limits else ())]
    top = (max(ends) or 1.0) * 1.12
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if limits:
        shapes += zones(limits.warning, limits.critical, top, 0.0, mode, axis="x")
        for level, name, mark, up in ((limits.warning, "warning", "▲", 15), (limits.critical, "critical", "■", 0)):
            line = {"color": c[name], "width": 2}
            shapes.append({"type": "line", "x0": level, "x1": level, "yref": "paper", "y0": 0, "y1": 1, "line": line})
            place = {"x": level, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": up}
            notes.append(note(f"{mark} {name} {three(level)}", mode, xanchor=_side(level, top), **place))
    if finding.floor is not None:
        band: dict[str, Any] = {"fillcolor": faded(c["quiet"], 0.25), "line": {"width": 0}, "layer": "below"}
        shapes.append({"type": "rect", "x0": 0, "x1": finding.floor, "yref": "paper", "y0": 0.15, "y1": 0.85, **band})
        said = f"grey: no change reads up to {three(finding.floor)}"
        right = {"xref": "paper", "x": 1, "xanchor": "right", "yref": "paper", "y": 1, "yanchor": "bottom"}
        notes.append(note(said, mode, yshift=15, **right))
    point = {"size": 13, "color": colour_of(finding.severity, mode), "symbol": SYMBOLS[finding.severity]}
    floor = "" if finding.floor is None else f"<br>no change reads up to {three(finding.floor)}"
    hover = f"value {three(value)}{floor}<extra></extra>"
    return Drawn(
        {
            "data": [
                {
                    "type": "bar", "orientation": "h", "x": [value], "y": [0], "width": [0.28], "hovertemplate": hover,
                    "marker": {"color": c["production"]}, "name": "value",
                },
                {
                    "type": "scatter", "mode": "markers", "x": [value], "y": [0], "hovertemplate": hover,
                    "marker": {**point, "line": {"width": 1.5, "color": c["paper"]}}, "name": str(finding.severity),
                },
            ],
            "layout": layout(
                mode,
                120,
                xaxis={"range": [0, top], "showgrid": False, "nticks": 6, "ticks": "outside", "tickcolor": c["grid"]},
                yaxis={"visible": False, "range": [-0.5, 0.5]},
                shapes=shapes,
                annotations=notes,
                margin={"l": 12, "r": 12, "t": 38, "b": 8},
            ),
        }
    )  # fmt: skip


def _side(level: float, top: float) -> str:
    """Where a label hangs so that it stays on the chart."""
    return "left" if level < 0.12 * top else "right" if level > 0.88 * top else "center"

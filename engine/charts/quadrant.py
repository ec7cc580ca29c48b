"""Drift beside importance: which drifted columns the model leans on, and which it does not."""

from collections.abc import Sequence
from math import log10
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import MARKS, WORDS, colours, layout, note, plain
from engine.consequence import Consequence, Verdict
from engine.findings import three

LEAST, MOST = 0.01, 100.0  # drift over its threshold, as it is drawn; beyond it lies on the edge
LOOKS = {  # verdict -> colour of the palette, symbol
    Verdict.NOISE: ("quiet", "circle"),
    Verdict.HARMLESS: ("production", "triangle-up"),
    Verdict.OPEN: ("warning", "diamond"),
    Verdict.COSTLY: ("critical", "square"),
}


def quadrant(found: Sequence[Consequence], mode: str = "light") -> Drawn:
    """x: share of all importance; y: drift over its threshold, by powers of ten. Hollow: beyond it, but not drifted."""
    c = colours(mode)
    known = [one for one in found if one.share is not None]
    shares = [float(one.share or 0.0) for one in known]
    right = max(shares, default=0.1) * 1.25 or 1.0
    least = min((float(one.share or 0.0) for one in known if one.important), default=right / 2)
    less = max((float(one.share or 0.0) for one in known if not one.important and (one.share or 0.0) < least),
               default=0.0)  # fmt: skip
    middle = (least + less) / 2
    data: list[dict[str, Any]] = []
    for verdict, (colour, symbol) in LOOKS.items():
        mine = [one for one in known if one.verdict is verdict]
        if not mine:
            continue
        open_ = [one.ratio >= 1 and not one.drifted for one in mine]
        data.append(
            {
                "type": "scatter", "mode": "markers+text", "name": str(verdict),
                "x": [one.share for one in mine], "y": [_drawn(one.ratio) for one in mine],
                "text": [plain(one.column, 20) if one.drifted or one.important or one.ratio >= 1 else ""
                         for one in mine],
                "textposition": [_side(i, (one.share or 0.0) < 0.75 * right) for i, one in enumerate(mine)],
                "textfont": {"size": 12, "color": c["text"] if verdict is not Verdict.NOISE else c["soft"]},
                "marker": {"color": c[colour], "size": 12 if verdict is not Verdict.NOISE else 8,
                           "symbol": [f"{symbol}-open" if hollow else symbol for hollow in open_]},
                "customdata": [[one.column, plain(one.sentence, 200), three(one.ratio),
                                f"{MARKS[one.severity]} {WORDS[one.severity]}", plain(one.metric.replace("_", " "))]
                               for one in mine],
                "hovertemplate": "<b>%{customdata[0]}</b> %{customdata[3]}<br>%{x:.1%} of importance, "
                "%{customdata[4]} %{customdata[2]} × its threshold<br>%{customdata[1]}<extra></extra>",
                "cliponaxis": False, "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
            }
        )  # fmt: skip
    line = {"color": c["soft"], "width": 1, "dash": "dot"}
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "line": line, "layer": "below"},
        {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": middle, "x1": middle, "line": line, "layer": "below"},
    ]
    high, low = _drawn(max((one.ratio for one in known), default=1.0)), min([_drawn(one.ratio) for one in known] or [1])
    top, bottom = max(2.0, high * 2.5), min(0.4, low / 1.6)
    corners = (
        ("noise", 0.01, 0.02, "left", "bottom"), ("noise: important, and calm", 0.99, 0.02, "right", "bottom"),
        ("drifted, harmless", 0.01, 0.99, "left", "top"), ("drifted and costly", 0.99, 0.99, "right", "top"),
    )  # fmt: skip
    notes = [
        note(f"<i>{words}</i>", mode, xref="paper", yref="paper", x=x, y=y, xanchor=across, yanchor=up)
        for words, x, y, across, up in corners
    ]
    notes.append(note("threshold", mode, xref="paper", x=1, y=0, xanchor="right", yanchor="bottom"))  # 10 ** 0 is 1
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 440, shapes=shapes, annotations=notes, hovermode="closest", clickmode="event+select",
                showlegend=True,
                xaxis={"range": [-0.03 * right, right], "tickformat": ".0%", "title": "share of all importance"},
                yaxis={"type": "log", "range": [log10(bottom), log10(top)], "title": "drift ÷ its warning threshold",
                       "tickvals": [0.01, 0.1, 1, 10, 100], "ticktext": ["0.01", "0.1", "1", "10", "100"]},
            ),
        }
    )  # fmt: skip


def _drawn(ratio: float) -> float:
    return min(max(ratio, LEAST), MOST)


def _side(i: int, room: bool) -> str:
    """Where a label stands, by turns, so that neighbours do not lie on each other. room: to the right of the mark."""
    return f"{('top', 'middle', 'bottom')[i % 3]} {'right' if room else 'left'}"

"""How often a score came true, on both sides in the same bins: on the diagonal a score says what it means."""

from typing import Any

import numpy as np

from engine.charts.drawn import Drawn
from engine.charts.theme import SIDES, colours, layout, note, plain
from engine.estimate.reliability import Reliability


def reliability_chart(
    reference: Reliability,
    production: Reliability,
    score: str,
    outcome: str,
    mode: str = "light",
    sides: tuple[str, str] = SIDES,
    diagonal: bool = True,
) -> Drawn:
    """Observed share by mean score of each bin, with its 95 % interval. diagonal: whether scores are chances."""
    c = colours(mode)
    data: list[dict[str, Any]] = []
    looks = (
        (reference, sides[0], c["reference"], "dot", "circle-open"),
        (production, sides[1], c["production"], "solid", "circle"),
    )
    for found, name, colour, dash, symbol in looks:
        kept = found.rows > 0
        x, y = found.mean[kept], found.share[kept]
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": x, "y": y, "name": plain(name),
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"symbol": symbol, "size": 8, "color": colour},
                "error_y": {"type": "data", "array": found.high[kept] - y, "arrayminus": y - found.low[kept],
                            "color": colour, "thickness": 1, "width": 3},
                "customdata": np.stack([found.rows[kept], found.low[kept], found.high[kept]], axis=1),
                "hovertemplate": f"<b>{plain(name)}</b><br>score %{{x:.3g}} came true in %{{y:.1%}}"
                " (%{customdata[1]:.1%} to %{customdata[2]:.1%})<br>%{customdata[0]:,} rows<extra></extra>",
            }
        )  # fmt: skip
    ends = [float(v) for one in (reference, production) for v in (*one.high[one.rows > 0], *one.mean[one.rows > 0])]
    top = min(1.0, max(ends, default=1.0) * 1.08) if diagonal else max(ends, default=1.0) * 1.08
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if diagonal:
        line = {"color": c["soft"], "width": 1, "dash": "dash"}
        shapes.append({"type": "line", "x0": 0, "y0": 0, "x1": top, "y1": top, "line": line, "layer": "below"})
        notes.append(note("says what it means", mode, x=0.97 * top, y=0.97 * top, xanchor="right", yanchor="bottom",
                          xshift=-6))  # fmt: skip
    axis = {"range": [0, top]} if diagonal else {}
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 380, xaxis={**axis, "title": f"mean {plain(score)} of the bin", "nticks": 6},
                yaxis={"range": [0, top if diagonal else 1.02], "tickformat": ".0%", "nticks": 6,
                       "title": f"share that came true ({plain(outcome)})"},
                shapes=shapes, annotations=notes, showlegend=True, hovermode="closest",
            ),
        }
    )  # fmt: skip

"""Both cumulative curves of a numeric column, and where they lie furthest apart."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.charts.drawn import Drawn
from engine.charts.theme import SIDES, colours, layout, note, plain
from engine.findings import three
from engine.summaries import Curve, Floats

POINTS = 1000  # a curve of more is not seen, only sent
TAIL = 0.001  # share of both sides' values that may lie beyond either end of the axis


def shares_below(curve: Curve) -> tuple[Floats, Floats, Floats]:
    """Edges, and the share of each side's values at or below each. Shapes (k,), (k,), (k,)."""
    found = []
    for counts, infinite in (
        (curve.reference, curve.reference_infinite),
        (curve.production, curve.production_infinite),
    ):
        total = max(int(counts.sum()) + sum(infinite), 1)
        found.append((infinite[0] + np.cumsum(counts[:-1])) / total)
    return curve.edges, found[0], found[1]


def can_be_log(curve: Curve) -> bool:
    """Whether a log axis shows the column: nothing at or below zero, and a long way from end to end."""
    x, p, q = _visible(curve)
    return len(x) > 1 and float(x[0]) > 0 and float(p[0] + q[0]) < 0.01 and float(x[-1] / x[0]) > 50


def _visible(curve: Curve) -> tuple[Floats, Floats, Floats]:
    """The curves between their outermost values, thinned to POINTS."""
    x, p, q = shares_below(curve)
    if not len(x):
        return x, p, q
    both: NDArray[np.bool_] = (np.maximum(p, q) > TAIL) & (np.minimum(p, q) < 1 - TAIL)
    inside = np.flatnonzero(both)
    if not len(inside):
        inside = np.arange(len(x))
    first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 1, len(x) - 1)
    if p[first] + q[first] == 0 and first < inside[0]:
        first = int(inside[0])  # the edge before holds nothing: it may be a limit far out
    keep = np.unique(np.linspace(first, last, POINTS).astype(int))
    return x[keep], p[keep], q[keep]


def curves(curve: Curve, column: str, log: bool = False, mode: str = "light", sides: tuple[str, str] = SIDES) -> Drawn:
    """The share of rows at or below each value, both sides, with the largest gap (Kolmogorov and Smirnov's) marked.

    sides: what the two are called.
    """
    c = colours(mode)
    x, p, q = _visible(curve)
    step = {"type": "scatter", "mode": "lines", "x": x}
    hover = "%{y:.1%} at or below %{x:.4g}"
    data: list[dict[str, Any]] = [
        {
            **step, "y": side, "name": plain(name), "hovertemplate": f"{hover}<extra>{plain(name)}</extra>",
            "line": {"shape": "hv", "color": c[colour], "width": width, "dash": dash},
        }
        for side, colour, name, width, dash in (
            (p, "reference", sides[0], 2, "dot"), (q, "production", sides[1], 2.5, "solid")
        )
    ]  # fmt: skip
    notes: list[dict[str, Any]] = []
    if len(x):
        at = int(np.argmax(np.abs(p - q)))
        low, high = sorted((float(p[at]), float(q[at])))
        gap = {"color": c["text"], "width": 1.5}
        data.append(
            {"type": "scatter", "mode": "lines", "x": [x[at]] * 2, "y": [low, high], "line": gap, "hoverinfo": "skip"}
        )
        data[-1] |= {"name": "largest gap", "showlegend": False}
        said = f"largest gap<br><b>{high - low:.1%}</b> at {three(float(x[at]))}"
        corner = {"xref": "paper", "x": 0.98, "xanchor": "right", "yref": "paper", "y": 0.04, "yanchor": "bottom"}
        notes.append(note(said, mode, align="right", font={"size": 12, "color": c["text"]}, **corner))
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode,
                440,
                xaxis={"title": plain(column, 60), "type": "log" if log else "linear"},
                yaxis={"tickformat": ".0%", "range": [-0.02, 1.02], "title": "share at or below"},
                annotations=notes,
                showlegend=True,
            ),
        }
    )

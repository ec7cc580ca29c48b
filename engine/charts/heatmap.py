"""Columns against windows: where and when something moved. Colour, mark and words say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import MARKS, SYMBOLS, WORDS, colours, layout, plain
from engine.findings import Finding, Glance, NotComputed, Severity, three


@dataclass(frozen=True, slots=True)
class Spot:
    """One window of the map: key comes back with a click."""

    key: str
    words: str
    short: str
    partial: bool = False


def heat(found: Finding | Glance | NotComputed | None) -> float | None:
    """Where a finding lies on the scale: 0 to 1 below the warning threshold, 1 to 2 warning, from 2 to 3 critical.

    >>> heat(Finding("data_drift", "x", "numeric", "psi", 0.2, Severity.WARNING, "")) is None
    False
    """
    if not isinstance(found, Finding | Glance) or found.value is None or found.severity is Severity.NOT_ENOUGH_DATA:
        return None
    if found.severity is Severity.CRITICAL:
        limit = found.threshold.critical if found.threshold else 0.0
        return 2.2 + 0.8 * min(max(found.value / limit - 1, 0.0) / 4, 1.0) if limit > 0 else 2.6
    if found.severity is Severity.WARNING:
        return 1.5
    limit = found.threshold.warning if found.threshold else 0.0
    return min(max(found.value / limit, 0.0), 1.0) * 0.8 if limit > 0 else 0.0


def heatmap(
    rows: Sequence[str],
    spots: Sequence[Spot],
    cells: Sequence[Sequence[Finding | Glance | NotComputed | None]],
    metric: str,
    chosen: str | None = None,
    mode: str = "light",
) -> Drawn:
    """rows: columns, worst first; cells[row][spot]. Heat map traces report no clicks: clear marks on top of them do."""
    c = colours(mode)
    flat = [(i, j, cells[j][i]) for j in range(len(rows)) for i in range(len(spots))]
    names = [plain(name, 24) for name in rows]
    calm, mid = c["calm"], c["grid"]
    scale = [
        [0.0, calm], [0.33, mid], [0.333, c["warning"]], [0.666, c["warning"]],
        [0.667, c["critical"]], [1.0, "#a84a00" if mode != "dark" else "#ffb27d"],
    ]  # fmt: skip
    called = [(i, j, found.severity) for i, j, found in flat if isinstance(found, Finding | Glance)]
    called = [one for one in called if one[2] in (Severity.WARNING, Severity.CRITICAL)]  # so that they stand out
    ink = "#1a1a1a" if mode == "dark" else "#ffffff"
    quiet = [(i, j) for i, j, found in flat if _unsure(found)]
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "x": list(range(len(spots))), "y": list(range(len(rows))), "zmin": 0, "zmax": 3,
            "z": [[heat(found) for found in line] for line in cells], "colorscale": scale, "showscale": False,
            "xgap": 1.5, "ygap": 1.5, "hoverinfo": "skip",
        },
        {  # heat maps have no hatching: bars lie where there is not enough data, with the mark on top
            "type": "bar", "x": [i for i, _ in quiet], "base": [j - 0.5 for _, j in quiet], "y": [1] * len(quiet),
            "width": 0.94, "hoverinfo": "skip", "text": [MARKS[Severity.NOT_ENOUGH_DATA]] * len(quiet),
            "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "inside",
            "textfont": {"size": 12, "color": c["text"]},
            "marker": {"color": "rgba(0,0,0,0)", "line": {"width": 0},
                       "pattern": {"shape": "/", "fgcolor": c["hatch"], "size": 5, "solidity": 0.25}},
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        },
        {  # marks are symbols, not text: a browser measures each text before it draws any
            "type": "scatter", "mode": "markers", "x": [i for i, _, _ in called], "y": [j for _, j, _ in called],
            "marker": {"symbol": [SYMBOLS[one] for _, _, one in called], "size": 8, "color": ink, "line": {"width": 0}},
            "hoverinfo": "skip", "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        },
        {
            "type": "scatter", "mode": "markers", "x": [i for i, _, _ in flat], "y": [j for _, j, _ in flat],
            "marker": {"symbol": "square", "size": 18, "color": "rgba(0,0,0,0)", "line": {"width": 0}},
            "customdata": [[rows[j], spots[i].key, names[j], *_said(found, spots[i])] for i, j, found in flat],
            "hovertemplate": "<b>%{customdata[2]}</b>, %{customdata[3]}<br>"
            f"{plain(metric)} %{{customdata[4]}}<extra></extra>",
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        },
    ]  # fmt: skip
    step = max(1, -(-len(spots) // 14))
    shown = list(range(0, len(spots), step))
    shapes = [
        {
            "type": "rect", "x0": i - 0.5, "x1": i + 0.5, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": c["text"], "width": 1.5}, "fillcolor": "rgba(0,0,0,0)",
        }
        for i, spot in enumerate(spots) if spot.key == chosen
    ]  # fmt: skip
    partial = [
        {
            "text": "◌", "x": i, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
            "font": {"size": 12, "color": c["soft"]}, "hovertext": f"{plain(spot.words)} is partial",
        }
        for i, spot in enumerate(spots) if spot.partial
    ]  # fmt: skip
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode,
                60 + 23 * len(rows),
                xaxis={"tickmode": "array", "tickvals": shown, "ticktext": [plain(spots[i].short) for i in shown],
                       "showgrid": False, "range": [-0.5, len(spots) - 0.5], "fixedrange": True},
                yaxis={"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": names, "showgrid": False,
                       "range": [len(rows) - 0.5, -0.5], "fixedrange": True},
                shapes=shapes,
                annotations=partial,
                margin={"l": 8, "r": 8, "t": 20, "b": 8},
                hovermode="closest",
                clickmode="event+select",
            ),
        }
    )  # fmt: skip


def _unsure(found: Finding | Glance | NotComputed | None) -> bool:
    return isinstance(found, Finding | Glance) and found.severity is Severity.NOT_ENOUGH_DATA


def _said(found: Finding | Glance | NotComputed | None, spot: Spot) -> tuple[str, str]:
    where = spot.words + (" (partial)" if spot.partial else "")
    if isinstance(found, Finding | Glance) and found.value is not None:
        limit = f", warning at {three(found.threshold.warning)}" if found.threshold else ""
        noise = ", within noise" if found.within_noise else ""
        return where, f"{three(found.value)} {MARKS[found.severity]} {WORDS[found.severity]}{noise}{limit}"
    return where, f"not computed: {plain(found.because, 90)}" if isinstance(found, NotComputed) else "–"

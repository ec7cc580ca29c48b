"""Small multiples: one metric of several columns over all windows, on one scale, so that they can be compared."""

from collections.abc import Sequence
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import SYMBOLS, colour_of, colours, faded, layout, note, plain
from engine.charts.timeline import Happened, Moment, event_marks, read_in
from engine.findings import Severity, three

LOUD = (Severity.WARNING, Severity.CRITICAL)


def multiples(
    columns: Sequence[str],
    moments: Sequence[Sequence[Moment]],
    metric: str,
    wide: int = 3,
    mode: str = "light",
    events: Sequence[Happened] = (),
    chosen: str | None = None,
) -> Drawn:
    """One panel a column, wide of them in a row. moments[column]: its windows. It ends at five least warnings."""
    c = colours(mode)
    tall = -(-len(columns) // wide) or 1
    read = [[read_in(one) for one in line] for line in moments]
    limits = [next((f.threshold for f in line if f is not None and f.threshold is not None), None) for line in read]
    least = min((one for one in limits if one is not None), key=lambda one: one.warning, default=None)
    values = [f.value for line in read for f in line if f is not None and f.value is not None]
    top = max(values, default=1.0) * 1.1 or 1.0
    top = min(top, 5 * least.warning) if least and least.critical > least.warning > 0 else top
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    gap, row = 0.035, 1 / tall
    for i, (name, line, findings) in enumerate(zip(columns, moments, read, strict=True)):
        end = "" if i == 0 else str(i + 1)
        left = (i % wide) / wide + (gap / 2 if i % wide else 0)
        right = (i % wide + 1) / wide - gap / 2
        head = 1 - (i // wide) * row
        axes[f"xaxis{end}"] = {"domain": [left, right], "anchor": f"y{end}", "showgrid": False, "nticks": 5,
                               "showticklabels": i + wide >= len(columns)}  # fmt: skip
        axes[f"yaxis{end}"] = {"domain": [head - row * 0.80, head - row * 0.14], "anchor": f"x{end}",
                               "range": [0, 1.06 * top], "nticks": 3, "showticklabels": i % wide == 0}  # fmt: skip
        starts = [one.start for one in line]
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": starts, "xaxis": f"x{end}", "yaxis": f"y{end}",
                "y": [None if f is None or f.value is None else min(f.value, top) for f in findings],
                "name": plain(name), "connectgaps": False, "line": {"color": c["production"], "width": 1.5},
                "marker": {
                    "size": [10 if m.key == chosen else 6 if f and f.severity in LOUD else 4
                             for m, f in zip(line, findings, strict=True)],
                    "symbol": [SYMBOLS[f.severity] if f else "circle" for f in findings], "opacity": 1,
                    "color": [colour_of(f.severity, mode) if f else c["quiet"] for f in findings],
                },
                "customdata": [[m.key, name, plain(m.words), "–" if f is None or f.value is None else three(f.value)]
                               for m, f in zip(line, findings, strict=True)],
                "hovertemplate": f"<b>{plain(name)}</b>, %{{customdata[2]}}<br>{plain(metric)} %{{customdata[3]}}"
                "<extra></extra>",
                "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
            }
        )  # fmt: skip
        notes.append(
            note(f"<b>{plain(name, 28)}</b>", mode, xref="paper", yref="paper", x=left, y=head, xanchor="left",
                 yanchor="top", font={"size": 12, "color": c["text"]})
        )  # fmt: skip
        limit = limits[i]
        if limit and limit.warning <= top:
            level = {"type": "line", "xref": f"x{end} domain", "yref": f"y{end}", "x0": 0, "x1": 1, "layer": "below"}
            line_of = {"color": c["warning"], "width": 1, "dash": "dot"}
            shapes.append({**level, "y0": limit.warning, "y1": limit.warning, "line": line_of})
        marks, _ = event_marks(events, starts, mode, words=False)
        shapes += [{**one, "xref": f"x{end}", "yref": f"y{end} domain"} for one in marks]
    if least:
        said = f"dotted: warning; one scale, cut off at {three(top)}"
        notes.append(note(said, mode, xref="paper", yref="paper", x=1, y=1, xanchor="right", yanchor="bottom"))
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 40 + 150 * tall, **axes, shapes=shapes, annotations=notes, hovermode="closest",
                clickmode="event+select", plot_bgcolor=faded(c["quiet"], 0.04),
            ),
        }
    )  # fmt: skip

"""A chart as every page shows it: drawn, saved as a picture from its corner, its numbers taken as CSV."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from engine.charts.curves import shares_below
from engine.charts.heatmap import Spot, heatmap
from engine.charts.theme import SIDES
from engine.explore import History
from engine.findings import Finding, NotComputed, Part
from engine.metrics import METRICS
from engine.run import Run
from engine.slices import Window
from engine.summaries import Curve
from pages.shared.histories import glances_in
from pages.shared.view import View, go_to, mode, option_of
from pages.shared.words import to_csv

MAPPED = 60  # columns of a map at most: more are no picture, and the browser draws every cell

Rows = Sequence[Mapping[str, object]]


def file_name(*words: str) -> str:
    """Words as a file is called, whatever stands in them.

    >>> file_name("PSI", "../a b")
    'PSI-a-b'
    """
    return "-".join(filter(None, (re.sub(r"[^\w]+", "-", word).strip("-") for word in words)))[:80] or "chart"


def chart(figure: Any, key: str, name: str, alt: str, rows: Callable[[], Rows], said: str = "", **more: Any) -> None:
    """name: of the files. rows: asked for when somebody wants them, not before."""
    picture = {"format": "svg", "filename": name}
    config = {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": picture}
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config=config, **more)

    def sheet() -> bytes:
        found = rows()
        return to_csv(found, list(found[0]) if found else []).encode()

    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"{key}_foot", gap="small"):
        st.caption(said, width="stretch")
        st.download_button(
            "CSV", sheet, f"{name}.csv", "text/csv", on_click="ignore", key=f"{key}_csv", type="tertiary",
            width="content", icon=":material/download:",
            help="The numbers of this chart. A picture of it: the camera in its corner.",
        )  # fmt: skip


def bins_rows(parts: Sequence[Part], sides: tuple[str, str] = SIDES) -> Rows:
    return [
        {"bin": one.label, sides[0]: one.reference, sides[1]: one.production, "part of the score": one.part}
        for one in parts
    ]


def curve_rows(curve: Curve, sides: tuple[str, str] = SIDES) -> Rows:
    """Every cell, not only the points that are drawn."""
    return [
        {"value": x, f"{sides[0]} at or below": p, f"{sides[1]} at or below": q}
        for x, p, q in zip(*(side.tolist() for side in shares_below(curve)), strict=True)
    ]


def window_row(column: str, window: Window, found: Finding | NotComputed | None) -> Mapping[str, object]:
    """One metric of one column in one window."""
    row: dict[str, object] = {"column": column, "from": window.start.isoformat(), "to": window.end.isoformat()}
    one = found if isinstance(found, Finding) else None
    limits = one.threshold if one else None
    return row | {
        "value": one.value if one else None,
        "status": str(one.severity) if one else "not computed",
        "warning": limits.warning if limits else None,
        "critical": limits.critical if limits else None,
        "floor": one.floor if one else None,
        "production values": one.n_production if one else None,
        "why": found.because if isinstance(found, NotComputed) else "",
    }


def map_rows(history: History, columns: Sequence[str]) -> Rows:
    """These columns in every window, floors and all."""
    return [
        window_row(column, window, history.cells.get((column, i)))
        for column in columns
        for i, window in enumerate(history.windows)
    ]


def worst_first(run: Run, metric: str, columns: Sequence[str]) -> list[str]:
    """Columns in the order in which one metric is worst on them in this view."""
    order = {one: i for i, one in enumerate(dict.fromkeys(f.column for f in run.worst() if f.metric == metric))}
    return sorted(columns, key=lambda column: order.get(column, len(order)))


def spots_of(view: View) -> list[Spot]:
    """The windows as a map shows them."""
    return [
        Spot(option_of(window), window.words, f"{window.start.day} {window.start:%b}", partial)
        for window, partial in zip(view.opened.windows, view.partial, strict=True)
    ]


def left_out(shown: int, every: int) -> str:
    """What a map says of the columns that it has no room for.

    >>> left_out(17, 17), left_out(60, 2000)
    ('', ' The 60 worst of 2,000 columns are shown; the page Columns has the other 1,940.')
    """
    if shown == every:
        return ""
    return f" The {shown} worst of {every:,} columns are shown; the page Columns has the other {every - shown:,}."


def show_map(view: View, run: Run, metric: str, page: str, opens: Callable[[], None] = lambda: None) -> None:
    """Columns by windows, worst column of this view first; a click opens the column in that window.

    opens: what else a click means, before the page is opened.
    """
    history = glances_in(view, metric)
    name = METRICS[metric].name
    every = worst_first(run, metric, history.columns)
    rows, spots = every[:MAPPED], spots_of(view)
    cells = [[history.cells.get((column, i)) for i in range(len(spots))] for column in rows]
    shown = option_of(view.cut.window) if view.cut.window else None

    def clicked() -> None:
        points = st.session_state["heatmap"].selection.points
        if points:
            opens()
            go_to(page, str(points[0]["customdata"][0]), str(points[0]["customdata"][1]))

    chart(
        heatmap(rows, spots, cells, name, shown, mode()), "heatmap", file_name(name, "map"),
        f"{name} of every column in every window",
        lambda: map_rows(view.history(metric), rows),
        "■ critical  ▲ warning  hatched ◌ not enough data; ◌ above: a partial window; pale: below the warning "
        "threshold; empty: not computed. The framed window is the one chosen. Click a cell to open its column there."
        + left_out(len(rows), len(every)),
        on_select=clicked, selection_mode="points",
    )  # fmt: skip

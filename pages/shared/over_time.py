"""One metric over all windows as a timeline with the monitor's events; a click on a mark chooses its window."""

from collections.abc import Sequence

import streamlit as st

from engine.charts.timeline import Happened, Moment, timeline
from engine.explore import History
from engine.explore.glances import Glances
from engine.metrics import METRICS
from pages.shared.charts import chart, file_name, window_row
from pages.shared.picking import hear
from pages.shared.view import View, mode, option_of


def happened(view: View) -> list[Happened]:
    """The monitor's events as marks."""
    return [Happened(one.at, one.name, one.end) for one in view.entry.monitor.events]


def moments_of(view: View, history: History | Glances, column: str) -> list[Moment]:
    """One column's windows."""
    return [
        Moment(option_of(window), window.words, window.start, history.cells.get((column, i)), partial)
        for i, (window, partial) in enumerate(zip(history.windows, view.partial, strict=True))
    ]


def choose_window(key: str) -> None:
    """What a click on a mark of a chart does: its window is chosen."""
    points = st.session_state[key].selection.points
    if points and points[0].get("customdata"):
        hear()
        st.session_state["window"] = str(points[0]["customdata"][0])


def shown_of(view: View) -> str | None:
    """The key of the window that is looked at."""
    return option_of(view.cut.window) if view.cut.window in view.opened.windows and view.cut.window else None


def show_timeline(view: View, history: History, column: str, key: str = "timeline", words: Sequence[str] = ()) -> None:
    """words: what tells this timeline from others of the same column."""
    moments = moments_of(view, history, column)
    name = METRICS[history.metric].name
    chart(
        timeline(moments, name, shown_of(view), mode(), happened(view)), key, file_name(name, column, *words),
        f"{name} of {column} over time" + "".join(f", {one}" for one in words),
        lambda: [window_row(column, w, one.found) for w, one in zip(history.windows, moments, strict=True)],
        "Grey band: what no change at all can read here. Hollow: partial. A click on a mark chooses its window."
        + (" Upright bands are the monitor's events; that the time fits proves nothing." if happened(view) else ""),
        on_select=lambda: choose_window(key), selection_mode="points",
    )  # fmt: skip

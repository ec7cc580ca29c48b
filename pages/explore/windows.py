"""Windows: one metric over time, against a fixed counterpart and against the window before, with events."""

import streamlit as st

from engine.charts.multiples import multiples
from engine.metrics import METRICS
from engine.slices.against import LAST_YEAR, PREVIOUS, SAME_COHORT
from pages.shared import door, states
from pages.shared.charts import chart, file_name, map_rows, worst_first
from pages.shared.histories import glances_in
from pages.shared.over_time import choose_window, happened, moments_of, show_timeline, shown_of
from pages.shared.picking import pick
from pages.shared.sides import words
from pages.shared.tables import metrics_of, worst_columns
from pages.shared.view import View, current, mode
from pages.shared.words import plain

PANELS = 6


def main() -> None:
    view = current()
    if not view.opened.windows:
        states.empty(
            "No windows",
            "A column of moments cuts the rows into windows; this monitor has none, so all rows are one window.",
            "Give a column the role *timestamp*: on the page Data, or in the monitor (`columns: {timestamp: at}`).",
        )
        return
    names = [column.name for column in view.opened.columns]
    worst = [one.column for one in worst_columns(view.run, 1) if one.column in names]
    first, second = st.columns(2)
    with first:
        name = pick("Column", names, worst[0] or names[0] if worst else names[0], "column")
    called = {METRICS[key].name: key for key in metrics_of(view, name)}
    with second:
        metric = called[pick("Metric", list(called), next(iter(called)), "metric")]
    rolling = view.against in (PREVIOUS, LAST_YEAR) or view.against.startswith("trailing ")
    fixed = SAME_COHORT if rolling else view.against
    moving = view.against if rolling else PREVIOUS
    show_panel(view, name, metric, fixed, "fixed", "how far from where it began")
    show_panel(view, name, metric, moving, "rolling", "when it moved")
    show_multiples(view, metric, fixed)


def show_panel(view: View, name: str, metric: str, against: str, key: str, why: str) -> None:
    """The metric in every window against one counterpart."""
    held = view.opened.held(view.cut, against) if against != PREVIOUS else None
    said = "the window before" if held is None else words(against, held) if key == "fixed" else against
    st.subheader(f"Against {plain(said)}: {why}", anchor=False)
    history = door.history_of(view.entry, view.opened, metric, view.timeless, against, name)
    if not any(one is not None for one in history.values(name)):
        reasons = {getattr(one, "because", "") for one in history.cells.values()} - {""}
        st.markdown(f"◌ In no window can it be computed: {plain('; '.join(sorted(reasons)) or 'no rows')}.")
        return
    show_timeline(view, history, name, f"timeline_{key}", (key,))


def show_multiples(view: View, metric: str, against: str) -> None:
    """The columns that are worst by this metric in this view, on one scale."""
    history = glances_in(view, metric, against)
    columns = worst_first(view.run, metric, history.columns)[:PANELS]
    if not columns:
        return
    name = METRICS[metric].name
    st.subheader(f"{name}, the worst {len(columns)} columns" if len(columns) > 1 else name, anchor=False)
    moments = [moments_of(view, history, column) for column in columns]
    chart(
        multiples(columns, moments, name, 3, mode(), happened(view), shown_of(view)), "multiples",
        file_name(name, "worst columns"), f"{name} of the worst columns over time",
        lambda: map_rows(door.history_of(view.entry, view.opened, metric, view.timeless, against), columns),
        "Worst in the chosen window first; each against its own warning. A click on a mark chooses its window.",
        on_select=lambda: choose_window("multiples"), selection_mode="points",
    )  # fmt: skip


main()

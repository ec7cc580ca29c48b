"""Predictions: does the model still answer alike? Its outputs on their bins, over time, and beside what came true."""

import streamlit as st

from engine.charts.distribution import distribution
from engine.charts.rates import rates
from engine.columns import ORDERED, Column
from engine.explore.rates import Said
from engine.findings import Finding
from engine.metrics import METRICS
from engine.signals import OUTPUTS
from pages.shared import states
from pages.shared.charts import bins_rows, chart, file_name
from pages.shared.outcomes import read_predictions, said_over
from pages.shared.over_time import choose_window, happened, show_timeline, shown_of
from pages.shared.picking import pick
from pages.shared.tables import CALLS, metrics_of
from pages.shared.view import View, current, go_to, mode, option_of
from pages.shared.words import badge, counted, plain

COLUMN = "explore/column.py"


def main() -> None:
    view = current()
    outputs = {one.name: one for one in view.opened.columns if one.role in OUTPUTS}
    if not outputs:
        states.empty(
            "No column holds what the model said",
            "Scores and predictions are watched without labels, so this is the first to move when a model changes.",
            "Give a column the role *score* or *prediction*: on the page Data, or in the monitor "
            "(`columns: {score: p, prediction: yes}`).",
        )
        return
    first, second = st.columns(2)
    with first:
        name = pick("Output", list(outputs), next(iter(outputs)), "output")
    called = {METRICS[key].name: key for key in metrics_of(view, name)}
    with second:
        metric = called[pick("Metric", list(called), next(iter(called)), "metric")]
    show_output(view, outputs[name], metric)
    if view.opened.windows:
        st.subheader("When it moved", anchor=False)
        show_timeline(view, view.history(metric, name), name, "output_timeline")
    show_said(view)


def show_output(view: View, column: Column, metric: str) -> None:
    """One output on its bins, with what is judged of it in sentences."""
    mine = [one for one in view.run.worst() if one.column == column.name]
    loud = [one for one in mine if one.severity in CALLS]
    for one in loud[:3]:
        st.markdown(f"{badge(one.severity)} {view.says(one)}")
    if not loud:
        st.markdown(f"● {plain(column.name)} reaches no threshold in this view.")
    found = {one.metric: one for one in view.exact(column.name)[1] if isinstance(one, Finding)}
    shown = found.get(metric)
    parts = shown.parts if shown and shown.parts else next((one.parts for one in found.values() if one.parts), None)
    if shown is not None and shown.metric not in [one.metric for one in loud[:3]]:
        st.markdown(f"{badge(shown.severity)} {view.says(shown)}")
    if parts is None:
        st.markdown("No bins: this side of the view has no rows of it.")
        return
    chart(
        distribution(parts, METRICS[metric].name, column.name, column.kind in ORDERED, mode(), view.sides),
        "output_bins", file_name("predictions", column.name), f"Distribution of {column.name} on its bins",
        lambda: bins_rows(parts, view.sides),
        f"{counted(len(parts), 'bin')}, the ones that are scored; shaded ones make up most of the score.",
    )  # fmt: skip
    st.button("Open column", key="open_output", on_click=go_to, args=(COLUMN, column.name))


def show_said(view: View) -> None:
    """What was predicted beside what came true, window by window."""
    st.subheader("What it said, and what came true", anchor=False)
    read = read_predictions(view)
    of = None
    if not isinstance(read, str) and len(read.asked.classes) > 2:
        of = pick("Class", list(read.asked.classes), read.asked.classes[0], "class")
    found = said_over(view, of)
    if isinstance(found, str) or not found.windows:
        why = found if isinstance(found, str) else "no timestamp cuts these rows into windows"
        st.markdown(f"◌ Nothing to set side by side: {plain(why)}.")
        return
    keys = [option_of(one) for one in found.windows]
    kind = "95 % intervals" if found.share else "three standard errors"
    chart(
        rates(found, keys, shown_of(view), mode(), happened(view)), "said", file_name("predicted and came true"),
        f"Predicted and came true over time: {found.of}", lambda: said_rows(found),
        f"Dashed: what the model said of all rows. Solid: what came true, of rows with a label. Shades: {kind}; "
        "dotted: the reference. Where they part, the model is off; where both move, the world is another. "
        "A click on a mark chooses its window.",
        on_select=lambda: choose_window("said"), selection_mode="points",
    )  # fmt: skip


def said_rows(found: Said) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for i, window in enumerate(found.windows):
        row: dict[str, object] = {"from": window.start.isoformat(), "to": window.end.isoformat()}
        for one in (found.predicted, found.came_true):
            if one is not None:
                row |= {one.name: float(one.value[i]), f"{one.name} low": float(one.low[i]),
                        f"{one.name} high": float(one.high[i]), f"{one.name}, rows": int(one.rows[i])}  # fmt: skip
        rows.append(row)
    return rows


main()

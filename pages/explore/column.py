"""Column: one column in full – its bins, what the score comes from, its curves, its history and all its numbers."""

import streamlit as st

from engine.charts.bullet import bullet
from engine.charts.curves import can_be_log, curves
from engine.charts.distribution import distribution
from engine.charts.timeline import Moment, timeline
from engine.columns import ORDERED, Column
from engine.errors import PlumblineError
from engine.findings import Finding, NotComputed
from engine.metrics import METRICS, manual
from engine.summaries import ColumnSummary
from pages.shared import states
from pages.shared.charts import bins_rows, chart, curve_rows, file_name, window_row
from pages.shared.tables import metrics_of, number_rows, worst_columns
from pages.shared.view import View, current, hear, mode, option_of, pick
from pages.shared.words import badge, number, plain

BARE = {"displayModeBar": False}  # the ruler shows one number, which stands in the table below


def main() -> None:
    view = current()
    run = view.run
    names = [column.name for column in view.opened.columns]
    worst = worst_columns(run, 1)
    default = worst[0].column if worst and worst[0].column in names else names[0]
    first, second = st.columns(2)
    with first:
        name = pick("Column", names, default or names[0], "column")
    keys = metrics_of(view, name)
    called = {METRICS[key].name: key for key in keys}
    with second:
        key = called[pick("Metric", list(called), METRICS[keys[0]].name, "metric")]
    column = view.opened.reference.column(name)
    try:
        summary, findings = view.exact(name)
    except PlumblineError as error:
        states.broken("This column cannot be read", error, "Choose another column, or mend the data.", to_data=False)
        return
    schema = {one.metric: one for one in run.findings if one.column == name and one.signal == "schema"}
    findings = {one.metric: one for one in findings} | schema
    show(view, column, key, {one: findings[one] for one in [*keys, *findings] if one in findings}, summary)


def show(
    view: View, column: Column, key: str, findings: dict[str, Finding | NotComputed], summary: ColumnSummary | str
) -> None:
    found = findings.get(key)
    if isinstance(found, Finding):
        st.markdown(f"{badge(found.severity)} {plain(found.sentence)}")
    elif found is not None:
        st.markdown(f"– Not computed: {plain(found.because)}.")
    st.caption(manual(key).splitlines()[0])
    bins = found if isinstance(found, Finding) and found.parts else findings.get("psi")
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_bins(bins, column)
        if isinstance(found, Finding) and found.value is not None:
            show_ruler(found)
    with right:
        show_curves(summary, column)
    if view.opened.windows:
        show_history(view, column, key)
    show_numbers(findings)


def show_bins(found: Finding | NotComputed | None, column: Column) -> None:
    """Reference against production on the bins that are scored."""
    st.subheader("Reference against production", anchor=False)
    if not isinstance(found, Finding) or not found.parts:
        why = plain(found.because) if isinstance(found, NotComputed) else "this column is not binned"
        st.markdown(f"No bins: {why}.")
        return
    name = METRICS[found.metric].name
    figure = distribution(found.parts, name, column.name, column.kind in ORDERED, mode())
    parts = found.parts
    chart(
        figure, "bins", file_name("distribution", column.name),
        f"Distribution of {column.name}: reference against production", lambda: bins_rows(parts),
        f"Shaded bins make up most of the {name}; the number above is their share of it.",
    )  # fmt: skip


def show_ruler(found: Finding) -> None:
    st.plotly_chart(
        bullet(found, mode()), theme=None, key="ruler", config=BARE,
        alt=f"{METRICS[found.metric].name} of {found.column}: {number(found.value)} against its thresholds",
    )  # fmt: skip


def show_curves(summary: ColumnSummary | str, column: Column) -> None:
    """The cumulative curves, on a log axis where one helps."""
    if isinstance(summary, str) or summary.curve is None or column.kind not in ORDERED:
        return
    st.subheader("Cumulative", anchor=False)
    log = can_be_log(summary.curve) and st.toggle("Log axis", key="log", bind="query-params")
    curve = summary.curve
    figure = curves(curve, column.name, bool(log), mode())
    alt = f"Cumulative curves of {column.name}"
    chart(figure, "curves", file_name("cumulative", column.name), alt, lambda: curve_rows(curve))


def show_history(view: View, column: Column, key: str) -> None:
    """The metric over all windows; a click on a mark chooses that window."""
    st.subheader("Over time", anchor=False)
    history = view.history(key, column.name)
    moments = [
        Moment(option_of(w), w.words, w.start, history.cells.get((column.name, i)), partial)
        for i, (w, partial) in enumerate(zip(history.windows, view.partial, strict=True))
    ]
    shown = option_of(view.cut.window) if view.cut.window else None

    def clicked() -> None:
        points = st.session_state["timeline"].selection.points
        if points and points[0].get("customdata"):
            hear()
            st.session_state["window"] = str(points[0]["customdata"][0])

    name = METRICS[key].name
    found = [history.cells.get((column.name, i)) for i in range(len(moments))]
    chart(
        timeline(moments, name, shown, mode()), "timeline", file_name(name, column.name),
        f"{name} of {column.name} over time",
        lambda: [window_row(column.name, w, one) for w, one in zip(history.windows, found, strict=True)],
        "Grey band: what no change at all can read here. Hollow: partial. A click on a mark chooses its window.",
        on_select=clicked, selection_mode="points",
    )  # fmt: skip


def show_numbers(findings: dict[str, Finding | NotComputed]) -> None:
    """Every metric of the column, with what it was held against."""
    st.subheader("All numbers", anchor=False)
    wide = {"In words": st.column_config.TextColumn("In words", width="large")}
    rows = number_rows(findings)
    st.dataframe(rows, hide_index=True, key="numbers", column_config=wide, alt="Every metric of this column")


main()

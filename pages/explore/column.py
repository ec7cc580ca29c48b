"""Column: one column in full – its bins, what the score comes from, its curves, its history and all its numbers."""

import streamlit as st

from engine.charts.bullet import bullet
from engine.charts.curves import can_be_log, curves
from engine.charts.distribution import distribution
from engine.columns import ORDERED, Column
from engine.errors import PlumblineError
from engine.findings import Finding, NotComputed
from engine.metrics import METRICS, manual
from engine.reasons import reasons
from engine.summaries import ColumnSummary
from pages.shared import states
from pages.shared.attributed import consequences_in, verdict_of
from pages.shared.charts import bins_rows, chart, curve_rows, file_name
from pages.shared.over_time import show_timeline
from pages.shared.picking import pick
from pages.shared.tables import CALLS, metrics_of, number_rows, worst_columns
from pages.shared.view import View, current, go_to, mode
from pages.shared.where import columns_of_cohorts
from pages.shared.words import badge, number, plain

COHORTS = "explore/cohorts.py"
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
        st.markdown(f"{badge(found.severity)} {view.says(found)}")
    elif found is not None:
        st.markdown(f"– Not computed: {plain(found.because)}.")
    st.caption(manual(key).splitlines()[0])
    show_why(view, column, findings, summary)
    bins = found if isinstance(found, Finding) and found.parts else findings.get("psi")
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_bins(view, bins, column)
        if isinstance(found, Finding) and found.value is not None:
            show_ruler(found)
    with right:
        show_curves(view, summary, column)
    if view.opened.windows:
        st.subheader("Over time", anchor=False)
        show_timeline(view, view.history(key, column.name), column.name)
    show_numbers(view, findings)


def show_why(
    view: View, column: Column, findings: dict[str, Finding | NotComputed], summary: ColumnSummary | str
) -> None:
    """What it comes from, in sentences, where anything reached a threshold; and the way to its cohorts."""
    called = {one.signal for one in findings.values() if isinstance(one, Finding) and one.severity in CALLS}
    drifted = bool(called & {"data_drift", "prediction_drift"})
    said = reasons(column, summary, drifted) if called and isinstance(summary, ColumnSummary) else ()
    if said:
        st.subheader("Why", anchor=False)
        st.markdown("\n".join(f"- {plain(view.named(one))}" for one in said))
    amounts = next((one for one in consequences_in(view) if one.column == column.name and one.drifted), None)
    if amounts is not None:
        st.markdown(f"**{verdict_of(amounts)}** · {plain(amounts.sentence)}")
    if columns_of_cohorts(view.opened):
        st.button("By cohort ›", key="by_cohort", on_click=go_to, args=(COHORTS, column.name), type="tertiary",
                  help="In which cohorts, and whether by mix or by behaviour")  # fmt: skip


def show_bins(view: View, found: Finding | NotComputed | None, column: Column) -> None:
    """Both sides on the bins that are scored."""
    first, second = view.sides
    st.subheader(plain(f"{first[:1].upper()}{first[1:]} against {second}"), anchor=False)
    if not isinstance(found, Finding) or not found.parts:
        why = plain(found.because) if isinstance(found, NotComputed) else "this column is not binned"
        st.markdown(f"No bins: {why}.")
        return
    name = METRICS[found.metric].name
    parts, sides = found.parts, view.sides
    figure = distribution(parts, name, column.name, column.kind in ORDERED, mode(), sides)
    chart(
        figure, "bins", file_name("distribution", column.name),
        f"Distribution of {column.name}: {first} against {second}", lambda: bins_rows(parts, sides),
        f"Shaded bins make up most of the {name}; the number above is their share of it.",
    )  # fmt: skip


def show_ruler(found: Finding) -> None:
    st.plotly_chart(
        bullet(found, mode()), theme=None, key="ruler", config=BARE,
        alt=f"{METRICS[found.metric].name} of {found.column}: {number(found.value)} against its thresholds",
    )  # fmt: skip


def show_curves(view: View, summary: ColumnSummary | str, column: Column) -> None:
    """The cumulative curves, on a log axis where one helps."""
    if isinstance(summary, str) or summary.curve is None or column.kind not in ORDERED:
        return
    st.subheader("Cumulative", anchor=False)
    log = can_be_log(summary.curve) and st.toggle("Log axis", key="log", bind="query-params")
    curve, sides = summary.curve, view.sides
    figure = curves(curve, column.name, bool(log), mode(), sides)
    alt = f"Cumulative curves of {column.name}"
    chart(figure, "curves", file_name("cumulative", column.name), alt, lambda: curve_rows(curve, sides))


def show_numbers(view: View, findings: dict[str, Finding | NotComputed]) -> None:
    """Every metric of the column, with what it was held against."""
    st.subheader("All numbers", anchor=False)
    wide = {"In words": st.column_config.TextColumn("In words", width="large")}
    rows = [{**row, "In words": view.named(str(row["In words"]))} for row in number_rows(findings)]
    st.dataframe(rows, hide_index=True, key="numbers", column_config=wide, alt="Every metric of this column")


main()

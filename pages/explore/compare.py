"""Compare: two slices side by side, every column a row, and one column's bins."""

import streamlit as st

from engine.charts.distribution import distribution
from engine.columns import ORDERED
from engine.explore.gist import gist
from engine.findings import Finding, Severity
from engine.metrics import METRICS
from pages.shared import door, states
from pages.shared.charts import bins_rows, chart, file_name
from pages.shared.picking import pick
from pages.shared.sides import words
from pages.shared.tables import CALLS
from pages.shared.view import View, current, go_to, mode
from pages.shared.words import badge, counted, mark, plain, to_csv

COLUMN = "explore/column.py"
RANK = [Severity.CRITICAL, Severity.WARNING, Severity.NOT_ENOUGH_DATA, Severity.INFO, Severity.OK, Severity.NOT_JUDGED]


def main() -> None:
    view = current()
    rows_a, _, rows_b = door.rows_of(view.entry, view.opened, view.cut, view.against)
    a, b = st.columns(2)
    with a, st.container(border=True, height="stretch", key="side_a"):
        st.markdown(f"**A · {plain(view.sides[1])}**  \n{plain(view.cut.words)} · {rows_a:,} rows of production")
    with b, st.container(border=True, height="stretch", key="side_b"):
        held = words(view.against, view.held)
        st.markdown(f"**B · {plain(view.sides[0])}**  \n{plain(held)} · {rows_b:,} rows of {view.held.side}")
    if not rows_a or not rows_b:
        states.empty(
            f"{'A' if not rows_a else 'B'} has no rows", "There is nothing that the other side could be held against.",
            "Choose another window, cohort or counterpart in the sidebar (*Against*).", to_data=False,
        )  # fmt: skip
        return
    st.caption("A is the window and cohort of the sidebar, B what *Against* says there.")
    rows = compared(view)
    table(rows)
    names = [str(row["Column"]) for row in rows]
    picker, action, sheet = st.columns([3, 1, 1], vertical_alignment="bottom")
    with picker:
        name = pick("Column to look at", names, names[0], "selected")
    with action:
        st.button("Open column", key="open_column", on_click=lambda: go_to(COLUMN, str(st.session_state["selected"])))
    with sheet:
        st.download_button(
            "Download CSV", to_csv(rows, list(rows[0])).encode(), file_name="compare.csv", mime="text/csv",
            on_click="ignore", icon=":material/download:", key="csv",
        )  # fmt: skip
    show_bins(view, name)


def compared(view: View) -> list[dict[str, object]]:
    """One row a column, worst first."""
    run = view.run
    by_column: dict[str, list[Finding]] = {}
    for one in run.worst():
        by_column.setdefault(one.column or "", []).append(one)
    found = []
    for column in view.opened.columns:
        mine = by_column.get(column.name, [])
        top = mine[0] if mine else None
        first, second = gist(column, run.summaries.get(column.name, ""))
        row = {
            "Column": column.name,
            "Status": mark(top.severity if top else Severity.NOT_JUDGED),
            "A": second,
            "B": first,
            "PSI": next((one.value for one in mine if one.metric == "psi"), None),
            "Worst by": METRICS[top.metric].name if top and top.metric in METRICS else "",
            "Value": top.value if top else None,
            "Warning": top.threshold.warning if top and top.threshold else None,
        }
        found.append((RANK.index(top.severity) if top else len(RANK), -(top.urgency[1] if top else 0.0), row))
    return [row for _, _, row in sorted(found, key=lambda one: one[:2])]


def table(rows: list[dict[str, object]]) -> None:
    """Choosing a row chooses it in the picker below."""

    def chosen() -> None:
        picked = st.session_state["compare_table"].selection.rows
        if picked and picked[0] < len(rows):
            st.session_state["selected"] = str(rows[picked[0]]["Column"])

    number = {name: st.column_config.NumberColumn(name, format="%.3g") for name in ("PSI", "Value", "Warning")}
    st.dataframe(
        rows, key="compare_table", on_select=chosen, selection_mode="single-row", hide_index=True, placeholder="–",
        column_config={"Column": st.column_config.TextColumn("Column", pinned=True, width=130), **number},
        height=min(33 * len(rows) + 36, 500), alt="Both slices, column by column, worst first",
    )  # fmt: skip


def show_bins(view: View, name: str) -> None:
    """The chosen column's bins on both sides."""
    column = view.opened.reference.column(name)
    mine = [one for one in view.run.worst() if one.column == name]
    parts = next((one.parts for one in mine if one.metric == "psi" and one.parts), None)
    for one in [one for one in mine if one.severity in CALLS][:3]:
        st.markdown(f"{badge(one.severity)} {view.says(one)}")
    if parts is None:
        gaps = {one.because for one in view.run.not_computed if one.column == name}
        st.markdown(f"No bins: {plain('; '.join(sorted(gaps)) or 'this column is not binned')}.")
        return
    sides = (f"B · {view.sides[0]}", f"A · {view.sides[1]}")
    chart(
        distribution(parts, "PSI", name, column.kind in ORDERED, mode(), sides), "bins", file_name("compare", name),
        f"Distribution of {name}: {sides[0]} against {sides[1]}", lambda: bins_rows(parts, sides),
        f"{counted(len(parts), 'bin')}; shaded ones make up most of the PSI.",
    )  # fmt: skip


main()

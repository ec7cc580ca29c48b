"""Columns: every column by every metric, worst first; pick one to open it."""

import re

import streamlit as st

from engine.findings import Severity
from engine.metrics import METRICS, manual
from pages.shared.picking import pick
from pages.shared.tables import SHOWN, TRACED, column_rows
from pages.shared.view import current, go_to
from pages.shared.words import counted, mark, to_csv

COLUMN = "explore/column.py"
STATUS = {
    mark(Severity.CRITICAL): "red",
    mark(Severity.WARNING): "orange",
    mark(Severity.NOT_ENOUGH_DATA): "gray",
    mark(Severity.INFO): "blue",
    mark(Severity.OK): "green",
    mark(Severity.NOT_JUDGED): "gray",
}


def main() -> None:
    view = current()
    rows = column_rows(view, view.run, "psi")
    searched, left = st.columns([3, 2], vertical_alignment="bottom")
    with searched:
        wanted = st.text_input(
            "Search",
            key="search",
            bind="query-params",
            placeholder="part of a name, a kind, a role, a status, a verdict",
        )
    found = [row for row in rows if matches(row, wanted or "")]
    fields = ["Column", "Status", "Amounts to", "Kind", "Role", *SHOWN, "Worst"]
    with left:
        st.download_button(
            "Download CSV", to_csv(found, fields).encode(), file_name="columns.csv", mime="text/csv",
            on_click="ignore", icon=":material/download:", key="csv",
        )  # fmt: skip
    if not found:
        st.info(f"No column matches; {counted(len(rows), 'column')} in all. Empty the search to see them.")
        return
    traced = "Weeks" in rows[0]
    table(found, traced)
    if view.opened.windows and not traced:
        st.caption(f"PSI by window stands beside each column up to {TRACED}; open a column to see it over time.")
    names = [row["Column"] for row in found]
    picker, action = st.columns([3, 2], vertical_alignment="bottom")
    with picker:
        name = pick("Column to open", names, names[0], "selected")
    with action:
        st.button("Open column", type="primary", on_click=open_selected, key="open_column")
    row = found[names.index(name)]
    if row["Worst"]:
        st.text(row["Worst"])


def open_selected() -> None:
    """Read when the button is pressed: what the picker held when the button was drawn may be old by then."""
    go_to(COLUMN, str(st.session_state["selected"]))


def matches(row: dict[str, object], wanted: str) -> bool:
    """Whether every word that is searched for stands in one of a row's texts."""
    text = " ".join(str(row[field]) for field in ("Column", "Status", "Amounts to", "Kind", "Role")).lower()
    return all(word in text for word in re.split(r"\s+", wanted.strip().lower()))


def table(rows: list[dict[str, object]], windows: bool) -> None:
    """The table; choosing a row chooses it in the picker below. An echo of what was shown before is not a choice."""
    names = [str(row["Column"]) for row in rows]

    def chosen() -> None:
        picked = st.session_state["columns_table"].selection.rows
        if picked and picked[0] < len(names):
            st.session_state["selected"] = names[picked[0]]

    def opened() -> None:
        click = st.session_state["open_row"]
        if click is not None and click.row < len(names):
            go_to(COLUMN, names[click.row])

    config: dict[str, object] = {
        "Column": st.column_config.TextColumn("Column", pinned=True, width=130),
        "Status": st.column_config.MultiselectColumn(
            "Status", options=list(STATUS), color=list(STATUS.values()), width=130
        ),
        "Amounts to": st.column_config.TextColumn(
            "Amounts to",
            width=150,
            help="Whether a feature's drift falls on what the model leans on, and goes with worse predictions or "
            "another rate of the target at the same values. That proves no cause: the page Attribution says more.",
        ),
        "Kind": st.column_config.TextColumn("Kind", width=88),
        "Role": st.column_config.TextColumn("Role", width=80),
        "Open": st.column_config.ButtonColumn("", on_click=opened, key="open_row", type="tertiary", width=58),
    }
    for heading, key in SHOWN.items():
        share = METRICS[key].signal == "data_quality"
        config[heading] = st.column_config.NumberColumn(
            heading, format="percent" if share else "%.3g", help=manual(key).splitlines()[0],
            width=60 if len(heading) < 4 else 84,
        )  # fmt: skip
    if windows:
        top = max((max(row["Weeks"]) for row in rows if row["Weeks"]), default=1.0)  # type: ignore[call-overload]
        config["Weeks"] = st.column_config.LineChartColumn(
            "PSI by window", y_min=0, y_max=min(top, 1.0) or 1.0, width=130, help="One scale for all; cut off at 1."
        )
    shown = [
        {
            **{key: value for key, value in row.items() if key != "Worst"},
            "Status": [row["Status"]],
            **({"Weeks": [min(value, 1.0) for value in row["Weeks"]]} if windows else {}),  # type: ignore[attr-defined]
            "Open": "Open",
        }
        for row in rows
    ]
    order = ["Column", "Status", "Amounts to", *SHOWN, *(["Weeks"] if windows else []), "Open", "Kind", "Role"]
    st.dataframe(
        shown, key="columns_table", on_select=chosen, selection_mode="single-row", hide_index=True,
        column_order=order, column_config=config, placeholder="–", height=min(33 * len(rows) + 36, 730),
        alt="Columns, worst first, with every metric",
    )  # fmt: skip


main()

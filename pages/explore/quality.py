"""Data quality: what is missing, broken or out of range – by column, by week, and by example."""

import streamlit as st

from engine.errors import PlumblineError
from engine.findings import Severity
from engine.look import PARTIAL
from engine.metrics import METRICS, manual
from engine.run import Run
from pages.shared import states
from pages.shared.charts import show_map
from pages.shared.picking import pick
from pages.shared.rates import ADVICE, COUNTS, OF_ROWS, RATES, offending, rate_findings, rate_rows
from pages.shared.tables import CALLS
from pages.shared.view import View, current, go_to
from pages.shared.words import badge, counted, plain, to_csv

COLUMN = "explore/column.py"
NAMES = {METRICS[key].name: key for key in RATES}


def main() -> None:
    view = current()
    run = view.run
    read = {key: rate_findings(run, key) for key in RATES}
    if PARTIAL in run.notes:
        st.info("A partial window: its rates are judged as always, its volume and freshness are not.")
    show_rows(run)
    if not any(read.values()):
        why = next((one.because for one in run.not_computed if one.metric in RATES), "no column is monitored")
        states.empty(
            "No rate could be read in this view", f"Why: {plain(why)}.",
            "Choose another window or cohort, or empty the filter.", to_data=False,
        )  # fmt: skip
        return
    key = choose_rate(run)
    if view.opened.windows:
        show_map(view, run, key, COLUMN, lambda: opens(key))
    show_rates(run, key)
    show_examples(view, run)


def opens(rate: str) -> None:
    """The Column page, when it opens next, shows this rate."""
    st.session_state["metric"] = METRICS[rate].name


def choose_rate(run: Run) -> str:
    """The rate that map and table show: the worst one, until somebody chooses."""
    st.subheader("Which rate", anchor=False)
    worst = next((METRICS[one.metric].name for one in run.worst() if one.metric in RATES), next(iter(NAMES)))
    chosen = st.segmented_control(
        "Rate", list(NAMES), default=worst, key="rate", required=True, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    said = []
    for name, key in NAMES.items():
        found = rate_findings(run, key)
        counts = {one: sum(f.severity is one for f in found) for one in (*CALLS, Severity.NOT_ENOUGH_DATA)}
        badges = [badge(one, f"{n} {str(one).replace('_', ' ')}") for one, n in counts.items() if n]
        said.append(f"{name} {' '.join(badges) or badge(Severity.OK)}")
    st.markdown(" · ".join(said))
    key = NAMES.get(chosen or "", RATES[0])
    st.caption(manual(key).splitlines()[0])
    return key


def show_rows(run: Run) -> None:
    """Names and types of the columns, repeated ids, volume and freshness: each in its sentence, with what to do."""
    st.subheader("Rows and columns as such", anchor=False)
    found = [one for one in run.worst() if one.signal == "schema" or one.metric in OF_ROWS]
    for one in found:
        if one.severity is not Severity.OK:
            todo = plain(ADVICE.get(one.metric, "Look at it."))
            st.markdown(f"{badge(one.severity)} {plain(one.sentence)} **What to do:** {todo}")
    fine = [one.sentence for one in found if one.severity is Severity.OK]
    if not any(one.signal == "schema" for one in found):
        fine = ["Both sides have the same columns, of the same types.", *fine]
    if fine:
        st.markdown(f"{badge(Severity.OK)} " + " ".join(plain(one) for one in fine))
    gaps = {one.metric.replace("_", " "): one.because for one in run.not_computed if one.metric in OF_ROWS}
    if gaps:
        st.markdown("– Not computed: " + "; ".join(f"{plain(name)} ({plain(why)})" for name, why in gaps.items()) + ".")


def show_rates(run: Run, key: str) -> None:
    """Every column's rate on both sides, its limits, and its rows by what is wrong with them."""
    rows = rate_rows(run, key)
    name = METRICS[key].name
    st.subheader(f"{name} of every column", anchor=False)
    if not rows:
        st.markdown(f"No column has a {name.lower()} here.")
        return

    def opened() -> None:
        click = st.session_state["open_rate"]
        if click is not None and click.row < len(rows):
            opens(key)
            go_to(COLUMN, str(rows[click.row]["Column"]))

    def wide(heading: str) -> int:
        return max(52, 22 + 6 * len(heading))

    config: dict[str, object] = {
        "Column": st.column_config.TextColumn("Column", pinned=True, width=118),
        "Status": st.column_config.TextColumn("Status", width=126),
        "Open": st.column_config.ButtonColumn("", on_click=opened, key="open_rate", type="tertiary", width=52),
    }
    shares = ["Production", "Reference", "Warning", "Critical", "Floor"]
    config |= {one: st.column_config.NumberColumn(one, format="percent", width=wide(one)) for one in shares}
    for one, (_, said) in COUNTS.items():
        config[one] = st.column_config.NumberColumn(one, format="localized", width=wide(one), help=said)
    st.dataframe(
        [{**row, "Open": "Open"} for row in rows], key="rates", hide_index=True, column_config=config, placeholder="–",
        column_order=["Column", "Status", *shares, "Open", *COUNTS], height=min(33 * len(rows) + 36, 730),
        alt=f"{name} of every column, worst first",
    )  # fmt: skip
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key="rates_foot"):
        st.caption("Counts are rows of production; –: the column is not judged by it.", width="stretch")
        st.download_button(
            "CSV", lambda: to_csv(rows, list(rows[0])).encode(), f"{key}.csv", "text/csv", on_click="ignore",
            key="rates_csv", type="tertiary", icon=":material/download:", width="content",
        )  # fmt: skip


def show_examples(view: View, run: Run) -> None:
    """Values of one column that are type errors or out of bounds, asked from the data."""
    st.subheader("The values themselves", anchor=False)
    names = offending(run)
    if not names:
        st.markdown(f"{badge(Severity.OK)} No value in this view is a type error or out of bounds.")
        return
    picker, action = st.columns([3, 2], vertical_alignment="bottom")
    with picker:
        name = pick("Column with values that are type errors or out of bounds", names, names[0], "offending")
    with action:
        st.button("Open column", key="open_offending", on_click=go_to, args=(COLUMN, name))
    try:
        found = view.examples(name)
    except PlumblineError as error:
        states.broken("Its values cannot be asked for", error, "Choose another column.", to_data=False)
        return
    rows = [{"Value": one.value, "What is wrong": one.words, "Rows": one.rows} for one in found]
    wide = {"What is wrong": st.column_config.TextColumn(width="large")}
    st.dataframe(rows, hide_index=True, key="examples", column_config=wide, alt=f"Offending values of {name}")
    said = "At most ten of each kind, the most frequent first, then the farthest out"
    st.caption(f"{said}: {counted(len(rows), 'value')} here.")


main()

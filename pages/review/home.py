"""Home: all monitors, worst first – how each one's last window read, whose it is, and whether it is up to date."""

from collections import Counter
from typing import Any

import streamlit as st

from engine.errors import UnusableStore
from engine.findings import Severity
from engine.policy import Budget
from engine.store import Store
from pages.shared import recorded, states
from pages.shared.entries import monitors
from pages.shared.fleet import Row, matching, rows_of
from pages.shared.recording import offer, show_work, start, store_broken
from pages.shared.reviewing import option
from pages.shared.view import GOING, OWN
from pages.shared.visiting import may
from pages.shared.words import COLOURS, badge, counted, mark, plain

REVIEW, OVERVIEW, NOT_RECORDED = "review/review.py", "review/overview.py", "– not recorded"
HEIGHTS = {Severity.CRITICAL: 3.0, Severity.WARNING: 2.0}  # of a bar; what is in order is a low one
BROKEN = 3  # files that are none and are told in full


def main() -> None:
    own = st.session_state.get(OWN, {})
    store: Store | None = None
    try:
        store = recorded.the_store()
        rows, broken = rows_of(store, own)
    except UnusableStore as error:
        store_broken(error)
        store = None
        rows, broken = rows_of(None, own)
    for file, wrong in list(broken.items())[:BROKEN]:
        states.broken(f"The monitor file {plain(file)} cannot be read", wrong,
                      "Mend the lines named above, under Setup → Monitor; the others work meanwhile.",
                      key=f"broken_{file}", to_data=False)  # fmt: skip
    if len(broken) > BROKEN:
        st.markdown(f"{badge(Severity.CRITICAL)} {len(broken) - BROKEN} more files cannot be read.")
    if not rows:
        states.empty(
            "No monitor yet",
            "A monitor holds a model's production data against a reference, column by column and week by week.",
            "Give two files, one of each, and the dashboard runs on them.",
        )
        return
    if store:
        if any(row.record for row in rows):
            show_work()
            if may("record"):
                st.button("Record what is due", key="record_due", on_click=record_due, args=(store,),
                          help="Closed windows of all monitors that are not on record yet.")  # fmt: skip
        else:
            offer(store, list(monitors({})[0].values()))
    show(rows, store is not None)


def record_due(store: Store) -> None:
    """Record what every monitor that has a file is behind with; for callbacks."""
    start(store, [one for one in monitors({})[0].values() if one.path])


def show(rows: list[Row], known: bool) -> None:
    """Counts in a sentence, a search, a picker for the keyboard, and the table."""
    seen = Counter(row.record.severity if row.record else None for row in rows)
    told = [badge(one, f"{seen[one]} {str(one).replace('_', ' ')}") for one in reversed(Severity) if seen[one]]
    if seen[None]:
        told.append(f"{seen[None]} not recorded" if known else f"of {seen[None]} nobody knows, without the store")
    st.markdown(f"**{counted(len(rows), 'monitor')}**, as the last window of each read: {' '.join(told)}. What "
                "counts under a monitor's policy, its review says.")  # fmt: skip
    left, right = st.columns(2)
    text = left.text_input("Search", key="find", bind="query-params",
                           placeholder="part of a name, an owner, a model, a tier or a state")  # fmt: skip
    shown = matching(rows, text or "")
    names = {row.name: row for row in shown}
    right.selectbox("Open a monitor", list(names), index=None, key="open_monitor", placeholder="Choose, worst first",
                    on_change=lambda: chosen(names.get(st.session_state["open_monitor"])))  # fmt: skip
    if not shown:
        st.markdown(f"No monitor holds all of: {plain(text)}.")
        return
    colours = {mark(one): COLOURS[one] for one in Severity} | {NOT_RECORDED: "gray"}
    st.dataframe(
        [as_cells(row) for row in shown], hide_index=True, key="fleet", alt="All monitors, worst first",
        height=min(35 * len(shown) + 40, 740),
        column_config={
            "State": st.column_config.MultiselectColumn(
                options=list(colours), color=list(colours.values()), width=110, pinned=True),
            "Monitor": st.column_config.TextColumn(pinned=True),
            "Windows": st.column_config.BarChartColumn(
                y_min=0, y_max=3, help="How the last 26 windows read: high critical, half warning, low in order."),
            "Open": st.column_config.ButtonColumn(
                "Open", key="open_row", type="tertiary", width=90,
                on_click=lambda: chosen(shown[st.session_state["open_row"]["row"]])),
            "Behind": st.column_config.TextColumn(
                help="Windows that ended, by the clock, since the last one on record; none where no data came."),
            "Budget": st.column_config.TextColumn(help="The objective of which least is left."),
        },
    )  # fmt: skip


def as_cells(row: Row) -> dict[str, Any]:
    """A row as the table has it."""
    record, model, spent = row.record, row.monitor.model, row.budget
    window = record.window if record else None
    calls = (Severity.CRITICAL, Severity.WARNING)
    called = [f"{record.counts.get(str(one), 0)} {one}" for one in calls] if record else []
    return {
        "State": [mark(record.severity) if record else NOT_RECORDED],
        "Monitor": row.name,
        "Open": "Review ›" if record else "Overview ›",
        "Open findings": ", ".join(called) or "–",
        "Windows": [HEIGHTS.get(severity, 0.4) for _, severity in row.course],
        "Last window": window.words if window else "–",
        "Decided": f"{row.decided.choice} ({row.decided.by})" if row.decided else "–",
        "Behind": row.behind,
        "Owner": row.monitor.owner or "–",
        "Model": " ".join(filter(None, (model.name, model.version))) or "–",
        "Budget": f"{spent.left:.0%} left" if isinstance(spent, Budget) else "–",
        "Recorded": record.at[:16].replace("T", " ") if record else "–",
    }


def chosen(row: Row | None) -> None:
    """Open a monitor: its review, or where nothing was recorded its overview. For callbacks."""
    if row is None:
        return
    st.session_state["monitor"] = row.name
    if row.record is not None:
        st.session_state["window"] = option(row.record)
    else:
        st.session_state.pop("window", None)
    st.session_state[GOING] = (REVIEW if row.record else OVERVIEW, {})


main()

"""Runs: every run that was ever recorded, newest first; and one of them in full, drawn without its data."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import PlumblineError, UnusableStore
from engine.findings import Severity
from engine.record import Record
from pages.shared import recorded, states
from pages.shared.no_runs import nothing
from pages.shared.on_record import ANY, MOST, all_runs, chosen_run, matching, option, window_text, words_of
from pages.shared.picking import pick
from pages.shared.recording import store_broken
from pages.shared.run_shown import show_run
from pages.shared.words import COLOURS, counted, mark, plain

SEVERITIES = [str(one).replace("_", " ") for one in reversed(Severity) if one is not Severity.NOT_JUDGED]


def main() -> None:
    try:
        store = recorded.the_store()
        runs = all_runs(store)
        if not runs:
            nothing(store)
            return
        run = chosen_run(runs, "All runs")
        if run is None:
            show_list(runs)
            return
        st.button("‹ All runs", key="all_runs", on_click=close, type="tertiary")
        try:
            show_run(store, run, runs)
        except UnusableStore:
            raise
        except PlumblineError as error:
            states.broken("This run cannot be shown", error, "The others are as they were.", to_data=False)
    except UnusableStore as error:
        store_broken(error)


def close() -> None:
    """Back to the list; for callbacks."""
    st.session_state["run"] = None


def opens(run: Record) -> None:
    """Show one run; for callbacks."""
    st.session_state["run"] = option(run)


def show_list(runs: Sequence[Record]) -> None:
    """Filters, a sentence on what they leave, and the table."""
    first, second, third, fourth = st.columns([2, 2, 2, 3])
    with first:
        monitor = pick("Monitor", [ANY, *sorted({one.monitor for one in runs})], ANY, "of_monitor")
    mine = [one for one in runs if monitor in (ANY, one.monitor)]
    with second:
        window = pick("Window", [ANY, *dict.fromkeys(map(window_text, mine))], ANY, "of_window")
    with third:
        severity = pick("Severity", [ANY, *SEVERITIES], ANY, "of_severity")
    text = fourth.text_input("Search", key="find_run", bind="query-params",
                             placeholder="an id, a cohort, a trigger, a month …")  # fmt: skip
    earlier = st.toggle("Earlier revisions too", key="earlier_revisions", bind="query-params",
                        help="A window is recorded anew when labels or rows came; what was, stays.")  # fmt: skip
    found = matching(runs, monitor, window, severity, text or "", bool(earlier))
    shown = found[:MOST]
    if not shown:
        st.markdown("No run is like this. Choose *any*, or empty the search.")
        return
    many = f"**{counted(len(found), 'run')}** of {len(runs):,} on record"
    more = f"; the newest {MOST} are listed, a search finds the others" if len(found) > MOST else ""
    named = f" of {plain(monitor)}" if monitor != ANY else ""
    st.markdown(f"{many}{named}{more}. A run keeps what its window looked like, for good.")
    colours = {mark(one): COLOURS[one] for one in Severity}
    st.dataframe(
        [as_cells(one) for one in shown], hide_index=True, key="runs", alt="Recorded runs, the newest window first",
        height=min(35 * len(shown) + 40, 740),
        column_config={
            "State": st.column_config.MultiselectColumn(
                options=list(colours), color=list(colours.values()), width=110, pinned=True),
            "Open": st.column_config.ButtonColumn(
                "Open", key="open_recorded", type="tertiary", width=80,
                on_click=lambda: opens(shown[st.session_state["open_recorded"]["row"]])),
            "Rows": st.column_config.NumberColumn(format="localized"),
            "Trigger": st.column_config.TextColumn(
                help="due: by a schedule; manual: somebody asked; restated: labels or rows came later."),
        },
    )  # fmt: skip


def as_cells(one: Record) -> dict[str, Any]:
    """A run as the table has it."""
    calls = ", ".join(f"{one.counts.get(name, 0)} {name}" for name in ("critical", "warning"))
    return {
        "State": [mark(one.severity)],
        "Window": words_of(one) + (" ◌ partial" if one.partial else ""),
        "Open": "Open ›",
        "Monitor": one.monitor,
        "Findings": calls,
        "Rows": one.rows,
        "Against": one.against,
        "Trigger": one.trigger,
        "Revision": str(one.revision) if one.revision else "–",
        "Recorded (UTC)": one.at[:16].replace("T", " "),
        "Run": one.id,
    }


main()

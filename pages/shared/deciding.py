"""Deciding about findings: the form, what becomes of it, and what was decided before."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from engine.access import acts
from engine.deliver import Told, after_run
from engine.errors import PlumblineError
from engine.monitor import Monitor
from engine.record import Choice, Decision, Record
from engine.store import Store
from pages.shared import door
from pages.shared.entries import Entry
from pages.shared.recorded import decisions_of
from pages.shared.view import option_of
from pages.shared.visiting import may, name_field, typed, visitor
from pages.shared.words import counted, plain

PROBLEM, DONE, TELLING = "decide_problem", "decide_done", "decide_telling"
MEANS = {
    Choice.ACCEPT: "known and fine as it is; it calls again when it gets worse",
    Choice.MUTE: "silent until a day; it wakes when it gets worse",
    Choice.INVESTIGATE: "somebody looks at the data",
    Choice.RETRAIN: "the model learns anew; targets that ask for decisions are told",
    Choice.ROLL_BACK: "the model before it comes back; targets that ask for decisions are told",
    Choice.NO_ACTION: "seen, nothing is done",
}


def show_form(store: Store, entry: Entry, run: Record, names: Sequence[str]) -> None:
    """Decide about the run as a whole or about some of its findings. names: of findings that can be chosen."""
    if not may("decide"):
        st.caption("Deciding takes the role reviewer.")
        return
    chosen = [one for one in st.session_state.get("decide_about", []) if one in names]
    if st.session_state.get("decide_about", chosen) != chosen:  # of another window
        st.session_state["decide_about"] = chosen
    with st.form("decide", border=True, enter_to_submit=True):
        st.selectbox(
            "Decision", list(MEANS), index=None, key="decide_choice", placeholder="Choose",
            format_func=lambda one: f"{one} – {MEANS[one]}",
        )  # fmt: skip
        st.multiselect("About", list(names), key="decide_about", placeholder="all findings that are in alarm")
        st.text_area("Reason", key="decide_reason", height=68, placeholder="For who reads it in a year")
        left, right = st.columns(2)
        name_field(left, persist_state="session")
        day = datetime.now(UTC).date()
        right.date_input("Last day of a mute", value=None, key="decide_until", min_value=day,
                         max_value=day + timedelta(days=365), help="For a mute only.")  # fmt: skip
        st.form_submit_button("Record the decision", type="primary", on_click=take, args=(store, entry.monitor, run))
        if problem := st.session_state.pop(PROBLEM, None):
            st.error(plain(problem), icon=":material/error:")
        if done := st.session_state.pop(DONE, None):
            st.success(plain(done), icon=":material/check:")
    show_told()


def take(store: Store, monitor: Monitor, run: Record) -> None:
    """Record what the form holds; what is missing is said in the engine's words."""
    state: Any = st.session_state
    choice, until = state.get("decide_choice"), state.get("decide_until")
    try:
        if choice is None:
            raise PlumblineError("Nothing is chosen.", where="decision", hint=f"One of: {', '.join(Choice)}.")
        made = Decision(
            monitor=run.monitor, run=run.id, choice=choice, reason=str(state.get("decide_reason") or ""),
            by=typed(), findings=tuple(state.get("decide_about") or ()),
            until=until if isinstance(until, date) and choice is Choice.MUTE else None,
        )  # fmt: skip
        kept = acts.decide(visitor(), store, made)
    except PlumblineError as error:
        state[PROBLEM] = str(error)
        return
    state[DONE] = f"Recorded: {kept.choice}, {counted(len(kept.findings), 'finding') if kept.findings else 'the run'}."
    for key, empty in (("reason", ""), ("about", []), ("choice", None), ("until", None)):
        state[f"decide_{key}"] = empty
    if monitor.deliver:
        state[TELLING] = door.begin(lambda tell: after_run(store, [monitor]), "Telling was stopped.", monitor.monitor)


@st.fragment(run_every=1.0)
def watch_told() -> None:
    """Look every second whether the targets were told."""
    work = st.session_state.get(TELLING)
    if work is not None and work.future.done():
        st.rerun()
    st.caption("Telling the targets of the monitor …")


def show_told() -> None:
    """How telling the monitor's targets ended, once it has; nothing where there are none."""
    work = st.session_state.get(TELLING)
    if work is None:
        return
    if not work.future.done():
        watch_told()
        return
    del st.session_state[TELLING]
    try:
        found: Told = work.future.result()
    except PlumblineError as error:
        st.warning(f"The decision stands; telling failed: {plain(error)}")
        return
    said = [f"{plain(one.target)}: {one.state}{f' ({plain(one.said)})' if one.said else ''}" for one in found.outcomes]
    said += [plain(one) for one in found.problems]
    if said:
        (st.caption if found.fine else st.warning)("Told: " + "; ".join(said) + ".")


def show_history(store: Store, monitor: str, line: Sequence[Record]) -> None:
    """All decisions about a monitor, newest first."""
    st.subheader("Decisions", anchor=False)
    made = decisions_of(store, monitor)
    if not made:
        st.markdown("Nobody has decided anything about this monitor yet.")
        return
    windows = {one.id: option_of(one.window) for one in line if one.window}
    with st.container(key="decisions"):
        st.dataframe(
            [
                {
                    "When": one.at[:16].replace("T", " "), "Window": windows.get(one.run, "–"),
                    "Decision": str(one.choice),
                    "About": ", ".join(one.findings) or "all in alarm", "Reason": one.reason, "By": one.by,
                    "Until": str(one.until or ""), "Run": one.run,
                }
                for one in reversed(made)
            ],
            hide_index=True, alt="Decisions about this monitor",
            column_config={"Reason": st.column_config.TextColumn(width="large")},
        )  # fmt: skip

"""A change of thresholds as lines of the monitor's file: shown, then saved and told to the ledger."""

from typing import Any

import streamlit as st

from engine.errors import PlumblineError, UnusableStore
from engine.monitor.edit import diff, edited
from pages.shared import monitor_files, recorded
from pages.shared.entries import Entry
from pages.shared.monitor_files import Held
from pages.shared.trying import Limits
from pages.shared.visiting import may, name_field, typed
from pages.shared.words import plain

DONE, FAILED = "limits_saved", "limits_failed"


def show_saving(entry: Entry, limits: Limits, persist: str | None) -> None:
    """The difference to the file and a button that writes it. Nothing is written before it was shown."""
    st.subheader("What would be saved", anchor=False)
    if done := st.session_state.pop(DONE, None):
        st.success(plain(done), icon=":material/check:")
    if failed := st.session_state.pop(FAILED, None):
        st.error(plain(failed), icon=":material/error:")
    if not may("limits"):
        st.caption("Saving takes the role admin; these are the limits that you tried.")
        return
    if entry.path is None:
        st.markdown("This monitor is this session's own and has no file: save it first, under Setup → Monitor.")
        return
    if not limits and persist is None:
        st.markdown("Nothing: these are the limits of the file.")
        return
    try:
        before = monitor_files.held(entry.path)
        after = edited(before.text, limits, persist)
    except PlumblineError as error:
        st.code(str(error), language=None, wrap_lines=True)
        return
    changes = diff(before.text, after, entry.path.name)
    st.code(changes or "The file says so already.", language="diff")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name_field(st, persist_state="session", width=220)
        st.button("Save to the monitor file", key="save_limits", type="primary", on_click=put, args=(before, after),
                  disabled=not changes)  # fmt: skip


def put(before: Held, after: str) -> None:
    """Write it; for callbacks."""
    state: Any = st.session_state
    try:
        store = recorded.the_store()
    except UnusableStore:
        store = None  # the file is what counts; its next run puts the change into the ledger
    try:
        made = monitor_files.save(before, after, store, typed(), "limits")
    except PlumblineError as error:
        state[FAILED] = str(error)
        return
    state[DONE] = f"Saved to {made.path.name}" + (", and to the ledger." if store else "; the store could not be told.")

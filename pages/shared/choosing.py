"""Which monitor a page is about; and, where there is none, what is missing and what to do."""

import streamlit as st

from pages.shared import states
from pages.shared.entries import Entry, monitors
from pages.shared.picking import pick
from pages.shared.view import OWN
from pages.shared.words import plain


def monitor_or_stop() -> Entry:
    """The monitor that the sidebar's picker holds; files that are none are told. Ends the run where there is none."""
    entries, wrong = monitors(st.session_state.get(OWN, {}))
    for file, error in wrong.items():
        states.broken(
            f"The monitor file {plain(file)} cannot be read", error,
            "Mend the lines named above; the other monitors work meanwhile.", key=f"broken_{file}", to_data=not entries,
        )  # fmt: skip
    if not entries:
        if not wrong:
            states.empty(
                "No monitor yet",
                "A monitor holds a model's production data against a reference, column by column and week by week.",
                "Give two files, one of each, and the dashboard runs on them.",
            )
        st.stop()
    with st.sidebar:
        names = list(entries)
        return entries[pick("Monitor", names, names[0], "monitor")]

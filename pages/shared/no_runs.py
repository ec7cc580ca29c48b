"""No run on record yet: what that means, and the button that records."""

import streamlit as st

from engine.store import Store
from pages.shared import states
from pages.shared.entries import monitors
from pages.shared.recording import offer
from pages.shared.view import OWN


def nothing(store: Store) -> None:
    """Offer to record what the monitors have; where there is none, say what to do first."""
    entries = list(monitors(st.session_state.get(OWN, {}))[0].values())
    if entries:
        offer(store, entries)
        return
    states.empty(
        "No run yet", "Runs are of monitors, and there is no monitor.",
        "Give two files; then the windows of the monitor can be recorded.",
    )  # fmt: skip

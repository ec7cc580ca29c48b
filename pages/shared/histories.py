"""Every metric that is judged over all windows, computed at once and kept as the door keeps one: for the overview."""

from typing import TYPE_CHECKING

import streamlit as st

from engine.explore import History, Opened, histories
from engine.slices import Slice
from pages.shared.door import text_of

if TYPE_CHECKING:
    from pages.shared.view import View


def histories_in(view: "View") -> dict[str, History]:
    """Of every column of the view's cohort: together they cost little more than the dearest of them."""
    cohort = view.timeless
    return _histories(view.entry.key, view.judged, text_of(cohort), view.against, view.opened, cohort)


@st.cache_resource(max_entries=60, show_spinner=False)
def _histories(
    key: str, metrics: tuple[str, ...], text: str, against: str, _opened: Opened, _cohort: Slice
) -> dict[str, History]:
    return histories(_opened, metrics, _cohort, against)

"""The door to how the model was served, over windows."""

import streamlit as st

from engine.explore import Opened
from engine.explore.operations import OperationsHistory, operations_history
from engine.slices import Slice
from pages.shared.door import text_of
from pages.shared.view import View


def operations_over(view: View) -> OperationsHistory:
    """Latency, errors and throughput of the view's cohort over all windows."""
    return _over(view.entry.key, text_of(view.timeless), view.against, view.opened, view.timeless)


@st.cache_resource(max_entries=60, show_spinner="Reading how requests were served …")
def _over(key: str, text: str, against: str, _opened: Opened, _cohort: Slice) -> OperationsHistory:
    return operations_history(_opened, _cohort, against)

"""Cohorts beside each other, in three ways: one metric of each, the gaps between them, and two held together."""

import streamlit as st

from engine.metrics import METRICS
from pages.shared.by_cohort import show_by_cohort
from pages.shared.gaps import show_gaps
from pages.shared.versus import show_versus
from pages.shared.view import View


def show_cohorts(view: View, metric: str) -> None:
    """Three tabs; what is not open is not read."""
    st.subheader("Cohorts beside each other", anchor=False)
    cohorts, apart, versus = st.tabs(
        ["By cohort", "Gaps", "Champion and challenger"], key="beside", on_change="rerun", bind="query-params"
    )
    with cohorts:
        if cohorts.open:
            show_by_cohort(view, metric, METRICS[metric].name)
    with apart:
        if apart.open:
            show_gaps(view)
    with versus:
        if versus.open:
            show_versus(view)

"""Metrics over all windows as maps, small lines and counts, without sentences; kept as the door keeps findings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from engine.explore import Opened
from engine.explore.glances import QUICK, Glances, glances
from engine.explore.traced import called, traced
from engine.slices import Slice
from pages.shared.door import text_of

if TYPE_CHECKING:
    from pages.shared.view import View


def called_in(view: "View") -> dict[str, list[frozenset[str]]]:
    """By metric that is judged, the columns of the view's cohort that call for somebody in each window."""
    cohort = view.timeless
    mapped = tuple(key for key in view.judged[:1] if key in QUICK)  # the overview's map shows it anyway
    others = tuple(key for key in view.judged if key not in mapped)
    found = _called(view.entry.key, others, text_of(cohort), view.against, view.opened, cohort)
    return {key: glances_in(view, key).calling for key in mapped} | found


@st.cache_resource(max_entries=400, show_spinner=False)
def _called(
    key: str, metrics: tuple[str, ...], text: str, against: str, _opened: Opened, _cohort: Slice
) -> dict[str, list[frozenset[str]]]:
    return called(_opened, metrics, _cohort, against)


def traced_in(view: "View", metric: str) -> Mapping[str, Sequence[float | None]]:
    """By column, the values of a metric of the view's cohort in every window."""
    cohort = view.timeless
    return _traced(view.entry.key, metric, text_of(cohort), view.against, view.opened, cohort)


@st.cache_resource(max_entries=400, show_spinner=False)
def _traced(
    key: str, metric: str, text: str, against: str, _opened: Opened, _cohort: Slice
) -> Mapping[str, Sequence[float | None]]:
    return traced(_opened, metric, _cohort, against)


def glances_in(view: "View", metric: str, against: str | None = None) -> Glances:
    """A metric of every column of the view's cohort in every window, as a map shows it. against: what else it is
    held against than the view is."""
    cohort = view.timeless
    return _glances(view.entry.key, metric, text_of(cohort), against or view.against, view.opened, cohort)


@st.cache_resource(max_entries=200, show_spinner=False)
def _glances(key: str, metric: str, text: str, against: str, _opened: Opened, _cohort: Slice) -> Glances:
    return glances(_opened, metric, _cohort, against)

"""The door to the questions where a change comes from: cohorts over windows, mix or behaviour, the cohort finder."""

import streamlit as st

from engine.cohorts import Cohort, Search
from engine.explore import Opened
from engine.explore.cohorts import found, mix_of
from engine.explore.glances import cohort_glances
from engine.explore.history import CohortHistory, cohort_history, values_of
from engine.slices import Slice
from engine.tables.supports import CategoricalSupport
from pages.shared.door import Work, begin, text_of
from pages.shared.entries import Entry
from pages.shared.view import View

MOST = 40  # values of a column that is offered as cohorts, beside the cohort columns


def columns_of_cohorts(opened: Opened) -> list[str]:
    """Columns whose values make cohorts: the monitor's own first, then categorical ones of few values."""
    few = [
        name for name, one in opened.supports.items()
        if isinstance(one, CategoricalSupport) and 1 < len(one.categories) <= MOST and opened.production.has(name)
    ]  # fmt: skip
    return list(dict.fromkeys([*opened.cohorts, *few]))


def size_of(opened: Opened, by: str) -> int:
    """How many cohorts a column makes."""
    return len(values_of(opened, by))


def cohort_history_of(view: View, by: str, metric: str, column: str) -> CohortHistory:
    """One metric of a column over all windows, for each value of a column of cohorts."""
    return _history(
        view.entry.key, by, metric, column, text_of(view.timeless), view.against, view.opened, view.timeless
    )


@st.cache_resource(max_entries=60, show_spinner="Reading every cohort in every window …")
def _history(
    key: str, by: str, metric: str, column: str, text: str, against: str, _opened: Opened, _cohort: Slice
) -> CohortHistory:
    return cohort_history(_opened, by, metric, column, _cohort, against)


def cohort_glances_of(view: View, by: str, metric: str, column: str) -> CohortHistory:
    """As cohort_history_of, as a map shows it."""
    return _glances(
        view.entry.key, by, metric, column, text_of(view.timeless), view.against, view.opened, view.timeless
    )


@st.cache_resource(max_entries=60, show_spinner="Reading every cohort in every window …")
def _glances(
    key: str, by: str, metric: str, column: str, text: str, against: str, _opened: Opened, _cohort: Slice
) -> CohortHistory:
    return cohort_glances(_opened, by, metric, column, _cohort, against)


def mix_of_view(view: View, column: str, by: str, metric: str) -> tuple[Cohort, ...]:
    """Every cohort of a column with what it adds to the reading of this view: by mix, and by behaviour."""
    return _mix(view.entry.key, column, by, metric, text_of(view.cut), view.against, view.opened, view.cut)


@st.cache_resource(max_entries=200, show_spinner=False)
def _mix(
    key: str, column: str, by: str, metric: str, text: str, against: str, _opened: Opened, _cut: Slice
) -> tuple[Cohort, ...]:
    return mix_of(_opened, column, by, _cut, against, metric)


def key_of_search(view: View, metric: str) -> tuple[str, str, str, str]:
    """What a search is kept under."""
    return view.entry.key, metric, text_of(view.cut), view.against


def searching(view: View, metric: str) -> Work[Search]:
    """The search for cohorts in which some column drifts, begun once for all sessions that want it."""
    return _searching(*key_of_search(view, metric), view.entry, view.opened, view.cut)


@st.cache_resource(max_entries=40, show_spinner=False)
def _searching(
    key: str, metric: str, text: str, against: str, _entry: Entry, _opened: Opened, _cut: Slice
) -> Work[Search]:
    return begin(lambda tell: found(_opened, _cut, against, metric, None, tell), "The search was stopped.", _entry.name)


def forget_search(view: View, metric: str) -> None:
    """Let a search be begun anew, after it failed or was stopped."""
    _searching.clear(*key_of_search(view, metric), view.entry, view.opened, view.cut)

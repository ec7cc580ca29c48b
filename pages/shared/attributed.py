"""The door to what predictions rest on: importances over windows, and drift beside importance."""

import streamlit as st

from engine.consequence import Consequence, Verdict
from engine.explore import Opened
from engine.explore.attribution import AttributionHistory, Explained, attribution_history, explained_of
from engine.explore.consequence import consequences_of
from engine.findings import NotComputed
from engine.run import Run
from engine.slices import Slice
from pages.shared.door import text_of
from pages.shared.view import View

MARK = {Verdict.COSTLY: "■", Verdict.OPEN: "▲", Verdict.HARMLESS: "●", Verdict.NOISE: "–"}


def verdict_of(one: Consequence) -> str:
    """What a column's drift amounts to, as shape and words."""
    return f"{MARK[one.verdict]} {one.verdict}"


def attribution_over(view: View) -> AttributionHistory:
    """Attribution drift of the view's cohort over all windows."""
    found = explained_of(view.opened)
    return _over(view.entry.key, text_of(view.timeless), view.against, view.opened, found, view.timeless)


@st.cache_resource(max_entries=60, show_spinner="Adding up attributions …")
def _over(
    key: str, text: str, against: str, _opened: Opened, _explained: Explained, _cohort: Slice
) -> AttributionHistory:
    return attribution_history(_opened, _explained, _cohort, against)


def reasons_in(history: AttributionHistory) -> list[str]:
    """Why windows have no finding, each reason once."""
    return sorted({one.because for one in history.findings.values() if isinstance(one, NotComputed)})


def consequences_in(view: View) -> tuple[Consequence, ...]:
    """Every feature of the view by what its drift amounts to."""
    return _consequences(view.entry.key, text_of(view.cut), view.against, view.opened, view.run, view.cut)


@st.cache_resource(max_entries=200, show_spinner=False)
def _consequences(
    key: str, text: str, against: str, _opened: Opened, _run: Run, _cut: Slice
) -> tuple[Consequence, ...]:
    ranking = _run.ranking if _run.ranking is not None else "attributions were not asked for"
    return consequences_of(_opened, _run.findings, ranking, _cut, against)

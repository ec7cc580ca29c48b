"""Gaps between cohorts: how far apart they lie in recall, false positives and selection, now, before and over time."""

import streamlit as st

from engine.charts.timeline import Moment, timeline
from engine.explore import Opened
from engine.explore.fairness import Fairness, fairness
from engine.fairness import LEAST, RATES, Gap
from engine.slices import Slice
from pages.shared.by_cohort import column_of_cohorts
from pages.shared.charts import chart, file_name, window_row
from pages.shared.door import text_of
from pages.shared.over_time import choose_window, happened, shown_of
from pages.shared.picking import pick
from pages.shared.view import View, mode, option_of
from pages.shared.words import plain


@st.cache_resource(max_entries=100, show_spinner="Reading every cohort …")
def _fairness(key: str, by: str, text: str, against: str, _opened: Opened, _cut: Slice) -> Fairness | str:
    return fairness(_opened, by, _cut, against)


def show_gaps(view: View) -> None:
    """The gaps of the view in sentences, and one of them over all windows."""
    by = column_of_cohorts(view, "gaps_by")
    if by is None:
        return
    found = _fairness(view.entry.key, by, text_of(view.cut), view.against, view.opened, view.cut)
    if isinstance(found, str):
        st.markdown(f"◌ No gaps: {plain(found)}.")
        return
    for key, (name, _) in RATES.items():
        now, before = found.now[key], found.before[key]
        if isinstance(now, str):
            st.markdown(f"- ◌ {name}: {plain(now)}.")
            continue
        side = view.sides[0][:1].upper() + view.sides[0][1:]
        was = f" {plain(side)}: {100 * before.value:.1f} points." if isinstance(before, Gap) else ""
        st.markdown(f"- **{'beyond' if now.beyond else 'within'} chance** · {plain(now.words)}{was}")
    st.caption(f"Which gap is unjust no number says: none of them is judged. Cohorts of fewer than {LEAST} rows take "
               "no part; three standard errors stand behind ±.")  # fmt: skip
    if found.windows:
        show_history(view, found)


def show_history(view: View, found: Fairness) -> None:
    """One gap over all windows."""
    called = {name: key for key, (name, _) in RATES.items()}
    name = pick("Gap over time", list(called), next(iter(called)), "gap")
    line = found.history[called[name]]
    moments = [
        Moment(option_of(window), window.words, window.start, one, partial)
        for window, one, partial in zip(found.windows, line, view.partial, strict=True)
    ]
    chart(
        timeline(moments, f"gap of {name.lower()}", shown_of(view), mode(), happened(view)), "gaps",
        file_name("gap", name, "by", found.by), f"Gap of {name.lower()} between cohorts of {found.by} over time",
        lambda: [window_row(found.by, w, one) for w, one in zip(found.windows, line, strict=True)],
        "Largest less smallest. Grey band: how far cohorts that do not differ lie apart by chance. A click on a mark "
        "chooses its window.",
        on_select=lambda: choose_window("gaps"), selection_mode="points",
    )  # fmt: skip

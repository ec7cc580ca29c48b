"""Performance by cohort: one metric of each, gaps between them, and two of them held beside each other."""

import streamlit as st

from engine.charts.timeline import Moment, timeline
from engine.explore import Opened
from engine.explore.fairness import Duel, Fairness, OfCohort, duel, fairness, filter_of, name_of, performance_by
from engine.explore.history import values_of
from engine.fairness import RATES, Gap
from engine.findings import Finding, NotComputed
from engine.slices import Slice
from pages.shared.charts import chart, file_name, window_row
from pages.shared.cohort import choose
from pages.shared.door import text_of
from pages.shared.over_time import choose_window, happened, shown_of
from pages.shared.picking import pick
from pages.shared.view import View, mode, option_of
from pages.shared.where import columns_of_cohorts
from pages.shared.words import mark, number, plain


@st.cache_resource(max_entries=100, show_spinner="Reading every cohort …")
def _by(
    key: str, by: str, metric: str, text: str, against: str, _opened: Opened, _cut: Slice
) -> tuple[OfCohort, ...] | str:
    return performance_by(_opened, by, metric, _cut, against)


@st.cache_resource(max_entries=100, show_spinner="Reading every cohort …")
def _fairness(key: str, by: str, text: str, against: str, _opened: Opened, _cut: Slice) -> Fairness | str:
    return fairness(_opened, by, _cut, against)


@st.cache_resource(max_entries=100, show_spinner=False)
def _duel(
    key: str, by: str, names: tuple[str, ...], text: str, _opened: Opened, _values: tuple[object, ...], _cut: Slice
) -> tuple[Duel, ...] | str:
    return duel(_opened, by, _values, _cut)


def duel_of(view: View, by: str, values: tuple[object, ...]) -> tuple[Duel, ...] | str:
    """Two cohorts of a column side by side in the view's window."""
    names = tuple(repr(one) for one in values)
    return _duel(view.entry.key, by, names, text_of(view.cut), view.opened, values, view.cut)


def show_by_cohort(view: View, metric: str, name: str) -> str | None:
    """One metric of every cohort of a column, worst first; the column that was chosen, or None."""
    st.subheader("By cohort", anchor=False)
    possible = columns_of_cohorts(view.opened)
    if not possible:
        st.markdown("◌ No column makes cohorts: name some in the monitor (`columns: {cohorts: [region]}`).")
        return None
    by = pick("Cohorts of", possible, possible[0], "by", "A cohort for each value of this column.")
    found = _by(view.entry.key, by, metric, text_of(view.cut), view.against, view.opened, view.cut)
    if isinstance(found, str) or not found:
        st.markdown(f"◌ Nothing to read: {plain(found or 'no cohort has rows in this view')}.")
        return by
    rows = [row_of(one, name) for one in found]

    def chosen() -> None:
        picked = st.session_state["by_cohort_table"].selection.rows
        if picked and picked[0] < len(found):
            others = () if view.cut.without else tuple(one for one in view.cut.cohort if one.column != by)
            choose(view.opened, (*others, filter_of(by, found[picked[0]].value)))

    st.dataframe(
        rows, key="by_cohort_table", on_select=chosen, selection_mode="single-row", hide_index=True, placeholder="–",
        column_config={"Cohort": st.column_config.TextColumn(pinned=True),
                       "In words": st.column_config.TextColumn(width="large")},
        height=min(35 * len(rows) + 38, 420), alt=f"{name} by {by}, worst first",
    )  # fmt: skip
    st.caption("Each against the same cohort of the other side. Worst first; choosing a row chooses its cohort.")
    return by


def row_of(one: OfCohort, name: str) -> dict[str, object]:
    read = one.found if isinstance(one.found, Finding) else None
    band = read.band if read else None
    return {
        "Cohort": name_of(one.value),
        "Status": mark(read.severity) if read else "– not computed",
        name: number(read.value if read else None),
        "Band": " to ".join(number(end) for end in band) if band else "–",
        "Floor": number(read.floor if read else None),
        "Labelled rows": one.labelled,
        "In words": read.sentence if read else one.found.because if isinstance(one.found, NotComputed) else "",
    }


def show_fairness(view: View, by: str) -> None:
    """Gaps between the cohorts of a column, now, before and over time."""
    st.subheader("Gaps between cohorts", anchor=False)
    found = _fairness(view.entry.key, by, text_of(view.cut), view.against, view.opened, view.cut)
    if isinstance(found, str):
        st.markdown(f"◌ No gaps: {plain(found)}.")
        return
    for key, (name, _) in RATES.items():
        now, before = found.now[key], found.before[key]
        if not isinstance(now, Gap):
            st.markdown(f"- ◌ {name}: {plain(now)}.")
            continue
        was = f" {view.sides[0]}: {100 * before.value:.1f} points." if isinstance(before, Gap) else ""
        st.markdown(f"- {'**beyond chance**' if now.beyond else '● within chance'} · {plain(now.words)}{plain(was)}")
    st.caption("Which gap is unjust no number says: none of them is judged. Cohorts with fewer than 30 rows take no "
               "part.")  # fmt: skip
    if not found.windows:
        return
    called = {name: key for key, (name, _) in RATES.items()}
    name = pick("Gap over time", list(called), next(iter(called)), "gap")
    line = found.history[called[name]]
    moments = [
        Moment(option_of(window), window.words, window.start, one, partial)
        for window, one, partial in zip(found.windows, line, view.partial, strict=True)
    ]
    chart(
        timeline(moments, f"gap of {name.lower()}", shown_of(view), mode(), happened(view)), "gaps",
        file_name("gap", name, "by", by), f"Gap of {name.lower()} between cohorts of {by} over time",
        lambda: [window_row(by, w, one) for w, one in zip(found.windows, line, strict=True)],
        "Largest less smallest. Grey band: how far cohorts that do not differ lie apart by chance. A click on a mark "
        "chooses its window.",
        on_select=lambda: choose_window("gaps"), selection_mode="points",
    )  # fmt: skip


def versions_of(view: View) -> list[str]:
    """Columns of cohorts, those that look like a model's version first."""
    possible = columns_of_cohorts(view.opened)
    return sorted(possible, key=lambda name: "version" not in name.lower())


def values_in(view: View, by: str) -> dict[str, object]:
    """Name -> value of every cohort of a column."""
    return {name_of(one): one for one in values_of(view.opened, by)}

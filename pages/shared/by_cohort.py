"""Performance by cohort: one metric of every cohort of a column, worst first, each a way to its own view."""

import streamlit as st

from engine.explore import Opened
from engine.explore.fairness import OfCohort, filter_of, name_of, performance_by
from engine.findings import Finding, NotComputed
from engine.slices import Slice
from pages.shared.cohort import choose
from pages.shared.door import text_of
from pages.shared.picking import pick
from pages.shared.view import View
from pages.shared.where import columns_of_cohorts
from pages.shared.words import mark, number, plain


def column_of_cohorts(view: View, key: str = "by") -> str | None:
    """The column whose cohorts are looked at; None, and said so, where no column makes any."""
    possible = columns_of_cohorts(view.opened)
    if not possible:
        st.markdown("◌ No column makes cohorts: name some in the monitor (`columns: {cohorts: [region]}`).")
        return None
    by = pick("Cohorts of", possible, possible[0], key, "A cohort for each value of this column.")
    if view.cut.without:
        st.caption("Everyone but a cohort cannot be parted into cohorts here: these are of all rows of the window.")
    return by


@st.cache_resource(max_entries=100, show_spinner="Reading every cohort …")
def _by(
    key: str, by: str, metric: str, text: str, against: str, _opened: Opened, _cut: Slice
) -> tuple[OfCohort, ...] | str:
    return performance_by(_opened, by, metric, _cut, against)


def show_by_cohort(view: View, metric: str, name: str) -> None:
    """One metric of every cohort of a column, worst first."""
    by = column_of_cohorts(view)
    if by is None:
        return
    found = _by(view.entry.key, by, metric, text_of(view.cut), view.against, view.opened, view.cut)
    if isinstance(found, str) or not found:
        st.markdown(f"◌ Nothing to read: {plain(found or 'no cohort has rows in this view')}.")
        return
    rows = [row_of(view, one, name) for one in found]

    def show(value: object) -> None:
        others = () if view.cut.without else tuple(one for one in view.cut.cohort if one.column != by)
        choose(view.opened, (*others, filter_of(by, value)))

    def chosen() -> None:
        picked = st.session_state["by_cohort_table"].selection.rows
        if picked and picked[0] < len(found):
            show(found[picked[0]].value)

    st.dataframe(
        rows, key="by_cohort_table", on_select=chosen, selection_mode="single-row", hide_index=True, placeholder="–",
        column_config={"Cohort": st.column_config.TextColumn(pinned=True),
                       "Labelled rows": st.column_config.NumberColumn(format="localized"),
                       "In words": st.column_config.TextColumn(width="large")},
        height=min(35 * len(rows) + 38, 420), alt=f"{name} by {by}, worst first",
    )  # fmt: skip
    values = {name_of(one.value): one.value for one in found}
    picker, action = st.columns([3, 2], vertical_alignment="bottom")
    with picker:
        wanted = st.selectbox("Cohort to look at", list(values), key="cohort_to_look_at")
    with action:
        st.button("Look at it alone", key="look_at_cohort", on_click=lambda: show(values[wanted]))
    st.caption("Each against the same cohort of the other side, worst first. Choosing a row looks at its cohort alone.")


def row_of(view: View, one: OfCohort, name: str) -> dict[str, object]:
    read = one.found if isinstance(one.found, Finding) else None
    band = read.band if read else None
    return {
        "Cohort": name_of(one.value),
        "Status": mark(read.severity) if read else "– not computed",
        name: number(read.value if read else None),
        "Band": " to ".join(number(end) for end in band) if band else "–",
        "Floor": number(read.floor if read else None),
        "Labelled rows": one.labelled,
        "In words": one.found.because if isinstance(one.found, NotComputed) else view.named(one.found.sentence),
    }

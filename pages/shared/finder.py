"""The cohort finder on the screen: a button, how far it is, what it found in sentences, and a way to open each."""

import streamlit as st

from engine.cohorts import Cohort, Search
from engine.errors import Cancelled, PlumblineError
from pages.shared import states, where
from pages.shared.cohort import choose
from pages.shared.view import View, go_to
from pages.shared.words import counted, mark, plain

COLUMN = "explore/column.py"
ASKED = "cohorts_asked"  # the search that this session asked for
SHOWN = 200


def show_finder(view: View, metric: str) -> None:
    """All cohorts of one or two columns in this view, asked about every column at once."""
    st.subheader("Cohort finder", anchor=False)
    st.caption(
        "Looks at every cohort of one or two cohort columns and every column, and lists where something drifts: also "
        "where all rows together read nothing. Of those listed, about one in twenty may be chance."
    )
    key = where.key_of_search(view, metric)

    def ask() -> None:
        st.session_state[ASKED] = key

    st.button("Find cohorts", key="find", icon=":material/search:", on_click=ask)
    if st.session_state.get(ASKED) != key:
        return
    work = where.searching(view, metric)
    states.wait(work, "Looking for cohorts", "every cohort and pair of this view is read on every column.", "search")
    try:
        show_found(view, work.future.result())
    except Cancelled:
        where.forget_search(view, metric)
        st.session_state.pop(ASKED, None)
        st.markdown("The search was stopped; nothing was changed.")
    except PlumblineError as error:
        where.forget_search(view, metric)
        states.broken("Cohorts cannot be looked for", error, "Mend what is named above, then ask again.",
                      key="finder_broken", to_data=False)  # fmt: skip


def show_found(view: View, search: Search) -> None:
    """A row a finding, most telling first; choosing a row chooses it in the picker, which works by keyboard."""
    asked = f"{counted(search.tested, 'cohort')} × columns asked"
    if search.notes:
        st.caption(" ".join(plain(one) for one in search.notes))
    if not search.cohorts:
        st.markdown(f"**Nothing found**: no cohort drifts beyond what chance and its threshold allow ({asked}).")
        return
    found = search.cohorts[:SHOWN]
    more = f", the first {SHOWN} shown" if len(search.cohorts) > SHOWN else ""
    repeats = f"; {search.repeats:,} pairs only repeat a half" if search.repeats else ""
    st.markdown(f"**{len(search.cohorts):,} found**{more} ({asked}{repeats}).")
    names = [f"{i}. {one.column} at {one.words}" for i, one in enumerate(found, start=1)]

    def chosen() -> None:
        picked = st.session_state["found_table"].selection.rows
        if picked and picked[0] < len(names):
            st.session_state["found_selected"] = names[picked[0]]

    st.dataframe(
        [row(one) for one in found], key="found_table", on_select=chosen, selection_mode="single-row", hide_index=True,
        height=min(36 * len(found) + 38, 430), alt="Cohorts in which a column drifts, most telling first",
        column_config={
            "What": st.column_config.TextColumn("What", width="large"),
            "Value": st.column_config.NumberColumn("Value", format="%.3g"),
            "All rows": st.column_config.NumberColumn("All rows", format="%.3g"),
        },
    )  # fmt: skip
    picker, action = st.columns([3, 2], vertical_alignment="bottom")
    with picker:
        st.selectbox("Found cohort to open", names, key="found_selected")
    with action:
        st.button("Open column on it", key="open_found", type="primary", on_click=open_found, args=(view, found, names))


def row(one: Cohort) -> dict[str, object]:
    return {
        "Cohort": one.words,
        "Column": one.column,
        "Status": mark(one.severity),
        "Hidden": "hidden" if one.hidden else "",
        "Value": one.value,
        "All rows": one.value_whole,
        "Rows": one.n_production,
        "What": one.sentence,
    }


def open_found(view: View, found: tuple[Cohort, ...], names: list[str]) -> None:
    """The column page on the found cohort, within the cohort that is looked at. Read when the button is pressed."""
    one = found[names.index(str(st.session_state["found_selected"]))]
    within = () if view.cut.without else view.cut.cohort
    held = choose(view.opened, (*within, *one.cohort))
    go_to(COLUMN, one.column, **{key: text for key, text in held.items() if text})

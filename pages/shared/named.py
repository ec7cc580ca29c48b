"""Cohorts by name: those of the monitor file, and those that were saved here; chosen, saved, renamed, deleted."""

import streamlit as st

from engine.errors import PlumblineError
from engine.explore import Opened
from engine.slices import Filter
from engine.slices.texts import JOINT, joined_text, parse_filters
from pages.shared import saved
from pages.shared.cohort import choose
from pages.shared.entries import Entry
from pages.shared.words import plain

PROBLEM = "named_problem"  # what was wrong with the last thing that was asked
OF_FILE = " · of the monitor file"


def named_cohorts(entry: Entry, opened: Opened, cohort: tuple[Filter, ...]) -> None:
    """A popover with all that can be done to named cohorts. A link carries the filters, never the name."""
    monitor = entry.monitor.monitor
    known = {f"{name}{OF_FILE}": JOINT.join(texts) for name, texts in entry.monitor.cohorts.items()}
    own = saved.saved(monitor)
    known |= own
    with st.popover("Named cohorts", icon=":material/bookmark:", width="stretch", key="named"):
        if known:
            name = st.selectbox("Cohort", list(known), key="named_cohort", filter_mode=None)
            name = name if name in known else next(iter(known))
            st.caption(plain(known[name]))
            st.button("Use it", key="named_use", type="primary", on_click=use, args=(opened, known[name]))
            if name in own:
                new = st.text_input("Another name for it", key="named_new", max_chars=saved.LONGEST)
                with st.container(horizontal=True):
                    st.button("Rename", key="named_rename", on_click=rename, args=(monitor, name), disabled=not new)
                    st.button("Delete", key="named_delete", on_click=tried, args=(saved.delete, monitor, name))
        else:
            st.caption("No cohort has a name yet.")
        if cohort:
            st.text_input(
                "Save this cohort as", key="named_save", max_chars=saved.LONGEST,
                placeholder=" and ".join(one.words for one in cohort)[: saved.LONGEST],
            )  # fmt: skip
            st.button("Save", key="named_put", on_click=save, args=(monitor, joined_text(cohort)))
        else:
            st.caption("Choose a cohort or add a filter, then it can be saved under a name.")
        if said := st.session_state.pop(PROBLEM, None):
            st.error(plain(said))


def use(opened: Opened, text: str) -> None:
    """Make a named cohort the one that is looked at. What the data do not answer is said, and nothing changed."""
    try:
        choose(opened, parse_filters(text, opened.reference.columns))
    except PlumblineError as error:
        st.session_state[PROBLEM] = str(error)


def save(monitor: str, text: str) -> None:
    """Read when the button is pressed: what the field held when the button was drawn may be old by then."""
    name = str(st.session_state.get("named_save") or "")
    if tried(saved.save, monitor, name, text):
        st.session_state["named_save"] = ""
        st.session_state["named_cohort"] = name.strip()


def rename(monitor: str, name: str) -> None:
    new = str(st.session_state.get("named_new") or "")
    if tried(saved.rename, monitor, name, new):
        st.session_state["named_new"] = ""
        st.session_state["named_cohort"] = new.strip()


def tried(deed, *args: str) -> bool:  # type: ignore[no-untyped-def]
    """Whether it could be done; if not, why is said in the popover."""
    try:
        deed(*args)
    except PlumblineError as error:
        st.session_state[PROBLEM] = str(error)
        return False
    return True

"""The frame around every page: navigation, the pickers that pages share, and a sentence on what is looked at."""

from pathlib import Path
from typing import Any

import engine  # noqa: F401  # first: it chooses a faster sort, which numpy reads when it is imported

# isort: split
import streamlit as st
from streamlit.errors import StreamlitAPIException

from engine.access import Visitor, require
from engine.errors import Forbidden, PlumblineError
from pages.shared import states
from pages.shared.choosing import monitor_or_stop
from pages.shared.entrance import show_entrance, show_openness, show_refusal, show_who, visitor_if_let_in
from pages.shared.pickers import pickers
from pages.shared.recorded import several_recorded
from pages.shared.view import GOING, NOTICES, VIEW, View
from pages.shared.visiting import may

HERE = Path(__file__).parent
SECTIONS = {
    "Review": [
        ("review/home.py", "Home", ":material/home:", "All monitors, worst first."),
        ("review/overview.py", "Overview", ":material/dashboard:", "Is this model well, and what is worst?"),
        ("review/performance.py", "Performance", ":material/target:", "Are the predictions right, and would they be?"),
        ("review/review.py", "Review", ":material/fact_check:", "What changed since the last review; decide."),
    ],
    "Explore": [
        ("explore/columns.py", "Columns", ":material/table_rows:", "All columns by all metrics, worst first."),
        ("explore/column.py", "Column", ":material/bar_chart:", "One column: its bins, curves and history."),
        ("explore/cohorts.py", "Cohorts", ":material/groups:", "Which cohorts, which weeks; mix or behaviour."),
        ("explore/compare.py", "Compare", ":material/compare:", "Two slices side by side, column by column."),
        ("explore/windows.py", "Windows", ":material/timeline:", "Over time, with events."),
        ("explore/predictions.py", "Predictions", ":material/call_split:", "Does the model still answer alike?"),
        ("explore/attribution.py", "Attribution", ":material/balance:", "What it decides by; which drift falls on it."),
        ("explore/operations.py", "Operations", ":material/speed:", "How fast it answers, how often it fails."),
        ("explore/quality.py", "Data quality", ":material/rule:", "What is missing, broken or out of range."),
    ],
    "Evidence": [
        ("evidence/snapshot.py", "Snapshot", ":material/picture_as_pdf:", "Preview a run, sign it, take it as a file."),
        ("evidence/runs.py", "Runs", ":material/history:", "Every run that was ever recorded."),
        ("evidence/verify.py", "Verify", ":material/verified:", "Is a file still the evidence that was made?"),
    ],
    "Setup": [
        ("setup/data.py", "Data", ":material/upload_file:", "Bring data in and start a monitor."),
        ("setup/monitor.py", "Monitor", ":material/edit_note:", "A monitor as a form and as its file."),
        ("setup/thresholds.py", "Thresholds", ":material/tune:", "What other thresholds would have raised."),
    ],
}

# pages that open no data, or bring pickers of their own
APART = ("Home", "Review", "Snapshot", "Runs", "Verify", "Data", "Monitor", "Thresholds")
# the deed that a page is for: who may not do it gets nothing of the page, whatever the address says
NEEDS = {"Verify": "verify", "Data": "upload", "Monitor": "edit", "Thresholds": "try"} | {
    title: "explore" for _, title, *_ in SECTIONS["Explore"]
}


def pages_for(who: Visitor | None) -> dict[str, list[Any]]:
    """All pages; those that are for deeds of others can be asked for and are not listed."""
    return {
        section: [
            st.Page(
                HERE / path, title=title, icon=icon, help=says, default=title == "Overview",
                visibility="visible" if who and who.may(NEEDS.get(title, "look")) else "hidden",
            )
            for path, title, icon, says in rows
        ]
        for section, rows in SECTIONS.items()
    }  # fmt: skip


def main() -> None:
    st.set_page_config(page_title="Plumbline", page_icon="📏", layout="wide")
    who = visitor_if_let_in()
    page = st.navigation(pages_for(who), position="top" if who else "hidden")
    if who is None:
        show_entrance()
        return
    if going := st.session_state.pop(GOING, None):
        try:
            st.switch_page(going[0], query_params=going[1])  # bound pickers keep their values and write them again
        except StreamlitAPIException:  # a picker of the page that is left holds the column too, and hands it on
            st.switch_page(going[0], query_params={})
    if page.title == "Overview" and to_home():
        st.switch_page("review/home.py")
    show_who(who)
    st.title(page.title, anchor=False)
    show_openness()
    try:
        require(who, NEEDS.get(page.title, "look"))
    except Forbidden as error:
        show_refusal(error)
        return
    if page.title not in APART:
        st.session_state[VIEW] = look(page.title)
    try:
        page.run()
    except PlumblineError as error:
        todo = "Choose another window or cohort, or empty the filter; the data and the monitor are as they were."
        states.broken("This view cannot be computed", error, todo, to_data=False)


def to_home() -> bool:
    """Whether a visit that asks for nothing begins at Home: where runs of several monitors are on record.

    Else the overview is what shows something at once; a link that asks for something always gets it.
    """
    if "visited" in st.session_state:
        return False
    st.session_state["visited"] = True
    return not st.query_params.to_dict() and several_recorded()


def look(title: str) -> View:
    """The view that the pickers choose; ends the run, in words, when there is none."""
    entry = monitor_or_stop()
    sentence = st.empty()
    opened = states.open_or_stop(entry)
    try:
        with st.sidebar:
            view = pickers(entry, opened, may("explore", entry.monitor.monitor))
        sentence.markdown(view.sentence)
    except PlumblineError as error:
        states.broken(
            "This filter cannot be understood", error,
            "Mend it in the sidebar, or empty the field. Examples: `seats>=100`, `carrier in(EV,UA)`, `seats is_null`.",
            to_data=False,
        )  # fmt: skip
        st.stop()
    if st.session_state.get(NOTICES):
        st.warning("This link asks for more: " + " ".join(st.session_state[NOTICES]), icon=":material/link_off:")
    return view


main()

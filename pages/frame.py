"""The frame around every page: navigation, the pickers that pages share, and a sentence on what is looked at."""

from pathlib import Path

import engine  # noqa: F401  # first: it chooses a faster sort, which numpy reads when it is imported

# isort: split
import streamlit as st
from streamlit.errors import StreamlitAPIException

from engine.errors import PlumblineError
from pages.shared import states
from pages.shared.entries import monitors
from pages.shared.pickers import pickers
from pages.shared.picking import pick
from pages.shared.view import GOING, NOTICES, OWN, VIEW, View
from pages.shared.words import plain

HERE = Path(__file__).parent
SECTIONS = {
    "Review": [
        ("review/overview.py", "Overview", ":material/dashboard:", "Is this model well, and what is worst?"),
        ("review/performance.py", "Performance", ":material/target:", "Are the predictions right, and would they be?"),
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
    "Setup": [("setup/data.py", "Data", ":material/upload_file:", "Bring data in and start a monitor.")],
}


def main() -> None:
    st.set_page_config(page_title="Plumbline", page_icon="📏", layout="wide")
    pages = {
        section: [
            st.Page(HERE / path, title=title, icon=icon, help=says, default=title == "Overview")
            for path, title, icon, says in rows
        ]
        for section, rows in SECTIONS.items()
    }
    page = st.navigation(pages)
    if going := st.session_state.pop(GOING, None):
        try:
            st.switch_page(going[0], query_params=going[1])  # bound pickers keep their values and write them again
        except StreamlitAPIException:  # a picker of the page that is left holds the column too, and hands it on
            st.switch_page(going[0], query_params={})
    st.title(page.title, anchor=False)
    if page.title != "Data":
        st.session_state[VIEW] = look(page.title)
    try:
        page.run()
    except PlumblineError as error:
        todo = "Choose another window or cohort, or empty the filter; the data and the monitor are as they were."
        states.broken("This view cannot be computed", error, todo, to_data=False)


def look(title: str) -> View:
    """The view that the pickers choose; ends the run, in words, when there is none."""
    entries, wrong = monitors(st.session_state.get(OWN, {}))
    for file, error in wrong.items():
        states.broken(
            f"The monitor file {plain(file)} cannot be read", error,
            "Mend the lines named above; the other monitors work meanwhile.", key=f"broken_{file}", to_data=not entries,
        )  # fmt: skip
    if not entries:
        if not wrong:
            states.empty(
                "No monitor yet",
                "A monitor holds a model's production data against a reference, column by column and week by week.",
                "Give two files, one of each, and the dashboard runs on them.",
            )
        st.stop()
    with st.sidebar:
        names = list(entries)
        entry = entries[pick("Monitor", names, names[0], "monitor")]
    sentence = st.empty()
    opened = states.open_or_stop(entry)
    try:
        with st.sidebar:
            view = pickers(entry, opened)
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
